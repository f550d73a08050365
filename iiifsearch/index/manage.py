"""Looking after the indexes by hand: how a build goes, building anew, what is no longer live,
dropping that, and having failures tried again.

An HNSW index bears when it was built as its comment (`COMMENT ON INDEX`), for Postgres keeps no
such time; it goes with the index.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import Model
from django.utils import timezone

from catalog.admin.reasons import REASON_WITHOUT_URLS
from iiifsearch.index import ann, features, words
from iiifsearch.index.build_memory import Memory, memory_of
from iiifsearch.models import CanvasVector, CommentVector, RegionVector, Seen

VECTORS: tuple[type[Model], ...] = (CanvasVector, RegionVector, CommentVector)

#: Vectors at either end of a table by which it is seen whose vectors lie in it. An encoder leaves
#: vectors of nearly all canvases behind, so that it need not be read whole.
_LOOKED_AT = 10_000
#: Rows that one statement looks through for what is to be deleted.
_AT_ONCE = 20_000


class StillLive(Exception):
    """What is live is not dropped; the message says how it is made not live."""


class NotKnown(LookupError):
    """No encoder of that key has anything here; the message says which have."""


@dataclass(frozen=True)
class Build:
    """A build that is under way. ``percent``: of its phase, None where nobody can tell. ``memory``:
    of its graph, None for one that is not live."""

    name: str
    phase: str
    percent: int | None
    memory: Memory | None = None


@dataclass(frozen=True)
class Leftover:
    """What an encoder left that is not live: the size of its index in bytes, 0 for none."""

    key: str
    size: int


@dataclass(frozen=True)
class Removal:
    """What dropping an encoder removes."""

    key: str
    vectors: int
    seen: int
    indexes: tuple[str, ...]


def live_keys() -> dict[str, ann.AnnIndex]:
    """The live HNSW indexes, by the keys of their encoders."""
    return {index.spec.key: index for index in ann.live_indexes()}


def builds() -> list[Build]:
    """Builds of HNSW indexes that are under way."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname, p.phase, "
            "CASE WHEN p.tuples_total > 0 THEN 100 * p.tuples_done / p.tuples_total "
            "     WHEN p.blocks_total > 0 THEN 100 * p.blocks_done / p.blocks_total END "
            "FROM pg_stat_progress_create_index p JOIN pg_class c ON c.oid = p.index_relid "
            "WHERE p.datname = current_database() AND starts_with(c.relname, 'ann_')"
        )
        found = cursor.fetchall()
    if not found:
        return []
    live = {index.name: index for index in ann.live_indexes()}
    return [
        Build(
            name,
            phase,
            None if part is None else min(100, int(part)),
            memory_of(live[base]) if (base := name.removesuffix("_ccnew")) in live else None,
        )
        for name, phase, part in found
    ]


def in_words(builds: list[Build]) -> str:
    """Builds in one line, for a terminal."""
    return "; ".join(
        f"{build.name}: {build.phase}" + ("" if build.percent is None else f" {build.percent} %")
        for build in builds
    )


def rebuild(key: str) -> bool:
    """Build the index of a live encoder, anew where there is one: searches go on by the old one
    meanwhile. False where somebody else builds now. Raises NotKnown."""
    index = live_keys().get(key)
    if index is None:
        raise NotKnown(f"{key!r} is no live encoder; live are {', '.join(live_keys())}.")
    return ann.build_alone(index)


