"""Pictures for tests, as JPEG bytes."""

from __future__ import annotations

import numpy as np

from catalog.decode import encode_jpeg


def picture(seed: int = 0, width: int = 400, height: int = 300) -> bytes:
    """Coloured rectangles, different for each seed: something that encoders tell apart."""
    random = np.random.default_rng(seed)
    pixels = np.full((height, width, 3), random.integers(0, 256, 3), np.uint8)
    for _ in range(12):
        x, y = random.integers(0, width - 20), random.integers(0, height - 20)
        w, h = random.integers(10, width // 2), random.integers(10, height // 2)
        pixels[y : y + h, x : x + w] = random.integers(0, 256, 3)
    return encode_jpeg(pixels)
