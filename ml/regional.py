"""Vectors of the regions of a picture: the squares of R-MAC's grid and the whole, pooled from one
feature map, so that a detail is found wherever it is in another picture.

Tolias, Sicre, Jegou: Particular object retrieval with integral max-pooling of CNN activations
(2016). Here squares need not end where a cell of the map does: a cell counts by its share in them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ml import parallel, registry, runtime
from ml.errors import InvalidSpec
from ml.preprocessing import fitted, to_batch
from ml.regions import rmac_boxes
from ml.specs import EncoderSpec, Grid, ImagePreprocessing

#: Pixels of the picture that a cell of the map stands for.
STRIDE = 32
#: Sides that a detail is thought to have, in shares of those of the picture that it is in.
DETAIL = (0.7, 0.32)
_WHOLE = np.array([[0, 0, 1, 1]], np.float32)
#: What the grid is laid on: fine enough that squares lie where they should.
_FINE = 60

Run = Callable[[dict[str, NDArray[Any]]], NDArray[np.float32]]


@dataclass(frozen=True)
class Regions:
    """boxes: float32 (R, 4), x, y, width and height in shares, 0..1, of the picture's sides; the
    first one is the whole picture. vectors: float32 (R, dim), of norm 1."""

    boxes: NDArray[np.float32]
    vectors: NDArray[np.float32]


class RegionEncoder:
    """A loaded encoder of regions."""

    def __init__(self, spec: EncoderSpec, run: Run, threads: int | None = None) -> None:
        """run: {"pixels": (1, 3, size, size), "masks": (R, cells)} -> (R, dim). threads: pictures
        side by side; None: as many as there are cores."""
        if spec.features is None or not isinstance(spec.features.pooling, Grid):
            raise InvalidSpec(f"{spec.key} is no encoder of regions")
        self.spec = spec
        self._levels = spec.features.pooling.levels
        self._run = run
        self._threads = threads

    def encode(self, images: Sequence[NDArray[np.uint8]]) -> list[Regions]:
        """The regions of each picture, uint8 (H, W, 3) RGB. Raises BadInput, BadOutput."""
        for index, image in enumerate(images):
            runtime.check_image(image, index, self.spec)
        return parallel.each(self._gridded, images, self._threads)

    def _gridded(self, image: NDArray[np.uint8]) -> Regions:
        return self._encoded(image, self.boxes(image))

    def boxes(self, image: NDArray[np.uint8]) -> NDArray[np.float32]:
        """float32 (R, 4), as `Regions` has them."""
        height, width = image.shape[:2]
        longer = max(height, width)
        rows, columns = (max(1, round(_FINE * side / longer)) for side in (height, width))
        squares = [(x, y, w, h) for y, x, h, w in rmac_boxes(rows, columns, self._levels)]
        # The first level of a square picture is the whole of it.
        return np.array(list(dict.fromkeys([(0.0, 0.0, 1.0, 1.0), *squares])), np.float32)

    def whole(self, image: NDArray[np.uint8]) -> NDArray[np.float32]:
        """float32 (dim,): the vector of the whole picture alone."""
        runtime.check_image(image, 0, self.spec)
        vector: NDArray[np.float32] = self._encoded(image, _WHOLE).vectors[0]
        return vector

    def detail(self, image: NDArray[np.uint8]) -> NDArray[np.float32]:
        """float32 (dim,): what to look for among regions, to find where a picture is a detail.

        The sum of what is seen in the picture by itself, and among its reflections, in sizes that
        it may have where it is a detail (ADR 18).
        """
        runtime.check_image(image, 0, self.spec)
        small = self._small(image)
        views = [(image, _WHOLE), *(_surrounded(small, share) for share in DETAIL)]
        seen = parallel.each(lambda view: self._encoded(*view).vectors[0], views, self._threads)
        vector: NDArray[np.float32] = runtime.normalised(
            np.sum(seen, axis=0)[None], [0], self.spec
        )[0]
        return vector

    def _small(self, image: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """The picture with no more pixels than the network sees of it."""
        preprocessing = self.spec.preprocessing
        assert isinstance(preprocessing, ImagePreprocessing)
        height, width = image.shape[:2]
        size = fitted(width, height, preprocessing)
        if max(size) >= max(width, height):
            return image
        return np.asarray(Image.fromarray(image).resize(size, Image.Resampling.BICUBIC))

    def _encoded(self, image: NDArray[np.uint8], boxes: NDArray[np.float32]) -> Regions:
        preprocessing = self.spec.preprocessing
        assert isinstance(preprocessing, ImagePreprocessing)
        pixels = to_batch([image], preprocessing)
        masks = masks_of(boxes, image.shape[1], image.shape[0], preprocessing)
        vectors = self._run({"pixels": pixels, "masks": masks})
        return Regions(boxes, runtime.normalised(vectors, range(len(boxes)), self.spec))


def _surrounded(
    image: NDArray[np.uint8], share: float
) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """A picture amid its reflections, having that share of their sides, and its box, (1, 4), in
    shares of the whole."""
    height, width = image.shape[:2]
    top, left = (round(side * (1 / share - 1) / 2) for side in (height, width))
    around = np.pad(image, ((top, top), (left, left), (0, 0)), mode="symmetric")
    full = np.array([around.shape[1], around.shape[0]] * 2, np.float32)
    return around, np.array([[left, top, width, height]], np.float32) / full


def masks_of(
    boxes: NDArray[np.float32], width: int, height: int, preprocessing: ImagePreprocessing
) -> NDArray[np.float32]:
    """Boxes on a picture of width x height -> float32 (R, cells): how much each cell of the map,
    row by row, has to do with each box. Rows sum to 1."""
    size = preprocessing.size
    w, h = fitted(width, height, preprocessing)
    left, top = (size - w) // 2, (size - h) // 2
    cells = size // STRIDE
    across = _shares(left + boxes[:, 0] * w, boxes[:, 2] * w, cells)
    down = _shares(top + boxes[:, 1] * h, boxes[:, 3] * h, cells)
    both = (down[:, :, None] * across[:, None, :]).reshape(len(boxes), -1)
    return (both / both.sum(axis=1, keepdims=True)).astype(np.float32)


def _shares(
    start: NDArray[np.float32], length: NDArray[np.float32], cells: int
) -> NDArray[np.float32]:
    """(R,), (R,) pixels -> (R, cells): how much of each cell lies in the interval, in pixels."""
    edges = np.arange(cells + 1) * STRIDE
    inside = np.clip(edges[None], start[:, None], (start + length)[:, None])
    return np.maximum(np.diff(inside, axis=1), 1e-6).astype(np.float32)


@lru_cache
def load(name: str, cache_dir: Path, threads: int | None = None) -> RegionEncoder:
    """The encoder of regions of that name or key, loaded once a process.

    Raises UnknownEncoder, InvalidSpec, EncoderNotReady, MissingResource, CorruptResource.
    """
    spec = registry.resolve(name)
    return RegionEncoder(spec, runtime.graph(spec, cache_dir), threads)
