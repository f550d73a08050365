"""The pixels of a canvas, or of a region of it, at about a size, with the way back.

A canvas with several images is composed in the canvas's own space. What single images show comes
from `catalog.image_server`, what was kept from `catalog.kept`. Nothing here writes to the
database; fetching may therefore run in threads.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from catalog import decode, jpeg, kept
from catalog.conf import options
from catalog.geometry import Rect, Transform
from catalog.image_parts import Part, shrink
from catalog.image_server import Errand
from catalog.models import Canvas, CanvasImage
from catalog.pixels import (
    FetchedPicture,
    ImageError,
    NothingToSee,
    Pixels,
    RegionOutsideCanvas,
    canvas_rect,
)

__all__ = [
    "FetchedPicture",
    "ImageError",
    "NothingToSee",
    "Pixels",
    "RegionOutsideCanvas",
    "canvas_rect",
    "fetch_derivative",
    "fetch_pixels",
    "pixels",
]

#: A JPEG up to this many times as long as was wanted is kept as it came.
_AS_IT_CAME = 1.25
#: ... if it has no more bytes than this for each pixel: the best quality, nearly.
_MOST_BYTES_A_PIXEL = 1.0
_SMALLEST_CAP = 65536

#: More images than this on one canvas are not fetched.
_MOST_IMAGES = 100


def pixels(canvas: Canvas, *, region: Rect | None = None, long_side: int | None = None) -> Pixels:
    """The canvas, or ``region`` of it (canvas units), ``long_side`` pixels long or a bit more.

    Taken from the kept file where that has pixels enough, else from the image server.
    Raises ImageError.
    """
    wanted = long_side or options.derivative_long_side
    found = kept.read(canvas)
    if found is not None:
        whole = Rect.of_size(found.array.shape[1], found.array.shape[0])
        part = whole if region is None else found.transform.apply(region).intersection(whole)
        if part is None:
            raise RegionOutsideCanvas(f"The region lies outside the canvas {canvas.raw_id}.")
        if region is None or max(part.w, part.h) >= wanted:
            return _crop(found, part)
    return fetch_pixels(canvas, region=region, long_side=wanted)


def _crop(source: Pixels, part: Rect) -> Pixels:
    x, y, w, h = part.rounded_out()
    array = source.array[y : y + h, x : x + w]
    moved = Transform(offset_x=-x, offset_y=-y)
    return Pixels(np.ascontiguousarray(array), source.transform.compose(moved), source.limited)


def fetch_pixels(
    canvas: Canvas, *, region: Rect | None = None, long_side: int | None = None
) -> Pixels:
    """As `pixels`, always from the image server. Reads ``canvas.images``, writes nothing."""
    shown = _fetch(canvas, region, long_side or options.derivative_long_side)
    array = shown.array()
    frame = Rect.of_size(array.shape[1], array.shape[0])
    return Pixels(array, Transform.between(shown.area, frame), shown.limited)


def fetch_derivative(canvas: Canvas) -> FetchedPicture:
    """What is to be kept of the whole canvas, from the image server. Raises ImageError.

    Where one answer shows just that, in about the wanted size, it is kept as it came but for its
    metadata; what has to be composed, turned, shrunk or converted is encoded anew.
    """
    shown = _fetch(canvas, None, options.derivative_long_side)
    if (part := shown.only) is not None and part.body is not None:
        plain = _plain(part.body)
        if plain is not None:
            return FetchedPicture(plain.data, plain.width, plain.height, shown.limited)
    array = shrink(shown.array(), options.derivative_long_side)
    height, width = array.shape[:2]
    return FetchedPicture(decode.encode_jpeg(array), width, height, shown.limited)


def _plain(body: bytes) -> jpeg.PlainJpeg | None:
    """``body`` as it may be kept; None where it has to be decoded."""
    try:
        plain = jpeg.stripped(body)
        if max(plain.width, plain.height) > options.derivative_long_side * _AS_IT_CAME:
            return None
        cap = max(_SMALLEST_CAP, plain.width * plain.height * _MOST_BYTES_A_PIXEL)
        if len(plain.data) > cap or decode.header(body, options.max_pixels).orientation != 1:
            return None
        found = decode.header(plain.data, options.max_pixels)
        same = (found.width, found.height) == (plain.width, plain.height)
        return plain if same and found.orientation == 1 else None
    except (jpeg.NotPlain, decode.PictureError):
        return None


# -- several images on one canvas ---------------------------------------------------------------


@dataclass(frozen=True)
class _Shown:
    """``parts`` in their places (canvas units) on ``area``, wanted at ``long_side`` pixels."""

    area: Rect
    parts: tuple[tuple[Rect, Part], ...]
    long_side: int
    left_out: int = 0

    @property
    def only(self) -> Part | None:
        """The part that fills the area by itself, if it is the only one."""
        if len(self.parts) == 1 and self.parts[0][0].contains(self.area):
            return self.parts[0][1]
        return None

    @property
    def limited(self) -> str:
        texts = [part.limited for _, part in self.parts]
        if self.left_out:
            texts.append(f"{self.left_out} more images on the canvas were left out.")
        return " ".join(dict.fromkeys(text for text in texts if text))

    def array(self) -> NDArray[np.uint8]:
        if self.only is not None:
            return shrink(self.only.pixels(self.long_side), self.long_side)
        return _composed(self.area, self._arrays(), self.long_side)

    def _arrays(self) -> list[tuple[Rect, NDArray[np.uint8]]]:
        return [
            (rect, part.pixels(_share(rect, self.area, self.long_side)))
            for rect, part in self.parts
        ]


def _fetch(canvas: Canvas, region: Rect | None, long_side: int) -> _Shown:
    images = [image for image in canvas.images.all() if image.is_default]
    if not images:
        raise NothingToSee(canvas.skipped_reason or "The canvas shows no image.")
    errand = Errand()
    whole = canvas_rect(canvas) or errand.size(images[0])
    area = whole if region is None else region.intersection(whole)
    if area is None:
        raise RegionOutsideCanvas(f"The region lies outside the canvas {canvas.raw_id}.")
    parts = []
    for image in images[:_MOST_IMAGES]:
        target = _target(image, whole)
        visible = target.intersection(area)
        if visible is not None:
            size = _share(visible, area, long_side)
            parts.append((visible, errand.fetch(image, target, visible, size)))
    if not parts:
        raise NothingToSee("No image covers this part of the canvas.")
    return _Shown(area, tuple(parts), long_side, max(0, len(images) - _MOST_IMAGES))


def _target(image: CanvasImage, whole: Rect) -> Rect:
    """The part of the canvas that ``image`` covers, in canvas units."""
    if image.target_x is None or image.target_w is None or image.target_h is None:
        return whole
    return Rect(image.target_x, image.target_y or 0.0, image.target_w, image.target_h)


def _share(part: Rect, area: Rect, long_side: int) -> int:
    """Pixels on the long side of ``part``, where the whole ``area`` has ``long_side``."""
    return max(1, round(long_side * max(part.w, part.h) / max(area.w, area.h)))


def _composed(
    area: Rect, painted: list[tuple[Rect, NDArray[np.uint8]]], long_side: int
) -> NDArray[np.uint8]:
    """Lay the parts on white, in their order, at one scale."""
    finest = max(max(a.shape[:2]) / max(rect.w, rect.h) for rect, a in painted)
    scale = min(long_side / max(area.w, area.h), finest)
    width, height = max(1, round(area.w * scale)), max(1, round(area.h * scale))
    frame = np.full((height, width, 3), 255, np.uint8)
    place = Transform.between(area, Rect.of_size(width, height))
    for rect, array in painted:
        spot = place.apply(rect)
        x, y = min(width - 1, round(spot.x)), min(height - 1, round(spot.y))
        right = min(width, max(x + 1, round(spot.right)))
        bottom = min(height, max(y + 1, round(spot.bottom)))
        frame[y:bottom, x:right] = decode.resize(array, right - x, bottom - y)
    return frame
