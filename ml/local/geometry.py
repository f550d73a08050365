"""Whether matched points lie as they would if both pictures showed the same: a homography."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from ml.local.keypoints import LocalFeatures
from ml.local.matching import agreeing, match

#: An inlier lands at most so far from its partner, in units of the long side.
TOLERANCE = 0.012
ITERATIONS = 2000
CONFIDENCE = 0.999
#: Of least squares over the inliers, once the estimator has found them.
ROUNDS = 4
#: Fewer inliers than this say nothing: four points always have a homography.
FEWEST = 5
#: How much more one side of an outline may be scaled than another: beyond that no photographer
#: stands.
STRETCH = 3.0
#: Points nearer to each other than this, in units of the long side, are one.
BLOB = 0.01


@dataclass(frozen=True)
class Verification:
    """What geometry says of two pictures, ours and theirs.

    inliers: places that the homography explains. matches: pairs of points that were tried.
    homography: float64 (3, 3), ours to theirs, each in units of its long side; None where there
    is none. outline: float32 (4, 2), the corners of ours in theirs, from top left and clockwise.
    ours, theirs: int (n,), the points that are inliers. mirrored: ours is theirs mirrored from
    left to right; then the outline is that of the mirrored picture.
    """

    inliers: int
    matches: int
    homography: NDArray[np.float64] | None = None
    outline: NDArray[np.float32] | None = None
    ours: NDArray[np.intp] | None = None
    theirs: NDArray[np.intp] | None = None
    mirrored: bool = False


def verify(ours: LocalFeatures, theirs: LocalFeatures) -> Verification:
    """How well two pictures agree (USAC_MAGSAC: Barath et al., MAGSAC++, CVPR 2020).

    Always the same for the same features: OpenCV seeds this estimator anew each time.
    """
    tentative = match(ours, theirs)
    nothing = Verification(0, len(tentative))
    matches = agreeing(tentative, ours, theirs)
    if len(matches) < FEWEST:
        return nothing
    source, target = ours.points[matches.ours], theirs.points[matches.theirs]
    found, mask = cv2.findHomography(
        source, target, cv2.USAC_MAGSAC, TOLERANCE, maxIters=ITERATIONS, confidence=CONFIDENCE
    )
    if found is None:
        return nothing
    homography, inside = _refined(
        np.asarray(found, np.float64), mask.ravel().astype(bool), source, target
    )
    inliers = _places(source[inside], target[inside])
    outline = project(homography, corners(ours))
    if inliers < FEWEST or not plausible(outline, ours):
        return nothing
    return replace(
        nothing,
        inliers=inliers,
        homography=homography,
        outline=outline,
        ours=matches.ours[inside],
        theirs=matches.theirs[inside],
    )


def _refined(
    homography: NDArray[np.float64],
    inside: NDArray[np.bool_],
    source: NDArray[np.float32],
    target: NDArray[np.float32],
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """The homography by all its inliers together, and which they are then; as long as they are no
    fewer. The estimator's own comes from few of them, and may lie beside a corner by a tenth."""
    for _ in range(ROUNDS):
        if inside.sum() < FEWEST:
            break
        fitted, _mask = cv2.findHomography(source[inside], target[inside], 0)
        if fitted is None:
            break
        better: NDArray[np.float64] = np.asarray(fitted, np.float64)
        apart = np.linalg.norm(project(better, source) - target, axis=1)
        now = apart < TOLERANCE
        if now.sum() < inside.sum():
            break
        done = bool((now == inside).all())
        homography, inside = better, now
        if done:
            break
    return homography, inside


def _places(source: NDArray[np.float32], target: NDArray[np.float32]) -> int:
    """At how many places inliers lie: one blob gives several points, which prove nothing more."""
    return min(len(np.unique(np.floor(points / BLOB), axis=0)) for points in (source, target))


def corners(features: LocalFeatures) -> NDArray[np.float32]:
    """float32 (4, 2): top left, top right, bottom right, bottom left of the picture."""
    w, h = features.width, features.height
    return np.array([[0, 0], [w, 0], [w, h], [0, h]], np.float32)


def project(homography: NDArray[np.float64], points: NDArray[np.float32]) -> NDArray[np.float32]:
    """(N, 2) -> float32 (N, 2)."""
    moved = cv2.perspectiveTransform(points.reshape(-1, 1, 2), homography)
    return np.asarray(moved, np.float32).reshape(-1, 2)


def plausible(outline: NDArray[np.float32], ours: LocalFeatures) -> bool:
    """Whether a flat picture can come to look like this: convex, not turned over, not a line, and
    no side scaled out of proportion."""
    if not np.isfinite(outline).all() or np.abs(outline).max() > 50:
        return False
    sides = np.roll(outline, -1, axis=0) - outline
    following = np.roll(sides, -1, axis=0)
    turns = sides[:, 0] * following[:, 1] - sides[:, 1] * following[:, 0]
    lengths = np.linalg.norm(sides, axis=1)
    scales = lengths / np.array([ours.width, ours.height] * 2, np.float32)
    return bool((turns > 0).all() and scales.max() < STRETCH * scales.min())
