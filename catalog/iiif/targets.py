"""What an annotation points at: which canvas, and where on it.

Sources: Open Annotation (``on``, ``full``, ``oa:Choice`` of selectors), Web Annotation
(sections 3.2 and 4.2: targets, fragment, SVG and point selectors), Presentation API 2.1 and 3.0.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from catalog.geometry import Rect, parse_xywh
from catalog.iiif.reading import Reading
from catalog.iiif.shapes import flattened, id_of, text_of, types_of
from catalog.iiif.svg import svg_bounds

#: Canvas id -> (width, height) in canvas units, for percentages.
SizeOf = Callable[[str], tuple[float, float] | None]

#: Only behind a "#": "&t=" in a query belongs to the canvas's id. An id may have a fragment of
#: its own before it (``manifest.json#/canvas/1#xywh=...``).
_FRAGMENT = re.compile(r"#(?:[^#]*&)?(?:xywh|t)=[^#]*$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Target:
    """A canvas (absolute id, "" if unknown) and a part of it in canvas units (None: all)."""

    canvas: str
    rect: Rect | None = None


def read_targets(value: Any, size_of: SizeOf, reading: Reading, path: str) -> Iterator[Target]:
    """Each target of an annotation: its ``on`` (2.1) or ``target`` (3.0)."""
    for element, at in flattened(value, path):
        if isinstance(element, str):
            if element.strip():
                yield _from_uri(element, size_of, reading, at)
        elif isinstance(element, dict):
            yield from _from_object(element, size_of, reading, at)
        else:
            reading.warn("target-unknown", "A target is neither text nor object; ignored.", at)


def _from_uri(uri: str, size_of: SizeOf, reading: Reading, path: str) -> Target:
    found = _FRAGMENT.search(uri)
    canvas = reading.absolute(uri[: found.start()] if found else uri, path)
    if found is None or "xywh" not in found[0].lower():
        return Target(canvas)
    return Target(canvas, _rect(found[0], canvas, size_of, reading, path))


def _from_object(
    element: dict[str, Any], size_of: SizeOf, reading: Reading, path: str
) -> Iterator[Target]:
    types = types_of(element)
    inner = element.get("full") or element.get("source")
    if not inner and isinstance(element.get("items"), list):
        yield from read_targets(element["items"], size_of, reading, f"{path}.items")
        return
    if not inner and "choice" in types and element.get("default"):
        yield from read_targets(element["default"], size_of, reading, f"{path}.default")
        return
    source = inner if inner else id_of(element)
    if isinstance(source, list):
        source = next((s for s in source if id_of(s)), "")
    whole = _from_uri(id_of(source), size_of, reading, path) if id_of(source) else Target("")
    rect = _selected(element.get("selector"), whole.canvas, size_of, reading, f"{path}.selector")
    yield Target(whole.canvas, rect or whole.rect)


def _selected(value: Any, canvas: str, size_of: SizeOf, reading: Reading, path: str) -> Rect | None:
    """The rectangle that selectors mean: of several, the first that says one."""
    nested: list[tuple[Any, str]] = []
    for element, at in flattened(value, path):
        if isinstance(element, dict) and ("default" in element or "item" in element):
            # oa:Choice: the rectangle is the default, the exact outline the alternative.
            nested += flattened(element.get("default"), f"{at}.default")
            nested += flattened(element.get("item"), f"{at}.item")
        else:
            nested.append((element, at))
    for element, at in nested:
        if rect := _select(element, canvas, size_of, reading, at):
            return rect
    return None


def _select(element: Any, canvas: str, size_of: SizeOf, reading: Reading, path: str) -> Rect | None:
    if isinstance(element, str):
        return _rect(element, canvas, size_of, reading, path)
    if not isinstance(element, dict):
        return None
    types = types_of(element)
    value = text_of(element.get("value", element.get("chars")))
    if "pointselector" in types or (not value and "x" in element and "y" in element):
        x, y = _coordinate(element.get("x")), _coordinate(element.get("y"))
        if x is not None and y is not None:
            return Rect(x, y, 1.0, 1.0)
    if "svgselector" in types or value.lstrip().startswith("<"):
        bounds = svg_bounds(value)
        if bounds is None:
            reading.warn("svg-unreadable", "An SVG outline could not be read; ignored.", path)
        return bounds
    if value and ("fragmentselector" in types or "xywh" in value.lower()):
        if value.lower().startswith("t=") and "xywh" not in value.lower():
            return None
        return _rect(value, canvas, size_of, reading, path)
    reading.warn(
        "selector-unknown",
        f"A selector of the kind {types[0] if types else '(none)'!r} is ignored.",
        path,
    )
    return None


def _rect(text: str, canvas: str, size_of: SizeOf, reading: Reading, path: str) -> Rect | None:
    size = size_of(canvas)
    rect = parse_xywh(text, size)
    if rect is None:
        percent = size is None and re.search(r"percent|pct", text, re.IGNORECASE)
        why = "is in percent of a canvas of unknown size" if percent else "is no rectangle"
        reading.warn("region-unknown", f"{text[:80]!r} {why}; the whole canvas is taken.", path)
    return rect


def _coordinate(value: Any) -> float | None:
    if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e12:
        return float(value)
    return None
