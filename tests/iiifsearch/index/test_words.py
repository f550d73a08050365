"""Folding and cutting of texts; pure."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iiifsearch.index.words import UNSPACED_RUN, WORD, configuration, fold, grams, spaced


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Été", "ete"),
        ("Ｆｕｌｌ　ｗｉｄｔｈ", "full width"),
        ("STRASSE Straße", "strasse strasse"),
        ("ﬁne", "fine"),
        ("月夜", "月夜"),
        ("がぎ", "がぎ"),  # their marks make other letters
        ("한국", "한국"),
    ],
)
def test_fold(text: str, folded: str) -> None:
    assert fold(text) == folded


@given(st.text(max_size=40))
def test_folding_twice_changes_nothing_more(text: str) -> None:
    once = fold(text)
    assert fold(once) == once


@given(st.text(st.characters(max_codepoint=127)))
def test_ascii_is_folded_as_anything_else_is(text: str) -> None:
    # A mark beside it takes the long way.
    assert fold(text + "\u0301") == fold(text)


def test_grams() -> None:
    assert grams("月夜の海 and sea") == ["の", "の海", "夜", "夜の", "月", "月夜", "海"]
    assert spaced("sea 月夜 boat") == "sea   boat"


@given(st.text(max_size=60))
def test_every_letter_is_in_a_word_or_in_a_run(text: str) -> None:
    covered = "".join(WORD.findall(text)) + "".join(UNSPACED_RUN.findall(text))
    assert all(char in covered for char in text if char.isalpha())


@pytest.mark.parametrize(
    ("language", "name"),
    [("en", "english"), ("de-CH", "german"), ("", "english"), ("ja", "simple"), ("xx", "simple")],
)
def test_configuration(language: str, name: str) -> None:
    assert configuration(language) == name
