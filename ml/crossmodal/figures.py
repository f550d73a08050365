"""How well texts find their pictures: ranks, recall, medians, and how sure these are."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

#: Recall is told at these ranks.
AT = (1, 5, 10)
#: Draws of the bootstrap, and the share of them that an interval holds.
DRAWS, SHARE = 2000, 0.95

Ranks = NDArray[np.intp]


def ranks(similarities: NDArray[np.float32], right: NDArray[np.intp] | None = None) -> Ranks:
    """float32 (Q, N), how much each of N things is like each of Q queries -> int (Q,): the rank,
    from 1, of the right one, column ``right[q]``, or q by default.

    Whatever is as much like it counts as being before it: a model that gives everything the same
    place has found nothing.
    """
    queries = np.arange(len(similarities))
    columns = queries if right is None else right
    own = similarities[queries, columns]
    return np.asarray((similarities >= own[:, None]).sum(axis=1), np.intp)


@dataclass(frozen=True)
class Figures:
    """Recall at 1, 5 and 10, the median rank, and the intervals that 95 of 100 such sets of
    queries would give (bootstrap over queries; Efron 1979)."""

    recall: dict[int, float]
    median_rank: float
    recall_interval: dict[int, tuple[float, float]]
    median_interval: tuple[float, float]

    def json(self) -> dict[str, object]:
        """As `manage.py evaluate comments` prints them."""
        return {
            **{f"r_at_{k}": round(value, 4) for k, value in self.recall.items()},
            "median_rank": self.median_rank,
            "intervals": {
                **{f"r_at_{k}": _rounded(pair) for k, pair in self.recall_interval.items()},
                "median_rank": _rounded(self.median_interval),
            },
        }


def figures(found: Ranks, seed: int = 0) -> Figures:
    """Of ranks, int (Q,), from 1. Raises ValueError where there is none."""
    if not len(found):
        raise ValueError("figures of no query")
    drawn = np.random.default_rng(seed).integers(len(found), size=(DRAWS, len(found)))
    again = found[drawn]
    edges = ((1 - SHARE) / 2, (1 + SHARE) / 2)

    def interval(values: NDArray[np.float64]) -> tuple[float, float]:
        low, high = np.quantile(values, edges)
        return float(low), float(high)

    return Figures(
        recall={k: float((found <= k).mean()) for k in AT},
        median_rank=float(np.median(found)),
        recall_interval={k: interval((again <= k).mean(axis=1)) for k in AT},
        median_interval=interval(np.median(again, axis=1)),
    )


def _rounded(pair: tuple[float, float]) -> list[float]:
    return [round(value, 4) for value in pair]


def ten_way(
    similarities: NDArray[np.float32], groups: list[str] | None = None, seed: int = 0
) -> tuple[float, int]:
    """How often the right one of ten pictures is chosen, and of how many queries.

    similarities: float32 (N, N), text by picture. groups: of N; the nine others are drawn from the
    same one (the difficult test), or from all (the easy one); a query whose group holds fewer than
    ten is left out (Garcia and Vogiatzis 2018, section 6.3).
    """
    chance = np.random.default_rng(seed)
    count = len(similarities)
    labels = np.array(groups if groups is not None else [""] * count)
    right = asked = 0
    for query in range(count):
        others = np.flatnonzero((labels == labels[query]) & (np.arange(count) != query))
        if len(others) < 9:
            continue
        asked += 1
        nine = chance.choice(others, 9, replace=False)
        right += bool(similarities[query, query] > similarities[query, nine].max())
    return (right / asked if asked else float("nan")), asked
