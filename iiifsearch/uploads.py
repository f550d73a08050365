"""A picture from a visitor -> pixels. It stays in memory and is not kept."""

from __future__ import annotations

import logging

import numpy as np
from django.core.files.uploadedfile import UploadedFile
from numpy.typing import NDArray

from catalog import decode
from catalog.conf import options as catalog_options
from catalog.http import ACCEPT_IMAGE, FetchError, TooLarge, fetch
from iiifsearch.conf import options

log = logging.getLogger(__name__)

#: Encoders look at no more than this; the rest of an upload is not decoded where that can be
#: helped.
LONG_SIDE = 1024


def picture_of_upload(upload: UploadedFile) -> NDArray[np.uint8]:
    """uint8 (H, W, 3) sRGB. Raises `catalog.decode.PictureError` with the reason."""
    if (upload.size or 0) > options.max_upload_bytes:
        raise decode.PictureError(
            f"The file holds {(upload.size or 0) / 2**20:.0f} MB; "
            f"at most {options.max_upload_bytes / 2**20:.0f} MB are taken."
        )
    return decode.decode(upload.read(), max_pixels=options.max_upload_pixels, long_side=LONG_SIDE)


def picture_at(url: str) -> NDArray[np.uint8]:
    """uint8 (H, W, 3) sRGB of the image at ``url``, which a visitor chose, through the guarded
    client. Why it cannot be fetched is told to the log only: a visitor who could tell a refused
    address from a closed port or an error status would have a scanner of networks.

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
    return decode.decode(answer.body, max_pixels=options.max_upload_pixels, long_side=LONG_SIDE)
