"""Sixteen by sixteen grey values: enough to tell a picture that is too blurred to have points, and
whether what surrounds the points that agree looks the same.

Of 58 million pairs of different paintings (10,494 paintings) the most alike correlate by .969; of
300 copies blurred by up to 1 % of their long side the least alike by .991.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

SIDE = 16
#: Correlation from which two pictures count as the same.
SAME = 0.98

Thumbnail = NDArray[np.uint8]

#: Pixels of the long side of a picture whose places are compared with a thumbnail's.
LONG_SIDE = 128


def grey(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """uint8 (H, W, 3) RGB -> uint8 (h, w), grey, the long side `LONG_SIDE` pixels."""
    height, width = image.shape[:2]
    scale = LONG_SIDE / max(height, width)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.cvtColor(small, cv2.COLOR_RGB2GRAY), np.uint8)


def thumbnail(image: NDArray[np.uint8]) -> Thumbnail:
    """uint8 (H, W, 3) RGB -> uint8 (16, 16), grey, stretched to the square."""
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    return np.asarray(cv2.resize(grey, (SIDE, SIDE), interpolation=cv2.INTER_AREA), np.uint8)


def correlation(one: Thumbnail, other: Thumbnail) -> float:
    """-1..1 (Pearson's), whatever their brightness and contrast; 0 where one of them is flat."""
    first, second = (each.astype(np.float64) - each.mean() for each in (one, other))
    lengths = float(np.linalg.norm(first) * np.linalg.norm(second))
    # A grey value of deviation is what compression makes of a flat picture.
    return float((first * second).sum()) / lengths if lengths > SIDE**2 else 0.0


#: Samples of a side, from which sixteen cells are averaged; and cells of a side of a place.
_SAMPLES, _PLACE = 64, 4
#: Of a cell, the share that the picture must cover to be compared; of a place, the cells.
_COVERED = 0.9
_CELLS = 10
#: Grey values of deviation below which a place is flat, and says nothing.
_FLAT = 3.0
#: Fewer places than this say nothing.
_PLACES = 3


def agreement(
    picture: NDArray[np.uint8], homography: NDArray[np.float64], other: Thumbnail
) -> float | None:
    """Whether what lies at the same places of both looks the same, where ``homography``, float64
    (3, 3), says which places those are: from shares of the other's sides to shares of the
    picture's. picture: uint8 (h, w), grey.

    -1..1: the median over up to sixteen places of the correlation of their cells, whatever their
    brightness and contrast. What two pictures share in one place, print, a stamp, a frame, makes
    points agree there, and leaves the median alone; and so does text that lies over a part of the
    same picture. None where too few places can be compared.
    """
    height, width = picture.shape
    centres = (np.arange(_SAMPLES) + 0.5) / _SAMPLES
    grid = np.stack(np.meshgrid(centres, centres), -1).reshape(-1, 1, 2)
    there = cv2.perspectiveTransform(grid, homography).reshape(_SAMPLES, _SAMPLES, 2)
    x, y = there[..., 0], there[..., 1]
    inside = ((x >= 0) & (x <= 1) & (y >= 0) & (y <= 1)).astype(np.float32)
    seen = cv2.remap(
        picture.astype(np.float32),
        np.clip(x * width - 0.5, -1, width).astype(np.float32),
        np.clip(y * height - 0.5, -1, height).astype(np.float32),
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )
    covered, cells = (
        cv2.resize(each, (SIDE, SIDE), interpolation=cv2.INTER_AREA)
        for each in (inside, seen * inside)
    )
    compared = _places(covered > _COVERED)
    ours = _places(cells / np.maximum(covered, 1e-6)) * compared
    theirs = _places(other.astype(np.float32)) * compared
    count = np.maximum(compared.sum(axis=1, keepdims=True), 1)
    ours = (ours - ours.sum(axis=1, keepdims=True) / count) * compared
    theirs = (theirs - theirs.sum(axis=1, keepdims=True) / count) * compared
    deviation, other_deviation = (
        np.sqrt((each**2).sum(axis=1) / count[:, 0]) for each in (ours, theirs)
    )
    tell = (compared.sum(axis=1) >= _CELLS) & (other_deviation > _FLAT)
    if tell.sum() < _PLACES:
        return None
    products = (ours * theirs).sum(axis=1) / count[:, 0]
    correlations = products / np.maximum(deviation * other_deviation, 1e-6)
    return float(np.median(np.where(deviation > 1, correlations, 0)[tell]))


def _places(cells: NDArray[np.generic]) -> NDArray[np.float32]:
    """(16, 16) -> float32 (16, 16): the cells of each of the places."""
    n = SIDE // _PLACE
    parted = cells.astype(np.float32).reshape(n, _PLACE, n, _PLACE).transpose(0, 2, 1, 3)
    return parted.reshape(n * n, _PLACE * _PLACE)
