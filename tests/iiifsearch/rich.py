"""Pictures with many points that can be found again, and a library of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from catalog.decode import encode_jpeg
from catalog.models import Canvas
from iiifsearch.index.everything import index_everything
from tests.iiifsearch.conftest import Library
from tests.manifests import manifest_3

Array = NDArray[np.uint8]


def painted(seed: int, width: int = 480, height: int = 360) -> Array:
    """uint8 (H, W, 3): strokes and blots, different for each seed."""
    random = np.random.default_rng([77, seed])
    made = np.full((height, width, 3), random.integers(40, 216, 3), np.uint8)
    for _ in range(220):
        colour = [int(value) for value in random.integers(0, 256, 3)]
        x, y = (int(v) for v in (random.integers(0, width), random.integers(0, height)))
        size = int(random.integers(4, 34))
        if random.random() < 0.5:
            corners = random.integers(-size, size, (int(random.integers(3, 7)), 2))
            corners = (corners + np.array([x, y])).astype(np.int32)
            cv2.fillPoly(made, [corners], colour, cv2.LINE_AA)
        else:
            axes = (size, int(random.integers(2, size)))
            cv2.ellipse(made, (x, y), axes, float(random.uniform(0, 180)), 0, 360, colour, -1)
    return np.asarray(cv2.GaussianBlur(made, (0, 0), 0.8), np.uint8)


def write(path: Path, image: Array) -> Path:
    """A JPEG file, and the folders that it lies in."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(encode_jpeg(image))
    return path


def rich(seed: int) -> bytes:
    return encode_jpeg(painted(seed))


def mirrored(array: Array) -> Array:
    return np.ascontiguousarray(array[:, ::-1])


def wall(width: int = 1000, height: int = 700) -> Array:
    """A grey wall, and a photographer's noise."""
    noise = np.random.default_rng(5).normal(165, 3, (height, width, 1))
    return np.repeat(np.clip(noise, 0, 255).astype(np.uint8), 3, axis=2)


def photo(*hung: tuple[int, int, int, int], size: tuple[int, int] = (1000, 700)) -> Array:
    """A wall with paintings on it: (seed, left, top, width) of each."""
    made = wall(*size)
    for seed, left, top, width in hung:
        height = width * 3 // 4
        small = cv2.resize(painted(seed), (width, height), interpolation=cv2.INTER_AREA)
        made[top : top + height, left : left + width] = small
    return made


def hang(library: Library, name: str, array: Array, **more: Any) -> Canvas:
    """Publish one more work, and index it. Canvases are 800 by 600 units."""
    library.server.set(f"/{name}.jpg", encode_jpeg(array), content_type="image/jpeg")
    made = manifest_3(library.server.base, name, **{"title": name, "image": f"/{name}.jpg", **more})
    library.harvest(library.add(name, made))
    index_everything()
    return library.canvas(name)
