"""Ten ways in which a picture comes to look otherwise, and its mirror image; all seeded."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
Chance = np.random.Generator
Distortion = Callable[[Pixels, Chance], Pixels]


def _uint8(values: NDArray[np.generic]) -> Pixels:
    return np.clip(np.rint(values.astype(np.float32)), 0, 255).astype(np.uint8)


def crop(image: Pixels, chance: Chance) -> Pixels:
    """50 to 90 % of the area, of nearly the same shape, anywhere."""
    height, width = image.shape[:2]
    area, aspect = chance.uniform(0.5, 0.9), np.exp(chance.uniform(-0.15, 0.15))
    h = min(height, round(height * np.sqrt(area * aspect)))
    w = min(width, round(width * np.sqrt(area / aspect)))
    top, left = chance.integers(0, height - h + 1), chance.integers(0, width - w + 1)
    return np.ascontiguousarray(image[top : top + h, left : left + w])


def rotate(image: Pixels, chance: Chance) -> Pixels:
    """By 3 to 15 degrees, either way, on a grey wall that holds all of it."""
    height, width = image.shape[:2]
    angle = float(chance.uniform(3, 15) * chance.choice([-1, 1]))
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), angle, 1)
    cos, sin = abs(turn[0, 0]), abs(turn[0, 1])
    w, h = round(height * sin + width * cos), round(height * cos + width * sin)
    turn[:, 2] += (w - width) / 2, (h - height) / 2
    return np.asarray(cv2.warpAffine(image, turn, (w, h), borderValue=(128, 128, 128)), np.uint8)


def quarter_turn(image: Pixels, chance: Chance) -> Pixels:
    """By 90 degrees, either way."""
    return np.ascontiguousarray(np.rot90(image, int(chance.choice([1, 3]))))


def perspective(image: Pixels, chance: Chance) -> Pixels:
    """Each corner moved inwards by up to 15 % of the sides."""
    height, width = image.shape[:2]
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    inwards = np.array([[1, 1], [-1, 1], [-1, -1], [1, -1]], np.float32)
    moved = corners + inwards * chance.uniform(0, 0.15, (4, 2)) * [width, height]
    warp = cv2.getPerspectiveTransform(corners, moved.astype(np.float32))
    return np.asarray(
        cv2.warpPerspective(image, warp, (width, height), borderValue=(128, 128, 128)), np.uint8
    )


def blur(image: Pixels, chance: Chance) -> Pixels:
    """Gaussian, sigma 0.4 to 1 % of the long side."""
    sigma = chance.uniform(0.004, 0.01) * max(image.shape[:2])
    return np.asarray(cv2.GaussianBlur(image, (0, 0), sigma), np.uint8)


def jpeg(image: Pixels, chance: Chance) -> Pixels:
    """Compressed at quality 20."""
    _, packed = cv2.imencode(".jpg", image[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 20])
    return np.ascontiguousarray(
        np.asarray(cv2.imdecode(packed, cv2.IMREAD_COLOR), np.uint8)[..., ::-1]
    )


def grey(image: Pixels, chance: Chance) -> Pixels:
    """Without colour."""
    return np.repeat(
        np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), np.uint8)[..., None], 3, axis=2
    )


def light(image: Pixels, chance: Chance) -> Pixels:
    """Contrast times 0.6 to 1.4, brightness up or down by up to 40 of 255."""
    gain, offset = chance.uniform(0.6, 1.4), chance.uniform(-40, 40)
    return _uint8((image.astype(np.float32) - 128) * gain + 128 + offset)


def frame(image: Pixels, chance: Chance) -> Pixels:
    """A pale passe-partout and a frame, each 4 to 12 % of the long side."""
    side = max(image.shape[:2])
    mount, wood = (round(chance.uniform(0.04, 0.12) * side) for _ in range(2))
    paper = [int(value) for value in chance.integers(215, 250, 3)]
    timber = [int(value) for value in chance.integers(20, 140, 3)]
    inner = _around(image, mount, paper)
    return _around(inner, wood, timber)


def _around(image: Pixels, width: int, colour: list[int]) -> Pixels:
    made = cv2.copyMakeBorder(image, width, width, width, width, cv2.BORDER_CONSTANT, value=colour)
    return np.asarray(made, np.uint8)


def text(image: Pixels, chance: Chance) -> Pixels:
    """A box of text over 8 to 15 % of its height and most of its width, anywhere."""
    height, width = image.shape[:2]
    made = image.copy()
    h = max(6, round(chance.uniform(0.08, 0.15) * height))
    top = int(chance.integers(0, height - h + 1))
    left = int(chance.uniform(0, 0.3) * width)
    made[top : top + h, left : left + round(0.7 * width)] = chance.choice([0, 255])
    ink = (255, 255, 255) if made[top, left, 0] == 0 else (0, 0, 0)
    cv2.putText(
        made,
        "A title, a maker",
        (left + 2, top + round(0.75 * h)),
        cv2.FONT_HERSHEY_COMPLEX,
        h / 40,
        ink,
        max(1, h // 20),
        cv2.LINE_AA,
    )
    return made


def mirrored(image: Pixels, chance: Chance) -> Pixels:
    """From left to right."""
    return np.ascontiguousarray(image[:, ::-1])


#: By name, with what is drawn at random in words.
DISTORTIONS: dict[str, Distortion] = {
    "crop": crop,
    "rotate": rotate,
    "quarter-turn": quarter_turn,
    "perspective": perspective,
    "blur": blur,
    "jpeg": jpeg,
    "grey": grey,
    "light": light,
    "frame": frame,
    "text": text,
    "mirrored": mirrored,
}
