"""Rectangles and the one kind of transform between the spaces they live in.

Three coordinate spaces occur, all with the origin at the top left, x to the right, y down:

* **canvas**: the abstract units of a IIIF canvas; what ``#xywh=`` of an annotation speaks of;
* **image**: pixels of an image as its server offers it at full size, or of the derivative
  that was fetched from it;
* **input**: pixels of what an encoder is given.

A `Rect` does not carry its space: whoever holds one says in its docstring which space it is in.
Every rectangle that changes space passes through a `Transform`, never through arithmetic of its
own, so that there is one place to be right.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

#: Float noise below this much of a unit does not push an edge to the next integer.
_NOISE = 1e-6

#: A number above this in a fragment is a fault, and would overflow in what follows.
_LARGEST = 1e12

_NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
_XYWH = re.compile(
    rf"^(?:.*?[#?&;])?(?:xywh=)?(?:(pixel|percent|pct):)?"
    rf"({_NUMBER}),({_NUMBER}),({_NUMBER}),({_NUMBER})(?:[&;].*)?$",
    re.IGNORECASE | re.ASCII,
)


@dataclass(frozen=True, slots=True)
class Rect:
    """An axis-aligned rectangle: left edge, top edge, width, height.

    Floats, in the space that its holder names. Width and height are never negative and no
    number is infinite or NaN: ``ValueError`` otherwise.
    """

    x: float
    y: float
    w: float
    h: float

    def __post_init__(self) -> None:
        if not all(math.isfinite(v) for v in (self.x, self.y, self.w, self.h)):
            raise ValueError(f"A rectangle needs four finite numbers, not {self!r}.")
        if self.w < 0 or self.h < 0:
            raise ValueError(f"A rectangle's width and height cannot be negative: {self!r}.")

    @classmethod
    def of_size(cls, width: float, height: float) -> Rect:
        """The whole of something ``width`` by ``height``: (0, 0, width, height)."""
        return cls(0.0, 0.0, width, height)

    @property
    def right(self) -> float:
        return self.x + self.w

    @property
    def bottom(self) -> float:
        return self.y + self.h

    @property
    def area(self) -> float:
        return self.w * self.h

    @property
    def is_empty(self) -> bool:
        """True where there is nothing inside: no width or no height."""
        return self.w == 0 or self.h == 0

    def as_tuple(self) -> tuple[float, float, float, float]:
        return (self.x, self.y, self.w, self.h)

    def intersection(self, other: Rect) -> Rect | None:
        """What both cover, or None where they share no area. Same space for both."""
        left, top = max(self.x, other.x), max(self.y, other.y)
        right, bottom = min(self.right, other.right), min(self.bottom, other.bottom)
        if right <= left or bottom <= top:
            return None
        return Rect(left, top, right - left, bottom - top)

    def contains(self, other: Rect) -> bool:
        """True where ``other`` lies wholly inside (edges may touch). Same space for both."""
        return (
            self.x <= other.x + _NOISE
            and self.y <= other.y + _NOISE
            and self.right >= other.right - _NOISE
            and self.bottom >= other.bottom - _NOISE
        )

    def iou(self, other: Rect) -> float:
        """Intersection over union, 0 to 1; 0 where both are empty. Same space for both."""
        shared = self.intersection(other)
        if shared is None:
            return 0.0
        union = self.area + other.area - shared.area
        return min(1.0, shared.area / union) if union > 0 else 0.0

    def scaled(self, scale_x: float, scale_y: float | None = None) -> Rect:
        """Every number multiplied, about the origin; one factor serves both axes."""
        factor_y = scale_x if scale_y is None else scale_y
        return Rect(self.x * scale_x, self.y * factor_y, self.w * scale_x, self.h * factor_y)

    def translated(self, dx: float, dy: float) -> Rect:
        return Rect(self.x + dx, self.y + dy, self.w, self.h)

    def rounded_out(self) -> tuple[int, int, int, int]:
        """The smallest integer rectangle (x, y, w, h) that covers this one.

        Differences of a millionth are float noise and do not move an edge. Width and height
        are at least 1.
        """
        left, top = math.floor(self.x + _NOISE), math.floor(self.y + _NOISE)
        right, bottom = math.ceil(self.right - _NOISE), math.ceil(self.bottom - _NOISE)
        return (left, top, max(1, right - left), max(1, bottom - top))

    def to_fragment(self) -> str:
        """``xywh=1,2,3,4``: whole non-negative numbers, the rectangle rounded outwards.

        Viewers read nothing else: floats, ``pixel:`` and ``percent:`` make them fail or draw
        nothing. A part left of or above the origin is cut off.
        """
        left, top, width, height = self.rounded_out()
        right, bottom = max(1, left + width), max(1, top + height)
        left, top = max(0, left), max(0, top)
        return f"xywh={left},{top},{max(1, right - left)},{max(1, bottom - top)}"


@dataclass(frozen=True, slots=True)
class Transform:
    """From one space to another: ``x' = x * scale_x + offset_x``, the same for y.

    Axis-aligned: it scales and moves, it neither turns nor mirrors. The scales are positive
    and every number is finite: ``ValueError`` otherwise.
    """

    scale_x: float = 1.0
    scale_y: float = 1.0
    offset_x: float = 0.0
    offset_y: float = 0.0

    def __post_init__(self) -> None:
        numbers = (self.scale_x, self.scale_y, self.offset_x, self.offset_y)
        if not all(math.isfinite(v) for v in numbers):
            raise ValueError(f"A transform needs four finite numbers, not {self!r}.")
        if self.scale_x <= 0 or self.scale_y <= 0:
            raise ValueError(f"A transform's scales must be above zero: {self!r}.")

    @classmethod
    def identity(cls) -> Transform:
        return cls()

    @classmethod
    def between(cls, src: Rect, dst: Rect) -> Transform:
        """The transform that lays ``src`` exactly over ``dst``.

        ``src`` is in the space one comes from, ``dst`` in the space one goes to. Neither may
        be empty (``ValueError``).
        """
        if src.is_empty or dst.is_empty:
            raise ValueError(f"No transform leads from {src!r} to {dst!r}: one of them is empty.")
        scale_x, scale_y = dst.w / src.w, dst.h / src.h
        return cls(scale_x, scale_y, dst.x - src.x * scale_x, dst.y - src.y * scale_y)

    def apply(self, rect: Rect) -> Rect:
        """The same rectangle in the space this transform leads to."""
        return Rect(
            rect.x * self.scale_x + self.offset_x,
            rect.y * self.scale_y + self.offset_y,
            rect.w * self.scale_x,
            rect.h * self.scale_y,
        )

    def apply_point(self, x: float, y: float) -> tuple[float, float]:
        return (x * self.scale_x + self.offset_x, y * self.scale_y + self.offset_y)

    def invert(self) -> Transform:
        """The way back."""
        return Transform(
            1 / self.scale_x,
            1 / self.scale_y,
            -self.offset_x / self.scale_x,
            -self.offset_y / self.scale_y,
        )

    def compose(self, then: Transform) -> Transform:
        """This transform first, ``then`` afterwards, as one.

        ``canvas_to_image.compose(image_to_input)`` leads from canvas to input.
        """
        return Transform(
            self.scale_x * then.scale_x,
            self.scale_y * then.scale_y,
            self.offset_x * then.scale_x + then.offset_x,
            self.offset_y * then.scale_y + then.offset_y,
        )


def parse_xywh(text: str, size: tuple[float, float] | None = None) -> Rect | None:
    """Read a media fragment (W3C Media Fragments 1.0, section 4.2.2).

    Reads ``xywh=1,2,3,4``, ``xywh=pixel:1,2,3,4``, ``xywh=percent:10,20,30,40`` (``pct:`` too),
    the four numbers alone, and a whole URI that ends in one of them after ``#``. Fractions are
    read although the recommendation has integers only, for they occur.

    ``size`` is (width, height) of what the fragment is of; percentages need it. The result is
    in the units of ``size``, that is of the canvas or image the fragment hangs on; it is not
    cut to ``size``. None where there is no such fragment, where it has no area, or where it is
    in percent and no size is given.
    """
    # Without white space the pattern takes linear time, whatever is thrown at it.
    match = _XYWH.match("".join(text.split()))
    if match is None:
        return None
    x, y, w, h = (float(match.group(i)) for i in range(2, 6))
    if (match.group(1) or "").lower() in ("percent", "pct"):
        if size is None:
            return None
        width, height = size
        x, w = x * width / 100, w * width / 100
        y, h = y * height / 100, h * height / 100
    if w <= 0 or h <= 0 or not all(abs(v) < _LARGEST for v in (x, y, w, h)):
        return None
    return Rect(x, y, w, h)
