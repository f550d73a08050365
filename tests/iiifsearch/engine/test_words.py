"""Reading a query into terms; pure."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from iiifsearch.engine.words import MOST_TERMS, parse


def read(query: str) -> list[tuple[str, str, bool]]:
    return [(term.kind, term.folded, term.negated) for term in parse(query)[0]]


def test_words_phrases_and_exclusions() -> None:
    assert read('Boats "at Anchor" -moon -"red sail" boats') == [
        ("word", "boats", False),
        ("phrase", "at anchor", False),
        ("word", "moon", True),
        ("phrase", "red sail", True),
    ]


def test_unspaced_scripts_beside_others() -> None:
    assert read("月夜 sea") == [("unspaced", "月夜", False), ("word", "sea", False)]
    assert read("Hokusai北斎") == [("unspaced", "北斎", False), ("word", "hokusai", False)]


def test_punctuation_is_no_word() -> None:
    assert read("?! -- \"\" '' ... &|!():*") == []


def test_long_queries_are_cut_and_told() -> None:
    terms, notices = parse(" ".join(f"w{n}" for n in range(200)))
    assert len(terms) == MOST_TERMS
    assert "200" in notices[0]


@given(st.text(max_size=200))
def test_any_text_can_be_read(query: str) -> None:
    terms, _ = parse(query)
    assert all(term.folded.strip() for term in terms)
