"""Manifests and collections of Presentation API 3.0, and of 4.0 as far as its canvases go.

Sources: Presentation API 3.0, sections 5.1 (collection) and 5.2 (manifest); 4.0 (release
candidate): a manifest may also hold Scenes (three dimensions) and Timelines (sound).
"""

from __future__ import annotations

from typing import Any

from catalog.iiif.canvas import SIDES, read_canvas, unreadable_canvas
from catalog.iiif.collection import build_collection, member_of
from catalog.iiif.descriptive import join
from catalog.iiif.kinds import container_of
from catalog.iiif.manifest import begin, build_manifest, settle_id
from catalog.iiif.reading import Reading
from catalog.iiif.shapes import flattened, types_of
from catalog.iiif.types import CollectionMember, ParsedCanvas, ParsedCollection, ParsedManifest

_CANVAS_KEYS = ("items", "images", "width", "height", "duration", "annotations")


def read_manifest(obj: dict[str, Any], reading: Reading) -> ParsedManifest:
    """A manifest object; `Reading.version` is 3 or 4."""
    raw_id = begin(obj, reading)
    value, key = obj.get("items"), "items"
    if not value and obj.get("canvases"):
        value, key = obj["canvases"], "canvases"
        reading.warn("mixed-versions", "The manifest has 'canvases' of another version.", key)
    if isinstance(value, dict):
        reading.warn("list-expected", f"{key!r} is one object, not a list.", key)
    canvases: list[ParsedCanvas] = []
    for element, at in flattened(value, key):
        _read_item(element, canvases, reading, at)
    for side in SIDES:
        if isinstance(obj.get(side), dict):
            reading.warn("side-canvas", f"{side} shows no part of the work; left out.", side)
    return build_manifest(obj, raw_id, canvases, reading)


def read_collection(obj: dict[str, Any], reading: Reading) -> ParsedCollection:
    """A collection object, and the pseudo-pages that some publish as its last member."""
    raw_id = settle_id(obj, reading)
    members: list[CollectionMember] = []
    inner = read_collection, read_manifest
    for key in ("items", "members", "collections", "manifests"):
        kind = {"collections": "collection", "manifests": "manifest"}.get(key)
        found = list(flattened(obj.get(key), key))
        if found and key != "items":
            reading.warn("mixed-versions", f"The collection has {key!r} of another version.", key)
        for element, at in found:
            members += member_of(element, kind, inner, reading, at)
    return build_collection(obj, raw_id, members, reading)


def _read_item(element: Any, canvases: list[ParsedCanvas], reading: Reading, path: str) -> None:
    position = len(canvases)

    def skip(kind: Any, reason: str) -> None:
        canvases.append(unreadable_canvas(element, position, kind, reason, reading, path))

    if not isinstance(element, dict):
        skip("unknown", "The manifest only refers to this canvas and does not hold it.")
        return
    types = types_of(element)
    if container := container_of(types):
        kind, what = container
        skip(kind, f"It is {what}.")
    elif "canvas" in types:
        canvases.append(read_canvas(element, position, reading, path))
    elif "range" in types or "sequence" in types:
        reading.warn("items-nested", f"The canvases lie within a {types[0]}.", path)
        for key in ("items", "canvases"):
            for inner, at in flattened(element.get(key), join(path, key)):
                _read_item(inner, canvases, reading, at)
    elif "manifest" in types or "collection" in types:
        skip("unknown", f"It is a {types[0]} within the manifest, not a canvas.")
    elif "annotationpage" in types or "annotation" in types:
        reading.warn("items-nested", "A page of annotations stands where a canvas should.", path)
        canvases.append(read_canvas({"items": [element]}, position, reading, path))
    elif any(key in element for key in _CANVAS_KEYS):
        said = f"of the unknown type {types[0]!r}" if types else "without a type"
        reading.warn("type-missing", f"An item {said} is read as a canvas, by its shape.", path)
        canvases.append(read_canvas(element, position, reading, path))
    else:
        skip("unknown", f"An item of type {types[0] if types else '(none)'!r} is not read.")
