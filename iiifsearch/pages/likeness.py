"""Paintings like a painting, a part of one, a palette, or a sketch.

A visitor's request never waits for another museum's server: a picture that is not kept here is
not fetched.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from django.utils.translation import gettext, ngettext
from numpy.typing import NDArray

from catalog import kept
from catalog.geometry import Rect
from iiifsearch.conf import options
from iiifsearch.encoders import called
from iiifsearch.engine import regions
from iiifsearch.engine import search as engine
from iiifsearch.engine.combine import judged
from iiifsearch.engine.hits import Answer, Hit
from iiifsearch.engine.nearest import nearest
from iiifsearch.engine.query import Example, Query
from iiifsearch.engine.regions import Detail
from iiifsearch.engine.scales import scales
from iiifsearch.engine.scope import Scope
from iiifsearch.engine.stored import similarities, stored_vectors
from iiifsearch.engine.verify import Box
from iiifsearch.notation import Sketch, filled
from iiifsearch.pages import wording
from iiifsearch.pages.asked import BadAsk
from iiifsearch.pages.cards import Card, card, cards, has_picture
from iiifsearch.records import Record, records

#: Pixels of the kept picture below which a part of it shows nothing.
_LEAST_PIXELS = 16
#: Hits below which the nearest are shown, clearly alike or not, and how many then.
_FEW, _NEAREST = 8, 20
#: A place that is this much of a picture is all of it.
_WHOLE = 0.95


def alike(record: Record, features: Mapping[str, float] = {}, scope: Scope = Scope()) -> Answer:  # noqa: B008
    """Paintings that look like this one; none, with the reason, where it cannot be told yet. What
    it says is in the reader's language."""
    not_looked_at = Answer((), (gettext("Its picture has not been looked at yet."),))
    if not has_picture(record):
        return not_looked_at
    query = Query([Example(canvas=record.canvas)], features, scope=scope)
    weights = query.weights()
    stored = stored_vectors(list(weights), record.canvas.pk)
    told: tuple[str, ...] = ()
    if len(stored) < len(weights) and kept.read(record.canvas) is None:
        if not stored:
            return not_looked_at
        missing = [wording.feature(called(s)).within for s in weights if s not in stored]
        unknown = gettext("Nothing is known yet of its %(features)s.")
        told = (unknown % {"features": ", ".join(missing)},)
        known = {called(spec): weight for spec, weight in weights.items() if spec in stored}
        query = replace(query, features=known)
    # Of looks as a whole "none" is an answer; who asks for one side of them wants the nearest.
    answer = _at_least_a_few(query) if features else _worded(engine.by_query(query))
    return replace(answer, notices=(*told, *answer.notices))


def by_palette(colours: Sequence[tuple[str, float]], scope: Scope) -> Answer:
    """Paintings in these colours, the nearest in any case."""
    return _at_least_a_few(Query(palette=colours, scope=scope))


def by_sketch(cells: Sketch, scope: Scope) -> Answer:
    """Paintings with these colours in these places, the nearest in any case."""
    return _at_least_a_few(Query(sketch=np.array(filled(cells), np.uint8), scope=scope))


def _at_least_a_few(query: Query) -> Answer:
    """The answer; where hardly anything passes the cut-offs, what comes nearest follows, with an
    empty ``why``."""
    answer = _worded(engine.by_query(query))
    if len(answer.hits) >= _FEW:
        return answer
    vectors, weights, scope = query.vectors(), query.weights(), query.where()
    near = [nearest(spec, vector, scope, _NEAREST) for spec, vector in vectors.items()]
    known = scales(vectors)
    there = {hit.canvas_id for hit in answer.hits}
    ids = {row.canvas_id for neighbours in near for row in neighbours.rows} - there
    further = judged(similarities(vectors, ids), weights, known)
    further.sort(key=lambda hit: (-hit.score, hit.canvas_id))
    hits = (*answer.hits, *further[: _NEAREST - len(there)])
    few = len(there)
    some = ngettext(
        "Only %(count)d of these is clearly alike; the others come nearest.",
        "Only %(count)d of these are clearly alike; the others come nearest.",
        few,
    )
    none = gettext("None of these is clearly alike; they come nearest.")
    told = (some % {"count": few} if few else none,)
    return replace(answer, hits=hits, notices=told if len(hits) > few else answer.notices)


