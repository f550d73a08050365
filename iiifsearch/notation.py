"""How weights, colours and sketches are written in an address: ``colour:1,hog:.3``, ``#aabbcc``,
``88aacc,-;443322,665544``."""

from __future__ import annotations

import re
from collections.abc import Iterable

_NUMBER = re.compile(r"\d{1,6}(\.\d{0,6})?|\.\d{1,6}", re.ASCII)
_COLOUR = re.compile(r"#?([0-9a-f]{6})", re.ASCII | re.IGNORECASE)

Colour = tuple[int, int, int]
#: Rows of cells from the top; None is a cell that nobody painted.
Sketch = tuple[tuple[Colour | None, ...], ...]

#: Cells of a sketch, a side.
MOST_CELLS = 64
_UNPAINTED = "-"


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


def sketch(text: str) -> Sketch:
    """Rows with ; between, of cells with a comma between: a colour, or - where nobody painted.
    Raises NotationError."""
    rows = [row.split(",") for row in text.strip("; ").split(";")]
    if len({len(row) for row in rows}) != 1:
        raise NotationError("The rows of a sketch must hold the same number of colours.")
    if len(rows) > MOST_CELLS or len(rows[0]) > MOST_CELLS:
        raise NotationError(f"A sketch has at most {MOST_CELLS} by {MOST_CELLS} colours.")
    found = tuple(tuple(map(_cell, row)) for row in rows)
    if not any(cell for row in found for cell in row):
        raise NotationError("Nothing is painted: a sketch needs a colour in one cell at least.")
    return found


def _cell(text: str) -> Colour | None:
    return None if text.strip() == _UNPAINTED else colour(text)


def sketch_written(cells: Sketch) -> str:
    """((136, 170, 204), None), -> "88aacc,-"."""
    return ";".join(
        ",".join(bytes(cell).hex() if cell else _UNPAINTED for cell in row) for row in cells
    )


def filled(cells: Sketch) -> list[list[Colour]]:
    """Every cell with a colour: where nobody painted, the mean of what is painted, which adds no
    contrast of its own."""
    painted = [cell for row in cells for cell in row if cell]
    red, green, blue = (round(sum(part) / len(painted)) for part in zip(*painted, strict=True))
    return [[cell or (red, green, blue) for cell in row] for row in cells]
