"""A picture from a visitor -> pixels. It stays in memory and is not kept."""

from __future__ import annotations

import numpy as np
from django.core.files.uploadedfile import UploadedFile
from numpy.typing import NDArray

from catalog import decode
from catalog.conf import options as catalog_options
from catalog.http import ACCEPT_IMAGE, fetch
from iiifsearch.conf import options

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
    """uint8 (H, W, 3) sRGB of the image at ``url``, through the guarded client.

    Raises `catalog.http.FetchError` or `catalog.decode.PictureError`.
    """
    size = min(options.max_upload_bytes, catalog_options.max_image_bytes)
    answer = fetch(url, max_bytes=size, accept=ACCEPT_IMAGE)
    return decode.decode(answer.body, max_pixels=options.max_upload_pixels, long_side=LONG_SIDE)
