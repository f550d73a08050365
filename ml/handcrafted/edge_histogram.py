"""Edges: which way the edges run in each part of the picture.

The edge histogram of MPEG-7 (ISO/IEC 15938-3; Won, Park and Park, ETRI Journal 24(1), 2002).
The picture is cut into 4 x 4 sub-images and each of them into small blocks; a block is one of five
kinds of edge, or none. Histograms of whole rows, columns and neighbourhoods (semi-global) and of
the whole picture (global) let a like composition be found that lies a little elsewhere.
"""

import numpy as np
from numpy.typing import NDArray

from ml.handcrafted.luma import to_luma
from ml.handcrafted.thermometer import columns

SIDE = 4  # sub-images per row and column
KINDS = ("vertical", "horizontal", "45 degrees", "135 degrees", "none of these directions")
BLOCKS = 1100  # about as many in a picture, whatever its size
THRESHOLD = 11.0  # grey levels: a block of weaker response is no edge

# What a block's quarters (top left, top right, bottom left, bottom right) are multiplied by.
_FILTERS = np.array(
    [
        [1, -1, 1, -1],
        [1, 1, -1, -1],
        [2**0.5, 0, 0, -(2**0.5)],
        [0, 2**0.5, -(2**0.5), 0],
        [2, -2, -2, 2],
    ],
    np.float32,
)


def _groups() -> NDArray[np.float64]:
    """(14, 16): which sub-images are averaged. The whole; 4 columns, 4 rows, 4 corners of four
    sub-images each, and the four in the middle."""
    place = np.arange(SIDE * SIDE).reshape(SIDE, SIDE)
    members = [place, *place.T, *place]
    members += [place[top : top + 2, left : left + 2] for top in (0, 2) for left in (0, 2)]
    members.append(place[1:3, 1:3])
    return np.array([np.isin(place, some).ravel() / some.size for some in members])


_GROUPS = _groups()
WEIGHTS = np.array([5.0] * 5 + [1.0] * 145)  # of the 150 bins: the global ones count for more
_TOP_SHARE, _PIECES = 1 / 3, 2


def describe(pixels: NDArray[np.float32]) -> NDArray[np.float32]:
    """float32 (N, 3, size, size) sRGB in 0..1 -> float32 (N, 300).

    The standard's 150 bins as thermometers of two pieces: a share up to a sixth, and from a sixth
    to a third. Few bins hold more. A picture without edges is a place of its own: all -1.
    """
    shares = bins(to_luma(pixels)) / WEIGHTS
    pieces = columns(shares, top=_TOP_SHARE, pieces=_PIECES)
    return (pieces * np.sqrt(np.repeat(WEIGHTS, _PIECES))).astype(np.float32)


def bins(luma: NDArray[np.float32]) -> NDArray[np.float64]:
    """(N, H, W) grey levels in 0..255 -> (N, 150), to be compared by L1.

    The standard's 5 global bins, times 5, its 80 local ones, in 0..1, and 65 semi-global ones.
    They are left unquantised; the standard stores the local ones in three bits.
    """
    local = local_bins(luma)
    grouped = _grouped(local)
    parts = [grouped[:, :1], local, grouped[:, 1:]]
    return np.concatenate(parts, axis=1).reshape(len(luma), -1) * WEIGHTS


def local_bins(luma: NDArray[np.float32]) -> NDArray[np.float64]:
    """(N, H, W) grey levels in 0..255 -> (N, 16, 5): shares of the blocks of each sub-image.

    Sub-images in reading order, kinds as in KINDS. Pixels beyond the last whole block of a
    sub-image are left out. H and W: at least 8.
    """
    count, height, width = luma.shape
    half = block_size(width, height) // 2
    rows, columns = (side // SIDE // (2 * half) for side in (height, width))  # of blocks
    means = _quarters(luma, rows, columns, half)
    response = np.abs(means @ _FILTERS.T)  # (N, 16, blocks, 5)
    kind = response.argmax(axis=-1)
    kind[response.max(axis=-1) <= THRESHOLD] = len(KINDS)
    cell = np.arange(count * SIDE * SIDE).reshape(count, -1, 1) * (len(KINDS) + 1)
    total = np.bincount((cell + kind).ravel(), minlength=count * SIDE * SIDE * (len(KINDS) + 1))
    shares = total.reshape(count, SIDE * SIDE, -1)[..., : len(KINDS)]
    return shares / (rows * columns)


def block_size(width: int, height: int) -> int:
    """Side of a block in pixels: even, and such that about BLOCKS of them fill the picture."""
    return max(2, int((width * height / BLOCKS) ** 0.5) // 2 * 2)


def _quarters(luma: NDArray[np.float32], rows: int, columns: int, half: int) -> NDArray[np.float32]:
    """(N, H, W) -> (N, 16, rows * columns, 4): the means of the quarters of every block."""
    count, height, width = luma.shape
    tall, wide = rows * 2 * half, columns * 2 * half  # what of a sub-image is used
    used = luma[:, : height // SIDE * SIDE, : width // SIDE * SIDE]
    used = used.reshape(count, SIDE, height // SIDE, SIDE, width // SIDE)[:, :, :tall, :, :wide]
    split = used.reshape(count, SIDE, rows, 2, half, SIDE, columns, 2, half)
    means = split.mean(axis=(4, 8))  # (N, SIDE, rows, 2, SIDE, columns, 2)
    return means.transpose(0, 1, 4, 2, 5, 3, 6).reshape(count, SIDE * SIDE, rows * columns, 4)


def _grouped(local: NDArray[np.float64]) -> NDArray[np.float64]:
    """(N, 16, 5) -> (N, 14, 5): the mean of each group of sub-images."""
    return np.einsum("gs,nsk->ngk", _GROUPS, local)
