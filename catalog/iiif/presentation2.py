"""Manifests and collections of Presentation API 2.0 and 2.1 (and shared-canvas before them).

Source: Presentation API 2.1, sections 5.1 (manifest), 5.2 (sequence), 5.8 (collection),
appendix on paging (``first``, ``next``, ``total``).
"""

from __future__ import annotations

from typing import Any

from catalog.iiif.canvas import read_canvas, unreadable_canvas
from catalog.iiif.collection import build_collection, member_of
from catalog.iiif.kinds import container_of
from catalog.iiif.manifest import begin, build_manifest, settle_id
from catalog.iiif.reading import Reading
from catalog.iiif.shapes import flattened, id_of, types_of
from catalog.iiif.types import CollectionMember, ParsedCanvas, ParsedCollection, ParsedManifest


def read_manifest(obj: dict[str, Any], reading: Reading) -> ParsedManifest:
    """A manifest object; `Reading.version` is 2."""
    raw_id = begin(obj, reading)
    canvases = [_canvas(e, i, reading, at) for i, (e, at) in enumerate(_canvases(obj, reading))]
    return build_manifest(obj, raw_id, canvases, reading)


def read_collection(obj: dict[str, Any], reading: Reading) -> ParsedCollection:
    """A collection object: ``members``, ``manifests`` and ``collections``, each member once."""
    raw_id = settle_id(obj, reading)
    members: list[CollectionMember] = []
    inner = read_collection, read_manifest
    for key, kind in (("members", None), ("collections", "collection"), ("manifests", "manifest")):
        for element, at in flattened(obj.get(key), key):
            members += member_of(element, kind, inner, reading, at)
    if not members and obj.get("items"):
        reading.warn("mixed-versions", "The collection has 'items' of another version.")
        for element, at in flattened(obj["items"], "items"):
            members += member_of(element, None, inner, reading, at)
    return build_collection(obj, raw_id, members, reading)


def _canvases(obj: dict[str, Any], reading: Reading) -> list[tuple[Any, str]]:
    """The elements of the first sequence that has canvases. Others are told, not read:
    they are other orders of the same canvases (2.1, section 5.2)."""
    if isinstance(obj.get("sequences"), dict):
        reading.warn("list-expected", "'sequences' is one object, not a list.", "sequences")
    chosen: list[tuple[Any, str]] = []
    chosen_path = ""
    for sequence, at in flattened(obj.get("sequences"), "sequences"):
        if not isinstance(sequence, dict):
            reading.warn("sequence-by-reference", "A sequence is only a reference; not read.", at)
            continue
        canvases = list(flattened(sequence.get("canvases"), f"{at}.canvases"))
        if not canvases and sequence.get("items"):
            canvases = list(flattened(sequence["items"], f"{at}.items"))
        if not canvases:
            where = id_of(sequence)
            reading.warn("sequence-empty", f"A sequence holds no canvases ({where}).", at)
        elif chosen:
            reading.warn(
                "several-sequences",
                f"Another sequence of {len(canvases)} canvases is left out; {chosen_path} is read.",
                at,
            )
        else:
            chosen, chosen_path = canvases, at
    for key in ("canvases", "items"):
        if not chosen and obj.get(key):
            reading.warn("sequence-missing", f"The manifest holds its canvases in {key!r}.", key)
            chosen = list(flattened(obj[key], key))
    if obj.get("mediaSequences"):
        reading.warn(
            "media-sequences", "Sound, video or documents outside canvases are left out.",
            "mediaSequences",
        )  # fmt: skip
    return chosen


def _canvas(element: Any, position: int, reading: Reading, path: str) -> ParsedCanvas:
    if container := container_of(types_of(element)):
        kind, what = container
        return unreadable_canvas(element, position, kind, f"It is {what}.", reading, path)
    if isinstance(element, dict):
        return read_canvas(element, position, reading, path)
    reason = "The manifest only refers to this canvas and does not hold it."
    return unreadable_canvas(element, position, "unknown", reason, reading, path)
