"""What is to be seen on a page of a browser, by its colours."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np

from tests.iiifsearch.plugin.house import Box

#: The outline of what was found.
YELLOW = (255, 213, 74)
#: How far a colour may be from another after the JPEG of a tile, per channel.
NEAR = 60


def box_of(page: Any, colour: tuple[int, int, int], within: Any = None, near: int = NEAR) -> Box:
    """The rectangle around all that has this colour, in pixels of the page.

    ``within``: a locator of the element that is looked at; everything if None.
    """
    clip = within.bounding_box() if within is not None else None
    shot = page.screenshot(clip=clip)
    pixels = cv2.imdecode(np.frombuffer(shot, np.uint8), cv2.IMREAD_COLOR)[:, :, ::-1].astype(int)
    alike = (np.abs(pixels - np.array(colour)) <= near).all(axis=2)
    # Single pixels of the kind are noise; a frame is a line.
    alike = cv2.morphologyEx(alike.astype(np.uint8), cv2.MORPH_OPEN, np.ones((2, 2), np.uint8))
    rows, columns = np.nonzero(alike.any(axis=1))[0], np.nonzero(alike.any(axis=0))[0]
    assert len(rows), f"Nothing on the page has the colour {colour}"
    left, top = (round(clip["x"]), round(clip["y"])) if clip else (0, 0)
    return (
        int(columns[0]) + left,
        int(rows[0]) + top,
        int(columns[-1] - columns[0]) + 1,
        int(rows[-1] - rows[0]) + 1,
    )


def overlap(a: Box, b: Box) -> float:
    """Intersection over union of two rectangles."""
    x, y = max(a[0], b[0]), max(a[1], b[1])
    right, bottom = min(a[0] + a[2], b[0] + b[2]), min(a[1] + a[3], b[1] + b[3])
    both = max(0, right - x) * max(0, bottom - y)
    return both / (a[2] * a[3] + b[2] * b[3] - both)
