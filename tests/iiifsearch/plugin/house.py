"""A house with three works, for the plugin: a painting, a book, and a collage of parts of both.

What is to be drawn around, and what is to be found, has a thin frame of a colour that nothing else
has: so a test sees on the screen where it is, and need not trust any viewer's arithmetic.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from tests.iiifsearch import rich

Array = NDArray[np.uint8]
Box = tuple[int, int, int, int]
RED, BLUE = (255, 0, 0), (0, 0, 255)
#: Pixels of a frame; it lies outside of what it frames.
FRAME = 6


@dataclass(frozen=True)
class Page:
    """``scale``: canvas units for each pixel. ``part``: what has a frame, in canvas units."""

    label: str
    pixels: Array
    scale: float = 1.0
    part: Box | None = None

    @property
    def size(self) -> tuple[int, int]:
        height, width = self.pixels.shape[:2]
        return round(width * self.scale), round(height * self.scale)

    @property
    def frame(self) -> Box:
        """The outside of the frame around ``part``, in canvas units."""
        assert self.part is not None
        x, y, w, h = self.part
        wide = round(FRAME * self.scale)
        return x - wide, y - wide, w + 2 * wide, h + 2 * wide


@dataclass(frozen=True)
class Work:
    name: str
    title: str
    pages: tuple[Page, ...]
    comment: str
    behavior: str = "individuals"

    def manifest(self, base: str, services: list[dict[str, Any]]) -> dict[str, Any]:
        """Presentation 3, at ``base``/NAME.json; ``services`` has the image of each page."""
        uri = f"{base}/{self.name}"
        return {
            "@context": "http://iiif.io/api/presentation/3/context.json",
            "id": f"{uri}.json",
            "type": "Manifest",
            "label": {"en": [self.title]},
            "metadata": [{"label": {"en": ["Artist"]}, "value": {"en": ["Ada Vento"]}}],
            "rights": "http://creativecommons.org/publicdomain/zero/1.0/",
            "behavior": [self.behavior],
            "items": [
                _canvas(f"{uri}/canvas/{number}", page, service, self.comment)
                for number, (page, service) in enumerate(zip(self.pages, services, strict=True), 1)
            ],
        }


def painted(seed: int, width: int = 480, height: int = 360) -> Array:
    """A picture without the colours of frames."""
    return (rich.painted(seed, width, height) * 0.45 + 70).astype(np.uint8)


def works() -> tuple[Work, ...]:
    """The collage holds the framed part of the painting at twice its size, and that of the book's
    right page at one and a half."""
    painting, left, right = painted(1), painted(31), painted(32, 360, 480)
    collage = painted(20, 720, 540)
    of_painting, of_page = (180, 120, 120, 100), (100, 260, 160, 140)
    at_painting, at_page = (440, 300, 240, 200), (20, 20, 240, 210)
    for source, box, place in ((painting, of_painting, at_painting), (right, of_page, at_page)):
        x, y, w, h = box
        part = cv2.resize(source[y : y + h, x : x + w], place[2:], interpolation=cv2.INTER_CUBIC)
        collage[place[1] : place[1] + place[3], place[0] : place[0] + place[2]] = part
        framed(source, box, RED)
        framed(collage, place, BLUE)
    return (
        Work(
            "boats",
            "Boats at Rest",
            (Page("Boats", painting, 2.0, tuple(2 * v for v in of_painting)),),  # type: ignore[arg-type]
            "Fishing boats lie on the shore under a pale moon.",
        ),
        Work(
            "album",
            "An Album",
            (
                Page("Cover", painted(30)),
                Page("Left", left, 3.0),
                Page("Right", right, 1.0, of_page),
            ),
            "A page of an album.",
            behavior="paged",
        ),
        Work(
            "collage",
            "A Collage",
            (Page("Collage", collage, 1.0, at_painting),),
            "Cut from other pictures and pasted together by lamplight.",
        ),
        *(
            Work(
                f"other{seed}", f"Another {seed}", (Page("Other", painted(seed)),), "A still life."
            )
            for seed in range(40, 46)
        ),
    )


def framed(pixels: Array, box: Box, colour: tuple[int, int, int]) -> None:
    """Draw a frame around ``box`` (pixels)."""
    x, y, w, h = box
    inside = pixels[y : y + h, x : x + w].copy()
    pixels[max(0, y - FRAME) : y + h + FRAME, max(0, x - FRAME) : x + w + FRAME] = colour
    pixels[y : y + h, x : x + w] = inside


def _canvas(uri: str, page: Page, service: dict[str, Any], comment: str) -> dict[str, Any]:
    width, height = page.size
    body = {
        "id": f"{service['id']}/full/max/0/default.jpg",
        "type": "Image",
        "format": "image/jpeg",
        "width": page.pixels.shape[1],
        "height": page.pixels.shape[0],
        "service": [service],
    }
    shown = {"id": f"{uri}/a", "type": "Annotation", "motivation": "painting", "body": body}
    said = {
        "id": f"{uri}/c",
        "type": "Annotation",
        "motivation": "commenting",
        "body": {"type": "TextualBody", "value": comment, "language": "en"},
        "target": uri,
    }
    return {
        "id": uri,
        "type": "Canvas",
        "label": {"en": [page.label]},
        "width": width,
        "height": height,
        "items": [{"id": f"{uri}/p", "type": "AnnotationPage", "items": [shown | {"target": uri}]}],
        "annotations": [{"id": f"{uri}/cs", "type": "AnnotationPage", "items": [said]}],
    }
