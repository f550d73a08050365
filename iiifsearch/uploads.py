"""A picture from a visitor -> pixels. It stays in memory and is not kept."""

from __future__ import annotations

import logging

import numpy as np
from django.core.files.uploadedfile import UploadedFile
from numpy.typing import NDArray

from catalog import decode
from catalog.conf import options as catalog_options
from catalog.geometry import Rect, parse_xywh
from catalog.http import ACCEPT_IMAGE, FetchError, TooLarge, fetch
from iiifsearch.conf import options

log = logging.getLogger(__name__)

#: Encoders look at no more than this; the rest of an upload is not decoded where that can be
#: helped.
LONG_SIDE = 1024
#: Of an upload of which a part is meant, no more than this is decoded.
_MOST_LONG_SIDE = 4096


def picture_of_upload(upload: UploadedFile, region: str = "") -> NDArray[np.uint8]:
    """uint8 (H, W, 3) sRGB, of the whole or of ``region`` ("x,y,w,h" in pixels, or "pct:...").

    Raises `catalog.decode.PictureError` with the reason."""
    if (upload.size or 0) > options.max_upload_bytes:
        raise decode.PictureError(
            f"The file holds {(upload.size or 0) / 2**20:.0f} MB; "
            f"at most {options.max_upload_bytes / 2**20:.0f} MB are taken."
        )
    return _shown(upload.read(), region)


def picture_at(url: str, region: str = "") -> NDArray[np.uint8]:
    """uint8 (H, W, 3) sRGB of the image at ``url``, which a visitor chose, through the guarded
    client; or of ``region`` of it. Why it cannot be fetched is told to the log only: a visitor who
    could tell a refused address from a closed port or an error status would have a scanner of
    networks.

    Raises `catalog.http.FetchError` or `catalog.decode.PictureError`.
    """
    size = min(options.max_upload_bytes, catalog_options.max_image_bytes)
    try:
        answer = fetch(url, max_bytes=size, accept=ACCEPT_IMAGE, for_visitor=True)
    except TooLarge as error:
        raise TooLarge(url, error.reason) from error
    except FetchError as error:
        log.info("A visitor's picture was not fetched: %s", error)
        raise FetchError(url, "no picture could be fetched from there") from error
    return _shown(answer.body, region)


def _shown(data: bytes, region: str) -> NDArray[np.uint8]:
    """Somewhat more pixels than encoders look at, of a picture or of a part of it."""
    if not region:
        return decode.decode(data, max_pixels=options.max_upload_pixels, long_side=LONG_SIDE)
    width, height = decode.header(data, options.max_upload_pixels).shown
    wanted = parse_xywh(region, (width, height))
    part = wanted.intersection(Rect.of_size(width, height)) if wanted else None
    if part is None:
        raise decode.PictureError(
            f"region={region!r} is no part of the picture, which is {width} x {height} pixels: "
            "x,y,w,h is wanted, in pixels or as pct:x,y,w,h."
        )
    enough = LONG_SIDE * max(width, height) / max(part.w, part.h)
    array = decode.decode(
        data,
        max_pixels=options.max_upload_pixels,
        long_side=min(max(width, height), round(enough), _MOST_LONG_SIDE),
    )
    x, y, w, h = part.scaled(array.shape[1] / width, array.shape[0] / height).rounded_out()
    return np.ascontiguousarray(array[y : y + h, x : x + w])
