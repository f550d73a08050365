"""The pixels of a canvas, or of a region of it, at about a size, with the way back.

Three steps, each its own function: what the Image API has to be asked for (``catalog.iiif.
image_api`` plans it), fetching and decoding, and putting the parts in their places. A canvas with
several images is composed in the canvas's own space. Nothing here writes to the database but
`keep`; fetching may therefore run in threads.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import tempfile
import time
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from catalog import decode
from catalog.conf import options
from catalog.geometry import Rect, Transform
from catalog.http import ACCEPT_IIIF, ACCEPT_IMAGE, FetchError, StatusError, fetch
from catalog.iiif.errors import IIIFError
from catalog.iiif.image_api import plan
from catalog.iiif.image_info import ImageService, parse_info
from catalog.models import Canvas, CanvasImage, Derivative

log = logging.getLogger(__name__)

#: How long an info.json is taken to be true: a re-digitised image changes its size.
INFO_SECONDS = 600.0


class ImageError(Exception):
    """The pixels of a canvas cannot be had. ``transient``: trying again later may help."""

    def __init__(self, message: str, *, transient: bool = False) -> None:
        super().__init__(message)
        self.transient = transient


class RegionOutsideCanvas(ImageError):
    """The region shares nothing with the canvas."""


class NothingToSee(ImageError):
    """The canvas shows no image: sound, video, 3D, or nothing at all."""


@dataclass(frozen=True)
class Pixels:
    """``array``: uint8 (H, W, 3) sRGB. ``transform``: canvas units -> pixels of the array.

    ``limited`` says why there are fewer pixels than were asked for, "" where there are not.
    """

    array: NDArray[np.uint8]
    transform: Transform
    limited: str = ""


def canvas_rect(canvas: Canvas) -> Rect | None:
    """The canvas's own space; None where the source gave it no size."""
    if canvas.width and canvas.height:
        return Rect.of_size(canvas.width, canvas.height)
    return None


def pixels(canvas: Canvas, *, region: Rect | None = None, long_side: int | None = None) -> Pixels:
    """The canvas, or ``region`` of it (canvas units), ``long_side`` pixels long or a bit more.

    Taken from the kept derivative where that has pixels enough, else from the image server.
    Raises ImageError.
    """
    wanted = long_side or options.derivative_long_side
    kept = _kept(canvas)
    if kept is not None:
        whole = Rect.of_size(kept.array.shape[1], kept.array.shape[0])
        part = whole if region is None else kept.transform.apply(region).intersection(whole)
        if part is None:
            raise RegionOutsideCanvas(f"The region lies outside the canvas {canvas.raw_id}.")
        if region is None or max(part.w, part.h) >= wanted:
            return _crop(kept, part)
    return fetch_pixels(canvas, region=region, long_side=wanted)


def _crop(source: Pixels, part: Rect) -> Pixels:
    x, y, w, h = part.rounded_out()
    array = source.array[y : y + h, x : x + w]
    moved = Transform(offset_x=-x, offset_y=-y)
    return Pixels(np.ascontiguousarray(array), source.transform.compose(moved), source.limited)


# -- from the image server ---------------------------------------------------------------------


def fetch_pixels(canvas: Canvas, *, region: Rect | None, long_side: int) -> Pixels:
    """As `pixels`, always from the image server. Reads ``canvas.images``, writes nothing."""
    images = [image for image in canvas.images.all() if image.is_default]
    if not images:
        raise NothingToSee(canvas.skipped_reason or "The canvas shows no image.")
    whole = canvas_rect(canvas)
    if whole is None:
        whole = _size_of_image(images[0])
    area = whole if region is None else region.intersection(whole)
    if area is None:
        raise RegionOutsideCanvas(f"The region lies outside the canvas {canvas.raw_id}.")
    painted = []
    for image in images:
        target = _target(image, whole)
        visible = target.intersection(area)
        if visible is not None:
            share = max(visible.w / area.w, visible.h / area.h)
            size = max(1, round(long_side * share))
            painted.append((visible, _fetch_part(image, target, visible, size)))
    if not painted:
        raise NothingToSee("No image covers this part of the canvas.")
    if len(painted) == 1 and painted[0][0] == area:
        array, limited = painted[0][1]
    else:
        array, limited = _compose(area, painted, long_side)
    frame = Rect.of_size(array.shape[1], array.shape[0])
    return Pixels(array, Transform.between(area, frame), limited)


def _target(image: CanvasImage, whole: Rect) -> Rect:
    """The part of the canvas that ``image`` covers, in canvas units."""
    if image.target_x is None or image.target_w is None or image.target_h is None:
        return whole
    return Rect(image.target_x, image.target_y or 0.0, image.target_w, image.target_h)