def built_at() -> dict[str, datetime]:
    """When indexes were built, by their names; without those of which nobody wrote it down."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname, obj_description(c.oid, 'pg_class') FROM pg_class c "
            "WHERE c.relkind = 'i' AND starts_with(c.relname, 'ann_') "
            "AND pg_table_is_visible(c.oid)"
        )
        rows = cursor.fetchall()
    found = {}
    for name, said in rows:
        if built := ann.noted(said):
            found[name] = built.at
    return found


# -- what is no longer live ----------------------------------------------------------------------


def leftovers() -> list[Leftover]:
    """Encoders that are not live and have vectors or an index here, by key."""
    live = set(live_keys())
    sizes = {_key_of(name): size for name, size in index_sizes().items()}
    found = _keys_with_vectors() | {key for key in sizes if key is not None}
    return [Leftover(key, sizes.get(key, 0)) for key in sorted(found - live)]


def removal(key: str) -> Removal:
    """What `drop` would remove, counted. Raises StillLive and NotKnown, as `drop` does."""
    of_no_encoder = (words.feature(), *(feature.key for feature in features.live()))
    if key in live_keys() or key in of_no_encoder:
        raise StillLive(
            f"The encoder {key} is live: searches go by it, or are to. Take it out of IIIFSEARCH "
            "(image_encoders, text_encoder, region_encoder), restart web processes and workers, "
            "then drop it; of an older version wait until the latest has taken over."
        )
    if "\0" in key:
        raise NotKnown("No encoder's key has such characters.")
    vectors = sum(model._default_manager.filter(encoder=key).count() for model in VECTORS)
    seen = Seen.objects.filter(feature=key).count()
    indexes = tuple(name for name in index_sizes() if _key_of(name) == key)
    if not (vectors or seen or indexes):
        known = ", ".join(one.key for one in leftovers()) or "none"
        raise NotKnown(f"Nothing of {key!r} is here. Not live, and here: {known}.")
    return Removal(key, vectors, seen, indexes)


def drop(key: str) -> Removal:
    """Delete the vectors and the index of an encoder that is not live, and what was noted of its
    progress: so that it is made anew if it is live again. Raises StillLive, NotKnown."""
    gone = removal(key)
    with connection.cursor() as cursor:
        for name in gone.indexes:
            concurrently = "" if connection.in_atomic_block else "CONCURRENTLY"
            cursor.execute(f"DROP INDEX {concurrently} IF EXISTS {connection.ops.quote_name(name)}")
        # What was noted goes first: whoever is stopped between leaves vectors that are made anew.
        for table, column in (
            (Seen._meta.db_table, "feature"),
            *((model._meta.db_table, "encoder") for model in VECTORS),
        ):
            _delete(cursor, table, column, key)
    return gone


def _delete(cursor: Any, table: str, column: str, key: str) -> None:
    """Along the table's key, in many small transactions: nobody waits long for one of them."""
    last = 0
    while True:
        cursor.execute(
            f"SELECT max(canvas_id) FROM (SELECT canvas_id FROM {table} WHERE canvas_id > %s "
            f"ORDER BY canvas_id LIMIT {_AT_ONCE}) AS next",
            [last],
        )
        (end,) = cursor.fetchone()
        if end is None:
            return
        cursor.execute(
            f"DELETE FROM {table} WHERE canvas_id > %s AND canvas_id <= %s AND {column} = %s",
            [last, end, key],
        )
        last = end


def _keys_with_vectors() -> set[str]:
    found: set[str] = set()
    with connection.cursor() as cursor:
        for model in VECTORS:
            table = model._meta.db_table
            ends = " UNION ".join(
                f"SELECT DISTINCT encoder FROM (SELECT encoder FROM {table} "
                f"ORDER BY canvas_id {way} LIMIT {_LOOKED_AT}) AS end_{way}"
                for way in ("ASC", "DESC")
            )
            cursor.execute(ends)
            found |= {row[0] for row in cursor.fetchall()}
    return found


def index_sizes() -> dict[str, int]:
    """In bytes, by name; without what a rebuild is at, or left behind where it was stopped."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname, pg_relation_size(c.oid) FROM pg_class c "
            "WHERE c.relkind = 'i' AND starts_with(c.relname, 'ann_') "
            "AND c.relname !~ '_cc(new|old)[0-9]*$' AND pg_table_is_visible(c.oid)"
        )
        return dict(cursor.fetchall())


def _key_of(name: str) -> str:
    """The encoder's key of an index: names have "_" where keys have "-"."""
    return name.removeprefix("ann_").replace("_", "-")


# -- failures ------------------------------------------------------------------------------------


@transaction.atomic
def retry(feature: str, reason: str) -> int:
    """Let canvases whose ``feature`` failed for ``reason`` (as the state of the index shows it,
    without URLs) be due now, with all their tries; how many. A worker's walk finds them."""
    failed = Seen.objects.filter(feature=feature, outcome=Seen.Outcome.FAILED)
    ids = failed.annotate(why=REASON_WITHOUT_URLS).filter(why=reason).values("canvas_id")
    return failed.filter(canvas_id__in=ids).update(retry_at=timezone.now(), attempts=0)
