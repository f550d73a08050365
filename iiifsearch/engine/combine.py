"""Neighbours by several features at once, brought into one order.

Whatever any feature finds is judged by all of them, so that an answer does not depend on which of
them found it. A hit's score is the weighted mean of its strengths (`iiifsearch.engine.scales`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

import numpy as np
from numpy.typing import NDArray

from iiifsearch.encoders import called
from iiifsearch.engine.hits import Answer, Hit
from iiifsearch.engine.nearest import nearest, similarities
from iiifsearch.engine.query import Vectors
from iiifsearch.engine.scales import Scale, of_drawn, scales
from iiifsearch.engine.scope import Scope
from ml.specs import EncoderSpec

Weights = Mapping[EncoderSpec, float]
#: By canvas id the cosine by each feature; one by which it has no vector yet is left out.
Cosines = Mapping[int, Mapping[EncoderSpec, float]]


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
    columns = _columns(near, vectors)
    speak = np.zeros(len(near), bool)
    for spec, column in columns.items():
        speak |= column >= known[spec.key].cut_off
    scores = _scores(_shares(columns, weights, known), len(near))
    spoken_for = [
        (-score, canvas_id)
        for score, canvas_id, spoken in zip(scores.tolist(), near, speak.tolist(), strict=True)
        if spoken
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


def judged(cosines: Cosines, weights: Weights, known: Mapping[str, Scale]) -> list[Hit]:
    """Canvases by all features, in words and in their order. ``why`` is empty where none speaks
    for it."""
    names = {spec: called(spec) for spec in weights}
    given = _shares(_columns(cosines, weights), weights, known)
    scores = _scores(given, len(cosines)).tolist()
    columns = [
        (spec, names[spec], known[spec.key].cut_off, column.tolist())
        for spec, column in given.items()
    ]
    hits = []
    for place, (canvas_id, near) in enumerate(cosines.items()):
        shares, similar, why = {}, {}, []
        for spec, name, least, column in columns:
            if (cosine := near.get(spec)) is None:
                continue
            shares[name], similar[name] = column[place], cosine
            if cosine >= least:
                why.append(
                    f"looks alike by {name} ({cosine:.2f}), {column[place]:.2f} of the score"
                )
        hits.append(Hit(canvas_id, scores[place], shares, tuple(why), similarities=similar))
    return hits


def _columns(
    cosines: Cosines, specs: Iterable[EncoderSpec]
) -> dict[EncoderSpec, NDArray[np.float64]]:
    """By feature, (len(cosines),); NaN where a canvas has no vector yet."""
    return {
        spec: np.array([near.get(spec, np.nan) for near in cosines.values()], np.float64)
        for spec in specs
    }


def _shares(
    columns: Mapping[EncoderSpec, NDArray[np.float64]], weights: Weights, known: Mapping[str, Scale]
) -> dict[EncoderSpec, NDArray[np.float64]]:
    """What each feature gives of the score of each canvas."""
    whole = sum(weights.values())
    return {
        spec: weight * known[spec.key].strength(columns[spec]) / whole
        for spec, weight in weights.items()
        if spec.key in known
    }


def _scores(shares: Mapping[EncoderSpec, NDArray[np.float64]], count: int) -> NDArray[np.float64]:
    """0 to 1, (count,): the mean of each canvas's strengths, by the weights."""
    given = np.array([np.zeros(count), *shares.values()])
    return np.minimum(1.0, np.nansum(given, axis=0))


def _told(scale: Scale) -> str:
    return "" if scale.measured else "; too few canvases for a scale of their own"
