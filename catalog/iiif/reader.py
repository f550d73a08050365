"""Bytes to a manifest, a collection, a stream, a page of annotations. The door to this package.

Whatever the bytes are, either a value comes back or an `IIIFError` is raised.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Literal

from catalog.iiif import discovery, presentation2, presentation3
from catalog.iiif.annotations import is_page, read_annotation, read_page
from catalog.iiif.decoding import decode
from catalog.iiif.errors import NotIIIF, TooDeep
from catalog.iiif.html import plain_text
from catalog.iiif.identity import normalise_uri
from catalog.iiif.reading import Reading
from catalog.iiif.shapes import as_list, flattened, id_of, text_of, types_of
from catalog.iiif.types import Parsed, ParsedAnnotation, ParsedAnnotationPage

_PRESENTATION = re.compile(r"presentation/(\d)(?:[./]|$)", re.IGNORECASE | re.ASCII)
_SHARED_CANVAS = re.compile(r"shared-?canvas", re.IGNORECASE)

_OTHERWISE: dict[str, tuple[str, str]] = {
    "sequence": ("a single sequence", "Give the URL of the manifest it belongs to."),
    "canvas": ("a single canvas", "Give the URL of the manifest it belongs to."),
    "range": ("a range, a table of contents", "Give the URL of the manifest it belongs to."),
    "layer": ("a layer of annotations", "Give the URL of the manifest it belongs to."),
    "annotation": ("an annotation", "Give the URL of the manifest it belongs to."),
    "annotationlist": ("a list of annotations", "Give the URL of the manifest it belongs to."),
    "annotationpage": ("a page of annotations", "Give the URL of the manifest it belongs to."),
}


def read(data: bytes, url: str, content_type: str | None = None) -> Parsed:
    """Read what was fetched from ``url`` (the last one, after redirects).

    ``content_type`` is the HTTP header, if known; it only helps with odd character sets.
    Raises `IIIFError`: EmptyDocument, NotJSON, Truncated, TooDeep, NotIIIF.
    """
    reading = Reading(url=url)
    try:
        return _read(_object(decode(data, reading, content_type), reading), reading)
    except RecursionError as error:
        raise TooDeep("The JSON is nested too deeply to be read.", url=url) from error


def _read(obj: dict[str, Any], reading: Reading) -> Parsed:
    streamed = discovery.kind_of(obj)
    if streamed == "stream":
        return discovery.read_stream(obj, reading)
    if streamed == "page":
        return discovery.read_page(obj, reading)
    kind = _kind(obj, reading)
    reading.version = _version(obj, reading)
    if reading.version == 2:
        if kind == "manifest":
            return presentation2.read_manifest(obj, reading)
        return presentation2.read_collection(obj, reading)
    if kind == "manifest":
        return presentation3.read_manifest(obj, reading)
    return presentation3.read_collection(obj, reading)


def read_annotation_page(
    data: bytes,
    url: str,
    content_type: str | None = None,
    sizes: Mapping[str, tuple[float, float]] | None = None,
) -> ParsedAnnotationPage:
    """Read a page or list of annotations fetched from ``url``: AnnotationPage, sc:AnnotationList,
    a bare list of annotations, one annotation, a search response.

    ``sizes`` maps canvas ids to (width, height) in canvas units; regions in percent are made out
    by it, and stay unknown, with a warning, without. Raises `IIIFError` as `read` does.
    """
    by_identity = {normalise_uri(canvas): size for canvas, size in (sizes or {}).items()}

    def size_of(canvas: str) -> tuple[float, float] | None:
        return by_identity.get(normalise_uri(canvas))

    reading = Reading(url=url, base=url)
    found: list[ParsedAnnotation] = []
    next_page = None
    try:
        value = decode(data, reading, content_type)
        if isinstance(value, dict):
            types = types_of(value)
            reading.base = reading.absolute(id_of(value), "id") if id_of(value) else url
            reading.base = reading.base or url
            if "annotation" in types or (not is_page(value) and _has_body(value)):
                found = list(read_annotation(value, "", size_of, reading, ""))
            elif is_page(value) or not types:
                _require_page(value, reading)
                found = list(read_page(value, "", size_of, reading, ""))
                next_page = _next(value, bool(found), reading)
            else:
                raise NotIIIF(
                    f"This is a {types[0]}, not a page of annotations.",
                    url=url,
                    fix="Give the URL of an AnnotationPage or sc:AnnotationList.",
                )
        elif isinstance(value, list):
            found = list(read_page(value, "", size_of, reading, ""))
        else:
            _object(value, reading)
    except RecursionError as error:
        raise TooDeep("The JSON is nested too deeply to be read.", url=url) from error
    return ParsedAnnotationPage(tuple(found), next_page, reading.warnings())


def _has_body(value: dict[str, Any]) -> bool:
    return any(key in value for key in ("body", "bodyValue", "resource"))


def _require_page(value: dict[str, Any], reading: Reading) -> None:
    keys = ("items", "resources", "annotations", "@graph", "rows", "first", "next", "otherContent")
    if types_of(value) or any(key in value for key in keys):
        return
    raise NotIIIF(_unlike(value, "a page of annotations"), url=reading.url)


def _next(value: dict[str, Any], has_items: bool, reading: Reading) -> str | None:
    keys = ("next",) if has_items else ("next", "first")
    for key in keys:
        for element in as_list(value.get(key)):
            if raw := id_of(element):
                found = reading.fetchable(raw, key)
                if found == reading.url:
                    reading.warn("page-cycle", "The next page is this page; ended here.", key)
                    return None
                return found or None
    return None


def _object(value: Any, reading: Reading) -> dict[str, Any]:
    if isinstance(value, list) and len(value) == 1 and isinstance(value[0], dict):
        reading.warn("list-of-one", "The document is a list of one object; that is read.")
        value = value[0]
    if isinstance(value, dict):
        return value
    if isinstance(value, list):
        raise NotIIIF(
            f"This is a list of {len(value)} things, not one manifest or collection.",
            url=reading.url,
        )
    name = "null" if value is None else type(value).__name__
    raise NotIIIF(f"This is a lone JSON value ({name}), not a manifest.", url=reading.url)


def _kind(obj: dict[str, Any], reading: Reading) -> Literal["manifest", "collection"]:
    """What it is: by its type where that agrees with its shape, by its shape otherwise."""
    types = types_of(obj)
    by_shape = _kind_by_shape(obj)
    if "manifest" in types:
        if by_shape == "collection" and not obj.get("sequences"):
            reading.warn("type-odd", "It is called a manifest and has the members of a collection.")
            return "collection"
        return "manifest"
    if "collection" in types:
        if by_shape == "manifest" and obj.get("sequences"):
            reading.warn("type-odd", "It is called a collection and has the shape of a manifest.")
            return "manifest"
        return "collection"
    for name in types:
        if name in _OTHERWISE:
            what, fix = _OTHERWISE[name]
            raise NotIIIF(f"This is {what}, not a manifest.", url=reading.url, fix=fix)
    if _is_image_info(obj):
        raise NotIIIF(
            "This is the info.json of an image service, not a manifest.",
            url=reading.url,
            fix="Give the URL of a manifest that shows this image.",
        )
    if by_shape is None:
        raise NotIIIF(_unlike(obj, "a manifest or a collection"), url=reading.url)
    said = f"The type {types[0]!r} is unknown" if types else "It has no type"
    reading.warn("type-missing", f"{said}; by its shape it is a {by_shape}.")
    return by_shape


def _kind_by_shape(obj: dict[str, Any]) -> Literal["manifest", "collection"] | None:
    if obj.get("sequences") or obj.get("canvases"):
        return "manifest"
    if any(isinstance(obj.get(key), list) for key in ("members", "manifests", "collections")):
        return "collection"
    for element, _ in flattened(obj.get("items"), ""):
        types = types_of(element)
        if "canvas" in types or "scene" in types or "timeline" in types:
            return "manifest"
        if "manifest" in types or "collection" in types:
            return "collection"
        if isinstance(element, dict) and ("items" in element or "images" in element):
            return "manifest"
    return None


def _is_image_info(obj: dict[str, Any]) -> bool:
    protocol = text_of(obj.get("protocol"))
    contexts = " ".join(text_of(c) for c in as_list(obj.get("@context")))
    if "api/image" in protocol or "api/image/" in contexts or "image-api" in contexts:
        return True
    return "width" in obj and "height" in obj and ("profile" in obj or "tiles" in obj)


def _unlike(obj: dict[str, Any], wanted: str) -> str:
    """What an object is that is not what it should be, in words for a person."""
    for key in ("error", "errors", "message", "detail", "error_description"):
        for element, _ in flattened(obj.get(key), ""):
            if isinstance(element, dict):
                element = next((text_of(v) for v in element.values() if text_of(v)), "")
            if said := text_of(element):
                return f"The server answers with a message: {plain_text(said)[:200]!r}."
    keys = ", ".join(repr(key[:30]) for key in list(obj)[:8]) or "none"
    return f"This JSON is not {wanted}; its keys are {keys}."


def _version(obj: dict[str, Any], reading: Reading) -> Literal[2, 3, 4]:
    """By the context and by the shape; where they differ the shape decides, for it is what
    has to be read."""
    contexts = [text_of(c) for c in as_list(obj.get("@context")) if isinstance(c, str)]
    said: int | None = None
    for context in contexts:
        if match := _PRESENTATION.search(context):
            said = max(int(match[1]), said or 0)
        elif _SHARED_CANVAS.search(context):
            said = said or 2
    shape = _version_by_shape(obj)
    if said not in (2, 3, 4):
        if not contexts:
            reading.warn("context-missing", f"There is no @context; read as version {shape}.")
        else:
            reading.warn(
                "context-unknown", f"@context {contexts[0]!r} is unknown; read as version {shape}."
            )
        return shape or 3
    if shape is None or shape == said or (shape == 3 and said == 4):
        return 4 if said == 4 else 3 if said == 3 else 2
    reading.warn(
        "context-mismatch", f"@context says version {said}, the shape is of {shape}; read so."
    )
    return shape


def _version_by_shape(obj: dict[str, Any]) -> Literal[2, 3] | None:
    """By what holds the contents, then by how type and id are spelt; None if it says nothing."""
    if any(obj.get(key) for key in ("sequences", "members", "manifests", "collections")):
        return 2
    if obj.get("items"):
        return 3
    if "@type" in obj and "type" not in obj:
        return 2
    if "type" in obj and "@type" not in obj:
        return 3
    label = obj.get("label")
    if isinstance(label, dict) and label and "@value" not in label:
        return 3
    return 2 if "@id" in obj or isinstance(label, str | list) else None
