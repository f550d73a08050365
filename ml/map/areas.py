"""The areas of a map: patches of pictures that lie together, small ones within large ones."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

#: Pictures in a small area, about; and the most small areas there are.
IN_AN_AREA, MOST_SMALL = 20, 120
#: Large areas, at most.
MOST_LARGE = 12
#: Rows that the middles are looked for with; the others go to the nearest one.
LEARNED_FROM = 20_000


@dataclass(frozen=True)
class Areas:
    """``small``: int32 (N,), the small area that each picture is in, from 0. ``large``: int32
    (S,), the large area that each of the S small ones is in, from 0."""

    small: NDArray[np.int32]
    large: NDArray[np.int32]


def areas(positions: NDArray[np.float32], seed: int = 0) -> Areas:
    """float32 (N, 2) in 0..1 -> areas: k-means, whose middles are joined by Ward's method. Every
    picture is in one; none is empty. The same for the same positions and ``seed``."""
    from sklearn.cluster import KMeans

    count = len(positions)
    apart = len(np.unique(positions, axis=0))
    wanted = min(MOST_SMALL, max(1, round(count / IN_AN_AREA)), apart)
    if wanted < 2:
        return Areas(np.zeros(count, np.int32), np.zeros(wanted, np.int32))
    chance = np.random.default_rng(seed)
    some = (
        chance.choice(count, LEARNED_FROM, replace=False) if count > LEARNED_FROM else slice(None)
    )
    means = KMeans(wanted, n_init=3, random_state=seed).fit(positions[some])
    # Numbered anew: where few were learned from, a middle may be nobody's nearest.
    used, small = np.unique(means.predict(positions), return_inverse=True)
    return Areas(small.astype(np.int32), _joined(means.cluster_centers_[used]))


def _joined(middles: NDArray[np.float32]) -> NDArray[np.int32]:
    """float32 (S, 2) -> int32 (S,): which of at most `MOST_LARGE` larger areas each is in; where
    there are few, each is a large one itself."""
    from sklearn.cluster import AgglomerativeClustering

    if len(middles) <= MOST_LARGE:
        return np.arange(len(middles), dtype=np.int32)
    joined: NDArray[np.int64] = AgglomerativeClustering(MOST_LARGE).fit_predict(middles)
    return joined.astype(np.int32)
