"""Labels, metadata, rights and links of manifests, canvases and collections, in any version.

Sources: Presentation API 2.1, section 3; 3.0, sections 3.1 to 3.3. Every property is looked for
under its names in both, for documents mix them.
"""

from __future__ import annotations

import re
from typing import Any

from catalog.iiif.language import read_language_map
from catalog.iiif.reading import Reading
from catalog.iiif.shapes import as_list, first_text, flattened, id_of, text_of
from catalog.iiif.types import LanguageMap, MetadataEntry


def read_label(obj: dict[str, Any], reading: Reading, path: str) -> LanguageMap:
    return read_language_map(obj.get("label"), reading, join(path, "label"))


def read_summary(obj: dict[str, Any], reading: Reading, path: str) -> LanguageMap:
    """``summary`` (3.0), or else ``description`` (2.1)."""
    for key in ("summary", "description"):
        if found := read_language_map(obj.get(key), reading, join(path, key)):
            return found
    return {}


def read_metadata(obj: dict[str, Any], reading: Reading, path: str) -> tuple[MetadataEntry, ...]:
    """The label-value pairs. Entries without a value are left out, without a label kept."""
    entries: list[MetadataEntry] = []
    where = join(path, "metadata")
    value = obj.get("metadata")
    if isinstance(value, dict) and not ("label" in value or "value" in value):
        reading.warn("metadata-as-object", "metadata is an object; its keys became labels.", where)
        value = [{"label": key, "value": inner} for key, inner in value.items()]
    for element, at in flattened(value, where):
        if not isinstance(element, dict):
            reading.warn("metadata-entry", "A metadata entry is not an object; left out.", at)
            continue
        label = read_language_map(element.get("label"), reading, f"{at}.label")
        found = read_language_map(element.get("value"), reading, f"{at}.value")
        if element and "value" not in element and "label" not in element:
            reading.warn("metadata-entry", "A metadata entry has no label and value.", at)
        if not found:
            continue  # empty rows are ordinary: exports write every field of their database
        if not label:
            reading.warn("metadata-without-label", "A metadata entry has no label.", at)
        entries.append(MetadataEntry(label, found))
    return tuple(entries)


def read_rights(obj: dict[str, Any], reading: Reading, path: str) -> str | None:
    """The URI of the licence or rights statement: ``rights`` (3.0) or ``license`` (2.1)."""
    for key in ("rights", "license", "licence"):
        found = [
            (id_of(e) if isinstance(e, dict) else text_of(e), at)
            for e, at in flattened(obj.get(key), join(path, key))
        ]
        found = [(_uri_in(text, reading, at), at) for text, at in found if text]
        if len(found) > 1:
            others = ", ".join(text for text, _ in found[1:])
            reading.warn("several-rights", f"More than one; left out: {others}", found[1][1])
        if found:
            return found[0][0]
    return None


def _uri_in(text: str, reading: Reading, path: str) -> str:
    """A licence is a URI; some give a link or a sentence that holds one."""
    if not re.search(r"[<\s]", text):
        return text
    uri = re.search(r"https?://[^\s\"'<>]+", text)
    if uri is None:
        reading.warn("rights-not-uri", f"The licence is a text, not a URI: {text[:120]}", path)
        return text
    reading.warn("rights-not-uri", f"The licence is a text; its link is taken: {uri[0]}", path)
    return uri[0]


def read_required_statement(
    obj: dict[str, Any], reading: Reading, path: str
) -> MetadataEntry | None:
    """``requiredStatement`` (3.0), or ``attribution`` (2.1) under the label "Attribution"."""
    statement, where = obj.get("requiredStatement"), join(path, "requiredStatement")
    if isinstance(statement, list):
        statement = next((s for s in statement if isinstance(s, dict)), None)
    if isinstance(statement, dict) and ("value" in statement or "label" in statement):
        value = read_language_map(statement.get("value"), reading, f"{where}.value")
        label = read_language_map(statement.get("label"), reading, f"{where}.label")
        if value:
            return MetadataEntry(label or {"en": ["Attribution"]}, value)
    elif statement is not None:
        reading.warn("required-statement", "requiredStatement has no label and value.", where)
        if value := read_language_map(statement, reading, where):
            return MetadataEntry({"en": ["Attribution"]}, value)
    value = read_language_map(obj.get("attribution"), reading, join(path, "attribution"))
    return MetadataEntry({"en": ["Attribution"]}, value) if value else None


def read_links(
    obj: dict[str, Any], keys: tuple[str, ...], reading: Reading, path: str
) -> tuple[dict[str, Any], ...]:
    """Linked resources (``homepage``, ``related``, ``seeAlso``), one dict for each."""
    for key in keys:
        found = []
        for element, at in flattened(obj.get(key), join(path, key)):
            raw = id_of(element)
            url = reading.fetchable(raw, at) if raw else ""
            if url:
                found.append(_link(element, url, reading, at))
            else:
                reading.warn("link-without-id", "A link leads nowhere; left out.", at)
        if found:
            return tuple(found)
    return ()


def read_provider(obj: dict[str, Any], reading: Reading, path: str) -> tuple[dict[str, Any], ...]:
    """Who provides it (3.0, section 3.2.2). Of 2.1 the ``logo`` alone makes one."""
    found = []
    for element, at in flattened(obj.get("provider"), join(path, "provider")):
        if not isinstance(element, dict):
            reading.warn("provider-not-object", "A provider is not an object; left out.", at)
            continue
        provider = _link(element, id_of(element), reading, at)
        provider["homepage"] = list(read_links(element, ("homepage",), reading, at))
        provider["logo"] = read_thumbnail(element, reading, at, key="logo")
        found.append(provider)
    if not found and (logo := read_thumbnail(obj, reading, path, key="logo")):
        found.append({"id": "", "label": {}, "homepage": [], "logo": logo})
    return tuple(found)


def read_thumbnail(
    obj: dict[str, Any], reading: Reading, path: str, key: str = "thumbnail"
) -> str | None:
    """The URL of the first thumbnail (or logo) that has one."""
    for element, at in flattened(obj.get(key), join(path, key)):
        raw = id_of(element)
        if raw and (url := reading.fetchable(raw, at)):
            return url
    return None


def join(path: str, key: str) -> str:
    """One step further down a JSON path."""
    return f"{path}.{key}" if path else key


def _link(element: Any, url: str, reading: Reading, path: str) -> dict[str, Any]:
    link: dict[str, Any] = {"id": url}
    if not isinstance(element, dict):
        return link
    link["label"] = read_language_map(element.get("label"), reading, f"{path}.label")
    for name, keys in (("type", ("type", "@type")), ("format", ("format",))):
        if text := first_text(element, *keys):
            link[name] = text
    if profile := next((t for t in map(text_of, as_list(element.get("profile"))) if t), ""):
        link["profile"] = profile
    if languages := [t for t in map(text_of, as_list(element.get("language"))) if t]:
        link["language"] = languages
    return link
