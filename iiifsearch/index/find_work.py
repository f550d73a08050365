"""Find work: which canvases lack which features. Of pictures: `iiifsearch.index.find_pictures`.

What changed stands on a short list until it is dealt with: of pictures an index keeps it, of texts
a table. Whatever else may be missing (a new encoder, a failure that is due again) takes a walk
through everything.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction

from catalog.locks import hold
from iiifsearch.encoders import text_specs
from iiifsearch.index import features, words
from iiifsearch.models import Changed


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
    return tuple(feature.key for feature in features.live())


def text_features() -> tuple[str, ...]:
    """Keys of what is made of comments."""
    return (words.feature(), *(spec.key for spec in text_specs()))


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


def texts(features: Sequence[str], batch: int) -> Iterator[list[Work]]:
    """Batches of canvases whose texts lack one of ``features``, in the order of their ids.

    Walks once through the table by key, so that it ends even if nothing can be done.
    """
    last = 0
    while found := _texts(_ALL, [list(features), last, batch]):
        yield found
        last = found[-1].canvas_id


def changed_texts(features: Sequence[str], batch: int) -> Iterator[list[Work]]:
    """The same of canvases that were noted as changed. Those that lack nothing (any more) are
    taken off the list here, the others by whoever makes what they lack (`off_the_list`)."""
    last = 0
    while ids := _noted(last, batch):
        with transaction.atomic():
            # Locked, so that none is changed between the question and the deletion.
            hold(ids)
            found = _texts(_SOME, [list(features), ids])
            off_the_list(set(ids) - {work.canvas_id for work in found})
        if found:
            yield found
        last = ids[-1]


def _noted(after: int, count: int) -> list[int]:
    rows = Changed.objects.filter(canvas_id__gt=after).order_by("canvas_id")
    return list(rows.values_list("canvas_id", flat=True)[:count])


def off_the_list(canvas_ids: Iterable[int]) -> None:
    """Their texts were read. Call in the transaction that stores what was read, with the canvases
    locked: a change that comes later puts them on the list anew."""
    Changed.objects.filter(canvas_id__in=list(canvas_ids)).delete()


def note_changed(canvas_ids: Iterable[int], **_: Any) -> None:
    """Put canvases whose texts changed on the list, in the transaction that changed them."""
    rows = [Changed(canvas_id=pk) for pk in sorted(canvas_ids)]
    Changed.objects.bulk_create(rows, ignore_conflicts=True, batch_size=5000)


def _texts(sql: str, params: list[Any]) -> list[Work]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return [Work(pk, seen, tuple(lacking)) for pk, seen, lacking in cursor.fetchall()]


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
