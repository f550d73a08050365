"""What may be found: a part of the library, and in it only what is public.

A canvas is public when it is published itself and appears in a published manifest. Every
statement of the engine goes through here, so that drafts and withdrawn canvases never appear in
answers, counts or autocomplete.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Protocol

from django.db import connection

from iiifsearch.engine.filters import Params, WorkFilter


@dataclass(frozen=True)
class CommentFilter:
    """Restricts by what the comments are (Content Search 2.0 section 4.1.1): within a field the
    values are alternatives; a comment that lacks the field does not match."""

    motivations: tuple[str, ...] = ()
    dates: tuple[tuple[datetime, datetime], ...] = ()
    users: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.motivations or self.dates or self.users)

    def sql(self, alias: str) -> tuple[str, Params]:
        """Conditions on ``catalog_comment AS alias``, beginning with AND, or nothing."""
        parts: list[str] = []
        params: Params = []
        if self.motivations:
            wanted = [m for m in self.motivations if m != "non-painting"]
            # No comment is a painting annotation: "non-painting" admits them all.
            if "non-painting" not in self.motivations:
                parts.append(f"{alias}.motivation = ANY(%s)")
                params.append(wanted)
        if self.dates:
            parts.append(
                "(" + " OR ".join([f"{alias}.created BETWEEN %s AND %s"] * len(self.dates)) + ")"
            )
            params += [moment for span in self.dates for moment in span]
        if self.users:
            parts.append(f"{alias}.creator = ANY(%s)")
            params.append(list(self.users))
        return "".join(f" AND {part}" for part in parts), params


class Condition(Protocol):
    """Something else that a canvas must meet."""

    def sql(self, canvas: str) -> tuple[str, Params]:
        """Conditions on ``catalog_canvas AS canvas``, each beginning with AND, or nothing."""


@dataclass(frozen=True)
class Scope:
    """What of the library is meant: everything, or what meets all conditions that are given.

    ``collection_id``: with the collections in it. ``works``: by maker, year, type, rights.
    ``also``: conditions beyond these. ``without``: ids of canvases that are left out, such as the
    one that was asked with.
    """

    manifest_id: int | None = None
    collection_id: int | None = None
    comments: CommentFilter = field(default_factory=CommentFilter)
    works: WorkFilter = field(default_factory=WorkFilter)
    also: tuple[Condition, ...] = ()
    without: tuple[int, ...] = ()

    @property
    def whole_library(self) -> bool:
        """True where nothing but single canvases is left out."""
        narrowed = self.works or self.also
        return self.manifest_id is None and self.collection_id is None and not narrowed

    def sql(self, canvas: str) -> tuple[str, Params]:
        """A condition on the column ``canvas`` that admits what is in scope and public: for
        statements that come by a canvas and ask whether it belongs."""
        ids, params = self.ids_sql()
        return f"EXISTS ({ids} AND sc.id = {canvas})", params

    def ids_sql(self) -> tuple[str, Params]:
        """SELECT of the ids of all canvases in scope: for statements that begin with the scope."""
        where, params = self.where_sql()
        return f"SELECT sc.id FROM catalog_canvas sc WHERE {where}", params

    def where_sql(self) -> tuple[str, Params]:
        """Conditions on ``catalog_canvas AS sc``: for statements that read canvases themselves."""
        works, params = self.works.sql("sc")
        where = f"sc.state = 'published'{works}"
        if self.manifest_id is not None:
            where += f" AND sc.id IN ({_PUBLIC_APPEARANCES} AND m.id = %s)"
            params.append(self.manifest_id)
        if self.collection_id is not None:
            where += f" AND sc.id IN ({_IN_COLLECTIONS})"
            params += [self._collections] * 2
        if self.manifest_id is None and self.collection_id is None:
            where += f" AND EXISTS ({_PUBLIC_APPEARANCES} AND a.canvas_id = sc.id)"
        for condition in self.also:
            more, values = condition.sql("sc")
            where += more
            params += values
        if self.without:
            where += " AND sc.id <> ALL(%s)"
            params.append(list(self.without))
        return where, params

    @cached_property
    def _collections(self) -> list[int]:
        """The published collections that are meant. A statement of its own: in one that reads
        tables which are distributed over a cluster nothing may be recursive."""
        with connection.cursor() as cursor:
            cursor.execute(_TREE, [self.collection_id])
            return [row[0] for row in cursor.fetchall()]


_PUBLIC_APPEARANCES = (
    "SELECT a.canvas_id FROM catalog_manifestcanvas a JOIN catalog_manifest m "
    "ON m.id = a.manifest_id WHERE m.state = 'published'"
)
_TREE = """
    WITH RECURSIVE wanted(id) AS (
        SELECT id FROM catalog_collection WHERE id = %s AND state = 'published'
        UNION
        SELECT c.id FROM catalog_collection c JOIN wanted w ON c.parent_id = w.id
        WHERE c.state = 'published'
    )
    SELECT id FROM wanted
"""
_IN_COLLECTIONS = f"""
    {_PUBLIC_APPEARANCES} AND m.id IN (
        SELECT cm.manifest_id FROM catalog_collectionmanifest cm WHERE cm.collection_id = ANY(%s))
    UNION
    {_PUBLIC_APPEARANCES} AND a.canvas_id IN (
        SELECT cc.canvas_id FROM catalog_collectioncanvas cc WHERE cc.collection_id = ANY(%s))
"""
