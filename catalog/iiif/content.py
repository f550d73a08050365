"""What is painted on a canvas: images, choices among images, parts of images, and the rest.

Sources: Presentation API 2.1, sections 5.4, 6.1 and 6.2; 3.0, sections 5.7 and 7; Image API
selectors (Annotation extensions, ``ImageApiSelector``).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import Any

from catalog.geometry import Rect, parse_xywh
from catalog.iiif.auth import read_guard, without_auth
from catalog.iiif.kinds import WITHIN, container_of, kind_by_extension, kind_of
from catalog.iiif.language import best, read_language_map
from catalog.iiif.reading import Reading
from catalog.iiif.services import is_of_service, read_image_service, split_image_url
from catalog.iiif.shapes import as_list, first_text, flattened, id_of, text_of, types_of, whole
from catalog.iiif.types import CanvasKind, ParsedImage


@dataclass(slots=True)
class Painted:
    """What one painting annotation holds: images, of what kinds its bodies are, and for some
    kinds why nothing is to be seen, in words."""

    images: list[ParsedImage] = field(default_factory=list)
    kinds: list[CanvasKind] = field(default_factory=list)
    reasons: dict[CanvasKind, str] = field(default_factory=dict)

    def add(self, other: Painted) -> None:
        self.images += other.images
        self.kinds += other.kinds
        self.reasons = other.reasons | self.reasons


def read_content(value: Any, target: Rect | None, reading: Reading, path: str) -> Painted:
    """The body (3.0) or resource (2.1) of a painting annotation.

    ``target`` is where on the canvas it goes, in canvas units; None: everywhere.
    """
    painted = Painted()
    for element, at in flattened(value, path):
        painted.add(_read_one(element, target, reading, at))
    if isinstance(value, list) and len(value) > 1:
        reading.warn("several-bodies", "One painting has several bodies; all are read.", path)
    if not painted.kinds:
        reading.warn("painting-without-body", "A painting annotation holds nothing.", path)
    return painted


def _read_one(element: Any, target: Rect | None, reading: Reading, path: str) -> Painted:
    if isinstance(element, str):
        if not element.strip():
            return Painted()
        reading.warn("body-as-text", "The body is a bare URI.", path)
        element = {"id": element}
    if not isinstance(element, dict):
        reading.warn(
            "body-not-object", f"A {type(element).__name__} stands where an image should.", path
        )
        return Painted()
    types = types_of(element)
    if container := container_of(types) or WITHIN.get(next(iter(types), "")):
        reading.warn("container-as-body", f"A {types[0]} is painted here; not followed.", path)
        return _container(element, *container)
    if _is_choice(element, types):
        return _read_choice(element, target, reading, path)
    if _is_specific(element, types):
        return _read_specific(element, target, reading, path)
    kind = kind_of(element, types, reading, path)
    if kind != "image":
        return Painted(kinds=[kind])
    image = _read_image(element, target, reading, path)
    return Painted([image], ["image"]) if image else Painted()


def _container(element: dict[str, Any], kind: CanvasKind, what: str) -> Painted:
    where = id_of(element)[:200]
    said = f"What is painted on it is {what}{f' ({where})' if where else ''}."
    return Painted(kinds=[kind], reasons={kind: said})


def _is_choice(element: dict[str, Any], types: tuple[str, ...]) -> bool:
    if any(t in ("choice", "alternates", "alternative") for t in types):
        return True
    if "default" in element and ("item" in element or isinstance(element["default"], dict)):
        return True
    return isinstance(element.get("items"), list) and "image" not in types


def _is_specific(element: dict[str, Any], types: tuple[str, ...]) -> bool:
    inner = element.get("full", element.get("source"))
    if not isinstance(inner, dict | str | list) or not inner:
        return False
    return "specificresource" in types or "selector" in element or not id_of(element)


def _read_choice(
    element: dict[str, Any], target: Rect | None, reading: Reading, path: str
) -> Painted:
    """The default first, then the others, each once; all but the first are no defaults."""
    options: list[tuple[Any, str]] = []
    for key in ("default", "items", "item", "members"):
        options += flattened(element.get(key), f"{path}.{key}")
    painted, seen = Painted(), set()
    for option, at in options:
        if option in ("rdf:nil", "nil", "null"):
            continue  # 2.1: a choice that may also show nothing
        label = ""
        if isinstance(option, dict):
            label = best(read_language_map(option.get("label"), reading, f"{at}.label"))
        read = _read_one(option, target, reading, at)
        for image in read.images:
            same = (image.url, image.service.id if image.service else "", str(image.region))
            if same in seen:
                continue
            seen.add(same)
            painted.images.append(
                replace(
                    image,
                    is_default=not painted.images,
                    choice_label=image.choice_label or label or None,
                )
            )
        painted.kinds += read.kinds
        painted.reasons = read.reasons | painted.reasons
    if not options:
        reading.warn("empty-choice", "A choice offers nothing.", path)
    return painted


def _read_specific(
    element: dict[str, Any], target: Rect | None, reading: Reading, path: str
) -> Painted:
    key = "full" if element.get("full") else "source"
    inner = element[key]
    painted = Painted()
    for source, at in flattened(inner, f"{path}.{key}"):
        if isinstance(source, str):
            # A bare URI is how the specification writes it here; what surrounds it may say more.
            source = {
                "id": source,
                **{k: element[k] for k in ("format", "service", "width", "height") if k in element},
            }
            if split_image_url(source["id"]) or not kind_by_extension(source["id"]):
                source["type"] = "Image"
        painted.add(_read_one(source, target, reading, at))
    region, rotation = _selected(element.get("selector"), reading, f"{path}.selector")
    if region is not None or rotation:
        painted.images = [
            replace(
                image,
                region=region if region is not None else image.region,
                rotation=(image.rotation + rotation) % 360,
            )
            for image in painted.images
        ]
    return painted


def _selected(value: Any, reading: Reading, path: str) -> tuple[Rect | str | None, float]:
    """The region and rotation that selectors of an image ask for."""
    region: Rect | str | None = None
    rotation = 0.0
    for element, at in flattened(value, path):
        if not isinstance(element, dict):
            reading.warn("selector-unknown", "A selector is not an object; ignored.", at)
            continue
        types = types_of(element)
        if "region" in element or "rotation" in element or "imageapiselector" in types:
            region = _region(text_of(element.get("region")), reading, at)
            rotation = _rotation(text_of(element.get("rotation")), reading, at)
        elif "fragmentselector" in types or "value" in element:
            value = text_of(element.get("value"))
            region = parse_xywh(value)
            if region is None:
                percent = re.search(r"(?:percent|pct):([\d.,]+)", value)
                region = f"pct:{percent[1]}" if percent else None
            if region is None:
                reading.warn("selector-unknown", f"{value[:80]!r} selects no region.", at)
        else:
            reading.warn("selector-unknown", "A selector of an unknown kind is ignored.", at)
    return region, rotation


def _region(text: str, reading: Reading, path: str) -> Rect | str | None:
    """A region in the Image API's words (2.1, section 4.1)."""
    if text in ("", "full"):
        return None
    if text == "square" or re.fullmatch(r"pct:[\d.]+(,[\d.]+){3}", text):
        return text
    if (rect := parse_xywh(text)) is None:
        reading.warn("region-unknown", f"{text[:80]!r} is no region; all is taken.", path)
    return rect


