"""Answers of the autocomplete services, in both versions. Pure."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from iiifsearch.content_search.paging import Query, service_link
from iiifsearch.content_search.responses1 import SEARCH_1
from iiifsearch.content_search.responses2 import SEARCH_2


@dataclass(frozen=True, slots=True)
class Term:
    """A term of the index: ``count`` annotations hold it, ``search_url`` finds them.

    ``search_url`` is of the version that is answered in. ``is_query`` is False where the value
    cannot serve as ``q`` just as it is.
    """

    value: str
    count: int
    search_url: str
    language: str | None = None
    is_query: bool = True


def term_list_1(
    service_url: str, query: Query, terms: Iterable[Term], ignored: Sequence[str] = ()
) -> dict[str, Any]:
    """The search:TermList of 1.0 section 4.3; ``query`` are the parameters of its id."""
    response: dict[str, Any] = {
        "@context": SEARCH_1,
        "@id": service_link(service_url, query),
        "@type": "search:TermList",
    }
    if ignored:
        response["ignored"] = list(ignored)
    response["terms"] = [
        {"match": term.value, "url": term.search_url, "count": term.count}
        for term in alphabetical(terms)
    ]
    return response


def term_page_2(
    service_url: str, query: Query, terms: Iterable[Term], ignored: Sequence[str] = ()
) -> dict[str, Any]:
    """The TermPage of 2.0 sections 5.2 and 5.3.

    ``type`` of a term is not recommended; ``service`` must be there where the value cannot be
    used as ``q`` directly, and "properties should only be included when needed".
    """
    response: dict[str, Any] = {
        "@context": SEARCH_2,
        "id": service_link(service_url, query),
        "type": "TermPage",
    }
    if ignored:
        response["ignored"] = list(ignored)
    response["items"] = [_term_2(term) for term in alphabetical(terms)]
    return response


def alphabetical(terms: Iterable[Term]) -> list[Term]:
    """In ascending order, letters with an accent beside those without."""
    return sorted(terms, key=_sort_key)


def _sort_key(term: Term) -> tuple[str, str]:
    decomposed = unicodedata.normalize("NFKD", term.value.casefold())
    letters = "".join(char for char in decomposed if not unicodedata.combining(char))
    return letters, term.value


def _term_2(term: Term) -> dict[str, Any]:
    item: dict[str, Any] = {"value": term.value, "total": term.count}
    if term.language:
        item["language"] = term.language
    if not term.is_query:
        item["service"] = [{"id": term.search_url, "type": "SearchService2"}]
    return item
