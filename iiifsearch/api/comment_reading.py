"""What a request to write a comment says: a plain JSON object, or a W3C annotation.

Pure but for the words of its problems. An annotation is read as tolerantly as a harvested one
(`catalog.iiif.annotations`); but what would be lost in silence is refused here, for whoever sends
it can mend it. Its ``id``, ``creator``, ``created``, ``modified`` and ``label`` are not read: the
first four are ours to say, and a label is the painting's title where none was given.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from catalog import comment_values
from catalog.comment_values import CommentProblem, Region
from catalog.iiif.annotations import read_annotation
from catalog.iiif.reading import Reading
from catalog.iiif.shapes import as_list, id_of, text_of

_PLAIN = ("canvas", "text", "format", "language", "motivation", "rights", "label", "state", "xywh")
_ANNOTATION = ("target", "body", "bodyValue", "on", "resource", "motivatedBy", "@type", "type")
_TARGET = ("target", "on")
_BODY = ("body", "bodyValue", "resource", "chars", "cnt:chars", "value")
_RIGHTS = ("rights", "license", "dcterms:rights", "dcterms:license")
#: What the reader of annotations warns of, and what would be lost with it.
_LOST = {"region-unknown", "selector-unknown", "svg-unreadable"}
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")

Size = tuple[int, int] | None


@dataclass(frozen=True)
class Asked:
    """``canvas``: a key or a URI, "" where it is not said. ``values``: what is said, by the names
    of `catalog.commenting.write`. ``region``: gives that, once the canvas's size is known; None
    where nothing is said of it. It raises CommentProblem."""

    canvas: str
    values: dict[str, Any]
    region: Callable[[Size], Region | None] | None = None


def read(data: Any) -> Asked:
    """Raises CommentProblem where it is neither form, or says what cannot be kept."""
    if not isinstance(data, dict):
        raise CommentProblem({"detail": "A JSON object is wanted: a comment, or an annotation."})
    plain = "canvas" in data or "text" in data or not any(key in data for key in _ANNOTATION)
    try:
        asked = _plain(data) if plain else _annotation(data)
    except RecursionError as error:
        raise CommentProblem({"detail": "The JSON is nested too deeply."}) from error
    if _UNSTORABLE.search(asked.canvas) or len(asked.canvas) > 10_000:
        raise CommentProblem({"canvas": "This is no key and no URI of a canvas."})
    return asked


def _plain(data: dict[str, Any]) -> Asked:
    unknown = sorted(str(key)[:40] for key in data.keys() - set(_PLAIN))
    if unknown:
        told = f"Not known: {', '.join(unknown)}. Known: {', '.join(_PLAIN)}."
        raise CommentProblem({"detail": told})
    values: dict[str, str] = {}
    for name, value in data.items():
        if name == "xywh" and isinstance(value, list):
            value = ",".join(str(number) for number in value)
        if value is not None and not isinstance(value, str):
            raise CommentProblem({name: "A text is wanted."})
        if value is not None or name in ("language", "rights", "label", "xywh"):
            values[name] = value or ""
    canvas, box = values.pop("canvas", ""), values.pop("xywh", None)
    region = None if box is None else lambda within: comment_values.read_region(box, within)
    return Asked(canvas.strip(), values, region)


def _annotation(data: dict[str, Any]) -> Asked:
    found, _ = _parsed(data, None)
    values: dict[str, Any] = {}
    if len(found) > 1:
        raise CommentProblem({"target": "One target is wanted: write a comment for each."})
    if len(found[0].motivations) > 1:
        raise CommentProblem({"motivation": "One motivation is wanted."})
    if any(key in data for key in _BODY):
        texts = [body for body in found[0].bodies if body.value.strip()]
        if len(texts) != 1:
            told = f"One body with a text is wanted; {len(texts)} are there."
            raise CommentProblem({"body": told})
        values["text"] = texts[0].value
        values["format"] = texts[0].format or comment_values.PLAIN
        values["language"] = texts[0].language or ""
        if texts[0].purpose and not found[0].motivations:
            values["motivation"] = texts[0].purpose
    if found[0].motivations:
        values["motivation"] = found[0].motivations[0]
    for key in _RIGHTS:
        for value in as_list(data.get(key))[:1]:
            values["rights"] = id_of(value) if isinstance(value, dict) else text_of(value)
    canvas = found[0].target_canvas or ""
    if not any(key in data for key in _TARGET):
        return Asked(canvas, values)
    return Asked(canvas, values, lambda within: _region(data, within))


def _region(data: dict[str, Any], within: Size) -> Region | None:
    found, lost = _parsed(data, within)
    if lost:
        raise CommentProblem({"target": " ".join(lost)})
    return None if found[0].target is None else found[0].target.rounded_out()


def _parsed(data: dict[str, Any], within: Size) -> tuple[list[Any], list[str]]:
    reading = Reading(url="")
    found = list(read_annotation(data, "", lambda _canvas: within, reading, ""))
    lost = [warning.message for warning in reading.warnings() if warning.code in _LOST]
    return found, lost
