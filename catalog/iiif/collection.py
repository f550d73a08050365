"""Collections: what they list, and where they go on.

Sources: Presentation API 2.1, section 5.8 and its paging; 3.0, section 5.1. Paging went in 3.0;
publishers page all the same, by ``next`` or by a last member called "Next page".
"""

from __future__ import annotations

import re
from typing import Any

from catalog.iiif import descriptive
from catalog.iiif.identity import normalise_uri
from catalog.iiif.language import all_texts, read_language_map
from catalog.iiif.reading import Reading
from catalog.iiif.shapes import as_list, id_of, plain_whole, types_of
from catalog.iiif.types import CollectionMember, MemberKind, ParsedCollection

_NEXT_PAGE = re.compile(
    r"^\W*(next( page)?|page suivante|suivant|nächste seite|weiter|siguiente|pagina successiva"
    r"|volgende( pagina)?|次(の|へ|ページ).*|下一页|下一頁|more\s*(results|items)?)\W*$",
    re.IGNORECASE,
)


def member_of(
    element: Any, kind: str | None, reading: Reading, path: str
) -> list[CollectionMember]:
    """A member, as a list of one or (where it cannot be read) none.

    ``kind`` is what the list it stands in says of it; its own type comes first.
    """
    raw = id_of(element)
    url = reading.absolute(raw, path) if raw else ""
    if not url:
        reading.warn("member-without-id", "A member has no id; left out.", path)
        return []
    types = types_of(element)
    found: MemberKind
    if "manifest" in types:
        found = "manifest"
    elif "collection" in types:
        found = "collection"
    elif types:
        reading.warn("member-unknown", f"A member of type {types[0]!r} is left out.", path)
        return []
    elif kind == "collection":
        found = "collection"
    else:
        if kind is None:
            reading.warn(
                "member-without-type", "A member without type; taken for a manifest.", path
            )
        found = "manifest"
    label = element.get("label") if isinstance(element, dict) else None
    return [CollectionMember(found, url, read_language_map(label, reading, f"{path}.label"))]


def build_collection(
    obj: dict[str, Any], raw_id: str | None, members: list[CollectionMember], reading: Reading
) -> ParsedCollection:
    """The collection around its members, each of which is kept once."""
    next_page = _page(obj, "next", reading)
    if next_page is None and members and _is_next_page(members[-1]):
        last = members.pop()
        next_page = last.id
        reading.warn("pseudo-page", f"The last member is the next page: {last.id}.")
    if next_page is None and not members:
        next_page = _page(obj, "first", reading)
    if next_page is not None and normalise_uri(next_page) == normalise_uri(reading.url):
        reading.warn("page-cycle", "The next page is this page itself; ended here.")
        next_page = None
    unique: dict[str, CollectionMember] = {}
    for member in members:
        first = unique.setdefault(normalise_uri(member.id), member)
        if first is not member:
            reading.warn("member-repeated", f"{member.id} is listed more than once.")
    if not unique and next_page is None:
        reading.warn("collection-empty", "The collection lists nothing.")
    return ParsedCollection(
        id=reading.base,
        raw_id=raw_id,
        version=reading.version,
        label=descriptive.read_label(obj, reading, ""),
        summary=descriptive.read_summary(obj, reading, ""),
        members=tuple(unique.values()),
        next_page=next_page,
        total=plain_whole(obj.get("total")),
        warnings=reading.warnings(),
        raw=obj,
    )


def _page(obj: dict[str, Any], key: str, reading: Reading) -> str | None:
    for element in as_list(obj.get(key)):
        if raw := id_of(element):
            return reading.fetchable(raw, key) or None
    return None


def _is_next_page(member: CollectionMember) -> bool:
    return member.kind == "collection" and any(
        _NEXT_PAGE.match(text) for text in all_texts(member.label)
    )
