"""Neighbours by several features at once, brought into one order.

Whatever any feature finds is judged by all of them, so that an answer does not depend on which of
them found it. A hit's score is the weighted mean of its strengths (`iiifsearch.engine.scales`).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from math import isnan

import numpy as np
from numpy.typing import NDArray

from iiifsearch.encoders import called
from iiifsearch.engine.hits import Answer, Hit
from iiifsearch.engine.nearest import nearest
from iiifsearch.engine.query import Vectors
from iiifsearch.engine.scales import Scale, of_drawn, scales
from iiifsearch.engine.scope import Scope
from iiifsearch.engine.stored import Cosines, similarities
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
    speak = np.zeros(len(near), bool)
    for spec, column in near.by_feature.items():
        speak |= column >= known[spec.key].cut_off
    scores = _scores(_shares(near, weights, known), len(near))
    order = np.lexsort((np.array(near.canvas_ids, np.int64), -scores))
    spoken_for = order[speak[order]]
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
    best = judged(near.at(spoken_for[:count]), weights, known)
    return Answer(tuple(best), tuple(notices), plans, capped, cut_offs)


def judged(cosines: Cosines, weights: Weights, known: Mapping[str, Scale]) -> list[Hit]:
    """Canvases by all features, in words and in their order. ``why`` is empty where none speaks
    for it."""
    given = _shares(cosines, weights, known)
    scores = _scores(given, len(cosines)).tolist()
    columns = [
        (
            called(spec),
            known[spec.key].cut_off,
            cosines.by_feature[spec].tolist(),
            shares.tolist(),
        )
        for spec, shares in given.items()
    ]
    hits = []
    for place, canvas_id in enumerate(cosines.canvas_ids):
        shares, similar, why = {}, {}, []
        for name, least, near, gave in columns:
            if isnan(cosine := near[place]):
                continue
            shares[name], similar[name] = gave[place], cosine
            if cosine >= least:
                why.append(f"looks alike by {name} ({cosine:.2f}), {gave[place]:.2f} of the score")
        hits.append(Hit(canvas_id, scores[place], shares, tuple(why), similarities=similar))
    return hits


def _shares(
    cosines: Cosines, weights: Weights, known: Mapping[str, Scale]
) -> dict[EncoderSpec, NDArray[np.float64]]:
    """What each feature gives of the score of each canvas, (len(cosines),); NaN where a canvas has
    no vector by it."""
    whole = sum(weights.values())
    return {
        spec: weight * known[spec.key].strength(cosines.by_feature[spec]) / whole
        for spec, weight in weights.items()
        if spec in cosines.by_feature
    }


def _scores(shares: Mapping[EncoderSpec, NDArray[np.float64]], count: int) -> NDArray[np.float64]:
    """0 to 1, (count,): the mean of each canvas's strengths, by the weights."""
    given = np.array([np.zeros(count), *shares.values()])
    return np.minimum(1.0, np.nansum(given, axis=0))


def _told(scale: Scale) -> str:
    return "" if scale.measured else "; too few canvases for a scale of their own"
