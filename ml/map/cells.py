"""A cell of its own for each picture, near to where it lies: so thumbnails never hide each other.

First the crowded parts are stretched and the empty ones shrunk, in halves and halves of halves, by
which neighbours stay neighbours; then each picture takes the nearest cell that is free. What that
keeps of the neighbours was measured: docs/adr/0023-a-map-of-the-library.md.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

#: The share of the cells that a picture lies on, about; the rest is the space between groups.
FILLED = 0.5
#: How far the crowded is stretched: 0 not at all, 1 until all is equally full and no gap is left.
EVENNESS = 0.4
#: Pictures that are stretched together.
_TOGETHER = 4
#: Free cells that a picture has in view in one round of taking.
_IN_VIEW = 12

Places = NDArray[np.float64]


def cells(positions: NDArray[np.float32]) -> tuple[NDArray[np.int32], int]:
    """(N, 2) in 0..1 -> a cell for each, int32 (N, 2): column and row; and the side of the
    square that they lie in. No two are the same; the same for the same positions."""
    if not len(positions):
        return np.zeros((0, 2), np.int32), 0
    taken = _taken(_stretched(positions.astype(np.float64)) * np.sqrt(len(positions) / FILLED))
    taken -= taken.min(axis=0)
    side = int(taken.max()) + 1
    return (taken + (side - 1 - taken.max(axis=0)) // 2).astype(np.int32), side


def in_patches(cells: NDArray[np.int32]) -> NDArray[np.int64]:
    """(N, 2) -> an order of them, int64 (N,), in which those that follow each other lie together:
    Morton's, by the bits of column and row in turn."""
    places = cells.astype(np.int64)
    code = np.zeros(len(places), np.int64)
    for bit in range(16):
        code |= ((places[:, 0] >> bit) & 1) << (2 * bit)
        code |= ((places[:, 1] >> bit) & 1) << (2 * bit + 1)
    return np.argsort(code, kind="stable")


def _stretched(places: Places) -> Places:
    """(N, 2) in 0..1 -> the same, more evenly spread.

    A part is cut through the middle of its pictures, along its longer side; each half gets room
    between what it had and what so many pictures are due, by `EVENNESS`.
    """
    spread = np.empty_like(places)
    whole = (np.zeros(2), np.ones(2))
    parts = [(np.arange(len(places)), whole, whole)]
    while parts:
        members, (low, high), (new_low, new_high) = parts.pop()
        if len(members) <= _TOGETHER:
            shares = (places[members] - low) / np.maximum(high - low, 1e-9)
            spread[members] = new_low + shares * (new_high - new_low)
            continue
        axis = int(np.argmax(new_high - new_low))
        members = members[np.argsort(places[members, axis], kind="stable")]
        half = len(members) // 2
        cut = places[members[half - 1 : half + 1], axis].mean()
        had = (cut - low[axis]) / max(high[axis] - low[axis], 1e-9)
        share = (1 - EVENNESS) * had + EVENNESS * half / len(members)
        new_cut = new_low[axis] + share * (new_high[axis] - new_low[axis])
        parts.append(
            (members[:half], (low, _at(high, axis, cut)), (new_low, _at(new_high, axis, new_cut)))
        )
        parts.append(
            (members[half:], (_at(low, axis, cut), high), (_at(new_low, axis, new_cut), new_high))
        )
    return spread


def _at(corner: Places, axis: int, value: float) -> Places:
    moved = corner.copy()
    moved[axis] = value
    return moved


def _taken(places: Places) -> NDArray[np.int64]:
    """(N, 2) in cells -> a cell for each, int64 (N, 2), the nearest that is free; who is nearest to
    a cell has it. Round by round: in each, at least one picture finds its cell."""
    margin = int(np.sqrt(len(places))) // 4 + 2
    columns, rows = (np.ceil(places.max(axis=0)).astype(int) + 1 + 2 * margin).tolist()
    free = np.indices((columns, rows)).reshape(2, -1).T - margin
    found = np.zeros((len(places), 2), np.int64)
    waiting = np.arange(len(places))
    while len(waiting):
        many = min(_IN_VIEW, len(free))
        far, which = cKDTree(free).query(places[waiting], many)
        used = np.zeros(len(free), bool)
        placed = np.zeros(len(waiting), bool)
        for rank in range(many):
            asking = np.flatnonzero(~placed)
            asking = asking[~used[which[asking, rank]]]
            asking = asking[np.argsort(far[asking, rank], kind="stable")]
            chosen, first = np.unique(which[asking, rank], return_index=True)
            winners = asking[first]
            found[waiting[winners]] = free[chosen]
            used[chosen], placed[winners] = True, True
        waiting, free = waiting[~placed], free[~used]
    return found
