"""Find work: which canvases lack which features. Only asks; does nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from django.db import connection

from iiifsearch.conf import options
from iiifsearch.index import words
from ml import registry

Revision = Literal["pixel_revision", "text_revision"]


@dataclass(frozen=True)
class Work:
    """A canvas, the revision that was seen when it was found, and what is to be made of it."""

    canvas_id: int
    revision: int
    features: tuple[str, ...]


def picture_features() -> tuple[str, ...]:
    """Keys of what is made of pixels."""
    return tuple(registry.get(name).key for name in options.image_encoders)


def text_features() -> tuple[str, ...]:
    """Keys of what is made of comments."""
    return (words.feature(), registry.get(options.text_encoder).key)


_PENDING = """
SELECT c.id, c.{revision}, array_agg(f.feature ORDER BY f.feature)
FROM catalog_canvas c
CROSS JOIN unnest(%s::text[]) AS f(feature)
LEFT JOIN iiifsearch_seen s ON s.canvas_id = c.id AND s.feature = f.feature
WHERE c.id > %s AND c.state <> 'withdrawn'
  AND (s.canvas_id IS NULL OR s.revision <> c.{revision}
       OR (s.outcome = 'failed' AND s.retry_at <= now()))
GROUP BY c.id ORDER BY c.id LIMIT %s
"""


def pending(revision: Revision, features: Sequence[str], batch: int) -> Iterator[list[Work]]:
    """Batches of canvases that lack one of ``features``, in the order of their ids.

    Walks once through the table by key, so that it ends even if nothing can be done.
    """
    last = 0
    while True:
        with connection.cursor() as cursor:
            cursor.execute(_PENDING.format(revision=revision), [list(features), last, batch])
            found = [Work(pk, seen, tuple(lacking)) for pk, seen, lacking in cursor.fetchall()]
        if not found:
            return
        yield found
        last = found[-1].canvas_id


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
       count(*) FILTER (WHERE s.outcome = 'failed' AND s.revision = {revision})
FROM catalog_canvas c
CROSS JOIN unnest(%s::text[]) AS f(feature)
LEFT JOIN iiifsearch_seen s ON s.canvas_id = c.id AND s.feature = f.feature
WHERE c.state <> 'withdrawn'
GROUP BY f.feature
"""


def counts() -> list[Count]:
    """The state of every live feature."""
    found: dict[str, Count] = {}
    wanted: list[tuple[Revision, tuple[str, ...]]] = [
        ("pixel_revision", picture_features()),
        ("text_revision", text_features()),
    ]
    with connection.cursor() as cursor:
        for revision, features in wanted:
            cursor.execute(_COUNTS.format(revision=f"c.{revision}"), [list(features)])
            found |= {row[0]: Count(*row) for row in cursor.fetchall()}
    names = [*picture_features(), *text_features()]
    return [found.get(name, Count(name, 0, 0, 0, 0)) for name in names]
