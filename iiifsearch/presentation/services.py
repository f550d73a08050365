"""The search services a published manifest or collection declares, and how to tell one."""

from __future__ import annotations

import re
from typing import Any

SEARCH_1 = "http://iiif.io/api/search/1/context.json"
SEARCH_1_PROFILE = "http://iiif.io/api/search/1/search"
AUTOCOMPLETE_1_PROFILE = "http://iiif.io/api/search/1/autocomplete"

_SEARCH_URI = re.compile(r"iiif\.io/+api/+search/", re.IGNORECASE)
_SEARCH_TYPE = re.compile(r"^(?:search:)?(?:Search|AutoComplete)Service\d*$", re.IGNORECASE)


def service_block(search2: str, auto2: str, search1: str, auto1: str) -> list[dict[str, Any]]:
    """Both versions, 2 first (2.0 section 3; 1.0 sections 3.1 and 4.1).

    Clover takes the first service of either version. Mirador and Universal Viewer look for the
    profile of version 1; version 2 bears none, or Universal Viewer would select it.
    """
    return [
        {
            "id": search2,
            "type": "SearchService2",
            "service": [{"id": auto2, "type": "AutoCompleteService2"}],
        },
        {
            "@context": SEARCH_1,
            "@id": search1,
            "@type": "SearchService1",
            "profile": SEARCH_1_PROFILE,
            "service": [
                {
                    "@id": auto1,
                    "@type": "AutoCompleteService1",
                    "profile": AUTOCOMPLETE_1_PROFILE,
                }
            ],
        },
    ]


def is_search_service(service: Any) -> bool:
    """True for a search or autocomplete service of any version, however it is spelt."""
    if isinstance(service, str):
        return bool(_SEARCH_URI.search(service))
    if not isinstance(service, dict):
        return False
    types = _strings(service.get("type")) + _strings(service.get("@type"))
    marks = _strings(service.get("profile")) + _strings(service.get("@context"))
    marks += _strings(service.get("dcterms:conformsTo"))
    return any(_SEARCH_TYPE.match(name) for name in types) or any(
        _SEARCH_URI.search(mark) for mark in marks
    )


def _strings(value: Any) -> list[str]:
    values = value if isinstance(value, list) else [value]
    return [item.strip() for item in values if isinstance(item, str)]
