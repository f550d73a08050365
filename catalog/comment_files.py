"""Files of comments, as tables come: bytes in, rows and problems with their lines out.

Pure: no database, no Django. Two layouts are read. **csv**: a header of known names, cells parted
by comma, semicolon or tab, whichever the header knows. **semart**: the table of SemArt, parted by
tabs, in Windows-1252 (Garcia and Vogiatzis 2018; github.com/noagarcia/SemArt).
"""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

Layout = Literal["csv", "semart"]
LAYOUTS: tuple[Layout, ...] = ("csv", "semart")

#: SemArt's largest table has 19,244 rows and some 15 MB.
MOST_ROWS = 20_000
MOST_BYTES = 24 * 1024 * 1024
#: Characters of one cell: more than any comment may have.
LONGEST_CELL = 120_000
#: Lines that are told; more are counted.
MOST_PROBLEMS = 1000

DELIMITERS = (",", ";", "\t")

#: Names of columns, as people write them, by what they are.
COLUMNS = {
    "canvas": ("canvas", "canvas_key", "canvas_uri", "canvas_id", "key", "manifest", "uri"),
    "title": ("title",),
    "maker": ("maker", "artist", "painter"),
    "image": ("image", "image_file"),
    "text": ("text", "comment", "body", "description"),
    "format": ("format",),
    "language": ("language", "lang"),
    "motivation": ("motivation",),
    "rights": ("licence", "license", "rights"),
    "label": ("label", "heading"),
    "creator": ("creator",),
    "created": ("created", "date"),
    "id": ("id", "source_id"),
    "xywh": ("xywh", "region"),
    **{name: (name,) for name in ("x", "y", "w", "h")},
}
_BY_NAME = {name: column for column, names in COLUMNS.items() for name in names}
#: What names a painting; a row needs one of them.
NAMING = ("canvas", "image", "title")

#: Of SemArt's columns, those that are read. Its author is who painted it.
SEMART = {"IMAGE_FILE": "image", "DESCRIPTION": "text", "AUTHOR": "maker", "TITLE": "title"}
_SEMARTS_OTHERS = ("TECHNIQUE", "DATE", "TYPE", "SCHOOL", "TIMEFRAME")


class BadFile(ValueError):
    """Nothing of it can be read; the message says why and what to do."""


@dataclass(frozen=True)
class Row:
    """A comment as the file has it, nothing checked but that it can be stored. ``line``: where it
    begins, from 1. ``canvas``: a key or URI; ``image``: a file's name; ``xywh``: x,y,w,h."""

    line: int
    text: str
    canvas: str = ""
    title: str = ""
    maker: str = ""
    image: str = ""
    format: str = ""
    language: str = ""
    motivation: str = ""
    rights: str = ""
    label: str = ""
    creator: str = ""
    created: str = ""
    id: str = ""
    xywh: str = ""


@dataclass(frozen=True)
class Problem:
    """Why the row that begins at ``line`` is not read."""

    line: int
    message: str


@dataclass
class Table:
    """What a file holds. ``warnings``: what is odd about all of it; ``unread``: problems beyond
    `MOST_PROBLEMS`, counted only."""

    rows: list[Row] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    unread: int = 0

    def problem(self, line: int, message: str) -> None:
        if len(self.problems) < MOST_PROBLEMS:
            self.problems.append(Problem(line, message))
        else:
            self.unread += 1


def read(data: bytes, layout: Layout = "csv") -> Table:
    """Raises BadFile; else every row of the file is in the table, as a row or as a problem, up to
    `MOST_ROWS`, which is told."""
    if layout not in LAYOUTS:
        raise BadFile(f"The layout {layout!r} is not known. Known: {', '.join(LAYOUTS)}.")
    if len(data) > MOST_BYTES:
        raise BadFile(
            f"The file has {len(data):,} bytes; {MOST_BYTES:,} are the most. Split it, with the "
            "header on each part."
        )
    table = Table()
    text = _decoded(data, layout, table)
    if not text.strip():
        raise BadFile("The file is empty.")
    delimiter = "\t" if layout == "semart" else _delimiter(text)
    # SemArt's own tables hold quotes that are not doubled.
    records = _records(text, delimiter, strict=layout == "csv", table=table)
    header = next(records, None)
    if header is None:
        raise BadFile("The first line is no header: it must name the columns.")
    names = _semarts(header[1]) if layout == "semart" else _header(header[1], table)
    for line, cells in records:
        if not any(cell.strip() for cell in cells):
            continue
        if len(table.rows) >= MOST_ROWS:
            table.warnings.append(
                f"Only the first {MOST_ROWS:,} rows are read, to line {table.rows[-1].line:,}: "
                "split the file, with the header on each part."
            )
            break
        row = _row(line, cells, names, table)
        if row is not None:
            table.rows.append(row)
    return table


