"""A map drawn: layout, cells and areas in one call, which may be made in a process of its own."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ml.map.areas import Areas, areas
from ml.map.cells import cells
from ml.map.layout import layout


@dataclass(frozen=True)
class Drawn:
    """``cells``: int32 (N, 2), column and row of each picture, in a square of ``side`` cells."""

    cells: NDArray[np.int32]
    side: int
    areas: Areas


def draw(vectors: NDArray[np.float32], seed: int = 0) -> Drawn:
    """float32 (N, dim) -> a map of them. Raises ValueError for what is no table of finite numbers.

    Areas are told by where pictures lie on the map at last, so that each is one patch of it.
    """
    found, side = cells(layout(vectors, seed))
    middles = (found + 0.5) / max(side, 1)
    return Drawn(found, side, areas(middles.astype(np.float32), seed))
