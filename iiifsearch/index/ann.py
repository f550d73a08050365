"""The HNSW indexes: one for each live encoder, partial, over a cast to its own dimensions.

Their DDL is a service, not a migration, so that a new version of an encoder gets its index beside
the live one. Every query repeats the cast and the filter (``iiifsearch.engine.nearest``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import OperationalError, connection
from django.db.models import Model
from django.utils import timezone

from catalog.locks import alone
from iiifsearch import answering, encoders
from iiifsearch.index import build_memory, coverage
from iiifsearch.models import CanvasVector, CommentVector, RegionVector
from ml.specs import EncoderSpec

#: Neighbours of a row (twice as many on the lowest layer), and candidates looked at for them. More
#: neighbours keep a graph of a million together at hardly more time (docs/adr/0033-which-index.md).
M, EF_CONSTRUCTION = 24, 96
#: What the comment of an index begins with; then follows when it was built (ISO 8601), and how
#: many rows of its table had been deleted or rewritten until then, as Postgres counts them.
BUILT = "built "
_CHANGES = " changes "


@dataclass(frozen=True)
class AnnIndex:
    """Where the vectors of ``spec`` lie, and the name of their index."""

    spec: EncoderSpec
    table: str
    m: int = M

    @property
    def name(self) -> str:
        return f"ann_{self.spec.key.replace('-', '_')}"

    @property
    def vector_sql(self) -> str:
        """The indexed expression, on the table's alias ``v``: to be repeated by every query."""
        return f"v.vec::halfvec({self.spec.dim})"

    @property
    def options_sql(self) -> str:
        return f"m = {self.m}, ef_construction = {EF_CONSTRUCTION}"

    @property
    def filter_sql(self) -> str:
        """The index's condition. A literal: a generic plan with a parameter cannot use it."""
        return f"v.encoder = '{self.spec.key}'"


def ann_index(spec: EncoderSpec) -> AnnIndex:
    model: type[Model] = CanvasVector if spec.modality == "image" else CommentVector
    if spec.of_regions:
        model = RegionVector
    return AnnIndex(spec, model._meta.db_table)


def live_indexes() -> list[AnnIndex]:
    """Those of the encoders that are live, and of those that are to take over."""
    return [ann_index(spec) for spec in encoders.specs()]


