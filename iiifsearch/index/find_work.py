"""Find work: which canvases lack which features. Only asks; does nothing.

What changed a moment ago stands on a short list: of pictures an index keeps it, of texts a table.
Whatever else may be missing (a new encoder, a failure that is due again, what a killed worker had
in hand) takes a walk through everything.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

from django.db import connection

from iiifsearch.conf import options
from iiifsearch.index import words
from iiifsearch.models import Changed
from ml import registry


@dataclass(frozen=True)
class Work:
    """A canvas, the revision that was seen when it was found, and what is to be made of it.

    ``shows``: False where there is nothing to see on it (any more).
    """

    canvas_id: int
    revision: int
    features: tuple[str, ...]
    shows: bool = True


def picture_features() -> tuple[str, ...]:
    """Keys of what is made of pixels."""
    return tuple(registry.get(name).key for name in options.image_encoders)


def text_features() -> tuple[str, ...]:
    """Keys of what is made of comments."""
    return (words.feature(), registry.get(options.text_encoder).key)


_TEXTS = """
SELECT c.id, c.text_revision, array_agg(f.feature ORDER BY f.feature)
FROM catalog_canvas c
CROSS JOIN unnest(%s::text[]) AS f(feature)
LEFT JOIN iiifsearch_seen s ON s.canvas_id = c.id AND s.feature = f.feature
WHERE {which} AND c.state <> 'withdrawn'
  AND (s.canvas_id IS NULL OR s.revision <> c.text_revision
       OR (s.outcome = 'failed' AND s.retry_at <= now()))
GROUP BY c.id ORDER BY c.id {limit}
"""
_ALL = _TEXTS.format(which="c.id > %s", limit="LIMIT %s")
_SOME = _TEXTS.format(which="c.id = ANY(%s)", limit="")
_CHANGED = """
DELETE FROM iiifsearch_changed WHERE canvas_id IN (
    SELECT canvas_id FROM iiifsearch_changed ORDER BY canvas_id LIMIT %s FOR UPDATE SKIP LOCKED)
RETURNING canvas_id
"""


def texts(features: Sequence[str], batch: int) -> Iterator[list[Work]]:
    """Batches of canvases whose texts lack one of ``features``, in the order of their ids.

    Walks once through the table by key, so that it ends even if nothing can be done.
    """
    last = 0
    while found := _texts(_ALL, [list(features), last, batch]):
        yield found
        last = found[-1].canvas_id


def changed_texts(features: Sequence[str], batch: int) -> Iterator[list[Work]]:
    """The same of canvases that were noted as changed, which are taken off the list."""
    while True:
        with connection.cursor() as cursor:
            cursor.execute(_CHANGED, [batch])
            ids = [row[0] for row in cursor.fetchall()]
        if not ids:
            return
        if found := _texts(_SOME, [list(features), ids]):
            yield found


def note_changed(canvas_ids: Iterable[int]) -> None:
    """Put canvases whose texts changed on the list."""
    rows = [Changed(canvas_id=pk) for pk in sorted(canvas_ids)]
    Changed.objects.bulk_create(rows, ignore_conflicts=True, batch_size=5000)


def _texts(sql: str, params: list[Any]) -> list[Work]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return [Work(pk, seen, tuple(lacking)) for pk, seen, lacking in cursor.fetchall()]


# -- pictures ----------------------------------------------------------------------------------

#: Canvases whose ids agree but for the last so many are worked on by one worker at a time.
BLOCK = 512
#: First half of the advisory locks on blocks; the second is the block's number.
_LOCKS = 0x69696978

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
_LACKING = """
(s.canvas_id IS NULL OR s.revision <> p.revision
 OR (s.outcome = 'failed' AND s.retry_at <= now()))
"""
_PICTURES = """
SELECT p.canvas_id, p.revision, array_agg(f.feature ORDER BY f.feature), p.outcome <> 'skipped'
FROM catalog_picture p
JOIN catalog_canvas c ON c.id = p.canvas_id AND c.state <> 'withdrawn'
                      AND c.pixel_revision = p.revision
