"""PCA whitening: turn, shrink and level the axes of a space by what a sample of it looks like.

Retrieval gains because directions that all pictures share stop to dominate the cosine.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Whitening:
    """mean: float32 (D,); projection: float32 (D, dim)."""

    mean: NDArray[np.float32]
    projection: NDArray[np.float32]


def learn(vectors: NDArray[np.floating], dim: int) -> Whitening:
    """From (N, D) vectors, N > dim: the `dim` directions of largest variance, each scaled to 1.

    Raises ValueError where the sample has fewer than `dim` directions.
    """
    sample = vectors.astype(np.float64)
    mean = sample.mean(axis=0)
    variances, axes = np.linalg.eigh(np.cov(sample - mean, rowvar=False))
    variances, axes = variances[::-1][:dim], axes[:, ::-1][:, :dim]
    if len(variances) < dim or variances[-1] <= variances[0] * 1e-10:
        raise ValueError(f"the sample {vectors.shape} does not span {dim} directions")
    # The sign of an eigenvector is arbitrary: fixed, so that the result can be compared.
    largest = np.abs(axes).argmax(axis=0)
    axes = axes * np.sign(axes[largest, range(dim)])
    return Whitening(mean.astype(np.float32), (axes / np.sqrt(variances)).astype(np.float32))


def apply(whitening: Whitening, vectors: NDArray[np.floating]) -> NDArray[np.float32]:
    """(N, D) -> float32 (N, dim), of variance 1 in every direction on the learned sample."""
    centred = vectors.astype(np.float32) - whitening.mean
    return np.asarray(centred @ whitening.projection, np.float32)


def save(whitening: Whitening, path: Path) -> None:
    """Write a safetensors file; the projection in float16, which halves it and costs nothing."""
    from safetensors.numpy import save_file

    projection = np.ascontiguousarray(whitening.projection, np.float16)
    save_file({"mean": whitening.mean, "projection": projection}, path)
    path.chmod(0o644)  # safetensors leaves it to its owner; who serves may be somebody else


def read(path: Path) -> Whitening:
    """Read what `save` wrote."""
    from safetensors.numpy import load_file

    tensors = load_file(path)
    return Whitening(tensors["mean"].astype(np.float32), tensors["projection"].astype(np.float32))
