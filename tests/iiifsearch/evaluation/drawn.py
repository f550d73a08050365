"""Pictures with plenty to hold on to, drawn by chance from a seed."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray


def painting(seed: int, width: int = 320, height: int = 240) -> NDArray[np.uint8]:
    """uint8 (height, width, 3): some sixty shapes on a ground that shades off."""
    chance = np.random.default_rng(seed)
    image = np.zeros((height, width, 3), np.uint8)
    image[:] = np.linspace(40, 200, width)[None, :, None] * chance.uniform(0.5, 1, 3)
    for _ in range(60):
        colour = tuple(int(value) for value in chance.integers(0, 255, 3))
        x, y = int(chance.integers(0, width)), int(chance.integers(0, height))
        w, h = (int(side) for side in chance.integers(6, 60, 2))
        if chance.random() < 0.5:
            turn = float(chance.uniform(0, 180))
            cv2.ellipse(image, (x, y), (w, h), turn, 0, 360, colour, -1)
        else:
            cv2.rectangle(image, (x, y), (x + w, y + h), colour, int(chance.integers(-1, 4)))
    return image


def write(path: Path, image: NDArray[np.uint8]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), image[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 90])
    return path
