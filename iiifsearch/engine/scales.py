"""From a cosine to a strength that can be compared with that of another feature.

A cosine of .9 is little by one feature and much by another. What can be compared is how rare it is
among strangers: the strength of a likeness that one random pair in 10, 100 or 1,000 of this
library has is 1/6, 2/6 or 3/6 (minus the decimal logarithm of that share, of 6). Rarer ones cannot
be told from a sample; beyond it the strength grows evenly with the cosine, up to 1 for the same
picture. docs/adr/0017 has the figures.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from django.db import connection
from numpy.typing import ArrayLike, NDArray

from iiifsearch.engine.rows import Vector
from iiifsearch.index.scales import FEWEST, QUANTILES, sample
from iiifsearch.models import FeatureScale
from ml.specs import EncoderSpec

#: The strength is 1 where one pair in 10 to this power would be as alike.
_DECADES = 6
#: One random pair in this many is as alike as what counts as noise at most.
_NOISE = 0.99
#: And nine in ten are no nearer to what was drawn by hand than what counts as noise.
_DRAWN = 0.9

# Written out, for every search by likeness asks it.
_READ = f"SELECT encoder, quantiles FROM {FeatureScale._meta.db_table} WHERE encoder = ANY(%s)"


@dataclass(frozen=True)
class Scale:
    """``knots``: (cosine, strength), both rising; between them lie straight lines.

    ``cut_off``: the cosine below which a likeness is noise. ``measured``: by this library, and not
    assumed from what is declared of the encoder.
    """

    knots: tuple[tuple[float, float], ...]
    cut_off: float
    measured: bool

    def strength(self, cosines: ArrayLike) -> NDArray[np.float64]:
        """0 to 1, of each cosine: how much a likeness says."""
        found, strengths = zip(*self.knots, strict=True)
        return np.asarray(np.interp(np.asarray(cosines, np.float64), found, strengths))


def scales(specs: Iterable[EncoderSpec]) -> dict[str, Scale]:
    """Scales by encoder key."""
    wanted = {spec.key: spec for spec in specs}
    with connection.cursor() as cursor:
        cursor.execute(_READ, [list(wanted)])
        measured = {key: json.loads(quantiles) for key, quantiles in cursor.fetchall()}
    return {key: _scale(spec, measured.get(key)) for key, spec in wanted.items()}


def of_drawn(spec: EncoderSpec, vector: Vector) -> Scale:
    """The scale of what was chosen or drawn by hand, a palette, a sketch: no picture is as like it
    as pictures are to each other. It is measured with the vector itself, float32 (dim,), beside
    pictures drawn by chance; what is among the nearest tenth is no noise."""
    cosines = sample(spec) @ vector
    if len(cosines) < FEWEST:
        return Scale(((-1.0, 0.0), (1.0, 1.0)), -1.0, False)
    shares = [share for share in QUANTILES if (1 - share) * len(cosines) >= 1]
    found = {share: float(np.quantile(cosines, share)) for share in shares}
    return Scale(_knots(found), found[_DRAWN], True)


def _scale(spec: EncoderSpec, measured: Mapping[str, float] | None) -> Scale:
    """Where nothing was measured, what is declared of the encoder stands for one pair in 100."""
    quantiles = {_NOISE: spec.min_similarity}
    if measured is not None:
        quantiles = {float(share): cosine for share, cosine in measured.items()}
    # In a library of look-alikes even one pair in 100 is no stranger: the cut-off is never
    # stricter than what is declared.
    cut_off = min(quantiles.get(_NOISE, spec.min_similarity), spec.min_similarity)
    return Scale(_knots(quantiles), cut_off, measured is not None)


def _knots(quantiles: Mapping[float, float]) -> tuple[tuple[float, float], ...]:
    """Of the cosine that each share of strangers stays below."""
    knots, last = [(-1.0, 0.0)], -1.0
    for share, cosine in sorted(quantiles.items()):
        if last < cosine < 1:
            knots.append((cosine, float(-np.log10(1 - share)) / _DECADES))
            last = cosine
    return (*knots, (1.0, 1.0))
