"""Pixels of canvases as values, and what can go wrong in getting them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from catalog.geometry import Rect, Transform
from catalog.models import Canvas


class ImageError(Exception):
    """The pixels of a canvas cannot be had.

    ``kind`` is a short stable name for grouping. ``transient``: trying again later may help;
    ``until``: not before, where that is known.
    """

    def __init__(
        self,
        message: str,
        *,
        kind: str = "not-a-picture",
        transient: bool = False,
        until: datetime | None = None,
    ) -> None:
        super().__init__(message)
        self.kind = kind
        self.transient = transient
        self.until = until


class RegionOutsideCanvas(ImageError):
    """The region shares nothing with the canvas."""

    def __init__(self, message: str) -> None:
        super().__init__(message, kind="region-outside")


class NothingToSee(ImageError):
    """The canvas shows no image: sound, video, 3D, or nothing at all."""

    def __init__(self, message: str) -> None:
        super().__init__(message, kind="nothing-to-see")


@dataclass(frozen=True)
class Pixels:
    """``array``: uint8 (H, W, 3) sRGB. ``transform``: canvas units -> pixels of the array.

    ``limited`` says why there are fewer pixels than were asked for, or why it is a version for
    everybody; "" where neither is so.
    """

    array: NDArray[np.uint8]
    transform: Transform
    limited: str = ""


@dataclass(frozen=True)
class FetchedPicture:
    """What is to be kept of a whole canvas: a JPEG file, ``width`` x ``height`` pixels.

    ``limited`` as in `Pixels`.
    """

    jpeg: bytes = field(repr=False)
    width: int
    height: int
    limited: str = ""


def canvas_rect(canvas: Canvas) -> Rect | None:
    """The canvas's own space; None where the source gave it no size."""
    if canvas.width and canvas.height:
        return Rect.of_size(canvas.width, canvas.height)
    return None