LEFT JOIN catalog_harvestrun r ON r.id = p.run_id AND p.outcome = 'waiting'
CROSS JOIN unnest(%s::text[]) AS f(feature)
LEFT JOIN iiifsearch_seen s ON s.canvas_id = p.canvas_id AND s.feature = f.feature
WHERE p.canvas_id > %s AND p.canvas_id <= %s AND {which} AND {lacking}
  AND (r.id IS NULL OR r.state NOT IN ('paused', 'cancelled'))
GROUP BY p.canvas_id, p.revision, p.outcome ORDER BY p.canvas_id LIMIT %s
"""
_LAST = 2**62


def pictures(origin: Origin, features: Sequence[str], batch: int) -> Iterator[list[Work]]:
    """Batches of canvases whose pictures lack one of ``features``, in the order of their ids.

    Any number of workers may ask at once: blocks of canvases that another one works on are passed
    over. Walks once through the pictures.
    """
    last = 0
    while first := _pictures(origin, features, last, _LAST, 1):
        block = first[0].canvas_id // BLOCK
        end = (block + 1) * BLOCK - 1
        with _mine(block) as mine:
            last = first[0].canvas_id - 1 if mine else end
            # Asked again: another worker may have finished it before the lock was ours.
            while mine and (found := _pictures(origin, features, last, end, batch)):
                yield found
                last = found[-1].canvas_id
            last = end


def _pictures(
    origin: Origin, features: Sequence[str], after: int, to: int, count: int
) -> list[Work]:
    sql = _PICTURES.format(which=ORIGINS[origin], lacking=_LACKING)
    with connection.cursor() as cursor:
        cursor.execute(sql, [list(features), after, to, count])
        return [
            Work(pk, seen, tuple(lacking), shows) for pk, seen, lacking, shows in cursor.fetchall()
        ]


@contextmanager
def _mine(block: int) -> Iterator[bool]:
    """Hold the lock on a block, if nobody else does; it goes with the connection."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [_LOCKS, block % 2**31])
        mine = bool(cursor.fetchone()[0])
    try:
        yield mine
    finally:
        if mine and connection.connection is not None and not connection.connection.closed:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [_LOCKS, block % 2**31])


@dataclass(frozen=True)
class Count:
    """How far a feature is: canvases by what became of them. They add up to ``canvases``."""

    feature: str
    canvases: int
    done: int
    skipped: int
    failed: int

    @property
    def pending(self) -> int:
        return self.canvases - self.done - self.skipped - self.failed


_COUNTS = """
SELECT f.feature, count(*),
       count(*) FILTER (WHERE s.outcome = 'done' AND s.revision = {revision}),
       count(*) FILTER (WHERE s.outcome = 'skipped' AND s.revision = {revision}),
       count(*) FILTER (WHERE CASE WHEN s.revision = {revision} THEN s.outcome = 'failed'
                                   ELSE {fetching_failed} END)
FROM catalog_canvas c
CROSS JOIN unnest(%s::text[]) AS f(feature)
LEFT JOIN iiifsearch_seen s ON s.canvas_id = c.id AND s.feature = f.feature
LEFT JOIN catalog_picture p ON p.canvas_id = c.id
WHERE c.state <> 'withdrawn'
GROUP BY f.feature
"""


def counts() -> list[Count]:
    """The state of every live feature. A picture that could not be fetched has failed."""
    found: dict[str, Count] = {}
    with connection.cursor() as cursor:
        for revision, failed, features in (
            ("c.pixel_revision", "p.outcome = 'failed'", picture_features()),
            ("c.text_revision", "false", text_features()),
        ):
            cursor.execute(
                _COUNTS.format(revision=revision, fetching_failed=failed), [list(features)]
            )
            found |= {row[0]: Count(*row) for row in cursor.fetchall()}
    names = [*picture_features(), *text_features()]
    return [found.get(name, Count(name, 0, 0, 0, 0)) for name in names]
