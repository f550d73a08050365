"""Made-up vectors that lie about as real ones do, for libraries that are larger than any at hand.

Each is a blend of two vectors, drawn from two clouds that lie near each other of a mixture of
factor analysers (Ghahramani and Hinton 1996) that is fitted to real ones: around each of `CLUSTERS`
centres a cloud that is long in `DIRECTIONS` directions of its own and, by what is left, equally
wide in all others. That gives the spectrum of the real ones; and what a graph is easy or hard by,
how near the nearest lie, of how many dimensions it is around each (`likeness`), and what a walk
finds, is theirs while their number grows: through a graph of 10,000, ef 40, 100, 200 and 400 find
.89, .96, .99 and .998 of real ones, .93, .97, .99 and .998 of these. What does not do: to move real
vectors about by chance, for a hundred times as many then lie in clumps, one around each; and clouds
alone, between which there is nothing, and from one to another no way for a graph.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]

#: Of ten thousand pictures; chosen so that `likeness` of a thousand to ten thousand agrees.
CLUSTERS, DIRECTIONS = 200, 20
#: Of `clustered`.
CENTRES = 500
#: Clouds near one that it is blended with, and its least share.
NEAR, LEAST = 20, 0.5


@dataclass(frozen=True)
class Cloud:
    """``weight``: vectors in it. ``middle``: (dim,). ``axes``: (directions, dim), as long as the
    cloud is wide there, one standard deviation. ``rest``: that of every other direction."""

    weight: int
    middle: Vectors
    axes: Vectors
    rest: float


def real(folder: Path, var: Path, spec: Any) -> Vectors:
    """Of every picture under ``folder``, (N, dim); made once, kept under ``var``."""
    kept = var / f"{spec.key}.npy"
    if not kept.exists():
        from iiifsearch.encoders import encoder
        from iiifsearch.evaluation.library import pictures_in, read

        paths, made = pictures_in(folder), []
        with ThreadPoolExecutor(2) as pool:
            for start in range(0, len(paths), 64):
                arrays = list(pool.map(read, paths[start : start + 64]))
                made.append(encoder(spec.name).encode(arrays))
        np.save(kept, np.concatenate(made))
    return unit(np.load(kept))


def clouds(real: Vectors) -> list[Cloud]:
    """Fitted to ``real``, float32 (N, dim) of unit length."""
    import faiss

    count = max(1, min(CLUSTERS, len(real) // 50))
    means = faiss.Kmeans(real.shape[1], count, niter=10, seed=1, min_points_per_centroid=1)
    means.train(real)
    nearest = means.index.search(real, 1)[1][:, 0]
    return [_cloud(real[nearest == n]) for n in range(count) if (nearest == n).sum() > 1]


def _cloud(some: Vectors) -> Cloud:
    middle = some.mean(0)
    _, wide, axes = np.linalg.svd(some - middle, full_matrices=False)
    wide /= np.sqrt(len(some) - 1)
    kept = wide[:DIRECTIONS]
    rest = np.sqrt((wide[DIRECTIONS:] ** 2).sum() / some.shape[1])
    return Cloud(len(some), middle, kept[:, None] * axes[: len(kept)], float(rest))


def draw(
    lie: list[Cloud], count: int, chance: np.random.Generator
) -> tuple[Vectors, NDArray[np.int64]]:
    """float32 (count, dim) of unit length, and of which cloud each is by its larger share."""
    weights = np.array([cloud.weight for cloud in lie], float)
    which = chance.choice(len(lie), count, p=weights / weights.sum())
    middles = unit([cloud.middle for cloud in lie])
    near = np.argsort(-middles @ middles.T, axis=1)[:, 1 : 1 + NEAR]
    other = near[which, chance.integers(0, near.shape[1], count)] if near.size else which
    share = chance.uniform(LEAST, 1, (count, 1)).astype(np.float32)
    one, two = _of(lie, which, chance), _of(lie, other, chance)
    return unit(np.sqrt(share) * one + np.sqrt(1 - share) * two), which


def _of(lie: list[Cloud], which: NDArray[np.int64], chance: np.random.Generator) -> Vectors:
    """One vector of each of the clouds, of unit length."""
    made = chance.standard_normal((len(which), len(lie[0].middle)), dtype=np.float32)
    for n, cloud in enumerate(lie):
        rows = np.flatnonzero(which == n)
        along = chance.standard_normal((len(rows), len(cloud.axes)), dtype=np.float32)
        made[rows] = cloud.middle + along @ cloud.axes + cloud.rest * made[rows]
    return unit(made)


def unit(vectors: Any) -> Vectors:
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.float32)


def clustered(count: int, chance: np.random.Generator, dim: int) -> tuple[np.ndarray, np.ndarray]:
    """float16 (count, dim) of unit length around `CENTRES` centres, and each one's cluster."""
    centres = chance.normal(size=(CENTRES, dim)).astype(np.float32)
    centres /= np.linalg.norm(centres, axis=1, keepdims=True)
    cluster = chance.integers(0, CENTRES, count)
    noise = chance.normal(size=(count, dim)).astype(np.float32) / dim**0.5
    vectors = centres[cluster] + noise
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float16), cluster


def likeness(vectors: Vectors, neighbours: int = 20) -> dict[str, float]:
    """How ``vectors`` lie: the mean cosine of the first and of the tenth neighbour, and the
    intrinsic dimension there (Levina and Bickel 2004, by maximum likelihood)."""
    cosines = vectors[:1000] @ vectors.T
    rows = np.arange(len(cosines))
    cosines[rows, rows] = -1
    near = np.sort(cosines, axis=1)[:, ::-1][:, :neighbours]
    far = np.sqrt(np.maximum(2 - 2 * near, 1e-9))
    return {
        "first": float(near[:, 0].mean()),
        "tenth": float(near[:, 9].mean()),
        "dimension": float(1 / np.log(far[:, -1:] / far[:, :-1]).mean()),
    }
