"""Shapes: which way the contours run, place by place.

Histograms of oriented gradients (Dalal and Triggs, CVPR 2005) over the whole picture: it finds
like compositions and poses, whatever their colours.
"""

import numpy as np
from numpy.typing import NDArray
from skimage.feature import hog

from ml.handcrafted.luma import WHITE, to_luma

DIRECTIONS = 8  # of 180 degrees: which side is lighter does not count
CELL = 16  # pixels
BLOCK = 2  # cells per row and column of what is normalised together
# Half of what a component is in the mean over 1,000 paintings (`learn` in tests/ml/handcrafted).
# Seen from there, pictures differ more, and still in the order of their distances; and a flat
# picture is a place of its own.
_COMMON = 0.08


def describe(pixels: NDArray[np.float32]) -> NDArray[np.float32]:
    """float32 (N, 3, 80, 80) sRGB in 0..1 -> float32 (N, 512): `gradients`, as seen from
    half the mean painting."""
    return gradients(to_luma(pixels)) - np.float32(_COMMON)


def gradients(luma: NDArray[np.float32]) -> NDArray[np.float32]:
    """(N, H, W) grey levels in 0..255 -> float32 (N, blocks * 32), to be compared by L2.

    Blocks in reading order, overlapping by a cell, each of norm 1 (L2-Hys), or 0 where the
    picture is flat; in a block its cells in reading order; in a cell its directions.
    """
    return np.stack(
        [
            hog(
                grey / np.float32(WHITE),
                orientations=DIRECTIONS,
                pixels_per_cell=(CELL, CELL),
                cells_per_block=(BLOCK, BLOCK),
                block_norm="L2-Hys",
            )
            for grey in luma
        ]
    )