# -- characters ----------------------------------------------------------------------------------


def _decoded(data: bytes, layout: Layout, table: Table) -> str:
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return data.decode("utf-16", "replace").removeprefix("\ufeff")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        wrong = error.start
    text = data.decode("cp1252", "replace")
    line = data.count(b"\n", 0, wrong) + 1
    if layout != "semart":
        table.warnings.append(
            f"The file is not UTF-8 (line {line:,}); it is read as Windows-1252. Look whether "
            "accents are right, else save it as UTF-8."
        )
    if lost := text.count("\ufffd"):
        table.warnings.append(f"{lost:,} bytes are no Windows-1252 and stand as \ufffd.")
    return text


def _delimiter(text: str) -> str:
    """That by which the first line names the most columns that are known."""
    first = text.lstrip("\r\n").splitlines()[0]

    def known(delimiter: str) -> int:
        cells = next(csv.reader([first], delimiter=delimiter), [])
        return sum(_name(cell) in _BY_NAME for cell in cells)

    return max(DELIMITERS, key=known)


def _records(
    text: str, delimiter: str, *, strict: bool, table: Table
) -> Iterator[tuple[int, list[str]]]:
    """(line, cells) of every record; one that cannot be parted becomes a problem."""
    csv.field_size_limit(MOST_BYTES)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=strict)
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            lines = reader.line_num - line + 1
            until = f" to {reader.line_num:,}" if lines > 1 else ""
            table.problem(
                line,
                f"Quotes do not match in line {line:,}{until} ({error}). A quote within a "
                "quoted cell is written twice.",
            )
            continue
        yield line, cells


# -- the header ----------------------------------------------------------------------------------


def _name(cell: str) -> str:
    return "_".join(cell.strip().lower().replace("-", " ").split())


def _header(cells: list[str], table: Table) -> list[str]:
    """The column of each cell, "" for one that is not read."""
    names = [_BY_NAME.get(_name(cell), "") for cell in cells]
    known = [name for name in names if name]
    twice = sorted({name for name in known if known.count(name) > 1})
    if twice:
        raise BadFile(f"Several columns are one and the same: {', '.join(twice)}. Keep one each.")
    if "text" not in known or not any(name in known for name in NAMING):
        raise BadFile(
            "The first line must name the columns: text, and one that names the painting "
            f"(canvas, image, or title and maker). It begins: {','.join(cells)[:120]!r}. Known "
            f"columns: {', '.join(COLUMNS)}."
        )
    box = [name for name in "xywh" if name in known]
    if box and (len(box) < 4 or "xywh" in known):
        raise BadFile("A region is x, y, w and h, or xywh alone.")
    unknown = [cell.strip()[:40] for cell, name in zip(cells, names, strict=True) if not name]
    if any(unknown):
        table.warnings.append(f"Columns that are not known, and not read: {', '.join(unknown)}.")
    return names


def _semarts(cells: list[str]) -> list[str]:
    found = [cell.strip().upper() for cell in cells]
    lacking = [name for name in SEMART if name not in found]
    if lacking:
        wanted = ", ".join([*SEMART, *_SEMARTS_OTHERS])
        raise BadFile(
            f"The first line lacks {', '.join(lacking)}: SemArt's tables have the columns "
            f"{wanted}, parted by tabs."
        )
    return [SEMART.get(name, "") for name in found]


# -- rows ----------------------------------------------------------------------------------------


def _row(line: int, cells: list[str], names: list[str], table: Table) -> Row | None:
    if len(cells) > len(names):
        many = f"{len(cells)} cells where the header has {len(names)}"
        table.problem(line, f"{many}: a cell that holds the delimiter must be quoted.")
        return None
    found = {name: cell.strip() for name, cell in zip(names, cells, strict=False) if name}
    for name, cell in found.items():
        if "\0" in cell:
            table.problem(line, f"The column {name} holds a NUL byte.")
            return None
        if len(cell) > LONGEST_CELL:
            table.problem(line, f"The column {name} has {len(cell):,} characters: quotes amiss?")
            return None
    if not found.get("text"):
        table.problem(line, "There is no text.")
        return None
    if not any(found.get(name) for name in NAMING):
        table.problem(line, "It names no painting.")
        return None
    box = [found.pop(name, "") for name in "xywh"]
    if any(box):
        if not all(box):
            table.problem(line, "A region needs all of x, y, w and h.")
            return None
        found["xywh"] = ",".join(box)
    return Row(line, **found)
