"""Pairs of canvases that show the same picture, found through the index: each canvas is compared
with the few that are nearest to it, never all with all.

A canvas is looked at once it is public and its features are made: whoever comes later finds
whoever was there before. A draft is looked at when it is published. One that was looked at before
is looked at anew when its picture changed.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from django.db import connection, transaction
from django.db.models import F

from catalog.locks import alone, hold
from catalog.models import Canvas, State
from iiifsearch.encoders import serving
from iiifsearch.engine import candidates
from iiifsearch.engine.scope import Scope
from iiifsearch.index import batches, store
from iiifsearch.index.compare import Pair, compared, known_pairs
from iiifsearch.index.counts import Counts, Progress
from iiifsearch.index.find_work import Work
from iiifsearch.models import Duplicate, Seen
from ml.local import compact

#: Names this work in `iiifsearch.models.Seen`.
FEATURE = "duplicates-1"
#: Canvases that are looked at before anything is stored, and ids that one statement looks through.
BATCH, RANGE = 16, 32_768
#: Pairs that groups are made of, the oldest first: about 10 MB.
MOST_PAIRS = 100_000
#: Those with most places that agree first; what nobody measured last.
SUREST = F("inliers").desc(nulls_last=True)
#: Names the lock that whoever looks for duplicates holds; any number that nobody else uses.
_LOOKING = 0x69696903

# The bounds are said of every table: the planner does not infer them.
_WORK = """
SELECT c.id, c.pixel_revision, v.outcome = 'done' AND l.outcome = 'done', s.canvas_id IS NOT NULL
FROM catalog_canvas c
JOIN iiifsearch_seen v ON v.canvas_id = c.id AND v.feature = %(vector)s
    AND v.revision = c.pixel_revision AND v.canvas_id BETWEEN %(first)s AND %(last)s
JOIN iiifsearch_seen l ON l.canvas_id = c.id AND l.feature = %(points)s
    AND l.revision = c.pixel_revision AND l.canvas_id BETWEEN %(first)s AND %(last)s
LEFT JOIN iiifsearch_seen s ON s.canvas_id = c.id AND s.feature = %(own)s
    AND s.canvas_id BETWEEN %(first)s AND %(last)s
WHERE c.id BETWEEN %(first)s AND %(last)s AND c.state <> 'withdrawn'
    AND v.outcome IN ('done', 'skipped') AND l.outcome IN ('done', 'skipped')
    AND (s.canvas_id IS NULL OR s.revision <> c.pixel_revision)
    AND (s.canvas_id IS NOT NULL OR {public})
