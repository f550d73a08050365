"""Parts of images: which one is wanted, and laying, cutting and turning of what was fetched."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from catalog import decode
from catalog.conf import options
from catalog.geometry import Rect, Transform
from catalog.models import CanvasImage
from catalog.pixels import ImageError


@dataclass(frozen=True)
class Part:
    """What one image shows on a part of a canvas.

    ``body``: the bytes of an answer that shows that part and nothing else, unturned; or ``array``:
    uint8 (H, W, 3). ``url``: whose answer it is. ``limited`` as in `catalog.pixels.Pixels`.
    """

    limited: str = ""
    url: str = ""
    body: bytes | None = field(default=None, repr=False)
    array: NDArray[np.uint8] | None = field(default=None, repr=False)

    def pixels(self, long_side: int) -> NDArray[np.uint8]:
        """uint8 (H, W, 3), at most ``long_side`` pixels long. Raises ImageError."""
        if self.array is not None:
            return self.array
        return decoded(self.body or b"", self.url, long_side)


def decoded(body: bytes, url: str, long_side: int | None = None) -> NDArray[np.uint8]:
    """`catalog.decode.decode`, with errors that name the URL. Raises ImageError."""
    try:
        return decode.decode(body, max_pixels=options.max_pixels, long_side=long_side)
    except decode.PictureError as error:
        raise ImageError(f"{url}: {error}", kind=error.kind) from error


def header(body: bytes, url: str) -> decode.Header:
    """`catalog.decode.header`, with errors that name the URL. Raises ImageError."""
    try:
        return decode.header(body, options.max_pixels)
    except decode.PictureError as error:
        raise ImageError(f"{url}: {error}", kind=error.kind) from error


def turned(part: Part, degrees: float, long_side: int) -> Part:
    """``part`` turned clockwise, at most ``long_side`` pixels long."""
    if not degrees % 360:
        return part
    array = shrink(decode.rotate(part.pixels(long_side), degrees), long_side)
    return Part(part.limited, array=array)


def shrink(array: NDArray[np.uint8], long_side: int) -> NDArray[np.uint8]:
    """uint8 (H, W, 3), at most ``long_side`` pixels long; never enlarged."""
    height, width = array.shape[:2]
    scale = long_side / max(width, height)
    array = np.ascontiguousarray(array)
    if scale >= 1:
        return array
    return decode.resize(array, max(1, round(width * scale)), max(1, round(height * scale)))


def cut(array: NDArray[np.uint8], part: Rect) -> NDArray[np.uint8]:
    """``part`` of the array, in its pixels, rounded to whole ones and at least one."""
    height, width = array.shape[:2]
    x, y = min(width - 1, max(0, round(part.x))), min(height - 1, max(0, round(part.y)))
    return array[y : max(y + 1, round(part.bottom)), x : max(x + 1, round(part.right))]


def paste(frame: NDArray[np.uint8], tile: NDArray[np.uint8], x: int, y: int) -> None:
    """Lay ``tile`` on ``frame`` with its corner at (x, y), cutting off what lies outside."""
    left, top = max(0, x), max(0, y)
    right = min(frame.shape[1], x + tile.shape[1])
    bottom = min(frame.shape[0], y + tile.shape[0])
    if right > left and bottom > top:
        frame[top:bottom, left:right] = tile[top - y : bottom - y, left - x : right - x]


def source(image: CanvasImage, full: Rect, target: Rect, visible: Rect) -> Rect:
    """``visible`` (canvas units) -> pixels of the full image, before it is turned (by right
    angles)."""
    shown = _region(image.region, full)
    if visible.contains(target):
        return shown
    unit = Rect.of_size(1, 1)
    part = _turned_back(Transform.between(target, unit).apply(visible), image.rotation)
    return Transform.between(unit, shown).apply(part).intersection(shown) or shown


def _turned_back(part: Rect, degrees: float) -> Rect:
    """A part of a turned picture -> the same part before it was turned; both as shares of it."""
    left, top, right, bottom = part.x, part.y, 1 - part.right, 1 - part.bottom
    match round(degrees % 360 / 90) % 4:
        case 1:
            return Rect(top, right, part.h, part.w)
        case 2:
            return Rect(right, bottom, part.w, part.h)
        case 3:
            return Rect(bottom, left, part.h, part.w)
    return part


def _region(text: str, full: Rect) -> Rect:
    """The region of an ImageApiSelector, in pixels of the full image."""
    if text == "square":
        side = min(full.w, full.h)
        return Rect((full.w - side) / 2, (full.h - side) / 2, side, side)
    percent = text.startswith("pct:")
    try:
        x, y, w, h = (float(number) for number in text.removeprefix("pct:").split(","))
        rect = Rect(x, y, w, h)
    except ValueError:
        return full
    if percent:
        rect = rect.scaled(full.w / 100, full.h / 100)
    return rect.intersection(full) or full
