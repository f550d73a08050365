"""Tables that spreadsheets read: nothing is lost, and nothing becomes a formula."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iiifsearch.exports.cells import BOM, guard, table, unguard

#: What Postgres can hold: no NUL, and nothing that is no character.
TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])) | st.from_regex(
    r"'*[=+\-@\t\r\n＝＋－＠]", fullmatch=False
).filter(lambda text: "\0" not in text)


@given(st.lists(st.lists(TEXTS, min_size=3, max_size=3)))
def test_what_is_read_back_is_what_went_in(rows: list[list[str]]) -> None:
    text = "".join(table(("a", "b", "c"), rows))
    data = text.encode()
    assert data.startswith(b"\xef\xbb\xbf")
    read = list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))
    assert read[0] == ["a", "b", "c"]
    assert [[unguard(cell) for cell in row] for row in read[1:]] == rows
    for cell in (cell for row in read[1:] for cell in row):
        assert not cell or cell[0] not in "=+-@\t\r\n＝＋－＠"


@pytest.mark.parametrize("text", ["=1+1", "@SUM(A1)", "-2", "+2", "\t=1", "\r=1", "＝1", "＠x"])
def test_what_would_be_computed_is_guarded(text: str) -> None:
    assert guard(text) == f"'{text}"
    assert unguard(guard(text)) == text


@pytest.mark.parametrize("text", ["", "'s-Hertogenbosch", "A = B", "1712–1715", " =1"])
def test_other_texts_stay_as_they_are(text: str) -> None:
    assert guard(text) == unguard(text) == text


def test_lines_end_as_the_rfc_wants_and_numbers_are_numbers() -> None:
    lines = list(table(("a", "b"), [(1, None), (-0.5, 'a "b", c')]))
    assert lines == [BOM + "a,b\r\n", "1,\r\n", '-0.5,"a ""b"", c"\r\n']
