"""CSV (RFC 4180) as spreadsheets read it: UTF-8 with a byte order mark, and no cell that would be
taken for a formula (OWASP, CSV Injection)."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

BOM = "\ufeff"

#: What a spreadsheet begins to compute with, also in full width. Apostrophes before it count as
#: well: else a guard could not be told from what was there.
_FORMULA = re.compile("'*[=+\\-@\t\r\n＝＋－＠]")


def guard(text: str) -> str:
    """``text``, with an apostrophe before it where it would be taken for a formula."""
    return f"'{text}" if _FORMULA.match(text) else text


def unguard(text: str) -> str:
    """What `guard` was given."""
    return text[1:] if text.startswith("'") and _FORMULA.match(text) else text


def table(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    """The lines of a table, its head first. None becomes an empty cell; texts are guarded."""
    held = io.StringIO()
    writer = csv.writer(held, lineterminator="\r\n")
    held.write(BOM)
    writer.writerow(columns)
    for row in rows:
        yield held.getvalue()
        held.seek(0)
        held.truncate()
        writer.writerow([guard(cell) if isinstance(cell, str) else cell for cell in row])
    yield held.getvalue()
