"""Everything that is made of a picture: how it is made, and where it is put.

Vectors of the whole, one for each live encoder; vectors of regions, by which a detail is found; and
local features, by which it is verified. The second and third can be switched off.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from iiifsearch.conf import options
from iiifsearch.encoders import encoder, image_specs, region_encoder, specs
from iiifsearch.index import store
from iiifsearch.metrics.measures import batch
from ml import parallel
from ml.specs import EncoderSpec

Pictures = Sequence[NDArray[np.uint8]]


@dataclass(frozen=True)
class Feature:
    """``key``: names what is made, and its version. ``make``: pictures, uint8 (H, W, 3), to one
    item each. ``put``: stores items by canvas id; call inside a transaction."""

    key: str
    make: Callable[[Pictures], Sequence[Any]]
    put: Callable[[Sequence[int], Sequence[Any]], None]


def live() -> tuple[Feature, ...]:
    """What is made here. Cheap: nothing is loaded."""
    found = [_whole(spec) for spec in image_specs()]
    found += [_regions(spec) for spec in specs() if spec.of_regions]
    if options.local_features:
        found.append(_local())
    return tuple(found)


def make_all(wanted: Sequence[Feature], pictures: Sequence[Pictures]) -> list[Sequence[Any]]:
    """What each of ``wanted`` makes of its own ``pictures``; two at a time, since networks use two
    cores only in part, and arithmetic only one."""
    return parallel.each(
        lambda both: both[0].make(both[1]), list(zip(wanted, pictures, strict=True)), 2
    )


def load() -> None:
    """Load what is made here, so that one that cannot be loaded is no picture's fault."""
    for spec in specs():
        if spec.of_regions:
            region_encoder(spec)
        elif spec.modality == "image":
            encoder(spec.key)


def _whole(spec: EncoderSpec) -> Feature:
    def put(ids: Sequence[int], vectors: Sequence[Any]) -> None:
        store.canvas_vectors(ids, spec, np.asarray(vectors))

    def make(pictures: Pictures) -> Sequence[Any]:
        with batch(spec.name, len(pictures)):
            return list(encoder(spec.key).encode(pictures))

    return Feature(spec.key, make, put)


def _regions(spec: EncoderSpec) -> Feature:
    def put(ids: Sequence[int], items: Sequence[Any]) -> None:
        store.region_vectors(ids, spec, items)

    def make(pictures: Pictures) -> Sequence[Any]:
        with batch(spec.name, len(pictures)):
            return region_encoder(spec).encode(pictures)

    return Feature(spec.key, make, put)


def _local() -> Feature:
    from ml.local import compact, keypoints, thumbnail  # OpenCV, which a web process may do without

    def packed(picture: NDArray[np.uint8]) -> store.Points:
        found = compact.compact(keypoints.detect_once(picture))
        small = thumbnail.thumbnail(picture).tobytes()
        return store.Points(len(found), compact.pack(found), small)

    def put(ids: Sequence[int], items: Sequence[Any]) -> None:
        store.local_features(ids, compact.KEY, items)

    return Feature(compact.KEY, lambda pictures: parallel.each(packed, pictures), put)
