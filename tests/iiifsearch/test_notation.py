"""Weights and colours as addresses have them."""

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