def _compose(
    area: Rect,
    painted: list[tuple[Rect, tuple[NDArray[np.uint8], str]]],
    long_side: int,
) -> tuple[NDArray[np.uint8], str]:
    """Lay the parts on white, in their order, at one scale."""
    finest = max(max(a.shape[:2]) / max(rect.w, rect.h) for rect, (a, _) in painted)
    scale = min(long_side / max(area.w, area.h), finest)
    width, height = max(1, round(area.w * scale)), max(1, round(area.h * scale))
    frame = np.full((height, width, 3), 255, np.uint8)
    place = Transform.between(area, Rect.of_size(width, height))
    for rect, (array, _) in painted:
        spot = place.apply(rect)
        x, y = min(width - 1, round(spot.x)), min(height - 1, round(spot.y))
        w, h = max(1, min(width - x, round(spot.w))), max(1, min(height - y, round(spot.h)))
        frame[y : y + h, x : x + w] = decode.resize(array, w, h)
    return frame, " ".join(dict.fromkeys(text for _, (_, text) in painted if text))


def _fetch_part(
    image: CanvasImage, target: Rect, visible: Rect, long_side: int
) -> tuple[NDArray[np.uint8], str]:
    """What ``image`` shows on ``visible`` (canvas units), and why it is limited, if it is."""
    if image.service_id:
        try:
            return _from_service(image, _info(image.service_id), target, visible, long_side)
        except (FetchError, IIIFError) as error:
            if not image.url or getattr(error, "transient", False):
                raise _as_image_error(error) from error
            log.info(
                "No image service at %s (%s): taking the image itself", image.service_id, error
            )
    # Where all of it is shown, it is shrunk while it is decoded: a scan may fill a gigabyte.
    whole = not image.region and visible == target
    try:
        array = _download(image.url, long_side if whole else None)
    except FetchError as error:
        raise _as_image_error(error) from error
    height, width = array.shape[:2]
    part = _source(image, Rect.of_size(width, height), target, visible)
    return _shrink(_turn(_cut(array, part), image.rotation), long_side), ""


def _from_service(
    image: CanvasImage, service: ImageService, target: Rect, visible: Rect, long_side: int
) -> tuple[NDArray[np.uint8], str]:
    full = Rect.of_size(service.width, service.height)
    part = _source(image, full, target, visible)
    asked = plan(service, None if part == full else part, long_side)
    if asked.width * asked.height > options.max_pixels:
        raise ImageError(
            f"{service.id}: {asked.width} x {asked.height} pixels would have to be fetched; "
            f"at most {options.max_pixels / 1e6:.0f} million are (CATALOG['max_pixels'])."
        )
    frame = np.full((asked.height, asked.width, 3), 255, np.uint8)
    for request in asked.requests:
        # A server may answer a pixel more or less than its own info.json implies.
        tile = decode.resize(_download(request.url), request.width, request.height)
        _paste(frame, tile, *asked.offset_of(request))
    cropped = _cut(frame, asked.crop)
    return _shrink(_turn(cropped, image.rotation), long_side), asked.limited


def _cut(array: NDArray[np.uint8], part: Rect) -> NDArray[np.uint8]:
    """``part`` of the array, in its pixels, rounded to whole ones and at least one."""
    height, width = array.shape[:2]
    x, y = min(width - 1, max(0, round(part.x))), min(height - 1, max(0, round(part.y)))
    return array[y : max(y + 1, round(part.bottom)), x : max(x + 1, round(part.right))]


def _paste(frame: NDArray[np.uint8], tile: NDArray[np.uint8], x: int, y: int) -> None:
    """Lay ``tile`` on ``frame`` with its corner at (x, y), cutting off what lies outside."""
    left, top = max(0, x), max(0, y)
    right = min(frame.shape[1], x + tile.shape[1])
    bottom = min(frame.shape[0], y + tile.shape[0])
    if right > left and bottom > top:
        frame[top:bottom, left:right] = tile[top - y : bottom - y, left - x : right - x]


def _source(image: CanvasImage, full: Rect, target: Rect, visible: Rect) -> Rect:
    """``visible`` (canvas units) -> pixels of the full image."""
    shown = _region(image.region, full)
    part = Transform.between(target, shown).apply(visible).intersection(shown)
    return shown if part is None else part


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


def _turn(array: NDArray[np.uint8], degrees: float) -> NDArray[np.uint8]:
    """Turn clockwise; by anything but a right angle, the picture is left as it is."""
    quarter, rest = divmod(degrees % 360, 90)
    return np.ascontiguousarray(np.rot90(array, -int(quarter))) if quarter and not rest else array


def _shrink(array: NDArray[np.uint8], long_side: int) -> NDArray[np.uint8]:
    height, width = array.shape[:2]
    scale = long_side / max(width, height)
    if scale >= 1:
        return np.ascontiguousarray(array)
    return decode.resize(
        np.ascontiguousarray(array), max(1, round(width * scale)), max(1, round(height * scale))
    )


