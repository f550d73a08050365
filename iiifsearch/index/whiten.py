"""A whitening learned from this library's own pictures: which of them, and how they are read.

What is learned is a new encoder beside the one it comes from; its vectors are made by the next
indexing once it is live (`ml.encoders.learn_whitening.learn_here`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from django.db.models import F, QuerySet
from numpy.typing import NDArray

from catalog import kept
from catalog.models import Canvas, Picture, State
from iiifsearch.conf import options
from ml import registry
from ml.errors import InvalidSpec, UnknownEncoder
from ml.specs import EncoderSpec

PICTURES = 4000  # more hardly change a whitening of a few hundred dimensions


class CannotLearn(Exception):
    """No whitening can be learned: the message tells why."""


@dataclass(frozen=True)
class Learned:
    """The encoder that uses the whitening, and how many pictures it was learned from."""

    spec: EncoderSpec
    pictures: int


def whiten(
    name: str, pictures: int = PICTURES, progress: Callable[[], object] = lambda: None
) -> Learned:
    """Learn a whitening of the encoder ``name`` from about ``pictures`` kept pictures.

    Raises CannotLearn, and `ml.errors.MLError` where the encoder's weights cannot be had.
    """
    spec = _whitenable(name)
    chosen = sample(pictures)
    if len(chosen) <= spec.dim:
        raise CannotLearn(
            f"{len(chosen)} pictures are not enough: {spec.key} has {spec.dim} dimensions, and "
            "more pictures than that are needed, ten times as many for a good result."
        )
    # Torch, which takes seconds and half a gigabyte, only once there is something to do.
    from ml.encoders.learn_whitening import learn_here

    read = 0

    def images() -> Iterator[NDArray[np.uint8]]:
        nonlocal read
        for pixels in _readable(chosen):
            read += 1
            progress()
            yield pixels

    try:
        return Learned(learn_here(spec, images(), options.encoder_cache), read)
    except ValueError as error:
        raise CannotLearn(
            f"The {read} pictures that can be read do not tell {spec.dim} dimensions apart: {error}"
        ) from error


def sample(count: int) -> list[int]:
    """Ids of up to ``count`` kept pictures, evenly from all there are.

    In the order of their content's sha256, which has nothing to do with where they are from, and
    in which two canvases that show one file are one.
    """
    ids = list(_kept().order_by("sha256", "pk").distinct("sha256").values_list("pk", flat=True))
    if len(ids) <= count:
        return ids
    return [ids[index * len(ids) // count] for index in range(count)]


def _kept() -> QuerySet[Picture]:
    return Picture.objects.filter(
        outcome=Picture.Outcome.KEPT, revision=F("canvas__pixel_revision")
    ).exclude(canvas__state=State.WITHDRAWN)


def _readable(ids: list[int]) -> Iterator[NDArray[np.uint8]]:
    """Pixels as the encoders get them; a file that cannot be read is left out (and logged)."""
    for pk in ids:
        canvas = Canvas.objects.select_related("picture").filter(pk=pk).first()
        found = canvas and kept.read(canvas)
        if found:
            yield found.array


def _whitenable(name: str) -> EncoderSpec:
    try:
        spec = registry.resolve(name)
        spec.whitened_here("0" * 8)
    except (UnknownEncoder, InvalidSpec) as error:
        able = [each.name for each in registry.specs() if each.features]
        raise CannotLearn(f"{error}. It can for: {', '.join(dict.fromkeys(able))}.") from error
    return spec
