"""One canvas, in Presentation 2, 3 or 4, and in mixtures of them.

Sources: Presentation API 2.1, section 5.3; 3.0, section 5.3; 4.0 (release candidate): a Canvas
is as in 3.0.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from catalog.geometry import Rect
from catalog.iiif import descriptive
from catalog.iiif.annotations import is_page, read_annotation, read_attached
from catalog.iiif.content import Painted, read_content
from catalog.iiif.descriptive import join
from catalog.iiif.identity import (
    normalise_uri,
    synthesised_annotation_id,
    synthesised_canvas_id,
)
from catalog.iiif.language import NONE
from catalog.iiif.reading import Reading
from catalog.iiif.shapes import as_list, flattened, id_of, number, text_of, types_of
from catalog.iiif.targets import SizeOf, read_targets
from catalog.iiif.types import CanvasKind, ParsedAnnotation, ParsedCanvas, ParsedImage, TextBody

_PAINTING = "painting"
#: Types of things that stand among paintings without an annotation around them.
_CONTENT_TYPES = ("image", "stillimage", "choice", "video", "sound", "movingimage", "model")

#: Canvases that stand in or go with another one (3.0, section 3.1; 4.0 calls them containers).
SIDES = (
    *("placeholderCanvas", "accompanyingCanvas"),
    *("placeholderContainer", "accompanyingContainer"),
)

_REASONS: dict[CanvasKind, str] = {
    "audio": "It holds sound, nothing to look at.",
    "video": "It holds a video; only still images are read.",
    "3d": "It holds a three-dimensional model; only still images are read.",
    "text": "It holds a text, no image.",
    "empty": "Nothing is painted on it.",
    "unknown": "What is painted on it is of no kind that is known.",
}


def read_canvas(obj: dict[str, Any], position: int, reading: Reading, path: str) -> ParsedCanvas:
    """A canvas object. It always comes back; ``skipped_reason`` says why it shows nothing."""
    raw_id = id_of(obj)
    given_id = reading.absolute(raw_id, path) if raw_id else ""
    width = number(obj.get("width"), reading, join(path, "width"))
    height = number(obj.get("height"), reading, join(path, "height"))
    size = (width, height) if width and height else None

    def size_of(canvas: str) -> tuple[float, float] | None:
        return size if not canvas or not given_id or _same(canvas, given_id) else None

    painted = Painted()
    annotations: list[ParsedAnnotation] = []
    for annotation, at in _painting_candidates(obj, reading, path):
        if _is_painting(annotation, reading, at):
            one = _read_painting(annotation, given_id, size_of, reading, at)
            painted.add(one)
            annotations += _captions(annotation, one, given_id, reading, at)
        else:
            annotations += read_annotation(annotation, given_id, size_of, reading, at)

    canvas_id = given_id or synthesised_canvas_id(reading.base, position, _first_of(painted))
    if not given_id:
        reading.warn("canvas-without-id", f"The canvas has no id; named {canvas_id}.", path)
        annotations = [replace(a, target_canvas=a.target_canvas or canvas_id) for a in annotations]
    refs: list[str] = []
    for key in ("annotations", "otherContent"):
        found, urls = read_attached(obj.get(key), canvas_id, size_of, reading, join(path, key))
        annotations += found
        refs += urls
    _tell_left_out(obj, reading, path)
    kind = _kind(painted)
    if kind == "image" and size is None:
        reading.warn("canvas-without-size", "The canvas has no usable width and height.", path)
    return ParsedCanvas(
        id=canvas_id,
        raw_id=raw_id or None,
        id_synthesised=not given_id,
        position=position,
        label=descriptive.read_label(obj, reading, path),
        summary=descriptive.read_summary(obj, reading, path),
        metadata=descriptive.read_metadata(obj, reading, path),
        rights=descriptive.read_rights(obj, reading, path),
        required_statement=descriptive.read_required_statement(obj, reading, path),
        width=width,
        height=height,
        duration=number(obj.get("duration"), reading, join(path, "duration")),
        thumbnail=descriptive.read_thumbnail(obj, reading, path),
        kind=kind,
        skipped_reason=painted.reasons.get(kind) or _REASONS.get(kind) if kind != "image" else None,
        images=tuple(painted.images),
        annotations=tuple(annotations),
        annotation_refs=tuple(dict.fromkeys(refs)),
    )


def unreadable_canvas(
    element: Any, position: int, kind: CanvasKind, reason: str, reading: Reading, path: str
) -> ParsedCanvas:
    """A place in the manifest that holds no canvas one could read; kept, so that it is seen."""
    raw_id = id_of(element)
    given_id = reading.absolute(raw_id, path) if raw_id else ""
    obj = element if isinstance(element, dict) else {}
    reading.warn("canvas-skipped", reason, path)
    return ParsedCanvas(
        id=given_id or synthesised_canvas_id(reading.base, position, ""),
        raw_id=raw_id or None,
        id_synthesised=not given_id,
        position=position,
        label=descriptive.read_label(obj, reading, path),
        kind=kind,
        skipped_reason=reason,
    )


def without_repeats(canvases: list[ParsedCanvas], reading: Reading) -> tuple[ParsedCanvas, ...]:
    """Canvases whose ids are unique by `normalise_uri`.

    The same canvas twice is left out the second time, another one under the same id gets a
    synthesised id; both with a warning.
    """
    seen: dict[str, ParsedCanvas] = {}
    kept: list[ParsedCanvas] = []
    for canvas in canvases:
        key = normalise_uri(canvas.id)
        first = seen.get(key)
        if first is not None:
            where = f"canvas {canvas.position + 1}"
            if first.images == canvas.images:
                reading.warn(
                    "canvas-repeated",
                    f"{where} is canvas {first.position + 1} again; left out.",
                )
                continue
            image = _first_of(Painted(list(canvas.images)))
            new_id = synthesised_canvas_id(reading.base, canvas.position, image)
            reading.warn(
                "canvas-id-taken",
                f"{where} has the id of canvas {first.position + 1} but other images;"
                f" named {new_id}.",
            )
            canvas = replace(canvas, id=new_id, id_synthesised=True)
            key = normalise_uri(new_id)
        seen[key] = canvas
        kept.append(canvas)
    return tuple(kept)


def _painting_candidates(
    obj: dict[str, Any], reading: Reading, path: str
) -> Iterator[tuple[dict[str, Any], str]]:
    """The annotations that paint: of ``images`` (2.1), of the pages in ``items`` (3.0)."""
    native, other = ("images", "items") if reading.version == 2 else ("items", "images")
    for key in (native, other):
        value = obj.get(key)
        if not value:
            continue
        if key == other:
            reading.warn("mixed-versions", f"The canvas has {key!r} of another version.", path)
        elif isinstance(value, dict) and key == "images":
            reading.warn("list-expected", f"{key!r} is one object, not a list.", join(path, key))
        yield from _annotations_in(value, reading, join(path, key))


def _annotations_in(
    value: Any, reading: Reading, path: str
) -> Iterator[tuple[dict[str, Any], str]]:
    for element, at in flattened(value, path):
        if isinstance(element, str):
            reading.warn(
                "painting-by-reference", f"Only a reference, not followed: {element[:120]}", at
            )
        elif not isinstance(element, dict):
            reading.warn("painting-not-object", "Not an annotation; left out.", at)
        elif is_page(element):
            if not any(element.get(key) for key in ("items", "resources")):
                reading.warn("painting-by-reference", "The page holds nothing itself.", at)
            for key in ("items", "resources"):
                yield from _annotations_in(element.get(key), reading, join(at, key))
        elif any(key in element for key in ("body", "resource", "bodyValue")):
            yield element, at
        elif set(types_of(element)) & set(_CONTENT_TYPES) or (
            "service" in element and "annotation" not in types_of(element)
        ):
            reading.warn("image-without-annotation", "An image without annotation around it.", at)
            yield {"motivation": _PAINTING, "body": element}, at
        elif isinstance(element.get("items"), list):
            yield from _annotations_in(element["items"], reading, join(at, "items"))
        else:
            reading.warn("painting-without-body", "A painting annotation holds nothing.", at)


def _is_painting(annotation: dict[str, Any], reading: Reading, path: str) -> bool:
    raw = [
        id_of(m) if isinstance(m, dict) else text_of(m)
        for key in ("motivation", "motivatedBy")
        for m in as_list(annotation.get(key))
    ]
    names = [re.split(r"[:/#]", text)[-1].lower() for text in raw if text]
    if not names:
        reading.warn("motivation-missing", "No motivation is given; read as painting.", path)
        return True
    if _PAINTING in names:
        return True
    if reading.version == 2 and "resource" in annotation:
        # In 2.1 nothing but paintings may stand in "images" (section 5.3).
        reading.warn("motivation-odd", f"Motivation {names[0]!r} on an image; read all the same.")
        return True
    return False


def _read_painting(
    annotation: dict[str, Any], canvas_id: str, size_of: SizeOf, reading: Reading, path: str
) -> Painted:
    key = "target" if annotation.get("target") else "on"
    targets = list(read_targets(annotation.get(key), size_of, reading, join(path, key)))
    elsewhere = [t.canvas for t in targets if t.canvas and not _same(t.canvas, canvas_id)]
    if elsewhere and canvas_id:
        reading.warn(
            "painting-elsewhere",
            f"It is said to be painted on {elsewhere[0]}; read where it stands.",
            join(path, key),
        )
    if len(targets) > 1:
        reading.warn("several-targets", "Painted in several places; the first is read.", path)
    rect = _unless_whole(targets[0].rect, size_of(canvas_id)) if targets else None
    body = next((k for k in ("body", "resource") if annotation.get(k) is not None), "body")
    return read_content(annotation.get(body), rect, reading, join(path, body))


def _captions(
    annotation: dict[str, Any], painted: Painted, canvas_id: str, reading: Reading, path: str
) -> list[ParsedAnnotation]:
    """What a painting annotation says of its picture: exhibitions keep their captions there."""
    summary = descriptive.read_summary(annotation, reading, path)
    if not summary or not painted.images:
        return []
    said = [descriptive.read_label(annotation, reading, path), summary]
    raw_id = id_of(annotation)
    named = reading.absolute(raw_id, path) if raw_id else ""
    owner = named or canvas_id or reading.base
    return [
        ParsedAnnotation(
            id=synthesised_annotation_id(owner, str(said)),
            motivations=("describing",),
            bodies=tuple(
                TextBody(text, language=None if tag == NONE else tag)
                for texts in said
                for tag, values in texts.items()
                for text in values
            ),
            target_canvas=canvas_id or None,
            target=painted.images[0].target,
            id_synthesised=True,
        )
    ]


def _unless_whole(rect: Rect | None, size: tuple[float, float] | None) -> Rect | None:
    return None if rect is not None and size and rect == Rect.of_size(*size) else rect


def _same(one: str, other: str) -> bool:
    return one == other or normalise_uri(one) == normalise_uri(other)


def _first_of(painted: Painted) -> str:
    image: ParsedImage | None = next(iter(painted.images), None)
    if image is None:
        return ""
    return image.service.id if image.service else image.url


def _kind(painted: Painted) -> CanvasKind:
    """What one sees: an image if there is one, or else the first thing there is."""
    if painted.images:
        return "image"
    return next((k for k in painted.kinds if k != "image"), "empty")


def _tell_left_out(obj: dict[str, Any], reading: Reading, path: str) -> None:
    for key in SIDES:
        if isinstance(obj.get(key), dict):
            reading.warn("side-canvas", f"{key} shows no part of the work; left out.", path)
