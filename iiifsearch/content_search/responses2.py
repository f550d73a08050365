"""Answers in Content Search 2.0. Pure: a `ResultPage` in, a JSON object out."""

from __future__ import annotations

from typing import Any

from iiifsearch.content_search.annotations import (
    OWN_CONTEXT,
    FoundAnnotation,
    fragment_selector,
    item_2,
)
from iiifsearch.content_search.paging import ResultPage
from iiifsearch.presentation.language import LanguageMap

SEARCH_2 = "http://iiif.io/api/search/2/context.json"


def search_page(page: ResultPage) -> dict[str, Any]:
    """The AnnotationPage of section 4.2.

    The collection always stands in ``partOf``, so that the total is known: in an array, as
    Presentation 3.0 section 3.3 has it, for Clover fails on the bare object of section 4.2.2.
    ``next``, ``prev`` and ``startIndex`` are there where there are several pages.
    ``annotations`` holds a single page (section 4.3) and is left out where nothing was found. Ids
    that are not addresses of their own are fragments of this page's, so that they differ and
    still lead here.
    """
    response: dict[str, Any] = {
        "@context": [OWN_CONTEXT, SEARCH_2],
        "id": page.url,
        "type": "AnnotationPage",
        "partOf": [_collection(page)],
    }
    if page.next:
        response["next"] = _page_ref(page.next)
    if page.prev:
        response["prev"] = _page_ref(page.prev)
    if page.is_paged:
        response["startIndex"] = page.start_index
    if page.ignored:
        response["ignored"] = list(page.ignored)
    if page.notices:
        response["notices"] = list(page.notices)
    response["items"] = [item_2(item, cross_manifest=page.cross_manifest) for item in page.items]
    if page.items:
        response["annotations"] = [_matches(page)]
    return response


def _collection(page: ResultPage) -> dict[str, Any]:
    """Everything that was found, over all pages; what was cut off, its summary tells people."""
    collection: dict[str, Any] = {
        "id": f"{page.first}#results",
        "type": "AnnotationCollection",
        "total": page.total,
        "first": _page_ref(page.first),
        "last": _page_ref(page.last),
    }
    if page.notices:
        summary: LanguageMap = {"none": list(page.notices)}
        collection["summary"] = summary
    return collection


def _matches(page: ResultPage) -> dict[str, Any]:
    """Why each annotation was found (section 4.3.2).

    Words: one TextQuoteSelector inside the body for each place (section 4.3.3). Likeness has no
    words to quote, and "non-textual content would use other selectors": a FragmentSelector.
    """
    highlights: list[dict[str, Any]] = []
    for item in page.items:
        for selector in _selectors(item):
            highlights.append(
                {
                    "id": f"{page.url}#match-{len(highlights) + 1}",
                    "type": "Annotation",
                    "motivation": "highlighting",
                    "target": {
                        "type": "SpecificResource",
                        "source": item.id,
                        "selector": [selector],
                    },
                }
            )
    return {"id": f"{page.url}#matches", "type": "AnnotationPage", "items": highlights}


def _selectors(item: FoundAnnotation) -> list[dict[str, str]]:
    if not item.quotes:
        return [fragment_selector(item)]
    return [
        {
            "type": "TextQuoteSelector",
            "prefix": quote.prefix,
            "exact": quote.exact,
            "suffix": quote.suffix,
        }
        for quote in item.quotes
    ]


def _page_ref(url: str) -> dict[str, str]:
    return {"id": url, "type": "AnnotationPage"}
