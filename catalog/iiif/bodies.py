"""The words of an annotation, wherever its body keeps them.

Sources: Web Annotation Data Model, sections 3.2.4 (TextualBody), 3.2.6 (bodyValue) and 3.2.7
(choices); Open Annotation (``cnt:ContentAsText``, ``oa:Tag``); Presentation API 2.1, section 6.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from catalog.iiif.descriptive import join
from catalog.iiif.language import NONE, read_language_map
from catalog.iiif.reading import Reading
from catalog.iiif.shapes import as_list, first_text, flattened, id_of, text_of, types_of
from catalog.iiif.types import TextBody

_TEXT_KEYS = ("value", "chars", "cnt:chars", "@value", "rdf:value", "oa:text")
_URI = re.compile(r"^[A-Za-z][A-Za-z0-9+.\-]*:[^\s]+$")
_HTML = re.compile(r"^\s*<.*>\s*$", re.DOTALL)


def read_bodies(obj: dict[str, Any], reading: Reading, path: str) -> Iterator[TextBody]:
    """Every text an annotation says, in order."""
    if (value := obj.get("bodyValue")) is not None:
        yield from _texts(value, {}, reading, join(path, "bodyValue"))
    for key in ("body", "resource"):
        for element, at in flattened(obj.get(key), join(path, key)):
            yield from _read(element, reading, at)
    if not any(key in obj for key in ("body", "resource", "bodyValue")):
        # The text without a body around it.
        for name in ("chars", "cnt:chars", "value"):
            if name in obj:
                yield from _texts(obj[name], obj, reading, join(path, name))


def _read(element: Any, reading: Reading, path: str) -> Iterator[TextBody]:
    if isinstance(element, str):
        if not element.strip():
            return
        if _URI.match(element.strip()):
            reading.warn("body-is-reference", f"The body is only a URI: {element[:120]}", path)
            return
        reading.warn("body-as-text", "The body is a bare text.", path)
        yield from _texts(element, {}, reading, path)
        return
    if not isinstance(element, dict):
        yield from _texts(element, {}, reading, path)
        return
    key = next((k for k in _TEXT_KEYS if element.get(k) is not None), None)
    if key is not None:
        yield from _texts(element[key], element, reading, f"{path}.{key}")
        return
    inner = [k for k in ("items", "default", "item", "members", "full", "source") if element.get(k)]
    if inner:
        for name in inner:
            for part, at in flattened(element[name], f"{path}.{name}"):
                yield from _read(part, reading, at)
        return
    kind = next(iter(types_of(element)), "unknown")
    where = id_of(element)
    reading.warn("body-not-text", f"A body of type {kind!r} holds no text ({where[:120]}).", path)


def _texts(value: Any, body: dict[str, Any], reading: Reading, path: str) -> Iterator[TextBody]:
    language = next(
        (
            text
            for key in ("language", "@language", "dc:language", "dcterms:language")
            for text in map(text_of, as_list(body.get(key)))
            if text
        ),
        None,
    )
    if not _is_text_type(body):
        return
    media = first_text(body, "format", "dc:format", "dcterms:format").lower()
    purpose = next((t for t in map(text_of, as_list(body.get("purpose"))) if t), "")
    if not purpose and "tag" in types_of(body):
        purpose = "tagging"  # oa:Tag
    for tag, texts in read_language_map(value, reading, path).items():
        for text in texts:
            yield TextBody(
                value=text,
                format=media or ("text/html" if _HTML.match(text) else "text/plain"),
                language=language if tag == NONE else tag,
                purpose=re.split(r"[:/#]", purpose)[-1] or None,
            )


def _is_text_type(body: dict[str, Any]) -> bool:
    # A selector or a style also has a "value"; it is nothing that anybody says.
    return not any(t.endswith("selector") or "stylesheet" in t for t in types_of(body))
