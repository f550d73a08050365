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
    """A manifest that a collection lists; ``thumbnail`` is the URL of a JPEG."""

    id: str
    label: Label
    thumbnail: str | None = None


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
    part_of: Sequence[CollectionEntry] = (),
) -> dict[str, Any]:
    """A Collection at ``id``; ``service`` is what `services.service_block` gives.

    Raises pydantic's ``ValidationError`` (a ``ValueError``) where an id is no URL.
    """
    properties: dict[str, Any] = {
        "id": id,
        "label": _label(label),
        "items": [_reference(item) for item in items],
    }
    if service:
        properties["service"] = [dict(entry) for entry in service]
    if texts := language_map(summary):
        properties["summary"] = texts
    if part_of:
        properties["partOf"] = [_reference(entry) for entry in part_of]
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
        image = {"id": entry.thumbnail, "type": "Image", "format": "image/jpeg"}
        reference["thumbnail"] = [image]
    return reference


def _label(label: Label) -> LanguageMap:
    """A label is required (section 3.1): what has none is called so."""
    return language_map(label) or {"en": ["Untitled"]}