def _rotation(text: str, reading: Reading, path: str) -> float:
    if not text:
        return 0.0
    match = re.fullmatch(r"(!?)(\d{1,3}(?:\.\d*)?)", text, re.ASCII)
    if match is None:
        reading.warn("rotation-unknown", f"{text[:40]!r} is no rotation; ignored.", path)
        return 0.0
    if match[1]:
        reading.warn("mirrored", "The image is to be mirrored; it is read unmirrored.", path)
    return float(match[2]) % 360


def _read_image(
    element: dict[str, Any], target: Rect | None, reading: Reading, path: str
) -> ParsedImage | None:
    raw = id_of(element)
    url = reading.fetchable(raw, path) if raw else ""
    services = [*as_list(element.get("service")), *as_list(element.get("services"))]
    guard = read_guard(element, reading, path)
    service, restricted = read_image_service(
        without_auth(services if len(services) != 1 else services[0], reading),
        url,
        reading,
        f"{path}.service",
    )
    if not url and service is None:
        reading.warn("image-without-id", "An image has neither id nor service; left out.", path)
        return None
    if not url:
        reading.warn("image-without-id", "An image has no id; its service stands for it.", path)
    region: Rect | str | None = None
    rotation = 0.0
    if service is not None and is_of_service(url, service):
        # The resource is what its URL asks for; the service alone would give the whole image.
        _, wanted, _, turned = split_image_url(url) or ("", "full", "", "0")
        region, rotation = _region(wanted, reading, path), _rotation(turned, reading, path)
        if region is not None:
            reading.warn("region-in-url", f"The image's URL asks for the part {wanted}.", path)
    elif "#" in url:
        region = parse_xywh(url) if "xywh" in url else None
        if region is not None:
            url = url.partition("#")[0]
    return ParsedImage(
        url=url,
        format=first_text(element, "format") or None,
        width=whole(element.get("width"), reading, f"{path}.width"),
        height=whole(element.get("height"), reading, f"{path}.height"),
        service=service,
        target=target,
        region=region,
        rotation=rotation,
        restricted=restricted or guard.restricted,
        probe=guard.probe,
    )
