"""Annotations that say something about a canvas: comments, descriptions, tags, transcripts.

Sources: Web Annotation Data Model (sections 3 and 4), Open Annotation as in Presentation API
2.1 (sections 5.5 and 6), Presentation 3.0 (sections 5.5, 5.6), Content as Text (``cnt:chars``).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from catalog.iiif.bodies import read_bodies
from catalog.iiif.descriptive import join
from catalog.iiif.identity import synthesised_annotation_id
from catalog.iiif.language import best, read_language_map
from catalog.iiif.reading import Reading
from catalog.iiif.shapes import as_list, first_text, flattened, id_of, text_of, types_of
from catalog.iiif.targets import SizeOf, Target, read_targets
from catalog.iiif.types import ParsedAnnotation

_PAGE_KEYS = ("items", "resources", "annotations", "@graph", "rows")
_PAGE_TYPES = ("annotationpage", "annotationlist", "annotationcollection", "layer")


def is_page(obj: dict[str, Any]) -> bool:
    """Whether an object is a list of annotations, by its type or by its shape."""
    types = types_of(obj)
    if any(t in _PAGE_TYPES for t in types):
        return True
    if types:
        return False
    return any(isinstance(obj.get(key), list) for key in _PAGE_KEYS[:2])


def read_attached(
    value: Any, owner: str, size_of: SizeOf, reading: Reading, path: str
) -> tuple[list[ParsedAnnotation], list[str]]:
    """``annotations`` (3.0) or ``otherContent`` (2.1): what is embedded, and the URLs of the rest.

    ``owner`` is the absolute id of the canvas they hang on, which stands in for a missing
    target; "" at a manifest.
    """
    found: list[ParsedAnnotation] = []
    refs: list[str] = []
    for element, at in flattened(value, path):
        if isinstance(element, str):
            if element.strip() and (url := reading.fetchable(element, at)):
                refs.append(url)
        elif not isinstance(element, dict):
            reading.warn("annotations-unknown", "Neither a page nor a reference; left out.", at)
        elif any(isinstance(element.get(key), list | dict) for key in _PAGE_KEYS):
            found += read_page(element, owner, size_of, reading, at)
        elif "body" in element or "resource" in element or "bodyValue" in element:
            reading.warn("annotation-outside-page", "An annotation hangs there without page.", at)
            found += read_annotation(element, owner, size_of, reading, at)
        elif url := id_of(element):
            if url := reading.fetchable(url, at):
                refs.append(url)
        else:
            reading.warn("annotations-unknown", "A page holds nothing and has no id.", at)
    return found, list(dict.fromkeys(refs))


def read_page(
    page: Any, owner: str, size_of: SizeOf, reading: Reading, path: str
) -> Iterator[ParsedAnnotation]:
    """Every annotation of a page, pages within pages included."""
    if isinstance(page, list):
        content, where = page, path
    else:
        key = next((k for k in _PAGE_KEYS if isinstance(page.get(k), list | dict)), None)
        if key is None:
            return
        content, where = page[key], join(path, key)
    for element, at in flattened(content, where):
        if not isinstance(element, dict):
            reading.warn("annotation-not-object", "Not an annotation; left out.", at)
        elif is_page(element):
            yield from read_page(element, owner, size_of, reading, at)
        else:
            yield from read_annotation(element, owner, size_of, reading, at)


def read_annotation(
    obj: dict[str, Any], owner: str, size_of: SizeOf, reading: Reading, path: str
) -> Iterator[ParsedAnnotation]:
    """One annotation, once for each of its targets."""
    bodies = tuple(read_bodies(obj, reading, path))
    if not bodies:
        reading.warn("annotation-without-text", "The annotation says nothing in words.", path)
    raw_id = id_of(obj)
    absolute = reading.absolute(raw_id, path) if raw_id else ""
    base = absolute or synthesised_annotation_id(
        owner or reading.base, json.dumps(obj, sort_keys=True, default=str)
    )
    if not raw_id:
        reading.warn("annotation-without-id", f"The annotation has no id; named {base}.", path)
    for index, target in enumerate(_targets(obj, owner, size_of, reading, path)):
        yield ParsedAnnotation(
            id=base if index == 0 else f"{base}#target-{index + 1}",
            motivations=_motivations(obj),
            bodies=bodies,
            target_canvas=target.canvas or None,
            target=target.rect,
            creator=_creator(obj, reading, path),
            created=_first(obj, "created", "dcterms:created", "dc:created", "oa:annotatedAt"),
            modified=_first(obj, "modified", "dcterms:modified", "oa:serializedAt"),
            raw_id=raw_id or None,
            id_synthesised=not absolute,
        )


def _targets(
    obj: dict[str, Any], owner: str, size_of: SizeOf, reading: Reading, path: str
) -> list[Target]:
    key = "target" if obj.get("target") else "on"
    targets = list(read_targets(obj.get(key), size_of, reading, join(path, key)))
    if not targets:
        if owner:
            reading.warn("annotation-without-target", "Read as about its canvas.", path)
        else:
            reading.warn("annotation-without-target", "What it is about is not said.", path)
        return [Target(owner)]
    distinct = list(dict.fromkeys(Target(t.canvas or owner, t.rect) for t in targets))
    return distinct


def _motivations(obj: dict[str, Any]) -> tuple[str, ...]:
    """``motivation`` without prefix: "oa:commenting" and its full URI are "commenting"."""
    raw: list[str] = []
    for key in ("motivation", "motivatedBy", "oa:motivatedBy"):
        raw += [id_of(e) if isinstance(e, dict) else text_of(e) for e in as_list(obj.get(key))]
    found = (re.split(r"[:/#]", text)[-1] for text in raw if text)
    return tuple(dict.fromkeys(name for name in found if name))


def _creator(obj: dict[str, Any], reading: Reading, path: str) -> str | None:
    for key in ("creator", "dcterms:creator", "dc:creator", "annotatedBy", "oa:annotatedBy"):
        for element, at in flattened(obj.get(key), join(path, key)):
            if isinstance(element, dict):
                for name in ("name", "label", "foaf:name", "nickname"):
                    texts = read_language_map(element.get(name), reading, f"{at}.{name}")
                    if shown := best(texts):
                        return shown
                if shown := id_of(element):
                    return shown
            elif shown := text_of(element):
                return shown
    return None


def _first(obj: dict[str, Any], *keys: str) -> str | None:
    for key in keys:
        for element in as_list(obj.get(key)):
            if isinstance(element, dict):
                element = first_text(element, "@value", "value")
            if text := text_of(element):
                return text
    return None
