"""What exported annotations share: their page, and the terms that no specification has."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from iiifsearch.content_search.annotations import PRESENTATION_3
from iiifsearch.exports.jsonld import Streamed

#: How a decision was taken, by what, and whether all that an annotation tells of is public.
_TERMS = ("decision", "relevance", "guess", "similarity", "probability", "inliers", "mirrored")
OWN_CONTEXT: dict[str, Any] = {
    name: {"@id": f"urn:iiifsearch:{name}"} for name in (*_TERMS, "state")
}


def page(name: str, items: Iterator[dict[str, Any]]) -> Streamed:
    """An AnnotationPage of W3C annotations (Presentation 3.0, section 5.5)."""
    return Streamed(
        {
            "@context": [OWN_CONTEXT, PRESENTATION_3],
            "id": f"urn:iiifsearch:export:{name}",
            "type": "AnnotationPage",
            "items": items,
        }
    )


def moment(at: datetime | None) -> str:
    """As W3C annotations write it, "" where it is not known."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if at else ""


def decided(by: str, at: datetime | None) -> dict[str, Any]:
    """Who said it, and when."""
    creator = {"creator": {"type": "Person", "name": by}} if by else {}
    return creator | ({"created": moment(at)} if at else {})
