"""A sketch that somebody painted, cell by cell, and the form that it is painted in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from iiifsearch import notation
from iiifsearch.notation import hexadecimal

#: The cells of the form without a script: each is a field for a colour.
ROWS, COLUMNS = 3, 4
#: What such a field begins with, for it cannot be empty: a cell left so is one that nobody painted.
UNPAINTED = "#808080"


def of_form(fields: Sequence[str]) -> notation.Sketch:
    """The sketch of a form's cells, row by row. Raises `iiifsearch.notation.NotationError`."""
    cells = ["-" if field.lower() == UNPAINTED else field for field in fields]
    rows = [cells[start : start + COLUMNS] for start in range(0, len(cells), COLUMNS)]
    return notation.sketch(";".join(",".join(row) for row in rows))


@dataclass(frozen=True)
class ShownSketch:
    """``cells``: () where nothing was painted yet."""

    cells: notation.Sketch

    @property
    def text(self) -> str:
        """As an address has it."""
        return notation.sketch_written(self.cells)

    @property
    def rows(self) -> int:
        return len(self.cells)

    @property
    def columns(self) -> int:
        return len(self.cells[0]) if self.cells else 0

    @property
    def painted(self) -> list[tuple[int, int, str]]:
        """(column, row, colour) of each cell that has one."""
        return [
            (x, y, hexadecimal(cell))
            for y, row in enumerate(self.cells)
            for x, cell in enumerate(row)
            if cell
        ]

    @property
    def fields(self) -> Iterator[list[tuple[int, str]]]:
        """Rows of (column, colour) for the form without a script, which sees a finer sketch by the
        middle of each of its cells. Columns count from 1."""
        for y in range(ROWS):
            row = self.cells[_middle(y, ROWS, self.rows)] if self.cells else (None,)
            cells = [row[_middle(x, COLUMNS, len(row))] for x in range(COLUMNS)]
            yield [(x, hexadecimal(c) if c else UNPAINTED) for x, c in enumerate(cells, 1)]


def _middle(cell: int, of: int, among: int) -> int:
    """Which of ``among`` cells lies under the middle of ``cell``, of ``of``."""
    return (2 * cell + 1) * among // (2 * of)
