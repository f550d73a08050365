"""Who painted it and when, where the query says so."""

from __future__ import annotations

import pytest

from iiifsearch.engine.evidence import is_named, named
from iiifsearch.engine.search import by_words
from tests.iiifsearch.conftest import Library


@pytest.mark.parametrize(
    ("maker", "query_words", "is_it"),
    [
        ("GOGH, Vincent van", {"gogh"}, True),
        ("Vincent van Gogh", {"gogh"}, True),
        ("Vincent van Gogh", {"vincent"}, False),
        ("Éloïse Marchand", {"eloise", "marchand"}, True),
        ("Jan Lys", {"lys"}, False),  # too short to be known by
        ("Jan Lys", {"jan", "lys"}, True),
        ("Anonymous", {"anonymous"}, False),
        ("Workshop of (unknown)", {"workshop"}, False),
        ("山田", {"山田"}, False),  # two signs: no word that tells
        ("", {"gogh"}, False),
        (", ,", {"gogh"}, False),
    ],
)
def test_who_is_named(maker: str, query_words: set[str], is_it: bool) -> None:
    assert is_named(maker, query_words) is is_it


def ids(library: Library, *names: str) -> list[int]:
    return [library.canvas(name).pk for name in names]


def test_makers_and_years_speak_for_what_was_found(library: Library) -> None:
    boats, letter = library.canvas("boats"), library.canvas("letter")
    type(letter).objects.filter(pk=letter.pk).update(maker="Anna Bekker", year=1885)
    type(boats).objects.filter(pk=boats.pk).update(maker="Piet Groen", year=1632)
    asked = "A letter that Bekker painted in the 1880s"
    makers, years = named(asked, ids(library, "boats", "letter"))
    assert [found.canvas_id for found in makers.found] == [letter.pk]
    assert makers.found[0].why == "the query names Anna Bekker"
    assert [found.why for found in years.found] == ["the query names the time (1885)"]
    (years,) = named("17th century boats", ids(library, "boats", "letter"))
    assert [found.canvas_id for found in years.found] == [boats.pk]
    assert named("a letter", ids(library, "boats", "letter")) == []
    assert named("Bekker 1885", []) == []


def test_a_name_lifts_what_was_found(library: Library) -> None:
    letter = library.canvas("letter")
    type(letter).objects.filter(pk=letter.pk).update(maker="Anna Bekker")
    answer = by_words("a letter by Bekker")
    assert answer.hits[0].canvas_id == letter.pk
    assert answer.hits[0].shares["makers"] > 0
    assert "the query names Anna Bekker" in answer.hits[0].why
    assert all("makers" not in hit.shares for hit in answer.hits[1:])
