"""Where pictures lie in the plane, so that those that are alike are neighbours: UMAP.

McInnes, Healy, Melville: UMAP: Uniform Manifold Approximation and Projection for Dimension
Reduction (2018).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

#: Fewer rows than this have no neighbourhoods to speak of: they lie by their two main directions.
FEWEST = 16
#: Neighbours that shape the plane: fewer show finer grain, more the lie of the land.
NEIGHBOURS = 15
#: How near each other pictures may come, where the whole is some 20 wide.
NEAREST = 0.1
#: Rounds in which places settle: more change little and take as much longer.
EPOCHS = 200


def layout(vectors: NDArray[np.float32], seed: int = 0) -> NDArray[np.float32]:
    """float32 (N, dim), of any norm -> float32 (N, 2) in 0..1, the longer side of the whole being 1
    and the shorter one in the middle. The same for the same vectors and ``seed``.

    Raises ValueError for what is no table of finite numbers.
    """
    if vectors.ndim != 2 or not np.isfinite(vectors).all():
        raise ValueError(f"no table of finite numbers: {vectors.dtype} {vectors.shape}")
    places = _umap(vectors, seed) if len(vectors) >= FEWEST else _main_directions(vectors)
    return framed(places)


def framed(places: NDArray[np.float32]) -> NDArray[np.float32]:
    """(N, 2) of any size -> float32 (N, 2) in 0..1, in its proportions and in the middle."""
    if not len(places):
        return np.zeros((0, 2), np.float32)
    low, high = places.min(axis=0), places.max(axis=0)
    size = float((high - low).max()) or 1.0
    return np.clip(0.5 + (places - (low + high) / 2) / size, 0, 1).astype(np.float32)


def _umap(vectors: NDArray[np.float32], seed: int) -> NDArray[np.float32]:
    from umap import UMAP  # seconds, and numba, which only this needs

    # Begun at the main directions: what is far apart in the library is far apart on the map. The
    # jitter is for pictures that are all the same.
    begun = _main_directions(vectors)
    begun /= max(float(np.abs(begun).max()), 1e-6)
    begun += np.random.default_rng(seed).normal(0, 1e-4, begun.shape)
    # With a seed it runs in one thread, or it would not be the same twice.
    reducer = UMAP(
        n_neighbors=NEIGHBOURS,
        min_dist=NEAREST,
        n_epochs=EPOCHS,
        metric="cosine",
        init=begun,
        random_state=seed,
        n_jobs=1,
    )
    places: NDArray[np.float32] = reducer.fit_transform(vectors)
    return places


def _main_directions(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """float32 (N, 2): the first two principal components; 0 where there are fewer."""
    places = np.zeros((len(vectors), 2), np.float32)
    if len(vectors) > 1:
        centred = vectors - vectors.mean(axis=0)
        _, directions = np.linalg.eigh(centred.T @ centred)
        found = centred @ directions[:, :-3:-1]
        places[:, : found.shape[1]] = found
    return places
