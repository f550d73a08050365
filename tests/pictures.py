"""Pictures for tests, as JPEG bytes and as kept files."""

from __future__ import annotations

import numpy as np

from catalog import kept
from catalog.decode import encode_jpeg, size
from catalog.models import Canvas, Picture
from catalog.pixels import FetchedPicture


def picture(seed: int = 0, width: int = 400, height: int = 300) -> bytes:
    """Coloured rectangles, different for each seed: something that encoders tell apart."""
    random = np.random.default_rng(seed)
    pixels = np.full((height, width, 3), random.integers(0, 256, 3), np.uint8)
    for _ in range(12):
        x, y = random.integers(0, width - 20), random.integers(0, height - 20)
        w, h = random.integers(10, width // 2), random.integers(10, height // 2)
        pixels[y : y + h, x : x + w] = random.integers(0, 256, 3)
    return encode_jpeg(pixels)


def keep_picture(canvas: Canvas, jpeg: bytes) -> Picture:
    """Keep ``jpeg`` as the picture of the whole canvas."""
    row, _ = Picture.objects.get_or_create(
        canvas=canvas, defaults={"revision": canvas.pixel_revision}
    )
    kept.keep(row, FetchedPicture(jpeg, *size(jpeg, 10**8)), revision=canvas.pixel_revision)
    return row
