"""The distances by which the descriptors' own sources compare, to hold the cosines to them."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import pdist
from scipy.stats import spearmanr

from ml import registry
from ml.handcrafted import (
    colour_layout,
    colour_structure,
    edge_histogram,
    hog,
    lbp,
    palette,
    texture,
)
from ml.handcrafted.luma import to_luma
from ml.preprocessing import to_batch

Pixels = NDArray[np.float32]
Features = NDArray[np.float64]


def of_colour_layout(levels: Features) -> Features:
    """The sum of three weighted Euclidean distances, over whole levels."""
    weighted = np.floor(levels) * np.sqrt(colour_layout.WEIGHTS)
    return sum(pdist(weighted[:, channel]) for channel in colour_layout.CHANNELS)


def of_texture(features: Features) -> Features:
    """L1 in deviations of paintings. The minimum over turns is left out."""
    return pdist(features / texture.SCALE, "cityblock")


def by_l1(features: Features) -> Features:
    return pdist(features, "cityblock")


def lbp_shares(pixels: Pixels) -> Features:
    luma = to_luma(pixels)
    return np.concatenate([lbp.shares(luma, r).reshape(len(luma), -1) for r in lbp.RADII], axis=1)


#: For each descriptor: the quantities of its source, and how they are compared.
STANDARD: dict[str, tuple[Callable[[Pixels], Features], Callable[[Features], Features]]] = {
    "colour-layout": (
        lambda pixels: colour_layout.levels(colour_layout.coefficients(pixels)),
        of_colour_layout,
    ),
    "colour-structure": (
        lambda pixels: np.floor(
            colour_structure.amplitudes(
                colour_structure.structure(colour_structure.quantised(pixels))
            )
        ),
        by_l1,
    ),
    "edge-histogram": (lambda pixels: edge_histogram.bins(to_luma(pixels)), by_l1),
    "hog": (lambda pixels: hog.gradients(to_luma(pixels)), pdist),
    "lbp": (lbp_shares, by_l1),
    "palette": (palette.shares, by_l1),
    "texture": (lambda pixels: texture.features(to_luma(pixels)), of_texture),
}


def rank_correlation(name: str, images: list[NDArray[np.uint8]], vectors: Features) -> float:
    """Spearman's, over all pairs, of the source's distance and the cosine: 1 is the same order.

    The vectors are rounded to half floats, as the library stores them.
    """
    features, distance = STANDARD[name]
    preprocessing = registry.get(name).preprocessing
    found = [
        features(to_batch(images[start : start + 32], preprocessing))
        for start in range(0, len(images), 32)
    ]
    stored = vectors.astype(np.float16).astype(np.float64)
    return spearmanr(distance(np.concatenate(found)), pdist(stored, "cosine")).statistic