def build(index: AnnIndex) -> bool:
    """Build the index without blocking writers; True where it was not there (or was broken).

    An index that an interrupted build left invalid is dropped and built again.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT i.indisvalid FROM pg_class c JOIN pg_index i ON i.indexrelid = c.oid "
            "WHERE c.relname = %s AND pg_table_is_visible(c.oid)",
            [index.name],
        )
        row = cursor.fetchone()
        if row is not None and row[0]:
            return False
        # CONCURRENTLY cannot run inside a transaction; inside one (a test), block instead.
        concurrently = "CONCURRENTLY"
        if connection.in_atomic_block:
            concurrently = ""
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        if row is not None:
            cursor.execute(f"DROP INDEX {concurrently} {index.name}")
        vector = index.vector_sql.removeprefix("v.")
        condition = index.filter_sql.removeprefix("v.")
        create = (
            f"CREATE INDEX {concurrently} {index.name} ON {index.table} "
            f"USING hnsw (({vector}) halfvec_cosine_ops) "
            f"WITH ({index.options_sql}) WHERE {condition}"
        )
        _build(index, create, left_behind=index.name)
        _note_built(cursor, index)
    return True


def build_alone(index: AnnIndex) -> bool:
    """Build one index, anew where it is there, without blocking writers or searches; False where
    somebody else builds just now."""
    with alone(_BUILDING) as mine:
        if not mine:
            return False
        with connection.cursor() as cursor:
            cursor.execute(f"ANALYZE {index.table} (encoder)")  # how many rows there will be
            if not build(index):
                concurrently = "" if connection.in_atomic_block else "CONCURRENTLY"
                left_behind = f"{index.name}_ccnew"
                # What a rebuild that was stopped left behind.
                cursor.execute(f"DROP INDEX {concurrently} IF EXISTS {left_behind}")
                # An earlier version may have built it otherwise; what is there works as it is.
                cursor.execute(f"ALTER INDEX {index.name} SET ({index.options_sql})")
                _build(index, f"REINDEX INDEX {concurrently} {index.name}", left_behind)
                _note_built(cursor, index)
            cursor.execute(f"ANALYZE {index.table}")
        return True


def _build(index: AnnIndex, statement: str, left_behind: str) -> None:
    """Run the statement with the memory that the graph takes. Where shared memory lacks the room,
    what was ``left_behind`` is dropped, and one process builds in memory of its own."""
    with build_memory.enough_for(index), connection.cursor() as cursor:
        try:
            cursor.execute(statement)
        except OperationalError as error:
            if connection.in_atomic_block or not build_memory.no_shared_memory(error):
                raise
            build_memory.tell_no_shared_memory(index, error)
            cursor.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {left_behind}")
            with build_memory.one_process():
                cursor.execute(statement)


@dataclass(frozen=True)
class Built:
    """When an index was built, and ``changes``: rows of its table deleted or rewritten until then,
    None where nobody wrote that down."""

    at: datetime
    changes: int | None


def _note_built(cursor: Any, index: AnnIndex) -> None:
    now = timezone.now().isoformat(timespec="seconds")
    cursor.execute(
        "SELECT n_tup_upd + n_tup_del FROM pg_stat_user_tables WHERE relid = %s::regclass",
        [index.table],
    )
    (changes,) = cursor.fetchone()
    cursor.execute(f"COMMENT ON INDEX {index.name} IS '{BUILT}{now}{_CHANGES}{changes:d}'")


def noted(comment: str | None) -> Built | None:
    """What the comment of an index says; None where it is somebody else's."""
    at, _, changes = (comment or "").removeprefix(BUILT).partition(_CHANGES)
    try:
        return Built(datetime.fromisoformat(at), int(changes) if changes else None)
    except ValueError:
        return None


#: Names the lock that builders share; any number that nobody else uses will do.
_BUILDING = 0x69696901


def build_all() -> list[str]:
    """Build what is missing; the names of what was built. Afterwards the planner knows sizes.

    Two concurrent builds on one table would wait for each other for ever, so whoever comes second
    leaves the work to the first.
    """
    with alone(_BUILDING) as mine:
        if not mine:
            return []
        live, early = live_indexes(), _early()
        tables = {index.table for index in live}
        with connection.cursor() as cursor:
            # How many rows there will be.
            cursor.execute(f"ANALYZE {', '.join(f'{table} (encoder)' for table in sorted(tables))}")
            built = [index.name for index in live if index not in early and build(index)]
            tables.add("iiifsearch_commenttext")
            cursor.execute(f"ANALYZE {', '.join(sorted(tables))}, catalog_canvas")
        return built


def due() -> bool:
    """Whether there is any to build."""
    lacking = set(missing())
    return bool(lacking and lacking - {index.name for index in _early()})


def _early() -> list[AnnIndex]:
    """Of versions that are to take over and are still being made: a vector is stored faster
    without an index."""
    return [
        ann_index(new)
        for one in answering.live()
        for old, new in one.steps
        if not coverage.covered(old.key, new.key)
    ]


def missing(indexes: Sequence[AnnIndex] | None = None) -> list[str]:
    """Names of the live indexes, or of these, that are not there, or not yet complete."""
    names = [index.name for index in (live_indexes() if indexes is None else indexes)]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname FROM pg_class c JOIN pg_index i ON i.indexrelid = c.oid "
            "WHERE c.relname = ANY(%s) AND i.indisvalid AND pg_table_is_visible(c.oid)",
            [names],
        )
        there = {row[0] for row in cursor.fetchall()}
    return [name for name in names if name not in there]