def _worded(answer: Answer) -> Answer:
    """``answer`` with its notices in the reader's language."""
    return replace(answer, notices=wording.notices(answer))


# -- parts of pictures -------------------------------------------------------------------------


@dataclass(frozen=True)
class Places:
    """``found``: as the engine has them, of which `cards_of` shows some; whole pictures where no
    details are looked at. ``same``: how many show the same detail."""

    found: Sequence[Detail | Hit] = ()
    same: int = 0
    notices: tuple[str, ...] = ()


def part_of(record: Record, part: Rect) -> NDArray[np.uint8] | None:
    """A part of the kept picture (percent of its sides), uint8 (H, W, 3); None where it is not
    kept. Raises BadAsk."""
    found = kept.read(record.canvas) if has_picture(record) else None
    if found is None:
        return None
    height, width = found.array.shape[:2]
    x, y, w, h = part.scaled(width / 100, height / 100).rounded_out()
    if min(w, h) < _LEAST_PIXELS:
        raise BadAsk(
            gettext("This part of the picture is too small to be looked for; draw a larger one.")
        )
    return np.ascontiguousarray(found.array[y : y + h, x : x + w])


def places_of(record: Record, part: Rect, scope: Scope) -> Places:
    """Where else the part of a painting is to be seen. Raises BadAsk, `ml.errors.MLError`."""
    pixels = part_of(record, part)
    if pixels is None:
        gone = gettext(
            "Its picture is not kept here at the moment, so that no part of it can be looked for."
        )
        return Places(notices=(gone,))
    return places(pixels, replace(scope, without=(*scope.without, record.canvas.pk)))


def places(pixels: NDArray[np.uint8], scope: Scope = Scope()) -> Places:  # noqa: B008 - frozen
    """Where something like a picture is to be seen in paintings. Raises `ml.errors.MLError`."""
    if not options.region_encoder:
        answer = engine.by_query(Query([Example(pixels=pixels)], scope=scope))
        whole = gettext(
            "Details are not looked for here: these are whole pictures that look like the part."
        )
        return Places(answer.hits, notices=(whole, *wording.notices(answer)))
    details = regions.by_detail(pixels, scope)
    same = sum(detail.accepted for detail in details.found)
    return Places(details.found, same, tuple(map(wording.notice, details.notices)))


def cards_of(found: Sequence[Detail | Hit]) -> list[Card]:
    """The cards of some of `Places`, in their order."""
    details = [detail for detail in found if isinstance(detail, Detail)]
    shown = records([detail.canvas_id for detail in details])
    return cards([hit for hit in found if isinstance(hit, Hit)]) + [
        card(
            shown[detail.canvas_id],
            verdict=_verdict(detail),
            certain=detail.accepted,
            place=place(detail.place),
        )
        for detail in details
        if detail.canvas_id in shown
    ]


def place(box: Box | None) -> Rect | None:
    """A part of a picture in percent; None where it is all of it."""
    if box is None or box[2] * box[3] > _WHOLE:
        return None
    return Rect(*box).scaled(100)


def _verdict(detail: Detail) -> str:
    if detail.match is None or not detail.match.inliers:
        if place(detail.place):
            return gettext("Something like it")
        return gettext("Something like it, all over the picture")
    said = {
        (True, False): gettext("The same detail: %(sure)s"),
        (True, True): gettext("The same detail, mirrored: %(sure)s"),
        (False, False): gettext("Perhaps the same detail: %(sure)s"),
        (False, True): gettext("Perhaps the same detail, mirrored: %(sure)s"),
    }[detail.accepted, detail.match.mirrored]
    return said % {"sure": wording.sure(detail.probability)}
