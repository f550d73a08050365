"""Guessed tags for curators to decide on: what a painting's neighbours agree on and it does not
say, and what it says and none of them does.

A canvas is looked at once it is public and its vector is made, again when its picture or its texts
changed, and again after `AGAIN`: others came, and bear other tags. Guesses that no longer hold go;
those that were decided stay, and are not made again.
"""

from __future__ import annotations

import math
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any

from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone

from catalog.locks import alone
from catalog.models import Canvas
from iiifsearch.engine.scope import Scope
from iiifsearch.engine.suggest import Neighbourhood, neighbourhoods, of_tags
from iiifsearch.engine.tags import Tag, Vocabulary, vocabulary
from iiifsearch.index import batches, store
from iiifsearch.index.counts import Counts, Progress
from iiifsearch.index.find_work import Work
from iiifsearch.models import Seen, TagGuess
from ml.tags import agreed, instead

#: Names this work in `iiifsearch.models.Seen`.
FEATURE = "tag-guesses-1"
#: After so long a canvas is looked at again, though nothing of it changed.
AGAIN = timedelta(days=7)
#: Guesses of one canvas: more are no help.
MOST = 5
#: Canvases that are looked at before anything is stored, and ids that one statement looks through.
BATCH, RANGE = 64, 32_768
#: Names the lock that whoever guesses tags holds; any number that nobody else uses.
_GUESSING = 0x69696906
#: What a guess is made from: its picture and its texts. Both only grow.
_REVISION = F("pixel_revision") + F("text_revision")

Kind, Decision = TagGuess.Kind, TagGuess.Decision

# The bounds are said of every table: the planner does not infer them.
_WORK = """
SELECT c.id, c.pixel_revision + c.text_revision, v.outcome = 'done'
FROM catalog_canvas c
JOIN iiifsearch_seen v ON v.canvas_id = c.id AND v.feature = %(vector)s
    AND v.revision = c.pixel_revision AND v.canvas_id BETWEEN %(first)s AND %(last)s
LEFT JOIN iiifsearch_seen s ON s.canvas_id = c.id AND s.feature = %(own)s
    AND s.canvas_id BETWEEN %(first)s AND %(last)s
WHERE c.id BETWEEN %(first)s AND %(last)s AND c.state <> 'withdrawn'
    AND v.outcome IN ('done', 'skipped')
    AND (s.canvas_id IS NULL OR s.revision <> c.pixel_revision + c.text_revision
         OR s.seen_at < %(before)s)
    AND {public}
ORDER BY c.id
"""


def find_guesses(seconds: float = math.inf, progress: Progress = lambda count: None) -> Counts:
    """Guess the tags of the canvases that are to be looked at, for about ``seconds``. Those that
    show nothing are skipped.

    Does nothing where somebody else is at it.
    """
    counts = Counts()
    until = time.monotonic() + seconds
    with alone(_GUESSING) as mine:
        look = partial(_look, known=vocabulary()) if mine else None
        for works in _batches() if look else ():
            assert look is not None
            if time.monotonic() > until:
                counts.unfinished = True
                break
            made = batches.apart(works, look, _REVISION)
            shown = {work.canvas_id for work in works if work.shows}
            counts += Counts(len(made.done & shown), len(made.done - shown), len(made.failed))
            progress(len(works))
    return counts


def to_look_at() -> int:
    """How many canvases there are to look at."""
    return sum(len(works) for works in _batches())


def _batches() -> Iterator[list[Work]]:
    """Canvases to look at, by id."""
    first, before = 0, timezone.now() - AGAIN
    ids = Canvas.objects.order_by("pk").values_list("pk", flat=True)
    while (start := ids.filter(pk__gte=first).first()) is not None:
        first = start + RANGE
        values = {"first": start, "last": first - 1, "before": before}
        found = _works(values)
        yield from (found[i : i + BATCH] for i in range(0, len(found), BATCH))


def _works(values: dict[str, Any]) -> list[Work]:
    public, _ = Scope().sql("c.id")
    with connection.cursor() as cursor:
        cursor.execute(
            _WORK.format(public=public), {**values, "vector": of_tags().key, "own": FEATURE}
        )
        return [Work(pk, revision, (FEATURE,), shows) for pk, revision, shows in cursor.fetchall()]


# -- looking ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Guessed:
    """One row to be: see `TagGuess`."""

    kind: TagGuess.Kind
    tag: Tag
    relevance: float
    vouchers: tuple[int, ...]


def guessed(around: Neighbourhood, known: Vocabulary) -> list[Guessed]:
    """What might be said of a painting and what might be wrong, the likeliest first.

    Of a kind of metadata that it bears already nothing more is guessed; of free tags it may bear
    any number, and none of them is doubted.
    """
    found: list[Guessed] = []
    own: dict[str, list[str]] = defaultdict(list)
    for mark, tag in around.own.items():
        own[tag.kind].append(mark)
    for kind in around.kinds:
        theirs, label = around.of_kind(kind), known.kinds[kind]
        if not kind or kind not in own:
            found += [
                Guessed(
                    Kind.MISSING,
                    Tag(label, around.named(one.tag).text),
                    one.relevance,
                    around.vouchers(one),
                )
                for one in agreed(around.similarities, theirs)
                if one.tag not in around.own
            ]
            continue
        for mark in own[kind]:
            if one := instead(around.similarities, theirs, mark):
                tag = Tag(label, around.own[mark].text)
                found.append(Guessed(Kind.DOUBTFUL, tag, one.relevance, around.vouchers(one)))
    return sorted(found, key=lambda one: (-one.relevance, one.kind, one.tag.mark))


def _look(works: Sequence[Work], known: Vocabulary) -> set[int]:
    """Look at canvases and store what is guessed; ids of those that are still the same."""
    around = neighbourhoods([work.canvas_id for work in works if work.shows], known)
    found = {pk: guessed(one, known) for pk, one in around.items()}
    with transaction.atomic():
        same = store.still_at(works, _REVISION)
        _store({pk: found.get(pk, []) for pk in same})
        store.seen(work for work in works if work.canvas_id in same and work.shows)
        store.seen(
            [work for work in works if work.canvas_id in same and not work.shows],
            Seen.Outcome.SKIPPED,
            "It shows nothing.",
        )
    return same


def _store(found: Mapping[int, Sequence[Guessed]]) -> None:
    """Replace the open guesses of canvases, which are locked. What was called right is doubted no
    more; what was called wrong is said no more; and the other way round."""
    rows = TagGuess.objects.filter(canvas_id__in=list(found))
    decided = set(rows.exclude(decision=Decision.OPEN).values_list("canvas_id", "mark"))
    new = {
        (pk, one.kind, one.tag.mark): one
        for pk, guesses in found.items()
        for one in [one for one in guesses if (pk, one.tag.mark) not in decided][:MOST]
    }
    still = rows.filter(decision=Decision.OPEN).values_list("pk", "canvas_id", "kind", "mark")
    gone = [pk for pk, *key in still if tuple(key) not in new]
    TagGuess.objects.filter(pk__in=gone).delete()
    TagGuess.objects.bulk_create(
        [
            TagGuess(
                canvas_id=pk,
                kind=kind,
                label=one.tag.label,
                text=one.tag.text,
                mark=mark,
                relevance=one.relevance,
                vouchers=list(one.vouchers),
            )
            for (pk, kind, mark), one in new.items()
        ],
        update_conflicts=True,
        unique_fields=["canvas", "kind", "mark"],
        update_fields=["label", "text", "relevance", "vouchers"],
    )
