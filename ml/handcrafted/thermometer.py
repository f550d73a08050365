"""L1 distances as angles.

The standards compare many histograms by L1, the library compares by cosine only. A value is
written like the column of a thermometer: it is cut into pieces, and each piece is -1 where the
value lies below it, 1 where it lies above, and in between where it lies inside. Two values then
differ in as many pieces as there are between them, and all vectors are about equally long; so the
cosine falls, nearly straight, as the L1 distance grows.
"""

import numpy as np
from numpy.typing import NDArray


def columns(values: NDArray[np.float64], top: float, pieces: int) -> NDArray[np.float64]:
    """(N, K) -> (N, K * pieces) in -1..1: `pieces` equal parts of 0..top, the lowest first.

    What is above `top` counts as `top`.
    """
    middles = (np.arange(pieces) + 0.5) / pieces  # of top
    scaled = (values[:, :, None] / top - middles) * (2 * pieces)
    return np.clip(scaled, -1, 1).reshape(len(values), -1)
