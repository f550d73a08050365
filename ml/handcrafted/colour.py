"""Colour: which colours a picture has, as a whole and in each of its quarters.

Histograms over CIELAB, a space in which distances are roughly those that people see. A pixel
counts in the bins around it by its nearness (trilinear), so that a small shift of colour moves
the histogram a little and not by a whole bin. The square root of a histogram makes the dot
product of two of them the Bhattacharyya coefficient: 1 for equal, 0 for disjoint ones.
"""

from itertools import product

import numpy as np
from numpy.typing import NDArray

BINS = 4  # per axis
CELLS = 4  # quarters
# First bin centre and the distance between centres, for L*, a* and b*. Most of what is painted lies
# within -32..32 in a* and b*; what lies beyond counts in the outermost bin.
FIRST = np.array([12.5, -24.0, -24.0], np.float32)
STEP = np.array([25.0, 16.0, 16.0], np.float32)

_SRGB_TO_XYZ = np.array(
    [
        [0.4124564, 0.3575761, 0.1804375],
        [0.2126729, 0.7151522, 0.0721750],
        [0.0193339, 0.1191920, 0.9503041],
    ],
    np.float32,
)
_D65 = np.array([0.95047, 1.0, 1.08883], np.float32)


def describe(pixels: NDArray[np.float32]) -> NDArray[np.float32]:
    """float32 (N, 3, size, size) sRGB in 0..1 -> float32 (N, 320).

    Five blocks of 64 bins, the roots of shares that sum to 1: the whole picture, then top left,
    top right, bottom left, bottom right. A block's index is `L * 16 + a * 4 + b`.
    """
    count, _, size, _ = pixels.shape
    lab = to_lab(pixels.transpose(0, 2, 3, 1).reshape(-1, 3))  # (N * size * size, 3)
    side = np.arange(size) * 2 // size  # 0 in the first half, 1 in the second
    quarter = (side[:, None] * 2 + side[None, :]).ravel()
    cell = (np.arange(count)[:, None] * CELLS + quarter).ravel()  # of every pixel

    position = np.clip((lab - FIRST) / STEP, 0, BINS - 1)
    low = np.minimum(position.astype(np.int64), BINS - 2)
    above = position - low  # 0..1: how much falls to the upper neighbour
    histograms = np.zeros(count * CELLS * BINS**3)
    for corner in product((0, 1), repeat=3):
        share = np.where(corner, above, 1 - above).prod(axis=1)
        bins = (low + corner) @ np.array([BINS * BINS, BINS, 1])
        histograms += np.bincount(cell * BINS**3 + bins, share, len(histograms))

    quarters = histograms.reshape(count, CELLS, BINS**3)
    blocks = np.concatenate([quarters.sum(axis=1, keepdims=True), quarters], axis=1)
    shares = blocks / blocks.sum(axis=2, keepdims=True)
    return np.sqrt(shares).reshape(count, -1).astype(np.float32)


def to_lab(rgb: NDArray[np.float32]) -> NDArray[np.float32]:
    """(..., 3) sRGB in 0..1 -> CIELAB under D65: L* in 0..100, a* and b* about -128..127."""
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    relative = (linear @ _SRGB_TO_XYZ.T) / _D65
    x, y, z = np.moveaxis(
        np.where(
            relative > (6 / 29) ** 3, np.cbrt(relative), relative / (3 * (6 / 29) ** 2) + 4 / 29
        ),
        -1,
        0,
    )
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1).astype(np.float32)
