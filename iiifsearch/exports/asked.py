"""What an export is of, and how its rows are walked through."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeVar

from django.db import connection
from django.db.models import Model, Q, QuerySet

from catalog.models import (
    Canvas,
    Collection,
    CollectionCanvas,
    Manifest,
    ManifestCanvas,
    State,
)

#: Rows that are read at a time.
BATCH = 500

M = TypeVar("M", bound=Model)


@dataclass(frozen=True)
class Asked:
    """Everything, or what concerns one ``collection`` or ``manifest``.

    ``drafts``: for curators; without it only what is public. ``harvested``: what the sources say,
    too. What was withdrawn is never exported.
    """

    collection: Collection | None = None
    manifest: Manifest | None = None
    drafts: bool = False
    harvested: bool = False

    @property
    def states(self) -> list[str]:
        """Of collections and comments that are exported."""
        if not self.drafts:
            return [State.PUBLISHED]
        return [state for state in State if state != State.WITHDRAWN]

    def canvases(self) -> QuerySet[Canvas]:
        """All canvases that are meant, whatever their state; in no order."""
        if self.collection is not None:
            chosen = CollectionCanvas.objects.filter(collection=self.collection)
            shown = ManifestCanvas.objects.filter(
                manifest__collectionmanifest__collection=self.collection
            )
            wanted = Q(pk__in=chosen.values("canvas")) | Q(pk__in=shown.values("canvas"))
            return Canvas.objects.filter(wanted)
        if self.manifest is not None:
            shown = ManifestCanvas.objects.filter(manifest=self.manifest)
            return Canvas.objects.filter(pk__in=shown.values("canvas"))
        return Canvas.objects.all()

    @property
    def whole_library(self) -> bool:
        return self.collection is None and self.manifest is None

    def in_order(self) -> Iterator[list[int]]:
        """Ids of the canvases that are meant, each once: a collection's in its order, single ones
        first and then those of its manifests; a manifest's in its; else by id."""
        if self.collection is not None:
            yield from _members(self.collection)
        elif self.manifest is not None:
            ids = list(
                self.manifest.appearances.order_by("position").values_list("canvas_id", flat=True)
            )
            yield from (ids[start : start + BATCH] for start in range(0, len(ids), BATCH))
        else:
            for rows in by_id(Canvas.objects.only("pk")):
                yield [row.pk for row in rows]


def by_id(rows: QuerySet[M]) -> Iterator[list[M]]:
    """``rows`` in the order of their ids, some at a time."""
    last = 0
    while found := list(rows.filter(pk__gt=last).order_by("pk")[:BATCH]):
        yield found
        last = found[-1].pk


_MEMBERS = """
SELECT canvas_id FROM (
    SELECT canvas_id, ARRAY[0, position, 0, id] AS place
    FROM catalog_collectioncanvas WHERE collection_id = %(collection)s
    UNION ALL
    SELECT a.canvas_id, ARRAY[1, m.position, m.id, a.position]
    FROM catalog_collectionmanifest m JOIN catalog_manifestcanvas a
    ON a.manifest_id = m.manifest_id WHERE m.collection_id = %(collection)s
) AS members GROUP BY canvas_id ORDER BY min(place)
"""


def _members(collection: Collection) -> Iterator[list[int]]:
    # Asked for once, since each canvas counts once; the ids alone are kept meanwhile.
    with connection.cursor() as cursor:
        cursor.execute(_MEMBERS, {"collection": collection.pk})
        while rows := cursor.fetchmany(BATCH):
            yield [pk for (pk,) in rows]
