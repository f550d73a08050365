"""Whether a picture and a canvas show the same: local features and geometry, asked of few
candidates, for each costs milliseconds."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

from iiifsearch.models import LocalFeatures as Stored
from ml.local import compact, geometry, keypoints
from ml.local.decide import probability
from ml.local.geometry import Verification
from ml.local.keypoints import LocalFeatures

Point = tuple[float, float]
Box = tuple[float, float, float, float]

#: Matching and the estimator let go of the interpreter.
_THREADS = 2


@dataclass(frozen=True)
class Match:
    """What verification says of a canvas.

    inliers: places that agree. probability: that both show the same. mirrored: one is the mirror
    image of the other. outline: corners of the canvas in the picture, clockwise from top left,
    in shares of the picture's width and height; they may lie outside of it. place: the box around
    the picture on the canvas, x, y, width, height in shares of the canvas's. Both are None where
    nothing was found. used: bool (K,), the picture's points that agree.
    """

    canvas_id: int
    inliers: int
    probability: float
    mirrored: bool = False
    outline: tuple[Point, ...] | None = None
    place: Box | None = None
    used: NDArray[np.bool_] | None = None


@dataclass(frozen=True, eq=False)
class Probe:
    """A picture that is asked about: uint8 (H, W, 3), and how closely it is looked at."""

    pixels: NDArray[np.uint8]
    count: int = keypoints.COUNT
    long_side: int = keypoints.LONG_SIDE

    def _detected(self, pixels: NDArray[np.uint8]) -> LocalFeatures:
        return keypoints.detect(pixels, count=self.count, long_side=self.long_side)

    @cached_property
    def raw(self) -> LocalFeatures:
        return self._detected(self.pixels)

    @cached_property
    def points(self) -> LocalFeatures:
        return compact.compact(self.raw)

    @cached_property
    def mirrored(self) -> LocalFeatures:
        """Of the mirror image."""
        return compact.compact(keypoints.mirrored(self.raw))

    @cached_property
    def smoothed(self) -> LocalFeatures:
        """Of the picture with single odd pixels taken out: noise makes points of its own."""
        return compact.compact(self._detected(np.asarray(cv2.medianBlur(self.pixels, 3), np.uint8)))


def stored_points(canvas_ids: Iterable[int]) -> dict[int, LocalFeatures]:
    """The local features that are kept of canvases."""
    rows = Stored.objects.filter(canvas_id__in=list(canvas_ids), kind=compact.KEY)
    return {
        pk: compact.unpack(bytes(packed)) for pk, packed in rows.values_list("canvas", "packed")
    }


def verify(
    points: LocalFeatures, canvas_ids: Sequence[int], *, mirrored: bool = False
) -> list[Match]:
    """What geometry says of each of these canvases, in their order; nothing of those whose local
    features are not kept. ``mirrored``: ``points`` are those of a mirror image."""
    kept = stored_points(canvas_ids)
    there = [pk for pk in canvas_ids if pk in kept]
    with ThreadPoolExecutor(_THREADS) as pool:
        found = pool.map(lambda pk: geometry.verify(kept[pk], points), there)
        return [
            match_of(pk, said, kept[pk], points, mirrored)
            for pk, said in zip(there, found, strict=True)
        ]


def match_of(
    canvas_id: int, said: Verification, ours: LocalFeatures, theirs: LocalFeatures, mirrored: bool
) -> Match:
    """``ours`` are the points of the canvas, ``theirs`` those of the picture."""
    if said.homography is None or said.outline is None or said.theirs is None:
        return Match(canvas_id, 0, 0.0)
    outline = said.outline / np.array([theirs.width, theirs.height], np.float32)
    if mirrored:
        outline[:, 0] = 1 - outline[:, 0]
    used = np.zeros(len(theirs), bool)
    used[said.theirs] = True
    return Match(
        canvas_id,
        said.inliers,
        probability(said.inliers),
        mirrored,
        tuple((float(x), float(y)) for x, y in outline),
        _place(said.homography, ours, theirs),
        used,
    )


def _place(
    homography: NDArray[np.float64], ours: LocalFeatures, theirs: LocalFeatures
) -> Box | None:
    """The box around the picture on the canvas, as far as it lies on it."""
    try:
        back: NDArray[np.float64] = np.asarray(np.linalg.inv(homography), np.float64)
    except np.linalg.LinAlgError:
        return None
    corners = geometry.project(back, geometry.corners(theirs))
    shares = np.clip(corners / np.array([ours.width, ours.height], np.float32), 0, 1)
    (left, top), (right, bottom) = shares.min(axis=0), shares.max(axis=0)
    if not (right > left and bottom > top):
        return None
    return float(left), float(top), float(right - left), float(bottom - top)
