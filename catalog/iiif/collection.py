"""Collections: what they list, and where they go on.

Sources: Presentation API 2.1, section 5.8 and its paging; 3.0, section 5.1. Paging went in 3.0;
publishers page all the same, by ``next`` or by a last member called "Next page".
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from catalog.iiif import descriptive
from catalog.iiif.identity import normalise_uri, synthesised_member_id
from catalog.iiif.language import all_texts, read_language_map
from catalog.iiif.reading import Reading
from catalog.iiif.shapes import as_list, id_of, plain_whole, types_of
from catalog.iiif.types import CollectionMember, MemberKind, ParsedCollection, ParsedManifest

#: Reads a collection and a manifest that stand within the document.
InnerReaders = tuple[
    Callable[[dict[str, Any], Reading], ParsedCollection],
    Callable[[dict[str, Any], Reading], ParsedManifest],
]

_NEXT_PAGE = re.compile(
    r"^\W*(next( page)?|page suivante|suivant|nächste seite|weiter|siguiente|pagina successiva"
    r"|volgende( pagina)?|次(の|へ|ページ).*|下一页|下一頁|more\s*(results|items)?)\W*$",
    re.IGNORECASE,
)

_PREVIOUS_PAGE = re.compile(
    r"^\W*(prev(ious)?( page)?|page précédente|précédent|vorherige seite|zurück|anterior"
    r"|pagina precedente|vorige( pagina)?|前(の|へ|ページ).*|上一页|上一頁)\W*$",
    re.IGNORECASE,
)
#: Under which keys a member that is embedded, and not only named, holds its contents.
_CONTENTS: dict[MemberKind, tuple[str, ...]] = {
    "collection": ("items", "members", "manifests", "collections"),
    "manifest": ("items", "sequences", "canvases"),
}


def member_of(
    element: Any, kind: str | None, inner: InnerReaders, reading: Reading, path: str
) -> list[CollectionMember]:
    """A member, as a list of one or (where it cannot be read) none.

    ``kind`` is what the list it stands in says of it; its own type comes first.
    """
    found = _kind_of(element, kind, reading, path)
    if found is None:
        return []
    raw = id_of(element)
    url = reading.fetchable(raw, path) if raw else ""
    contents = element if isinstance(element, dict) else {}
    holds = any(contents.get(key) for key in _CONTENTS[found])
    if not url and not holds:
        reading.warn("member-without-id", "A member has no id; left out.", path)
        return []
    label = contents.get("label")
    texts = read_language_map(label, reading, f"{path}.label")
    synthesised = not url
    if synthesised:
        url = synthesised_member_id(reading.base, path, json.dumps(label, sort_keys=True))
        reading.warn("member-without-id", f"An embedded {found} has no id; named {url}.", path)
    member = CollectionMember(found, url, texts, id_synthesised=synthesised)
    if not holds:
        return [member]
    within = reading.inner()
    named = {**contents, "id": url}
    if found == "collection":
        collection = inner[0](named, within)
        member = replace(member, embedded=replace(collection, raw_id=raw or None, raw=contents))
    else:
        manifest = inner[1](named, within)
        member = replace(member, manifest=replace(manifest, raw_id=raw or None, raw=contents))
    reading.absorb(within.warnings(), path)
    return [member]


def _kind_of(element: Any, kind: str | None, reading: Reading, path: str) -> MemberKind | None:
    types = types_of(element)
    if "manifest" in types:
        return "manifest"
    if "collection" in types:
        return "collection"
    said: MemberKind | None = (
        "collection" if kind == "collection" else "manifest" if kind == "manifest" else None
    )
    if types and said is None:
        reading.warn("member-unknown", f"A member of type {types[0]!r} is left out.", path)
        return None
    if types:
        reading.warn(
            "member-type-odd", f"A member of type {types[0]!r}; its list says {said}.", path
        )
    elif said is None:
        by_shape: MemberKind = (
            "collection"
            if isinstance(element, dict)
            and any(element.get(key) for key in ("members", "manifests", "collections"))
            else "manifest"
        )
        reading.warn("member-without-type", f"A member without type; taken for a {by_shape}.", path)
        return by_shape
    return said


def build_collection(
    obj: dict[str, Any], raw_id: str | None, members: list[CollectionMember], reading: Reading
) -> ParsedCollection:
    """The collection around its members, each of which is kept once."""
    next_page = _page(obj, "next", reading)
    if pages := [m for m in members if _is_page(m, _PREVIOUS_PAGE)]:
        members = [m for m in members if m not in pages]
        reading.warn("pseudo-page", f"A member is the page before: {pages[0].id}; left out.")
    if members and _is_page(members[-1], _NEXT_PAGE):
        last, members = members[-1], members[:-1]
        reading.warn("pseudo-page", f"The last member is the next page: {last.id}.")
        next_page = next_page or last.id
    if next_page is None and not members:
        next_page = _page(obj, "first", reading)
    if next_page is not None and normalise_uri(next_page) == normalise_uri(reading.url):
        reading.warn("page-cycle", "The next page is this page itself; ended here.")
        next_page = None
    unique: dict[str, CollectionMember] = {}
    for member in members:
        key = normalise_uri(member.id)
        first = unique.setdefault(key, member)
        if first is not member:
            reading.warn("member-repeated", f"{member.id} is listed more than once.")
            unique[key] = replace(
                first,
                label=first.label or member.label,
                embedded=first.embedded or member.embedded,
                manifest=first.manifest or member.manifest,
            )
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


def _is_page(member: CollectionMember, named: re.Pattern[str]) -> bool:
    return (
        member.kind == "collection"
        and member.embedded is None
        and any(named.match(text) for text in all_texts(member.label))
    )
