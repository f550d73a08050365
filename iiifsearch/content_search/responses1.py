"""Answers in Content Search 1.0, the only version Mirador and Universal Viewer read.

Pure: a `ResultPage` in, a JSON object out.
"""

from __future__ import annotations

from textwrap import shorten
from typing import Any

from iiifsearch.content_search.annotations import PRESENTATION_2, FoundAnnotation, item_1
from iiifsearch.content_search.paging import ResultPage

SEARCH_1 = "http://iiif.io/api/search/1/context.json"
#: Characters of a comment that was found by its meaning.
_BEGINNING = 150


def search_list(page: ResultPage) -> dict[str, Any]:
    """The sc:AnnotationList of sections 3.3 and 3.4.

    The layer always stands in ``within``: Mirador counts by its total. ``next`` and ``prev`` are
    strings. The context is the array that section 3.4 demands and nothing else, so a score is
    told in words only.
    """
    response: dict[str, Any] = {
        "@context": [PRESENTATION_2, SEARCH_1],
        "@id": page.url,
        "@type": "sc:AnnotationList",
        "within": _layer(page),
    }
    if page.next:
        response["next"] = page.next
    if page.prev:
        response["prev"] = page.prev
    response["startIndex"] = page.start_index
    response["resources"] = [
        item_1(item, cross_manifest=page.cross_manifest) for item in page.items
    ]
    response["hits"] = [_hit(item) for item in page.items]
    return response


def _layer(page: ResultPage) -> dict[str, Any]:
    """All pages together (section 3.3.2).

    There is one hit for each annotation, so the total counts both. What was cut off, the
    description tells people.
    """
    layer: dict[str, Any] = {
        "@type": "sc:Layer",
        "total": page.total,
        "first": page.first,
        "last": page.last,
    }
    if page.ignored:
        layer["ignored"] = list(page.ignored)
    if page.notices:
        layer["description"] = "; ".join(page.notices)
    return layer


def _hit(item: FoundAnnotation) -> dict[str, Any]:
    """One hit for one annotation, which stands in the same page (section 3.4).

    Mirador shows before, **match**, after and ignores ``selectors``; other readers take those.
    """
    before, match, after = _shown(item)
    hit: dict[str, Any] = {
        "@type": "search:Hit",
        "annotations": [item.id],
        "match": match,
        "before": before,
        "after": after,
    }
    if item.quotes:
        hit["selectors"] = [
            {
                "@type": "oa:TextQuoteSelector",
                "exact": quote.exact,
                "prefix": quote.prefix,
                "suffix": quote.suffix,
            }
            for quote in item.quotes
        ]
    return hit


def _shown(item: FoundAnnotation) -> tuple[str, str, str]:
    """What stands out of an annotation, and what stands around it.

    A comment that was found by its meaning has no words to quote: it begins after why it was found.
    A hit by likeness has no words at all: that is what stands out.
    """
    if item.quotes:
        first = item.quotes[0]
        return first.prefix, first.exact, first.suffix
    if item.motivation == "linking" or not item.text:
        return "", item.why or item.title, ""
    return f"{item.why}: " if item.why else "", shorten(item.text, _BEGINNING, placeholder=" …"), ""
