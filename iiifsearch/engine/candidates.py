"""Which canvases may be (in) a picture: neighbours of the picture as a whole, of its parts and of
its turned self, few enough to be verified."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from iiifsearch.encoders import encoder, serving
from iiifsearch.engine.nearest import nearest
from iiifsearch.engine.scope import Scope
from iiifsearch.metrics.measures import stage

Pixels = NDArray[np.uint8]

#: The feature that finds the same picture again.
FEATURE = "efficientnet-lite0"
#: Parts of a photo that may each show a painting: left, top, right, bottom in shares. Halves that
#: overlap, and the middle without the wall around it.
PARTS = (
    (0.0, 0.0, 0.55, 1.0),
    (0.45, 0.0, 1.0, 1.0),
    (0.0, 0.0, 1.0, 0.55),
    (0.0, 0.45, 1.0, 1.0),
    (0.2, 0.2, 0.8, 0.8),
)


def turned(pixels: Pixels) -> list[Pixels]:
    """The picture by 90, 180 and 270 degrees."""
    return [np.ascontiguousarray(np.rot90(pixels, turns)) for turns in (1, 2, 3)]


def parts(pixels: Pixels) -> list[Pixels]:
    """Parts of the picture, each of at least a pixel."""
    height, width = pixels.shape[:2]
    return [
        np.ascontiguousarray(
            pixels[
                int(top * height) : max(int(bottom * height), int(top * height) + 1),
                int(left * width) : max(int(right * width), int(left * width) + 1),
            ]
        )
        for left, top, right, bottom in PARTS
    ]


def near(views: Sequence[Pixels], scope: Scope, each: int) -> dict[int, float]:
    """The ``each`` nearest canvases of every view, with the best cosine, the best first."""
    spec = serving(FEATURE)
    found: dict[int, float] = {}
    with stage("encoding"):
        vectors = encoder(spec.key).encode(views)
    for vector in vectors:
        for row in nearest(spec, vector, scope, each).rows:
            found[row.canvas_id] = max(found.get(row.canvas_id, -1.0), row.similarity)
    return dict(sorted(found.items(), key=lambda item: (-item[1], item[0])))


def first(found: dict[int, float], count: int, without: Iterable[int] = ()) -> list[int]:
    """The ``count`` best of ``found`` that are not among ``without``."""
    left = set(without)
    return [pk for pk in found if pk not in left][:count]
