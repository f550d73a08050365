"""Neighbours by several features at once, brought into one order.

Whatever any feature finds is judged by all of them, so that an answer does not depend on which of
them found it. A hit's score is the weighted mean of its strengths (`iiifsearch.engine.scales`).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from iiifsearch.encoders import called
from iiifsearch.engine.hits import Answer, Hit
from iiifsearch.engine.nearest import nearest, similarities
from iiifsearch.engine.query import Vectors
from iiifsearch.engine.scales import Scale, of_drawn, scales
from iiifsearch.engine.scope import Scope
from ml.specs import EncoderSpec

Weights = Mapping[EncoderSpec, float]


def ranked(
    vectors: Vectors,
    weights: Weights,
    scope: Scope,
    count: int,
    drawn: Collection[EncoderSpec] = (),
) -> Answer:
    """The ``count`` canvases of ``scope`` nearest to ``vectors``, best first; ties go to the
    smaller canvas id. Those that no feature speaks for are left out. ``drawn``: whose vectors are
    of no picture."""
    known = scales(vectors) | {spec.key: of_drawn(spec, vectors[spec]) for spec in drawn}
    found = {spec: nearest(spec, vector, scope, count) for spec, vector in vectors.items()}
    ids = {row.canvas_id for neighbours in found.values() for row in neighbours.rows}
    near = similarities(vectors, ids)
    spoken_for = [
        (-_score(_shares(cosines, weights, known)), canvas_id)
        for canvas_id, cosines in near.items()
        if any(cosine >= known[spec.key].cut_off for spec, cosine in cosines.items())
    ]
    names = {spec: called(spec) for spec in vectors}
    cut_offs = {names[spec]: known[spec.key].cut_off for spec in vectors}
    notices = []
    if len(spoken_for) < len(near):
        each = [f"{cosine:.2g} by {name}" for name, cosine in cut_offs.items()]
        notices.append(f"Those less alike than {' and '.join(each)} were left out.")
    capped = len(spoken_for) > count or any(
        len(neighbours.rows) == count and neighbours.rows[-1].similarity >= cut_offs[names[spec]]
        for spec, neighbours in found.items()
    )
    if capped:
        notices.append(f"Only the best {count} are listed.")
    plans = {
        names[spec]: neighbours.plan + _told(known[spec.key]) for spec, neighbours in found.items()
    }
    # Only what is listed is put into words.
    best = {canvas_id: near[canvas_id] for _, canvas_id in sorted(spoken_for)[:count]}
    return Answer(tuple(judged(best, weights, known)), tuple(notices), plans, capped, cut_offs)


def judged(
    cosines: Mapping[int, Mapping[EncoderSpec, float]], weights: Weights, known: Mapping[str, Scale]
) -> list[Hit]:
    """Canvases by all features, in words and in their order; by canvas id the cosine by each
    feature. ``why`` is empty where none speaks for it."""
    names = {spec: called(spec) for spec in weights}
    hits = []
    for canvas_id, near in cosines.items():
        shares = _shares(near, weights, known)
        why = tuple(
            f"looks alike by {names[spec]} ({near[spec]:.2f}), {share:.2f} of the score"
            for spec, share in shares.items()
            if near[spec] >= known[spec.key].cut_off
        )
        hits.append(
            Hit(
                canvas_id=canvas_id,
                score=_score(shares),
                shares={names[spec]: share for spec, share in shares.items()},
                why=why,
                similarities={names[spec]: near[spec] for spec in shares},
            )
        )
    return hits


def _shares(
    cosines: Mapping[EncoderSpec, float], weights: Weights, known: Mapping[str, Scale]
) -> dict[EncoderSpec, float]:
    """What each feature gives of a canvas's score; one by which it has no vector yet is left
    out."""
    whole = sum(weights.values())
    return {
        spec: weight * known[spec.key].strength(cosines[spec]) / whole
        for spec, weight in weights.items()
        if spec in cosines
    }


def _score(shares: Mapping[EncoderSpec, float]) -> float:
    """0 to 1: the mean of a canvas's strengths, by the weights."""
    return min(1.0, sum(shares.values()))


def _told(scale: Scale) -> str:
    return "" if scale.measured else "; too few canvases for a scale of their own"
