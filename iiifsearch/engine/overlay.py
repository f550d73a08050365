"""One picture of a pair laid upon the other: where it lies, and the places at which both agree.

All in shares of width and height, 0 to 1 from the top left.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from catalog import kept
from catalog.models import Canvas
from iiifsearch.engine.verify import Point, Probe, in_shares, outline_of, stored_points
from iiifsearch.models import Duplicate
from ml.local import geometry
from ml.local.geometry import Verification
from ml.local.keypoints import LocalFeatures

#: Places that are shown: more lines than this hide the pictures.
MOST_LINES = 200

_MIRROR = np.array([[-1, 0, 1], [0, 1, 0], [0, 0, 1]], np.float64)
#: Corners of which three lie on a line, but for so much of an area, span nothing.
_FLAT = 1e-9


class PointsGone(LookupError):
    """``canvas_ids``: canvases of a pair whose points are not kept, or cannot be read."""

    def __init__(self, canvas_ids: Sequence[int]) -> None:
        super().__init__(f"No points are kept of the canvases {list(canvas_ids)}.")
        self.canvas_ids = tuple(canvas_ids)


@dataclass(frozen=True)
class Agreement:
    """Where two pictures agree. ``lines``: up to MOST_LINES of the ``total``: x and y in the first,
    x and y in the second. ``outline``: the corners of the first in the second, from its top left
    and clockwise; None where nothing agrees."""

    lines: tuple[tuple[float, float, float, float], ...] = ()
    total: int = 0
    mirrored: bool = False
    outline: tuple[Point, ...] | None = None


def square_onto(corners: Sequence[Sequence[float]]) -> NDArray[np.float64] | None:
    """The homography, float64 (3, 3), that takes the unit square's corners, from the top left and
    clockwise, to these four (Heckbert, Fundamentals of Texture Mapping and Image Warping, 1989,
    section 2.2.3). None where they span no convex quadrilateral, whichever way round."""
    points = np.asarray(corners, np.float64)
    if points.shape != (4, 2) or not np.isfinite(points).all():
        return None
    sides = np.roll(points, -1, axis=0) - points
    turns = _cross(sides, np.roll(sides, -1, axis=0))
    if not ((turns > _FLAT).all() or (turns < -_FLAT).all()):
        return None
    first, second, third, fourth = points
    one, other, rest = second - third, fourth - third, first - second + third - fourth
    whole = _cross(one, other)
    g, h = _cross(rest, other) / whole, _cross(one, rest) / whole
    x, y = second - first + g * second, fourth - first + h * fourth
    return np.array([[x[0], y[0], first[0]], [x[1], y[1], first[1]], [g, h, 1.0]])


def _cross(one: NDArray[np.float64], other: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(one[..., 0] * other[..., 1] - one[..., 1] * other[..., 0])


def agreement(pair: Duplicate) -> Agreement:
    """Look at both once more, by what is kept of them; for a mirror image a kept picture is read.
    Raises PointsGone."""
    points = stored_points([pair.first_id, pair.second_id])
    if gone := [pk for pk in (pair.first_id, pair.second_id) if pk not in points]:
        raise PointsGone(gone)
    ours, theirs = points[pair.first_id], points[pair.second_id]
    found = Agreement()
    if not pair.mirrored:
        said = geometry.verify(ours, theirs)
        found = _agreement(said, ours, theirs)
    if pair.mirrored or not (pair.measured or found.total):
        found = _mirrored(pair, ours, theirs) or found
    return found


def _mirrored(pair: Duplicate, ours: LocalFeatures, theirs: LocalFeatures) -> Agreement | None:
    """Points that are kept cannot be mirrored: those of one of the pictures are found anew. None
    where neither is kept."""
    if (turned := _turned_over(pair.second_id)) is not None:
        said = geometry.verify(ours, turned)
        return _agreement(said, ours, turned, theirs_mirrored=True)
    if (turned := _turned_over(pair.first_id)) is not None:
        said = geometry.verify(turned, theirs)
        return _agreement(said, turned, theirs, ours_mirrored=True)
    return None


def _turned_over(canvas_id: int) -> LocalFeatures | None:
    canvas = Canvas.objects.select_related("picture").get(pk=canvas_id)
    found = kept.read(canvas)
    return None if found is None else Probe(found.array).mirrored


def _agreement(
    said: Verification,
    ours: LocalFeatures,
    theirs: LocalFeatures,
    *,
    ours_mirrored: bool = False,
    theirs_mirrored: bool = False,
) -> Agreement:
    if said.homography is None or said.ours is None or said.theirs is None:
        return Agreement()
    chosen = np.unique(np.linspace(0, len(said.ours) - 1, MOST_LINES).round().astype(int))
    here = _shares(ours, said.ours[chosen], ours_mirrored)
    there = _shares(theirs, said.theirs[chosen], theirs_mirrored)
    matrix = in_shares(said.homography, ours, theirs, theirs_mirrored)
    if ours_mirrored:
        matrix = matrix @ _MIRROR
    lines = np.hstack([here, there]).astype(float)
    return Agreement(
        tuple((x, y, u, v) for x, y, u, v in lines.tolist()),
        len(said.ours),
        ours_mirrored or theirs_mirrored,
        outline_of(matrix),
    )


def _shares(
    features: LocalFeatures, chosen: NDArray[np.intp], mirrored: bool
) -> NDArray[np.float64]:
    shares = features.points[chosen] / np.array([features.width, features.height])
    if mirrored:
        shares[:, 0] = 1 - shares[:, 0]
    return np.asarray(shares, np.float64)
