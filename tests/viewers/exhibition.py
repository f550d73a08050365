"""An exhibition for the viewers: a manifest with comments on the parts of its paintings.

Each part of which a comment speaks is a patch of a colour of its own, so that where it is on the
screen can be seen, whatever a viewer does with the canvas.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.uint8]
Colour = tuple[int, int, int]
Box = tuple[int, int, int, int]


@dataclass(frozen=True)
class Part:
    """``said`` of the region ``xywh`` of a canvas, in its units, which is painted in ``colour``."""

    xywh: Box
    colour: Colour
    said: str


@dataclass(frozen=True)
class Painting:
    """``size``: (width, height) of the canvas in its units, ``scale``: pixels for each of them."""

    label: str
    size: tuple[int, int]
    scale: float
    parts: tuple[Part, ...]

    def paint(self) -> Array:
        """uint8 (H, W, 3): grey waves, and the parts in their colours."""
        width, height = (round(side * self.scale) for side in self.size)
        y, x = np.mgrid[0:height, 0:width].astype(np.float32)
        waves = 120 + 50 * np.sin(x / 90) * np.cos(y / 70)
        made = np.repeat(waves[:, :, None], 3, axis=2).astype(np.uint8)
        for part in self.parts:
            left, top, wide, high = (round(value * self.scale) for value in part.xywh)
            made[top : top + high, left : left + wide] = part.colour
        return made


RED, GREEN, BLUE = (230, 20, 20), (20, 200, 20), (30, 30, 230)

#: Three shapes. The units of the first two are the pixels of their images; of the last one they
#: are not.
PAINTINGS = (
    Painting(
        "The Harbour",
        (1200, 800),
        1.0,
        (
            Part((100, 150, 200, 150), RED, "A red lantern hangs in the rigging."),
            Part((750, 100, 250, 200), GREEN, "The lantern of the pilot, green over the quay."),
            Part((500, 550, 150, 150), BLUE, "An anchor, and behind it a lantern put out."),
        ),
    ),
    Painting(
        "The Stair",
        (800, 1300),
        1.0,
        (
            Part((100, 100, 200, 300), RED, "On the landing a lantern burns all night."),
            Part((450, 900, 250, 200), GREEN, "A child hides a lantern beneath a cloak."),
        ),
    ),
    Painting(
        "The Cellar",
        (500, 500),
        2.0,
        (
            Part((50, 60, 120, 100), RED, "Barrels, a cat, and a lantern on a hook."),
            Part((300, 60, 100, 150), GREEN, "The cooper has set his lantern on the floor."),
            Part((200, 300, 150, 120), BLUE, "Wine runs out, in the light of a lantern."),
        ),
    ),
)

#: A book of the same height throughout.
PAGES = (
    Painting(
        "Cover",
        (600, 800),
        1.0,
        (Part((200, 200, 200, 300), RED, "Stamped on the cover, a lantern."),),
    ),
    Painting(
        "Left",
        (600, 800),
        1.0,
        (Part((100, 150, 150, 200), RED, "A lantern in the margin, upside down."),),
    ),
    Painting(
        "Right",
        (640, 800),
        1.0,
        (Part((300, 450, 200, 150), GREEN, "A lantern, and moths around it."),),
    ),
)

#: Every part's comment holds it, and nothing else does.
WORD = "lantern"


def manifest(
    base: str, name: str, shown: tuple[Painting, ...], services: list[dict[str, Any]]
) -> dict[str, Any]:
    """A Presentation 3 manifest at ``base``/``name``.json; ``services`` has the image of each."""
    uri = f"{base}/{name}"
    return {
        "@context": "http://iiif.io/api/presentation/3/context.json",
        "id": f"{uri}.json",
        "type": "Manifest",
        "label": {"en": [f"By Night, {name}"]},
        "rights": "http://creativecommons.org/publicdomain/zero/1.0/",
        "items": [
            _canvas(f"{uri}/canvas/{number}", painting, service)
            for number, (painting, service) in enumerate(zip(shown, services, strict=True), 1)
        ],
    }


def _canvas(uri: str, painting: Painting, service: dict[str, Any]) -> dict[str, Any]:
    width, height = painting.size
    body = {
        "id": f"{service['id']}/full/max/0/default.jpg",
        "type": "Image",
        "format": "image/jpeg",
        "width": round(width * painting.scale),
        "height": round(height * painting.scale),
        "service": [service],
    }
    shown = {"id": f"{uri}/a", "type": "Annotation", "motivation": "painting", "body": body}
    said = [
        {
            "id": f"{uri}/comment/{number}",
            "type": "Annotation",
            "motivation": "commenting",
            "body": {"type": "TextualBody", "value": part.said, "language": "en"},
            "target": f"{uri}#xywh={','.join(map(str, part.xywh))}",
        }
        for number, part in enumerate(painting.parts)
    ]
    return {
        "id": uri,
        "type": "Canvas",
        "label": {"en": [painting.label]},
        "width": width,
        "height": height,
        "items": [{"id": f"{uri}/p", "type": "AnnotationPage", "items": [shown | {"target": uri}]}],
        "annotations": [{"id": f"{uri}/c", "type": "AnnotationPage", "items": said}],
    }
