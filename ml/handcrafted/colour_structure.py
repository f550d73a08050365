"""Colour structure: which colours there are, and whether they are spread or in patches.

The colour structure of MPEG-7 (ISO/IEC 15938-3; Messing, van Beek and Errico, ICIP 2001). A
window of 8 x 8 pixels slides over the picture; a colour counts once for every place at which the
window contains it. So a colour that is strewn about counts for more than one in a single patch.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from ml.handcrafted.thermometer import columns

COLOURS = 64

# HMMD, cut by diff (max - min of R, G and B) into five zones, each into hues and sums (the mean
# of max and min): greys have no hue, and of strong colours there are few lightnesses.
_DIFF_FROM = np.array([0, 6, 20, 60, 110])
_HUES = np.array([1, 4, 4, 8, 8])
_SUMS = np.array([8, 4, 4, 2, 1])
_FIRST = np.concatenate([[0], np.cumsum(_HUES * _SUMS)[:-1]])  # bin of each zone's first colour

# The standard's eight bits for a share: small ones finely. Corners of the curve, and levels.
_SHARES = np.array([0, 0.037, 0.08, 0.195, 0.32, 1])
_LEVELS = np.array([1, 26, 46, 81, 116, 256])
TOP_LEVEL = 255

_PIECES = 4
# Most pictures lack most colours. That two of them lack one shall count for less than that both
# have it, or all would be alike.
_PRESENCE = 0.4


def describe(pixels: NDArray[np.float32]) -> NDArray[np.float32]:
    """float32 (N, 3, size, size) sRGB in 0..1 -> float32 (N, 256).

    64 levels as thermometers of four pieces, -0.6 where a colour is not and 1.4 where it is
    everywhere.
    """
    levels = amplitudes(structure(quantised(pixels)))
    return (columns(levels, top=TOP_LEVEL, pieces=_PIECES) + _PRESENCE).astype(np.float32)


def quantised(pixels: NDArray[np.float32]) -> NDArray[np.uint8]:
    """float32 (N, 3, H, W) sRGB in 0..1 -> uint8 (N, H, W): the colour of every pixel, 0..63."""
    colours = np.empty((len(pixels), *pixels.shape[2:]), np.uint8)
    for picture, row in zip(pixels, colours, strict=True):
        rgb = np.rint(picture * 255)
        top, bottom = rgb.max(axis=0), rgb.min(axis=0)
        hue = cv2.cvtColor(rgb.transpose(1, 2, 0), cv2.COLOR_RGB2HSV)[..., 0]  # degrees, 0..360
        diff = (top - bottom).astype(np.uint8)
        hues, sums, first, least = (table[diff] for table in _OF_DIFF)
        h = np.floor(hue * (hues / 360))
        h[h == hues] = 0  # 360 degrees is 0
        # The sum of a colour is at least half its diff, and so less than 255 by as much.
        s = np.floor(((top + bottom) / 2 - least) * (sums / (255 - 2 * least)))
        row[:] = first + h * sums + np.minimum(s, sums - 1)
    return colours


_ZONE = np.searchsorted(_DIFF_FROM, np.arange(256), side="right") - 1
# Of each diff in 0..255: hues, sums, first bin and least sum.
_OF_DIFF = np.stack([_HUES, _SUMS, _FIRST, _DIFF_FROM / 2])[:, _ZONE].astype(np.float32)


def step(width: int, height: int) -> int:
    """Only every n-th pixel is looked at: n is 1 up to about 256 x 256, then 2, 4 ..."""
    return 2 ** max(0, int(np.floor(0.5 * np.log2(width * height) - 8 + 0.5)))


def structure(colours: NDArray[np.uint8]) -> NDArray[np.float64]:
    """uint8 (N, H, W) of 0..63 -> (N, 64): at what share of its places the window has a colour.

    H and W: at least 8 after subsampling by `step`.
    """
    every = step(colours.shape[2], colours.shape[1])
    kept = colours[:, ::every, ::every]
    found = np.empty((len(kept), COLOURS))
    for picture, row in zip(kept, found, strict=True):
        seen = _windows(_ONE_BIT[picture])
        # Bits are counted by the byte: how often there is each of 256, times its bits.
        byte_columns = seen.reshape(-1, 1).view(np.uint8).T
        counts = np.stack([np.bincount(column, minlength=256) for column in byte_columns])
        row[:] = (counts @ _BITS_OF_BYTE).ravel() / seen.size
    return found


def amplitudes(shares: NDArray[np.float64]) -> NDArray[np.float64]:
    """(N, 64) shares in 0..1 -> (N, 64) levels in 0..255, to be compared by L1.

    The standard's non-uniform quantisation, without its rounding down to whole levels.
    """
    levels = np.interp(shares, _SHARES, _LEVELS)
    return np.where(shares > 0, np.minimum(levels, TOP_LEVEL), 0)


def _windows(bits: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """(H, W) -> (H - 7, W - 7): the bits of all pixels of each window of 8 x 8 together."""
    for shift in (1, 2, 4):  # windows of 2, then 4, then 8
        bits = bits[shift:] | bits[:-shift]
        bits = bits[:, shift:] | bits[:, :-shift]
    return bits


_ONE_BIT = np.uint64(1) << np.arange(COLOURS, dtype="<u8")  # little-endian: byte 0 has colour 0
_BITS_OF_BYTE = np.unpackbits(np.arange(256, dtype=np.uint8)[:, None], axis=1, bitorder="little")
