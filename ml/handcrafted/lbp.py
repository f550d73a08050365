"""Brushwork: the smallest patterns of light and dark, by their frequency.

Uniform local binary patterns (Ojala, Pietikainen and Maenpaa, IEEE PAMI 24(7), 2002): each pixel
is compared with eight points on a circle around it. Patterns that change between lighter and
darker at most twice (flat spots, edges, corners, line ends) are counted by how many points are
lighter, all others together; so a pattern counts alike however it is turned, and however strong
its contrast is.
"""

import numpy as np
from numpy.typing import NDArray

from ml.handcrafted.luma import to_luma

POINTS = 8
RADII = (1, 2, 4)  # pixels
PATTERNS = POINTS + 2
SIDE = 3  # cells per row and column
# Grey levels. A point this much darker still counts as no darker: what is flat shall be flat
# in spite of the rounding of interpolation.
_TIE = 1e-2

# Four fifths of what `shares` has in the mean over 1,000 paintings (`learn` in
# tests/ml/handcrafted), as roots, by radius and pattern. Pictures differ little from it; as seen
# from there, they differ more, and still in the order of their distances.
_COMMON = 0.8 * np.array(
    [
        [0.19, 0.27, 0.24, 0.36, 0.46, 0.39, 0.28, 0.28, 0.28, 0.30],
        [0.26, 0.29, 0.25, 0.31, 0.37, 0.32, 0.27, 0.30, 0.30, 0.44],
        [0.27, 0.30, 0.24, 0.27, 0.31, 0.27, 0.24, 0.31, 0.29, 0.53],
    ]
)


def describe(pixels: NDArray[np.float32]) -> NDArray[np.float32]:
    """float32 (N, 3, size, size) sRGB in 0..1 -> float32 (N, 300).

    For each radius, ten histograms of ten patterns: the roots of their shares, so that their
    distance is Hellinger's, as seen from what all paintings have.
    """
    luma = to_luma(pixels)
    roots = [np.sqrt(shares(luma, radius)) for radius in RADII]
    seen = np.stack(roots, axis=1) - _COMMON[:, None, :]
    return seen.reshape(len(pixels), -1).astype(np.float32)


def shares(luma: NDArray[np.float32], radius: int) -> NDArray[np.float64]:
    """(N, H, W) grey levels -> (N, 10, 10): the shares of the patterns, which sum to 1, in the
    whole picture and in its nine cells in reading order. H and W: 3 more than the diameter."""
    total = np.stack([_counts(patterns(grey[None], radius)[0]) for grey in luma])
    counts = np.concatenate([total.sum(axis=1, keepdims=True), total], axis=1)
    return counts / counts.sum(axis=2, keepdims=True)


def patterns(luma: NDArray[np.float32], radius: int) -> NDArray[np.uint8]:
    """(N, H, W) grey levels -> uint8 (N, H - 2 * radius, W - 2 * radius) of 0..9.

    0..8: how many of the eight points are as light as the pixel or lighter; 9: not uniform.
    """
    height, width = luma.shape[1] - 2 * radius, luma.shape[2] - 2 * radius
    floor = luma[:, radius : radius + height, radius : radius + width] - np.float32(_TIE)
    code = np.zeros(floor.shape, np.uint8)
    for point in range(POINTS):
        angle = 2 * np.pi * point / POINTS
        down, across = (round(radius * f(angle), 5) + radius for f in (np.sin, np.cos))
        code |= (_sampled(luma, down, across, height, width) >= floor).astype(np.uint8) << point
    return _PATTERN_OF_CODE[code]


def _sampled(
    luma: NDArray[np.float32], down: float, across: float, height: int, width: int
) -> NDArray[np.float32]:
    """(N, H, W) -> (N, height, width), beginning between pixels: bilinear."""
    top, left = int(down), int(across)
    below, right = np.float32(down - top), np.float32(across - left)
    taken = luma[:, top : top + height, left : left + width]
    if right:
        next_column = luma[:, top : top + height, left + 1 : left + 1 + width]
        taken = taken + (next_column - taken) * right
    if below:
        lower = _sampled(luma, top + 1, across, height, width)
        taken = taken + (lower - taken) * below
    return taken


def _counts(found: NDArray[np.uint8]) -> NDArray[np.int64]:
    """(H, W) of 0..9 -> (9, 10): how often there is each pattern in each cell."""
    down, across = (np.arange(side) * SIDE // side for side in found.shape)
    cell = (down[:, None] * SIDE + across).astype(np.uint8) * np.uint8(PATTERNS)
    counts = np.bincount((cell + found).ravel(), minlength=SIDE**2 * PATTERNS)
    return counts.reshape(SIDE**2, PATTERNS)


def _pattern(code: int) -> int:
    """The pattern of eight bits around a circle."""
    turned = code >> 1 | (code & 1) << (POINTS - 1)
    changes = (code ^ turned).bit_count()
    return code.bit_count() if changes <= 2 else POINTS + 1


_PATTERN_OF_CODE = np.array([_pattern(code) for code in range(2**POINTS)], np.uint8)
