"""Made-up vectors that lie about as real ones do, for libraries that are larger than any at hand.

Each is a real one, moved at random along the lines to some of its neighbours: so it stays
on the same sheet, of about as many dimensions, and many are made where many lie. Noise in
all directions, or one cloud for each cluster, would have the spectrum of the real ones and a far
higher dimension around each: too hard for a graph, and unlike any library. `likeness` tells how
near they come.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]

#: Neighbours of a real one, those of them that one is moved along, and how far: shares of the way.
NEIGHBOURS, LINES, STEP = 64, 32, 0.25


@dataclass(frozen=True)
class Sheet:
    """``real``: (N, dim) of unit length. ``near``: (N, `NEIGHBOURS`), rows of the nearest."""

    real: Vectors
    near: NDArray[np.int64]

    def draw(self, count: int, chance: np.random.Generator) -> Vectors:
        """float32 (count, dim) of unit length."""
        which = chance.integers(0, len(self.real), count)
        begun = self.real[which]
        made = begun.copy()
        for _ in range(LINES):
            towards = self.real[self.near[which, chance.integers(0, NEIGHBOURS, count)]]
            step = STEP * chance.standard_normal((count, 1), dtype=np.float32)
            made += step * (towards - begun)
        return unit(made)


def unit(vectors: Any) -> Vectors:
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.float32)


def sheet(real: Vectors) -> Sheet:
    """Of ``real``, float32 (N, dim) of unit length; N is a few ten thousands at most."""
    near = [
        np.argpartition(-_cosines(real, start, 1000), NEIGHBOURS, axis=1)[:, :NEIGHBOURS]
        for start in range(0, len(real), 1000)
    ]
    return Sheet(real, np.concatenate(near))


def likeness(vectors: Vectors, neighbours: int = 20) -> dict[str, float]:
    """How ``vectors`` lie: the mean cosine of the first and of the tenth neighbour, and the
    intrinsic dimension there (Levina and Bickel 2004, by maximum likelihood)."""
    near = np.sort(_cosines(vectors, 0, 1000), axis=1)[:, ::-1][:, :neighbours]
    far = np.sqrt(np.maximum(2 - 2 * near, 1e-9))
    return {
        "first": float(near[:, 0].mean()),
        "tenth": float(near[:, 9].mean()),
        "dimension": float(1 / np.log(far[:, -1:] / far[:, :-1]).mean()),
    }


def _cosines(vectors: Vectors, start: int, count: int) -> Vectors:
    """Of ``count`` from ``start`` on with all: (count, N); with itself -1."""
    found = vectors[start : start + count] @ vectors.T
    rows = np.arange(len(found))
    found[rows, start + rows] = -1
    return found
