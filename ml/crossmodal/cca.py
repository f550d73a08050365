"""Canonical correlation analysis: the directions in which texts and pictures vary together.

Hotelling 1936; with a regularised covariance (Vinod 1976) and the truncated SVD of a wide side.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import issparse
from scipy.sparse.linalg import svds
from threadpoolctl import threadpool_limits

from ml.errors import BadData

#: A wider side is reduced to this many directions first: a covariance of 20,000 words is 3 GB.
WIDEST = 1024


@dataclass(frozen=True)
class Projection:
    """x -> x @ weight + bias. weight: float32 (D, dim); bias: float32 (dim,)."""

    weight: NDArray[np.float32]
    bias: NDArray[np.float32]


@dataclass(frozen=True)
class Cca:
    """``correlations``: float64 (dim,), falling, of the sample that it was learned from."""

    left: Projection
    right: Projection
    correlations: NDArray[np.float64]


def learn(left: Any, right: Any, dim: int, regularisation: float, widest: int = WIDEST) -> Cca:
    """From (N, D) and (N, E), row by row of the same thing, each an array or a scipy sparse matrix:
    ``dim`` directions, or as many as the narrower side has.

    regularisation: what is added to each variance, as a share of the mean variance.

    Raises BadData where the sample does not vary.
    """
    # The number of threads changes the last digits, and a run is to be repeated exactly.
    with threadpool_limits(limits=1, user_api="blas"):
        x, x_basis = _narrowed(left, widest)
        y, y_basis = _narrowed(right, widest)
        x_mean, y_mean = x.mean(axis=0), y.mean(axis=0)
        x, y = x - x_mean, y - y_mean
        x_white, y_white = _whitener(x, regularisation), _whitener(y, regularisation)
        common = x_white.T @ (x.T @ y / len(x)) @ y_white
        u, correlations, v = np.linalg.svd(common, full_matrices=False)
        u, correlations, v = u[:, :dim], correlations[:dim], v[:dim].T
        # The sign of a direction is arbitrary: fixed, so that runs can be compared.
        signs = np.sign(u[np.abs(u).argmax(axis=0), range(u.shape[1])])
        return Cca(
            _projection(x_white @ (u * signs), x_mean, x_basis),
            _projection(y_white @ (v * signs), y_mean, y_basis),
            correlations,
        )


def principal(vectors: NDArray[np.float32], dim: int) -> NDArray[np.float32]:
    """(N, D) -> float32 (N, dim or fewer): along the directions of largest variance, centred, and
    of mean variance 1. Raises BadData where the sample does not vary."""
    with threadpool_limits(limits=1, user_api="blas"):
        centred = vectors.astype(np.float64) - vectors.mean(axis=0, dtype=np.float64)
        variances, axes = np.linalg.eigh(centred.T @ centred / len(centred))
        if variances[-1] <= 0:
            raise BadData(f"{len(vectors)} pictures have all the same vector: nothing to learn")
        kept = variances.argsort()[::-1][:dim]
        turned = centred @ axes[:, kept]
        return np.asarray(turned / np.sqrt(variances[kept].mean()), np.float32)


def _narrowed(side: Any, widest: int) -> tuple[NDArray[np.float64], NDArray[np.float64] | None]:
    """The sample and, where it was reduced, the (D, k) basis that did it."""
    if side.shape[1] <= widest:
        dense = side.toarray() if issparse(side) else side
        return np.asarray(dense, np.float64), None
    side = side.astype(np.float64)
    directions = min(widest, min(side.shape) - 1)
    # Without a start of its own it would begin anywhere.
    start = np.ones(min(side.shape))
    basis = svds(side, k=directions, v0=start, return_singular_vectors="vh")[2].T
    return np.asarray(side @ basis), basis


def _whitener(centred: NDArray[np.float64], regularisation: float) -> NDArray[np.float64]:
    """(N, D) -> (D, k): after it the covariance is the identity. Directions in which nothing varies
    are dropped."""
    covariance = centred.T @ centred / len(centred)
    mean_variance = np.trace(covariance) / len(covariance)
    if not mean_variance > 0:
        raise BadData(f"a sample of {len(centred)} does not vary: nothing to correlate")
    variances, axes = np.linalg.eigh(covariance)
    kept = variances > variances[-1] * 1e-10
    return np.asarray(axes[:, kept] / np.sqrt(variances[kept] + regularisation * mean_variance))


def _projection(
    weight: NDArray[np.float64], mean: NDArray[np.float64], basis: NDArray[np.float64] | None
) -> Projection:
    bias = -mean @ weight
    whole = weight if basis is None else basis @ weight
    return Projection(whole.astype(np.float32), bias.astype(np.float32))
