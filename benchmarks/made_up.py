"""Made-up vectors that lie as real ones do, for libraries that are larger than any at hand.

A mixture that was fitted to real vectors: their clusters, each with its weight, its middle and how
far it spreads, and the directions in which they all spread (the spectrum of what is left once the
middles are taken off). What comes of it is compared with the real ones by how near the nearest
neighbours are, and by the dimension that they seem to have there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]

#: Clusters, one for each so many real vectors.
EACH = 40


@dataclass(frozen=True)
class Mixture:
    """``middles``: (K, dim). ``weights``, ``spreads``: (K,), the latter in units of all of them.
    ``root``: (dim, dim), the square root of the covariance within."""

    middles: Vectors
    weights: NDArray[np.float64]
    spreads: Vectors
    root: Vectors

    def draw(self, count: int, chance: np.random.Generator) -> Vectors:
        """float32 (count, dim) of unit length."""
        which = chance.choice(len(self.weights), size=count, p=self.weights)
        noise = chance.standard_normal((count, len(self.root)), dtype=np.float32) @ self.root
        made = self.middles[which] + noise * self.spreads[which, None]
        return unit(made)


def unit(vectors: Any) -> Vectors:
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.float32)


def fitted(real: Vectors, seed: int = 0) -> Mixture:
    """The mixture of ``real``, float32 (N, dim) of unit length."""
    from sklearn.cluster import MiniBatchKMeans

    count = max(2, len(real) // EACH)
    clusters = MiniBatchKMeans(count, random_state=seed, n_init=3).fit(real)
    left = real - clusters.cluster_centers_[clusters.labels_]
    size = np.bincount(clusters.labels_, minlength=count)
    square = np.bincount(clusters.labels_, (left**2).sum(axis=1), minlength=count)
    # Of a cluster with one member nothing is known but the mean of the others.
    mean = square.sum() / size.sum()
    spreads = np.sqrt((square + 5 * mean) / (size + 5) / mean)
    values, axes = np.linalg.eigh(np.cov(left / spreads[clusters.labels_, None], rowvar=False))
    root = (axes * np.sqrt(np.maximum(values, 0))).T
    return Mixture(
        clusters.cluster_centers_.astype(np.float32),
        size / size.sum(),
        spreads.astype(np.float32),
        root.astype(np.float32),
    )


def likeness(vectors: Vectors, neighbours: int = 20) -> dict[str, float]:
    """How ``vectors`` lie: the mean cosine of the first and the tenth neighbour, and the intrinsic
    dimension there (Levina and Bickel 2004, by maximum likelihood)."""
    near = np.sort(_cosines(vectors), axis=1)[:, ::-1][:, :neighbours]
    far = np.sqrt(np.maximum(2 - 2 * near, 1e-9))
    local = 1 / np.log(far[:, -1:] / far[:, :-1]).mean(axis=1)
    return {
        "first": float(near[:, 0].mean()),
        "tenth": float(near[:, 9].mean()),
        "dimension": float(1 / (1 / local).mean()),
    }


def _cosines(vectors: Vectors, asked: int = 1000) -> Vectors:
    """Of the first ``asked`` with all others: (asked, N); with itself -1."""
    found = vectors[:asked] @ vectors.T
    found[np.arange(len(found)), np.arange(len(found))] = -1
    return found
