"""Weights, colours and sketches as addresses have them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iiifsearch import notation
from iiifsearch.notation import NotationError


def test_pairs() -> None:
    assert notation.pairs("a:1, b:.3,,c") == [("a", 1.0), ("b", 0.3), ("c", 1.0)]
    assert notation.pairs("") == []


@pytest.mark.parametrize("text", ["", "x", "-1", "1e3", "nan", "inf", "1234567", "1.", "٣"])
def test_numbers(text: str) -> None:
    if text == "1.":
        assert notation.number(text) == 1.0
    else:
        with pytest.raises(NotationError, match="is no number"):
            notation.number(text)


NAMES = st.text("abcdefghijklmnopqrstuvwxyz-0123456789", min_size=1)


@given(st.lists(st.tuples(NAMES, st.integers(0, 999).map(lambda n: n / 1000))))
def test_what_is_written_reads_the_same(weights: list[tuple[str, float]]) -> None:
    assert notation.pairs(notation.written(weights)) == weights


@given(st.tuples(*[st.integers(0, 255)] * 3))
def test_colours_written_read_the_same(colour: tuple[int, int, int]) -> None:
    written = notation.hexadecimal(colour)
    assert notation.colour(written) == notation.colour(written[1:].upper()) == colour


@pytest.mark.parametrize("text", ["red", "#12345", "#1234567", "#12345g", ""])
def test_what_is_no_colour(text: str) -> None:
    with pytest.raises(NotationError, match="is no colour"):
        notation.colour(text)


CELLS = st.none() | st.tuples(*[st.integers(0, 255)] * 3)
SKETCHES = st.integers(1, 9).flatmap(
    lambda columns: st.lists(st.tuples(*[CELLS] * columns), min_size=1, max_size=9).map(tuple)
)


@given(SKETCHES.filter(lambda cells: any(cell for row in cells for cell in row)))
def test_sketches_written_read_the_same(cells: notation.Sketch) -> None:
    assert notation.sketch(notation.sketch_written(cells)) == cells


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("112233,445566;112233", "same number"),
        (";".join(["112233"] * 65), "64 by 64"),
        (",".join(["112233"] * 65), "64 by 64"),
        ("112233,", "is no colour"),
        ("-,-;-,-", "Nothing is painted"),
        ("", "is no colour"),
    ],
)
def test_what_is_no_sketch(text: str, reason: str) -> None:
    with pytest.raises(NotationError, match=reason):
        notation.sketch(text)


def test_what_nobody_painted_takes_the_mean() -> None:
    cells = notation.sketch("#000000,-;-,30609c")
    assert notation.filled(cells) == [
        *([(0, 0, 0), (24, 48, 78)], [(24, 48, 78), (48, 96, 156)]),
    ]
