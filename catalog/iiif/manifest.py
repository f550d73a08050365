"""What manifests of every version have in common, once their canvases are found."""

from __future__ import annotations

from typing import Any

from catalog.iiif import descriptive
from catalog.iiif.annotations import read_attached
from catalog.iiif.auth import note_services
from catalog.iiif.canvas import without_repeats
from catalog.iiif.descriptive import join
from catalog.iiif.identity import normalise_uri
from catalog.iiif.reading import Reading
from catalog.iiif.shapes import id_of
from catalog.iiif.types import ParsedCanvas, ParsedManifest


def settle_id(obj: dict[str, Any], reading: Reading) -> str | None:
    """Decide the document's own id (`Reading.base`); returns the raw one, None if missing."""
    raw = id_of(obj)
    reading.base = reading.url
    if not raw:
        reading.warn("id-missing", f"The document has no id; its URL stands in: {reading.url}")
        return None
    reading.base = reading.absolute(raw, "id") or reading.url
    return raw


def begin(obj: dict[str, Any], reading: Reading) -> str | None:
    """What comes before the canvases of a manifest: `settle_id`, and the services it describes."""
    raw = settle_id(obj, reading)
    if note_services(obj, reading):
        reading.warn("login-service", "The manifest names a login; some images may be restricted.")
    return raw


def build_manifest(
    obj: dict[str, Any], raw_id: str | None, canvases: list[ParsedCanvas], reading: Reading
) -> ParsedManifest:
    """The manifest around its canvases. ``begin`` comes first."""
    sizes = {normalise_uri(c.id): (c.width, c.height) for c in canvases if c.width and c.height}

    def size_of(canvas: str) -> tuple[float, float] | None:
        return sizes.get(normalise_uri(canvas)) if canvas else None

    annotations, refs = [], []
    for key in ("annotations", "otherContent"):
        found, urls = read_attached(obj.get(key), "", size_of, reading, join("", key))
        annotations += found
        refs += urls
    unique = without_repeats(canvases, reading)
    if not unique:
        reading.warn("no-canvases", "The manifest has no canvases.")
    label = descriptive.read_label(obj, reading, "")
    if not label:
        reading.warn("label-missing", "The manifest has no label.")
    return ParsedManifest(
        id=reading.base,
        raw_id=raw_id,
        version=reading.version,
        label=label,
        summary=descriptive.read_summary(obj, reading, ""),
        metadata=descriptive.read_metadata(obj, reading, ""),
        rights=descriptive.read_rights(obj, reading, ""),
        required_statement=descriptive.read_required_statement(obj, reading, ""),
        homepage=descriptive.read_links(obj, ("homepage", "related"), reading, ""),
        provider=descriptive.read_provider(obj, reading, ""),
        thumbnail=descriptive.read_thumbnail(obj, reading, ""),
        see_also=descriptive.read_links(obj, ("seeAlso",), reading, ""),
        canvases=unique,
        annotations=tuple(annotations),
        annotation_refs=tuple(dict.fromkeys(refs)),
        warnings=reading.warnings(),
        raw=obj,
    )
