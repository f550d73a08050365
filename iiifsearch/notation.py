"""How weights and colours are written in an address: ``colour:1,hog:.3`` and ``#aabbcc``."""

from __future__ import annotations

import re
from collections.abc import Iterable

_NUMBER = re.compile(r"\d{1,6}(\.\d{0,6})?|\.\d{1,6}", re.ASCII)
_COLOUR = re.compile(r"#?([0-9a-f]{6})", re.ASCII | re.IGNORECASE)

Colour = tuple[int, int, int]


class NotationError(ValueError):
    """What cannot be read; the message quotes it and says what is wanted."""


def number(text: str) -> float:
    """A decimal number, not below 0. Raises NotationError."""
    if not _NUMBER.fullmatch(text.strip()):
        raise NotationError(f"“{text[:40]}” is no number.")
    return float(text.strip())


def pairs(text: str) -> list[tuple[str, float]]:
    """``a:1,b:.3`` -> [("a", 1.0), ("b", 0.3)]; without a number 1. Raises NotationError."""
    found = []
    for pair in filter(None, (pair.strip() for pair in text.split(","))):
        name, _, weight = pair.partition(":")
        found.append((name, number(weight or "1")))
    return found


def written(weights: Iterable[tuple[str, float]]) -> str:
    """[("a", 1.0), ("b", 0.3)] -> "a:1,b:0.3"."""
    return ",".join(f"{name}:{weight:g}" for name, weight in weights)


def colour(text: str) -> Colour:
    """sRGB, 0..255 each, of ``#aabbcc`` or ``aabbcc``. Raises NotationError."""
    found = _COLOUR.fullmatch(text.strip())
    if found is None:
        raise NotationError(f"“{text[:40]}” is no colour; one is written #aabbcc.")
    red, green, blue = bytes.fromhex(found[1])
    return red, green, blue


def hexadecimal(of: Colour) -> str:
    """``#aabbcc``."""
    return "#" + bytes(of).hex()
