"""JSON values whatever shape they come in: one or many, text or number, object or reference."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import Any

from catalog.iiif.reading import Reading

#: Larger than any canvas, image or duration in earnest; keeps arithmetic from overflowing.
LARGEST_NUMBER = 1e12

_LEADING_NUMBER = re.compile(r"^\s*(\d+(?:\.\d+)?)\s*(?:px|pixels?|s|sec)?\s*$", re.ASCII)


def as_list(value: Any) -> list[Any]:
    """None -> [], a list -> its elements, anything else -> [it]."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def flattened(value: Any, path: str) -> Iterator[tuple[Any, str]]:
    """Every element of a list of lists of ..., with its path; one value counts as its own list."""
    if isinstance(value, list):
        for index, element in enumerate(value):
            yield from flattened(element, f"{path}[{index}]")
    elif value is not None:
        yield value, path


def text_of(value: Any) -> str:
    """A text for a text or a number, "" for anything else. Blank counts as nothing."""
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    return ""


def first_text(obj: dict[str, Any], *keys: str) -> str:
    """The first non-blank text under one of the keys."""
    for key in keys:
        if found := text_of(obj.get(key)):
            return found
    return ""


def id_of(value: Any) -> str:
    """The id of an object (``id`` or ``@id``), or the text that stands for the object itself.

    Numbers are taken as text. An id that is itself an object is looked into once.
    """
    if isinstance(value, dict):
        for key in ("id", "@id"):
            inner = value.get(key)
            if isinstance(inner, dict):
                inner = inner.get("id") or inner.get("@id")
            if isinstance(inner, list):
                inner = next((i for i in inner if isinstance(i, str)), None)
            if found := text_of(inner):
                return found
        return ""
    return value.strip() if isinstance(value, str) else ""


def types_of(value: Any) -> tuple[str, ...]:
    """The types of an object, lower-case and without prefix: ("manifest",) for "sc:Manifest".

    Reads ``type`` and ``@type``, texts and lists, prefixes (``sc:``), and whole URIs.
    """
    if not isinstance(value, dict):
        return ()
    raw = [*as_list(value.get("type")), *as_list(value.get("@type"))]
    found = (re.split(r"[:/#]", t.strip())[-1].lower() for t in raw if isinstance(t, str))
    return tuple(t for t in found if t)


def number(value: Any, reading: Reading, path: str) -> float | None:
    """A positive number; None, with a warning, for anything that is none."""
    if value is None:
        return None
    if isinstance(value, str):
        match = _LEADING_NUMBER.match(value) if len(value) < 40 else None
        if match is None:
            reading.warn("not-a-number", f"{value[:60]!r} is not a number; ignored.", path)
            return None
        reading.warn("number-as-text", f"The number {match[1]} is written as text.", path)
        value = float(match[1])
    if isinstance(value, bool) or not isinstance(value, int | float):
        found = type(value).__name__
        reading.warn("not-a-number", f"A number was expected, not a {found}; ignored.", path)
        return None
    if not math.isfinite(value) or value > LARGEST_NUMBER:
        reading.warn("not-a-number", "The number is infinite or absurdly large; ignored.", path)
        return None
    if value <= 0:
        reading.warn("size-not-positive", f"{value} cannot be a size or length; ignored.", path)
        return None
    return float(value)


def whole(value: Any, reading: Reading, path: str) -> int | None:
    """A positive whole number of pixels; fractions are rounded."""
    found = number(value, reading, path)
    return None if found is None else max(1, round(found))


def plain_whole(value: Any) -> int | None:
    """A whole number of at least 0 where it is one, or a text that is one; else None."""
    if isinstance(value, str) and re.fullmatch(r"\s*\d{1,15}\s*", value, re.ASCII):
        return int(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if not math.isfinite(value) or not 0 <= value <= LARGEST_NUMBER:
        return None
    return int(value)