def _info(service_id: str) -> ImageService:
    """The service's info.json, at most some minutes old. Raises FetchError, IIIFError."""
    return _info_of(service_id, int(time.monotonic() // INFO_SECONDS))


@lru_cache(maxsize=512)
def _info_of(service_id: str, period: int) -> ImageService:
    answer = fetch(f"{service_id}/info.json", max_bytes=options.max_json_bytes, accept=ACCEPT_IIIF)
    try:
        data = json.loads(answer.body)
    except (ValueError, RecursionError) as error:
        raise IIIFError("The info.json is no JSON.", url=answer.url) from error
    if not isinstance(data, dict):
        raise IIIFError("The info.json is no JSON object.", url=answer.url)
    return parse_info(data, service_id)


def _size_of_image(image: CanvasImage) -> Rect:
    """Pixels of the full image, for a canvas that has no size of its own."""
    if image.width and image.height:
        return Rect.of_size(image.width, image.height)
    try:
        if image.service_id:
            service = _info(image.service_id)
            return Rect.of_size(service.width, service.height)
        array = _download(image.url)
    except (FetchError, IIIFError) as error:
        raise _as_image_error(error) from error
    return Rect.of_size(array.shape[1], array.shape[0])


def _download(url: str, long_side: int | None = None) -> NDArray[np.uint8]:
    answer = fetch(url, max_bytes=options.max_image_bytes, accept=ACCEPT_IMAGE)
    try:
        return decode.decode(answer.body, max_pixels=options.max_pixels, long_side=long_side)
    except decode.PictureError as error:
        raise ImageError(f"{answer.url}: {error}") from error


def _as_image_error(error: FetchError | IIIFError) -> ImageError:
    if isinstance(error, StatusError) and error.status in (401, 403):
        return ImageError(f"{error} The image is restricted or the server refuses us.")
    return ImageError(str(error), transient=getattr(error, "transient", False))


# -- the kept derivative -----------------------------------------------------------------------


def keep(canvas: Canvas, picture: Pixels) -> Derivative:
    """Store the whole canvas's picture and its thumbnail; the files lie there before the row."""
    jpeg = decode.encode_jpeg(_shrink(picture.array, options.derivative_long_side))
    thumbnail = decode.encode_jpeg(_shrink(picture.array, options.thumbnail_long_side))
    digest = hashlib.sha256(jpeg).hexdigest()
    _write(_path(digest), jpeg)
    _write(_path(digest, ".thumbnail"), thumbnail)
    width, height = decode.size(jpeg, options.max_pixels)
    before = Derivative.objects.filter(canvas=canvas).values_list("sha256", flat=True).first()
    derivative, _ = Derivative.objects.update_or_create(
        canvas=canvas,
        defaults={
            "pixel_revision": canvas.pixel_revision,
            "sha256": digest,
            "width": width,
            "height": height,
            "size": len(jpeg) + len(thumbnail),
            "limited": picture.limited,
        },
    )
    if before is not None and before != digest:
        _drop_files(before)
    return derivative


def forget(canvas_id: int) -> None:
    """Drop what was kept of a canvas that shows nothing any more."""
    for derivative in Derivative.objects.filter(canvas_id=canvas_id):
        derivative.delete()
        _drop_files(derivative.sha256)


def _drop_files(digest: str) -> None:
    """Remove the files at ``digest``, once no canvas has them: two may show one picture."""
    if not Derivative.objects.filter(sha256=digest).exists():
        for path in (_path(digest), _path(digest, ".thumbnail")):
            path.unlink(missing_ok=True)


def thumbnail_path(derivative: Derivative) -> Path:
    return _path(derivative.sha256, ".thumbnail")


def derivative_path(derivative: Derivative) -> Path:
    return _path(derivative.sha256)


def _path(digest: str, kind: str = "") -> Path:
    return Path(options.storage) / digest[:2] / digest[2:4] / f"{digest}{kind}.jpg"


def _write(path: Path, data: bytes) -> None:
    """Write a file whole or not at all: a full disk or a kill leaves no half picture."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _kept(canvas: Canvas) -> Pixels | None:
    """The derivative, if there is a current one and its file is still there."""
    derivative = getattr(canvas, "derivative", None)
    if derivative is None or derivative.pixel_revision != canvas.pixel_revision:
        return None
    try:
        data = _path(derivative.sha256).read_bytes()
        array = decode.decode(data, max_pixels=options.max_pixels)
    except (FileNotFoundError, decode.PictureError) as error:
        log.warning("The kept picture of %s is fetched anew: %s", canvas.raw_id, error)
        return None
    frame = Rect.of_size(array.shape[1], array.shape[0])
    return Pixels(array, Transform.between(canvas_rect(canvas) or frame, frame), derivative.limited)
