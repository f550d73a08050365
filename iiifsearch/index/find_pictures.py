"""Find pictures that lack features, block by block. Only asks; does nothing.

Each statement looks at one block of canvases, or walks along an index by itself: what it costs
does not grow with the library.
"""

from __future__ import annotations

from collections.abc import Collection, Generator, Iterator, Sequence
from typing import Any, Literal

from django.db import connection

from catalog.locks import alone
from iiifsearch.index.find_work import Work

#: Canvases whose ids agree but for the last so many are worked on by one worker at a time.
BLOCK = 512
#: Blocks that are looked at in one go where no index says which of them lack anything.
BLOCKS_AT_ONCE = 64

#: Where pictures come from: "fresh", files that were just kept; "unkept", the image servers of
#: sources that forbid to keep them; "kept", any kept file; "elsewhere", image servers once more,
#: for what was looked at or given up before. The first two are found by an index.
Origin = Literal["fresh", "unkept", "kept", "elsewhere"]
ORIGINS: dict[Origin, str] = {
    "fresh": "p.outcome IN ('kept', 'skipped') AND p.read_at IS NULL",
    "unkept": "p.outcome = 'waiting' AND NOT p.may_keep",
    "kept": "p.outcome IN ('kept', 'skipped')",
    "elsewhere": "p.outcome IN ('looked-at', 'evicted')",
}
_INDEXED = ("fresh", "unkept")
#: First half of the advisory locks on blocks; the second is the block's number. Whoever waits for
#: museums keeps nobody from the kept pictures of the same block.
_LOCKS: dict[Origin, int] = {
    **dict.fromkeys(("fresh", "kept"), 0x69696978),
    **dict.fromkeys(("unkept", "elsewhere"), 0x69696979),
}

# A picture that waits is looked at whatever became of an earlier try. The bounds are said of every
# table: the planner does not infer them, and would read the whole of it.
_LACKING = """
FROM catalog_picture p
JOIN catalog_canvas c ON c.id = p.canvas_id AND c.state <> 'withdrawn'
    AND c.pixel_revision = p.revision AND c.id BETWEEN %(first)s AND %(last)s
LEFT JOIN catalog_harvestrun r ON r.id = p.run_id AND p.outcome = 'waiting'
CROSS JOIN unnest(%(features)s::text[]) AS f(feature)
LEFT JOIN iiifsearch_seen s ON s.canvas_id = p.canvas_id AND s.feature = f.feature
    AND s.canvas_id BETWEEN %(first)s AND %(last)s
WHERE p.canvas_id BETWEEN %(first)s AND %(last)s AND {which}
    AND p.host <> ALL(%(resting)s::text[])
    AND (s.canvas_id IS NULL OR s.revision <> p.revision
         OR (s.outcome = 'failed' AND (s.retry_at <= now() OR p.outcome = 'waiting')))
    AND (r.id IS NULL OR r.state NOT IN ('paused', 'cancelled'))
"""
_PICTURES = f"""
SELECT p.canvas_id, p.revision, array_agg(f.feature ORDER BY f.feature), p.outcome <> 'skipped'
{_LACKING} GROUP BY p.canvas_id, p.revision, p.outcome ORDER BY p.canvas_id LIMIT %(count)s
"""
_BLOCKS = f"SELECT DISTINCT p.canvas_id / {BLOCK} {_LACKING} ORDER BY 1"
_NEXT = """
SELECT p.canvas_id FROM catalog_picture p
WHERE {which} AND p.canvas_id >= %(first)s AND p.host <> ALL(%(resting)s::text[])
ORDER BY p.canvas_id LIMIT 1
"""


def blocks(
    origin: Origin, features: Sequence[str], batch: int, resting: Collection[str] = ()
) -> Generator[Iterator[list[Work]]]:
    """For each block, batches of its canvases whose pictures lack one of ``features``.

    Any number of workers may ask at once: blocks that another one works on are passed over. A
    block is ours until the next one is asked for, so store what its batches gave before. Walks
    once through the pictures, by id. ``resting``: hosts that are passed over; it may grow.
    """
    walk = _by_index if origin in _INDEXED else _by_range
    for block in walk(origin, features, resting):
        with alone(_LOCKS[origin], block) as mine:
            if mine:
                yield _batches(origin, features, batch, resting, block)


def waiting(origin: Origin, features: Sequence[str]) -> bool:
    """Whether any picture of an origin that an index knows of lacks one of ``features``."""
    return any(
        next(_batches(origin, features, 1, (), block), None) is not None
        for block in _by_index(origin, features, ())
    )


def _batches(
    origin: Origin, features: Sequence[str], batch: int, resting: Collection[str], block: int
) -> Iterator[list[Work]]:
    first, last = block * BLOCK, (block + 1) * BLOCK - 1
    # Asked anew: another worker may have finished it before the lock was ours.
    sql = _PICTURES.format(which=ORIGINS[origin])
    while rows := _rows(sql, features, resting, first=first, last=last, count=batch):
        yield [Work(pk, seen, tuple(lacking), shows) for pk, seen, lacking, shows in rows]
        first = rows[-1][0] + 1


def _by_index(origin: Origin, features: Sequence[str], resting: Collection[str]) -> Iterator[int]:
    """Blocks that hold such pictures, whether or not they lack anything."""
    sql, first = _NEXT.format(which=ORIGINS[origin]), 0
    while rows := _rows(sql, (), resting, first=first):
        block = rows[0][0] // BLOCK
        yield block
        first = (block + 1) * BLOCK


def _by_range(origin: Origin, features: Sequence[str], resting: Collection[str]) -> Iterator[int]:
    """Blocks of which something lacks, many blocks looked through at once."""
    anything, sql = _NEXT.format(which="true"), _BLOCKS.format(which=ORIGINS[origin])
    first = 0
    while rows := _rows(anything, (), (), first=first):
        first = rows[0][0] // BLOCK * BLOCK
        last = first + BLOCK * BLOCKS_AT_ONCE - 1
        for row in _rows(sql, features, resting, first=first, last=last):
            yield row[0]
        first = last + 1


def _rows(
    sql: str, features: Sequence[str], resting: Collection[str], **more: int
) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, {"features": list(features), "resting": list(resting), **more})
        return cursor.fetchall()
