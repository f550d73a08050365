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
from ml.local.thumbnail import Thumbnail

#: Points of the picture that is asked about; the canvas's are all compared.
COUNT = 600
#: Candidates of each step: the best and all of the picture as it is; of its parts and its turned
#: self.
BEST, NEAREST, FURTHER = 3, 10, 20
#: Of the candidates of one step, those that are looked at closely: the most promising.
CLOSELY = 12
#: A match as sure as this ends the search: 1 - 1e-6.
SURE = 1 - 1e-6


@dataclass(frozen=True)
class Same:
    """A canvas that shows the same picture. ``similarity``: the cosine by which it was found."""

    match: Match
    similarity: float


def same_picture(pixels: NDArray[np.uint8], scope: Scope = Scope()) -> tuple[Same, ...]:  # noqa: B008
    """Canvases that show the picture, uint8 (H, W, 3) sRGB, the surest first. The last of them may
    be unsure: `Same.match.probability` tells; those that are not `accepted` do not
    accepted. Raises `ml.errors.MLError`."""
    found: dict[int, Same] = {}
    probe = Probe(pixels, COUNT)
    grey = probe.grey
    for step in _steps(probe, scope):
        for match in verify(
            step.points,
            list(step.near),
            mirrored=step.mirrored,
            thumbnail=step.thumbnail,
            grey=grey,
            most=CLOSELY,
        ):
            known = found.get(match.canvas_id)
            if match.probability and (known is None or _sureness(match) > _sureness(known.match)):
                found[match.canvas_id] = Same(match, step.near[match.canvas_id])
        if any(same.match.probability >= SURE for same in found.values()):
            break
    ordered = sorted(found.values(), key=_order)
    if ordered and ordered[0].match.accepted:
        ordered[0] = _told_apart(ordered[0], probe)
    return tuple(ordered)


def _told_apart(best: Same, probe: Probe) -> Same:
    """The same, or its mirror image where that agrees in more places: ornament and architecture
    agree with both."""
    other = not best.match.mirrored
    found = verify(
        probe.mirrored if other else probe.points,
        [best.match.canvas_id],
        mirrored=other,
        grey=probe.grey,
    )
    return replace(best, match=max([best.match, *found], key=_sureness))


def _sureness(match: Match) -> tuple[float, int, float]:
    return match.probability, match.inliers, match.correlation


def _order(same: Same) -> tuple[float, ...]:
    return (*(-value for value in _sureness(same.match)), same.match.canvas_id)


def accepted(found: tuple[Same, ...]) -> tuple[Same, ...]:
    """Those that count as the same picture."""
    return tuple(s for s in found if s.match.accepted)


@dataclass(frozen=True)
class _Step:
    """What is compared with which canvases: ``near``, with the cosine of each."""

    points: LocalFeatures
    thumbnail: Thumbnail
    mirrored: bool
    near: dict[int, float]


def _steps(probe: Probe, scope: Scope) -> Iterator[_Step]:
    pixels = probe.pixels
    small, turned_over = probe.thumbnail, probe.thumbnail[:, ::-1]
    near = candidates.near([pixels], scope, NEAREST)
    best = dict(list(near.items())[:BEST])
    rest = {pk: cosine for pk, cosine in near.items() if pk not in best}
    yield _Step(probe.points, small, False, best)
    yield _Step(probe.mirrored, turned_over, True, best)
    yield _Step(probe.points, small, False, rest)
    yield _Step(probe.mirrored, turned_over, True, rest)
    views = [*candidates.turned(pixels), *candidates.parts(pixels)]
    further = candidates.near(views, scope, FURTHER)
    left = candidates.first(further, options.verify_candidates, near)
    wider = {pk: further[pk] for pk in left}
    yield _Step(probe.points, small, False, wider)
    yield _Step(probe.mirrored, turned_over, True, wider)
    finer = replace(probe, count=2 * COUNT)
    yield _Step(finer.smoothed, small, False, near | wider)