ORDER BY c.id
"""


@dataclass(frozen=True)
class _Look(Work):
    """``again``: an earlier picture of the canvas was looked at; what was found then is no more."""

    again: bool = False


def find_duplicates(seconds: float = math.inf, progress: Progress = lambda count: None) -> Counts:
    """Look at the canvases that were not looked at yet, for about ``seconds``. Those that show
    nothing are skipped.

    Does nothing where somebody else is at it.
    """
    counts = Counts()
    until = time.monotonic() + seconds
    with alone(_LOOKING) as mine:
        for works in _batches() if mine else ():
            if time.monotonic() > until:
                counts.unfinished = True
                break
            made = batches.apart(works, _look)
            shown = {work.canvas_id for work in works if work.shows}
            counts += Counts(len(made.done & shown), len(made.done - shown), len(made.failed))
            progress(len(works))
    return counts


def to_look_at() -> int:
    """How many canvases there are to look at."""
    return sum(len(works) for works in _batches())


# -- what there is to do ------------------------------------------------------------------------


def _batches() -> Iterator[list[_Look]]:
    """Canvases to look at, by id."""
    first = 0
    ids = Canvas.objects.order_by("pk").values_list("pk", flat=True)
    while (start := ids.filter(pk__gte=first).first()) is not None:
        first = start + RANGE
        found = _works(start, first - 1)
        yield from (found[i : i + BATCH] for i in range(0, len(found), BATCH))


def _works(first: int, last: int) -> list[_Look]:
    public, _ = Scope().sql("c.id")
    values = {"vector": serving(candidates.FEATURE).key, "points": compact.KEY}
    with connection.cursor() as cursor:
        cursor.execute(
            _WORK.format(public=public), {**values, "own": FEATURE, "first": first, "last": last}
        )
        return [
            _Look(pk, revision, (FEATURE,), shows, again)
            for pk, revision, shows, again in cursor.fetchall()
        ]


# -- looking ------------------------------------------------------------------------------------


def _look(found: Sequence[Work]) -> set[int]:
    """Look at canvases and store what is found; ids of those that still show the same."""
    works = [work for work in found if isinstance(work, _Look)]
    pairs = {work.canvas_id: compared(work.canvas_id) for work in works if work.shows}
    with transaction.atomic():
        there = _there(works, pairs)
        same = {work.canvas_id for work in works if there.get(work.canvas_id) == work.revision}
        # A partner that was withdrawn meanwhile is no more; one that changed is looked at anew.
        new = [
            pair
            for pk in pairs
            for pair in pairs[pk]
            if pk in same and pair.first in there and pair.second in there
        ]
        _drop([work for work in works if work.canvas_id in same], new)
        _store(new)
        store.seen(work for work in works if work.canvas_id in same and work.shows)
        store.seen(
            [work for work in works if work.canvas_id in same and not work.shows],
            Seen.Outcome.SKIPPED,
            "It shows nothing.",
        )
    return same


def _drop(works: Sequence[_Look], new: Sequence[Pair]) -> None:
    """Delete known pairs that were not found again. A mirrored one is verified by a picture, which
    may be given up by now: it goes only if the canvas changed. One that is decided never goes; if
    the canvas changed, it loses what was measured of the earlier picture."""
    found = {(pair.first, pair.second) for pair in new}
    lost = [
        (row, work.again)
        for work in works
        for row in known_pairs(work.canvas_id)
        if (row.first_id, row.second_id) not in found
    ]
    gone = [row.pk for row, again in lost if again or not row.mirrored]
    # Asked of the table, not of the rows: a curator may decide at this moment.
    Duplicate.objects.filter(pk__in=gone, decision=Duplicate.Decision.OPEN).delete()
    Duplicate.objects.filter(pk__in=[row.pk for row, again in lost if again]).update(
        similarity=None, inliers=None, probability=None, mirrored=False, outline=None
    )


def _there(works: Sequence[Work], pairs: dict[int, list[Pair]]) -> dict[int, int]:
    """Lock all canvases that take part; the revisions of those that are not withdrawn."""
    ids = {work.canvas_id for work in works}
    ids |= {pk for found in pairs.values() for pair in found for pk in (pair.first, pair.second)}
    hold(ids)
    rows = Canvas.objects.filter(pk__in=ids)
    return {
        pk: revision
        for pk, revision, state in rows.values_list("pk", "pixel_revision", "state")
        if state != State.WITHDRAWN
    }


def _store(pairs: Sequence[Pair]) -> None:
    """Insert or renew pairs; what a curator decided of one stays."""
    once = {(pair.first, pair.second): pair for pair in pairs}
    Duplicate.objects.bulk_create(
        [
            Duplicate(
                first_id=pair.first,
                second_id=pair.second,
                similarity=pair.similarity,
                inliers=pair.match.inliers,
                probability=pair.match.probability,
                mirrored=pair.match.mirrored,
                outline=pair.outline,
            )
            for pair in once.values()
        ],
        update_conflicts=True,
        unique_fields=["first", "second"],
        update_fields=["similarity", "inliers", "probability", "mirrored", "outline"],
    )


# -- groups -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Groups:
    """Ids of canvases that belong together, ascending; the largest group first. ``capped``: there
    are more than MOST_PAIRS pairs, and the later ones are not among them."""

    groups: tuple[tuple[int, ...], ...]
    capped: bool = False


def groups(*, to_decide: bool = False) -> Groups:
    """What the pairs join, but for those that a curator calls unrelated. ``to_decide``: only
    groups with a pair that nobody decided on."""
    rows = Duplicate.objects.exclude(decision=Duplicate.Decision.UNRELATED).order_by("pk")
    found = list(rows.values_list("first_id", "second_id", "decision")[: MOST_PAIRS + 1])
    pairs = found[:MOST_PAIRS]
    made = joined((first, second) for first, second, _ in pairs)
    if to_decide:
        undecided = {first for first, _, decision in pairs if not decision}
        made = tuple(group for group in made if not undecided.isdisjoint(group))
    return Groups(made, len(found) > MOST_PAIRS)


def joined(pairs: Iterable[tuple[int, int]]) -> tuple[tuple[int, ...], ...]:
    """The connected components of ``pairs``."""
    leads: dict[int, int] = {}

    def lead(pk: int) -> int:
        while (above := leads.setdefault(pk, pk)) != pk:
            leads[pk] = pk = leads[above]
        return pk

    for first, second in pairs:
        one, other = lead(first), lead(second)
        leads[max(one, other)] = min(one, other)
    found: dict[int, list[int]] = {}
    for pk in sorted(leads):
        found.setdefault(lead(pk), []).append(pk)
    return tuple(sorted(map(tuple, found.values()), key=lambda group: (-len(group), group)))


def pairs_among(canvas_ids: Iterable[int], most: int) -> list[Duplicate]:
    """The surest ``most`` pairs of these canvases that are not called unrelated."""
    ids = list(canvas_ids)
    own = [field.attname for field in Duplicate._meta.concrete_fields]
    rows = Duplicate.objects.filter(first__in=ids, second__in=ids).select_related("first", "second")
    rows = rows.only(*own, "first__pixel_revision", "second__pixel_revision")
    rows = rows.exclude(decision=Duplicate.Decision.UNRELATED)
    return list(rows.order_by(SUREST, "pk")[:most])
