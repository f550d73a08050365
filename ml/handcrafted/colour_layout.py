"""Colour layout: which colour is where, roughly.

The colour layout of MPEG-7 (ISO/IEC 15938-3; Kasutani and Yamada, ICIP 2001): the mean
colours of 8 x 8 cells, their cosine transform, and its first coefficients. A rough sketch has a
colour layout as much as a picture has, so it can be searched with: `sketch_vector`.
"""

import numpy as np
from numpy.typing import NDArray

from ml.errors import BadInput
from ml.handcrafted import specs
from ml.preprocessing import to_batch
from ml.specs import ImagePreprocessing

SIDE = 8  # cells per row and column
LUMA_COEFFICIENTS, CHROMA_COEFFICIENTS = 21, 6  # numbers that the standard allows

# Y in 16..235, Cb and Cr in 16..240 about 128 (BT.601), from sRGB in 0..1.
_TO_YCBCR = np.array(
    [
        [65.481, 128.553, 24.966],
        [-37.797, -74.203, 112.0],
        [112.0, -93.786, -18.214],
    ]
)
_OFFSET = np.array([16.0, 128.0, 128.0])

# The standard quantises finely where most pictures lie and coarsely beyond. Here are the corners
# of its three curves; between them they are straight: what goes in, and the level that comes out.
_LUMA_DC = ([0, 64, 96, 160, 192, 256], [0, 8, 16, 48, 56, 64])
_CHROMA_DC = ([64, 96, 112, 144, 160, 192], [0, 8, 16, 48, 56, 64])
_AC = ([-256, -128, -64, 0, 64, 128, 256], [0, 4, 8, 16, 24, 28, 32])

# Weights of the squared differences of levels: low frequencies count for more, and Cr for most.
_LUMA_WEIGHTS = [2, 2, 2] + [1] * (LUMA_COEFFICIENTS - 3)
_CB_WEIGHTS = [2, 1, 1] + [1] * (CHROMA_COEFFICIENTS - 3)
_CR_WEIGHTS = [4, 2, 2] + [1] * (CHROMA_COEFFICIENTS - 3)
WEIGHTS = np.array(_LUMA_WEIGHTS + _CB_WEIGHTS + _CR_WEIGHTS, np.float64)  # (33,)
CHANNELS = (slice(0, 21), slice(21, 27), slice(27, 33))  # Y, Cb and Cr among the 33


def _cosines() -> NDArray[np.float64]:
    """(8, 8): the orthonormal cosine transform (DCT-II), a row per frequency."""
    frequency, place = np.mgrid[:SIDE, :SIDE]
    waves = np.cos(np.pi * frequency * (2 * place + 1) / (2 * SIDE)) * (2 / SIDE) ** 0.5
    waves[0] /= 2**0.5
    return waves


def _zigzag() -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Rows and columns of an 8 x 8 square, along its rising and falling diagonals."""
    places = [(row, column) for row in range(SIDE) for column in range(SIDE)]
    places.sort(key=lambda at: (sum(at), at[0] if sum(at) % 2 else at[1]))
    rows, columns = np.array(places).T
    return rows, columns


_COSINES = _cosines()
_ZIGZAG = _zigzag()

# The mean levels of 1,000 paintings (`learn` in tests/ml/handcrafted): they are warm, dark, and
# lighter above than below. The other coefficients are near 16, no contrast, in the mean.
_CENTRE = np.full(33, 16.0)
_CENTRE[[0, 2, 21, 27]] = [25.4, 18.5, 23.2, 38.4]
# What stands against a channel's contrast: the larger, the closer the cosine follows the distance
# and the closer to 1 all similarities lie.
_CONSTANTS = (30.0, 20.0, 20.0)  # Y, Cb and Cr


def describe(pixels: NDArray[np.float32]) -> NDArray[np.float32]:
    """float32 (N, 3, size, size) sRGB in 0..1 -> float32 (N, 36). size: a multiple of 8.

    Y, Cb and Cr apart, as the standard adds their three distances: weighted levels as seen from
    those of a mean painting, and a constant, without which colours close to that mean would
    point anywhere; each channel of norm 1.
    """
    weighted = (levels(coefficients(pixels)) - _CENTRE) * np.sqrt(WEIGHTS)
    parts = []
    for channel, constant in zip(CHANNELS, _CONSTANTS, strict=True):
        part = np.pad(weighted[:, channel], [(0, 0), (0, 1)], constant_values=constant)
        parts.append(part / np.linalg.norm(part, axis=1, keepdims=True))
    return np.concatenate(parts, axis=1).astype(np.float32)


def sketch_vector(grid: NDArray[np.uint8]) -> NDArray[np.float32]:
    """uint8 (rows, columns, 3) RGB, a sketch of any size from 1 x 1 -> float32 (36,), norm 1.

    What a picture of those colours in those places would have: every cell of the sketch is
    stretched to a rectangle. Raises BadInput.
    """
    if grid.dtype != np.uint8 or grid.ndim != 3 or grid.shape[2] != 3 or 0 in grid.shape:
        raise BadInput(f"a sketch is uint8 (rows, columns, 3) RGB, not {grid.dtype} {grid.shape}")
    preprocessing = specs.COLOUR_LAYOUT.preprocessing
    assert isinstance(preprocessing, ImagePreprocessing)
    vector = describe(to_batch([grid], preprocessing))[0]
    return vector / np.linalg.norm(vector)


def coefficients(pixels: NDArray[np.float32]) -> NDArray[np.float64]:
    """float32 (N, 3, size, size) sRGB in 0..1 -> (N, 33): 21 of Y, 6 of Cb, 6 of Cr in zigzag.

    An orthonormal cosine transform of the cells' mean YCbCr: the first of each channel is eight
    times its mean.
    """
    count, _, size, _ = pixels.shape
    cell = size // SIDE
    means = pixels.reshape(count, 3, SIDE, cell, SIDE, cell).mean(axis=(3, 5), dtype=np.float64)
    ycbcr = np.einsum("cd,ndyx->ncyx", _TO_YCBCR, means) + _OFFSET[:, None, None]
    scanned = (_COSINES @ ycbcr @ _COSINES.T)[:, :, *_ZIGZAG]
    kept = [LUMA_COEFFICIENTS, CHROMA_COEFFICIENTS, CHROMA_COEFFICIENTS]
    return np.concatenate([scanned[:, i, :number] for i, number in enumerate(kept)], axis=1)


def levels(coefficients: NDArray[np.float64]) -> NDArray[np.float64]:
    """(N, 33) coefficients -> (N, 33) levels: in 0..64 for the first of a channel, else 0..32.

    The standard's quantisation, without its rounding down to whole levels.
    """
    levels = np.empty_like(coefficients)
    for channel, dc in zip(CHANNELS, (_LUMA_DC, _CHROMA_DC, _CHROMA_DC), strict=True):
        first, others = coefficients[:, channel.start], coefficients[:, channel][:, 1:]
        # The standard halves the luma's AC coefficients, which are the largest.
        halved = others / 2 if channel.start == 0 else others
        levels[:, channel.start] = np.interp(first / SIDE, *dc)
        levels[:, channel.start + 1 : channel.stop] = np.interp(halved, *_AC)
    return levels
