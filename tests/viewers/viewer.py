"""What a person does with a viewer, whichever it is; and where things are on the screen.

A viewer that has no way to do something raises `Lacking`.
"""

from __future__ import annotations

import io
from typing import Any, ClassVar, NamedTuple
from urllib.parse import urlencode

import numpy as np
from PIL import Image

from tests.viewers.exhibition import Colour

#: Milliseconds: until a viewer that is idle has drawn all it will draw.
SETTLED = 150
#: Each channel of a patch is as near as this to its colour, after JPEG and scaling.
NEAR = 60

#: Everything but the picture itself: outlines, buttons, and the small copy to navigate by.
_ONLY_PICTURE = """
* { visibility: hidden !important; transition: none !important; }
.openseadragon-canvas:not(.navigator *) > canvas:first-of-type { visibility: visible !important; }
"""


class Lacking(AssertionError):
    """The viewer has no such thing."""


class Box(NamedTuple):
    """A rectangle on the screen, in CSS pixels."""

    left: float
    top: float
    right: float
    bottom: float

    def within(self, other: Box) -> Box:
        """The part of it that lies in ``other``."""
        return Box(
            max(self.left, other.left),
            max(self.top, other.top),
            min(self.right, other.right),
            min(self.bottom, other.bottom),
        )

    def off(self, other: Box) -> float:
        """The distance of the edges that are farthest apart."""
        return max(abs(mine - others) for mine, others in zip(self, other, strict=True))


class Viewer:
    """A viewer in a page of a browser. ``open`` comes first."""

    name: ClassVar[str]
    #: The file in tests/viewers/pages.
    address: ClassVar[str]

    def __init__(self, page: Any, base: str) -> None:
        self.page, self.base = page, base

    def open(self, manifest: str, **more: str) -> None:
        query = urlencode({"manifest": manifest, **more})
        self.page.goto(f"{self.base}/{self.address}?{query}")
        self.page.locator(".openseadragon-canvas > canvas").first.wait_for()

    def search(self, words: str) -> None:
        """Type ``words`` where the viewer has its search, and send them."""
        raise Lacking(f"{self.name} has no search")

    def hits(self) -> list[str]:
        """What the viewer lists: the text of each hit."""
        raise Lacking(f"{self.name} lists no hits")

    def count(self) -> int:
        """How many hits the viewer says there are."""
        raise Lacking(f"{self.name} does not count hits")

    def more(self) -> None:
        """Have the next page of hits shown too."""
        raise Lacking(f"{self.name} shows the first page only")

    def suggestions(self, begun: str) -> list[str]:
        """The words that are offered once ``begun`` is typed."""
        raise Lacking(f"{self.name} completes no words")

    def says_nothing_was_found(self) -> bool:
        raise Lacking(f"{self.name} does not say so")

    def choose(self, text: str) -> None:
        """Go to the hit with this text."""
        raise Lacking(f"{self.name} has no hits to go to")

    def shown(self) -> str:
        """The label of the canvas that is shown."""
        raise NotImplementedError

    def outline(self, text: str) -> Box:
        """Where the outline of the hit with this text is, once it is chosen."""
        raise NotImplementedError

    def turn(self) -> None:
        """Turn the canvas by 90 degrees."""
        raise Lacking(f"{self.name} turns no canvas")

    # -- the same for all --------------------------------------------------------------------

    def settle(self) -> None:
        """Until nothing moves: two screenshots are the same."""
        before = b""
        for _ in range(60):
            now = self.page.screenshot(type="jpeg", quality=40)  # quicker than a PNG
            if now == before:
                return
            before = now
            self.page.wait_for_timeout(SETTLED)
        raise AssertionError(f"{self.name} never comes to rest")

    def patch(self, colour: Colour) -> Box:
        """Where the patch of this colour is on the screen, whatever lies over it."""
        style = self.page.add_style_tag(content=_ONLY_PICTURE)
        picture = Image.open(io.BytesIO(self.page.screenshot())).convert("RGB")
        style.evaluate("style => style.remove()")
        off = np.abs(np.asarray(picture, np.int16) - np.array(colour, np.int16)).max(axis=2)
        y, x = np.nonzero(off < NEAR)
        assert len(x), f"Nothing of the colour {colour} is on the screen"
        return Box(x.min(), y.min(), x.max() + 1, y.max() + 1)

    def canvas(self) -> Box:
        """The part of the screen where the picture is."""
        return self.box(self.page.locator(".openseadragon-container:not(.navigator)").first)

    def box(self, element: Any) -> Box:
        found = element.bounding_box()
        assert found is not None, "The element is not shown"
        return Box(
            found["x"], found["y"], found["x"] + found["width"], found["y"] + found["height"]
        )
