"""A hand-checkable encoder: what is near to what can be worked out on paper."""

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
from numpy.typing import NDArray

from ml import registry
from ml.specs import EncoderSpec, ImagePreprocessing

MEAN_RGB = EncoderSpec(
    name="mean-rgb",
    version=1,
    modality="image",
    dim=3,
    preprocessing=ImagePreprocessing(
        size=4, fit="squash", resample="box", mean=(0.0, 0.0, 0.0), std=(1.0, 1.0, 1.0)
    ),
    weights=None,
    loader="tests.ml.fakes:mean_rgb",
    description="The mean colour: red is (1, 0, 0), yellow is (1, 1, 0) / sqrt(2).",
    min_similarity=0.5,
)


def mean_rgb(pixels: NDArray[np.float32]) -> NDArray[np.float32]:
    """float32 (N, 3, size, size) -> (N, 3). Black has no direction: BadOutput."""
    return pixels.mean(axis=(2, 3))


@contextmanager
def registered(*specs: EncoderSpec) -> Iterator[None]:
    """Have these encoders in the registry, for the length of a `with` only."""
    before = dict(registry._specs)
    try:
        for spec in specs:
            registry.register(spec)
        yield
    finally:
        registry._specs.clear()
        registry._specs.update(before)


def solid(red: int, green: int, blue: int, size: tuple[int, int] = (8, 8)) -> NDArray[np.uint8]:
    """uint8 (height, width, 3) of one colour."""
    return np.full((*size, 3), (red, green, blue), np.uint8)
