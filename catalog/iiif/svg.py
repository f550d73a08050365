"""The bounding box of an SVG outline in an annotation.

Source: SVG 1.1, sections 8.3 (path data) and 9 (basic shapes). Control points of curves count
as points, so that the box may be a little larger than the curve, never smaller; arcs count by
their ends. Transforms are not applied.
"""

from __future__ import annotations

import math
import re

from catalog.geometry import Rect

_SHAPE = re.compile(r"<(path|polygon|polyline|rect|circle|ellipse|line)\b([^<>]*)>", re.I)
_ATTRIBUTE = re.compile(r"(?<![\w:\-])([\w:\-]{1,40})\s*=\s*(?:\"([^\"]*)\"|'([^']*)')")
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)
_COMMAND = re.compile(r"([MmLlHhVvCcSsQqTtAaZz])([^MmLlHhVvCcSsQqTtAaZz]*)")
#: How many numbers one step of each command takes.
_STEP = {"m": 2, "l": 2, "t": 2, "h": 1, "v": 1, "q": 4, "s": 4, "c": 6, "a": 7}

Point = tuple[float, float]


def svg_bounds(svg: str) -> Rect | None:
    """The rectangle around every shape in ``svg``, in its user units; None if there is none."""
    points: list[Point] = []
    for name, text in _SHAPE.findall(svg[:200_000]):
        attributes = {k.lower(): a or b for k, a, b in _ATTRIBUTE.findall(text)}
        points += _points(name.lower(), attributes)
    points = [p for p in points if abs(p[0]) < 1e12 and abs(p[1]) < 1e12]
    if not points:
        return None
    left, right = min(p[0] for p in points), max(p[0] for p in points)
    top, bottom = min(p[1] for p in points), max(p[1] for p in points)
    if right <= left or bottom <= top:
        return None
    return Rect(left, top, right - left, bottom - top)


def _points(name: str, attributes: dict[str, str]) -> list[Point]:
    def get(key: str) -> float:
        found = _NUMBER.match(attributes.get(key, "").strip())
        value = float(found[0]) if found else 0.0
        return value if math.isfinite(value) else 0.0

    if name == "path":
        return _path_points(attributes.get("d", ""))
    if name in ("polygon", "polyline"):
        numbers = _numbers(attributes.get("points", ""))
        return list(zip(numbers[::2], numbers[1::2], strict=False))
    if name == "rect":
        x, y = get("x"), get("y")
        return [(x, y), (x + get("width"), y + get("height"))]
    if name == "line":
        return [(get("x1"), get("y1")), (get("x2"), get("y2"))]
    rx, ry = get("rx") or get("r"), get("ry") or get("r")
    return [(get("cx") - rx, get("cy") - ry), (get("cx") + rx, get("cy") + ry)]


def _path_points(data: str) -> list[Point]:
    points: list[Point] = []
    x = y = start_x = start_y = 0.0
    for command, text in _COMMAND.findall(data):
        kind, relative = command.lower(), command.islower()
        if kind == "z":
            x, y = start_x, start_y
            continue
        numbers, step = _numbers(text), _STEP[kind]
        for index in range(0, len(numbers) - step + 1, step):
            group = numbers[index : index + step]
            base_x, base_y = (x, y) if relative else (0.0, 0.0)
            if kind == "h":
                x = base_x + group[0]
            elif kind == "v":
                y = base_y + group[0]
            else:
                pairs = group[-2:] if kind == "a" else group
                # Every pair of a step counts from where the step began; the last is its end.
                for px, py in zip(pairs[::2], pairs[1::2], strict=True):
                    x, y = base_x + px, base_y + py
                    points.append((x, y))
            points.append((x, y))
            if kind == "m" and index == 0:
                start_x, start_y = x, y
    return points


def _numbers(text: str) -> list[float]:
    return [float(n) for n in _NUMBER.findall(text)]
