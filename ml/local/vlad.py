"""Which kinds of details a picture has, wherever they are: VLAD over RootSIFT. Turned pictures have
the same; composition does not count.

Jegou, Douze, Schmid, Perez: Aggregating local descriptors into a compact image representation
(2010); normalised within each word: Arandjelovic and Zisserman, All about VLAD (2013).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file

from ml import parallel
from ml.local.compact import DIM, SCALE, compact
from ml.local.keypoints import LocalFeatures, detect_once
from ml.local.matching import squared_distances
from ml.local.specs import OBJECTS_CODEBOOK
from ml.resources import verified

#: Words of the codebook.
WORDS = 32
#: The strongest points of a picture; the weaker ones say less of what it is.
POINTS = 500


@cache
def _codebook() -> dict[str, NDArray[np.float32]]:
    """words: (WORDS, 64), in units of compact descriptors. mean: (WORDS * 64,). projection:
    (WORDS * 64, dim)."""
    tensors = load_file(verified(OBJECTS_CODEBOOK))
    return {name: tensor.astype(np.float32) for name, tensor in tensors.items()}


def describe(images: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
    """N pictures, uint8 (H, W, 3) RGB -> float32 (N, 256), not normalised."""
    codebook = _codebook()

    def aggregated(image: NDArray[np.uint8]) -> NDArray[np.float32]:
        return aggregate(compact(detect_once(image)), codebook["words"])

    vectors = np.stack(parallel.each(aggregated, images))
    return np.asarray((vectors - codebook["mean"]) @ codebook["projection"], np.float32)


def aggregate(features: LocalFeatures, words: NDArray[np.float32]) -> NDArray[np.float32]:
    """Compact features, (W, 64) words -> float32 (W * 64,), of norm 1, or 0 where there are no
    points: of each word the sum of what its points differ by, brought to norm 1."""
    descriptors = features.descriptors[:POINTS].astype(np.float32)
    sums = np.zeros((len(words), DIM), np.float32)
    if len(descriptors):
        nearest = squared_distances(descriptors, words).argmin(axis=1)
        np.add.at(sums, nearest, (descriptors - words[nearest]) / SCALE)
    lengths = np.linalg.norm(sums, axis=1, keepdims=True)
    sums /= np.maximum(lengths, 1e-6)
    return (sums / max(1e-6, float(np.linalg.norm(sums)))).ravel()
