"""Texture: how strongly the picture varies, at which scales and in which directions.

The homogeneous texture of MPEG-7 (ISO/IEC 15938-3; Ro, Kim et al., ETRI Journal 23(2), 2001):
the frequency plane in 5 octaves and 6 directions, each channel a Gaussian in polar coordinates
(a Gabor filter); of each, how much energy it has and how unevenly. It speaks of the picture as a
whole, and a turned picture has another texture: the standard may take the best of six turns when
it compares, a cosine cannot.
"""

from functools import cache

import numpy as np
from numpy.typing import NDArray

from ml.handcrafted.luma import to_luma
from ml.handcrafted.thermometer import columns

OCTAVES, DIRECTIONS = 5, 6
# Frequencies in 0..1 of the highest a picture can hold (half a cycle per pixel).
_HIGHEST_CENTRE, _HIGHEST_WIDTH = 0.75, 0.5  # of the first octave; halved for each further one
_ANGLE = 180 / DIRECTIONS  # degrees between directions, and the width of one
_HALF_WIDTH = 2 * (2 * np.log(2)) ** 0.5  # width at half height of a Gaussian, in deviations

# Mean and deviation of the features over 1,000 paintings (`learn` in tests/ml/handcrafted); the
# deviations are what the standard divides by. Octaves from fine to coarse; first directions 0 and
# 90 degrees, where the picture's borders add energy, then the four others.
_ENERGY = [[1.94, 1.3], [2.99, 2.49], [3.83, 3.35], [4.61, 4.13], [5.3, 4.87]]
_ENERGY_DEVIATION = [[0.46, 0.47], [0.42, 0.39], [0.42, 0.35], [0.42, 0.34], [0.43, 0.35]]
_UNEVENNESS = [[2.95, 1.94], [4.04, 3.28], [4.95, 4.28], [5.81, 5.21], [6.58, 6.08]]
_UNEVENNESS_DEVIATION = [[0.61, 0.5], [0.55, 0.4], [0.51, 0.36], [0.49, 0.35], [0.47, 0.37]]


def _spread(grey: list[float], *channels: list[list[float]]) -> NDArray[np.float64]:
    """Figures by octave and kind of direction -> (62,), one of each feature."""
    kinds = [0, 1, 1, 0, 1, 1]
    return np.concatenate([grey, *(np.array(table)[:, kinds].ravel() for table in channels)])


CENTRE = _spread([111.0, 49.0], _ENERGY, _UNEVENNESS)
SCALE = _spread([43.0, 14.0], _ENERGY_DEVIATION, _UNEVENNESS_DEVIATION)
_FARTHEST, _PIECES = 3.0, 4  # deviations; the features of a flat picture lie farther


def describe(pixels: NDArray[np.float32]) -> NDArray[np.float32]:
    """float32 (N, 3, size, size) sRGB in 0..1 -> float32 (N, 248).

    The standard's 62 features, from 3 deviations below a mean painting to 3 above, as
    thermometers of four pieces.
    """
    seen = (features(to_luma(pixels)) - CENTRE) / SCALE
    return columns(seen + _FARTHEST, top=2 * _FARTHEST, pieces=_PIECES).astype(np.float32)


def features(luma: NDArray[np.float32]) -> NDArray[np.float64]:
    """(N, size, size) grey levels in 0..255 -> (N, 62).

    Mean and deviation of the grey levels; 30 energies `log10(1 + p)`; 30 energy deviations
    `log10(1 + q)`. Channels from fine to coarse, within an octave by direction: 0 is variation
    from left to right, then turning by 30 degrees clockwise.

    p and q are the mean and the deviation, over a polar grid, of the squared and filtered
    spectrum, in squared grey levels: white noise of deviation 1 has p = 1. The standard sums
    where this takes the mean, which shifts a feature by a constant.
    """
    count, size, _ = luma.shape
    channels, squared, gain = _channels(size)
    spectrum = np.fft.rfft2(luma, norm="ortho").reshape(count, -1)
    power = spectrum.real**2 + spectrum.imag**2
    mean = power @ channels  # (N, 30)
    square = power**2 @ squared
    deviation = np.sqrt(np.maximum(square - mean.astype(np.float64) ** 2, 0))
    return np.concatenate(
        [
            luma.mean(axis=(1, 2), dtype=np.float64)[:, None],
            luma.std(axis=(1, 2), dtype=np.float64)[:, None],
            np.log10(1 + mean / gain),
            np.log10(1 + deviation / gain),
        ],
        axis=1,
    )


@cache
def _channels(
    size: int,
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float64]]:
    """For spectra of `np.fft.rfft2`: weights (bins, 30) that give the polar mean of a power
    spectrum seen through each filter, the same for its square, and (30,) what white noise of 1
    gives."""
    down = np.fft.fftfreq(size)[:, None] * 2
    across = np.fft.rfftfreq(size)[None, :] * 2
    radius = np.hypot(down, across).ravel()
    angle = np.degrees(np.arctan2(*np.broadcast_arrays(down, across))).ravel() % 180
    inside = (radius > 0) & (radius < 1)
    # A polar grid is the denser the closer to the centre.
    density = np.where(inside, 1 / np.maximum(radius, 1e-9), 0)
    # The left half of the plane, which rfft2 leaves out, mirrors the right one.
    density *= np.where(np.broadcast_to(across, (size, across.size)) > 0, 2, 1).ravel()
    density /= density.sum()
    filters = []
    for octave in range(OCTAVES):
        centre, width = _HIGHEST_CENTRE / 2**octave, _HIGHEST_WIDTH / 2**octave
        along = np.exp(-(((radius - centre) * _HALF_WIDTH / width) ** 2) / 2)
        for direction in range(DIRECTIONS):
            off = (angle - direction * _ANGLE + 90) % 180 - 90  # degrees, the short way round
            filters.append(along * np.exp(-((off * _HALF_WIDTH / _ANGLE) ** 2) / 2))
    response = (np.stack(filters, axis=1) * radius[:, None]) ** 2
    channels = response * density[:, None]
    squared = response**2 * density[:, None]
    return channels.astype(np.float32), squared.astype(np.float32), channels.sum(axis=0)
