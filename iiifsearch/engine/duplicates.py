"""Whether the library holds the same picture: another photograph, a crop, a copy in grey, turned,
framed or mirrored. Looked for where it most likely is first, and further only if need be."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from iiifsearch.conf import options
from iiifsearch.engine import candidates
from iiifsearch.engine.scope import Scope
from iiifsearch.engine.verify import Match, Probe, verify
from ml.local.keypoints import LocalFeatures

#: Points of the picture that is asked about; the canvas's are all compared.
COUNT = 600
#: Candidates of each step: of the picture as it is; of its parts and its turned self.
NEAREST, FURTHER = 10, 20
#: A match as sure as this ends the search: 1 - 1e-6.
SURE = 1 - 1e-6


@dataclass(frozen=True)
class Same:
    """A canvas that shows the same picture. ``similarity``: the cosine by which it was found."""

    match: Match
    similarity: float


def same_picture(pixels: NDArray[np.uint8], scope: Scope = Scope()) -> tuple[Same, ...]:  # noqa: B008
    """Canvases that show the picture, uint8 (H, W, 3) sRGB, the surest first. The last of them may
    be unsure: `Same.match.probability` tells; those below `options.accept_probability` are not
    accepted. Raises `ml.errors.MLError`."""
    found: dict[int, Same] = {}
    for points, mirrored, near in _steps(pixels, scope):
        for match in verify(points, list(near), mirrored=mirrored):
            known = found.get(match.canvas_id)
            if match.inliers and (known is None or match.inliers > known.match.inliers):
                found[match.canvas_id] = Same(match, near[match.canvas_id])
        if any(same.match.probability >= SURE for same in found.values()):
            break
    return tuple(
        sorted(found.values(), key=lambda same: (-same.match.inliers, same.match.canvas_id))
    )


def accepted(found: tuple[Same, ...]) -> tuple[Same, ...]:
    """Those that count as the same picture."""
    return tuple(s for s in found if s.match.probability >= options.accept_probability)


def _steps(
    pixels: NDArray[np.uint8], scope: Scope
) -> Iterator[tuple[LocalFeatures, bool, dict[int, float]]]:
    """What to compare with what: points, whether they are mirrored, and candidates."""
    probe = Probe(pixels, COUNT)
    near = candidates.near([pixels], scope, NEAREST)
    best = dict(list(near.items())[:3])
    rest = {pk: cosine for pk, cosine in near.items() if pk not in best}
    yield probe.points, False, best
    yield probe.mirrored, True, best
    yield probe.points, False, rest
    yield probe.mirrored, True, rest
    views = [*candidates.turned(pixels), *candidates.parts(pixels)]
    wider = {
        pk: cosine
        for pk, cosine in candidates.near(views, scope, FURTHER).items()
        if pk not in near
    }
    wider = dict(list(wider.items())[: options.verify_candidates])
    yield probe.points, False, wider
    yield probe.mirrored, True, wider
    finer = replace(probe, count=2 * COUNT)
    yield finer.smoothed, False, near | wider
