"""The grey of a picture, from which edges, texture and shapes are read."""

import numpy as np
from numpy.typing import NDArray

WHITE = 255.0  # grey levels: the unit in which thresholds of the literature are given


def to_luma(pixels: NDArray[np.float32]) -> NDArray[np.float32]:
    """float32 (N, 3, H, W) sRGB in 0..1 -> float32 (N, H, W), luma of BT.601 in 0..255."""
    luma = pixels[:, 0] * np.float32(0.299 * WHITE)
    luma += pixels[:, 1] * np.float32(0.587 * WHITE)
    luma += pixels[:, 2] * np.float32(0.114 * WHITE)
    return luma
