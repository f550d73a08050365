"""The collections we publish, in Presentation 3.0 (section 5.1), built with iiif-prezi3.

Pure: entries in, a JSON object out.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import iiif_prezi3

from iiifsearch.presentation.language import LanguageMap, language_map

Label = str | Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ManifestEntry:
    """A manifest that a collection lists; ``thumbnail`` is the URL of a JPEG, ``homepage`` that of
    the page of the one painting that it is listed for."""

    id: str
    label: Label
    thumbnail: str | None = None
    homepage: str | None = None


@dataclass(frozen=True, slots=True)
class CollectionEntry:
    """A collection within a collection, by reference."""

    id: str
    label: Label
    thumbnail: str | None = None


def collection(
    id: str,
    label: Label,
    items: Sequence[ManifestEntry | CollectionEntry],
    *,
    service: Sequence[Mapping[str, Any]] = (),
    summary: Label | None = None,
    rights: str = "",
    thumbnail: str | None = None,
    homepage: str | None = None,
    see_also: Sequence[Mapping[str, Any]] = (),
    part_of: Sequence[CollectionEntry] = (),
) -> dict[str, Any]:
    """A Collection at ``id``; ``service`` is what `services.service_block` gives, ``homepage`` the
    address of its page.

    Raises pydantic's ``ValidationError`` (a ``ValueError``) where an id is no URL.
    """
    properties: dict[str, Any] = {
        "id": id,
        "label": _label(label),
        "items": [_reference(item) for item in items],
    }
    if texts := language_map(summary):
        properties["summary"] = texts
    if rights:
        properties["rights"] = rights
    if thumbnail:
        properties["thumbnail"] = [_jpeg(thumbnail)]
    if homepage:
        properties["homepage"] = [_page(homepage, _label(label))]
    if see_also:
        properties["seeAlso"] = [dict(entry) for entry in see_also]
    if part_of:
        properties["partOf"] = [_reference(entry) for entry in part_of]
    if service:
        properties["service"] = [dict(entry) for entry in service]
    built = iiif_prezi3.Collection(**properties)
    # Through JSON, for the library's dicts hold URL objects.
    result: dict[str, Any] = json.loads(built.json())
    return result


def _reference(entry: ManifestEntry | CollectionEntry) -> dict[str, Any]:
    reference: dict[str, Any] = {
        "id": entry.id,
        "type": "Manifest" if isinstance(entry, ManifestEntry) else "Collection",
        "label": _label(entry.label),
    }
    if entry.thumbnail:
        reference["thumbnail"] = [_jpeg(entry.thumbnail)]
    if isinstance(entry, ManifestEntry) and entry.homepage:
        reference["homepage"] = [_page(entry.homepage, reference["label"])]
    return reference


def _jpeg(url: str) -> dict[str, str]:
    return {"id": url, "type": "Image", "format": "image/jpeg"}


def _page(url: str, label: LanguageMap) -> dict[str, Any]:
    return {"id": url, "type": "Text", "label": label, "format": "text/html"}


def _label(label: Label) -> LanguageMap:
    """A label is required (section 3.1): what has none is called so."""
    return language_map(label) or {"en": ["Untitled"]}
