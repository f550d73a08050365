"""A harvested manifest as we publish it: the source's own words, with our search services.

Pure, and it never raises on a JSON object, however broken: what cannot be understood is left as
it is. The input is never changed. Presentation 3.0 section 3.1 wants the id of a manifest to be
the address it is found at, so the copy bears ours and names the original in ``seeAlso``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Self

from catalog.iiif.cutting import without_canvases
from iiifsearch.presentation.public_urls import PublicURLs
from iiifsearch.presentation.services import is_search_service, service_block

Sanitise = Callable[[str], str]

#: Properties whose values viewers show as HTML (Presentation 3.0 section 4.5, 2.1 section 4.4).
_TEXTS = frozenset(
    {"label", "summary", "metadata", "requiredStatement", "attribution", "description"}
)
#: A tag, a comment or a declaration begins here; plain text with a "<" does not look like this.
_HTML = re.compile(r"<[a-zA-Z/!?]")
_SIZE = re.compile(r"\s*(\d{1,9})(?:\.\d+)?\s*(?:px)?\s*", re.ASCII)
#: No manifest nests this deep; what does would exhaust the stack of whoever reads it.
_MAX_DEPTH = 100

_CONTEXTS = {
    2: "http://iiif.io/api/presentation/2/context.json",
    3: "http://iiif.io/api/presentation/3/context.json",
}


@dataclass(frozen=True, slots=True)
class DecorationIds:
    """The addresses a decorated manifest bears.

    ``original`` is where the manifest was harvested; without it, the raw id counts as that.
    """

    manifest: str
    search2: str
    autocomplete2: str
    search1: str
    autocomplete1: str
    original: str | None = None

    @classmethod
    def of(cls, urls: PublicURLs, key: str, original: str | None = None) -> Self:
        """The addresses of the manifest with this permanent key."""
        return cls(
            manifest=urls.manifest(key),
            search2=urls.search(2, "manifest", key),
            autocomplete2=urls.autocomplete(2, "manifest", key),
            search1=urls.search(1, "manifest", key),
            autocomplete1=urls.autocomplete(1, "manifest", key),
            original=original,
        )

    @property
    def services(self) -> list[dict[str, Any]]:
        return service_block(self.search2, self.autocomplete2, self.search1, self.autocomplete1)


def decorate(
    raw: dict[str, Any],
    version: Literal[2, 3],
    *,
    ids: DecorationIds,
    canvas_ids: Sequence[str],
    annotation_pages: Mapping[str, str],
    sanitise: Sanitise,
    without: Collection[str] = (),
) -> dict[str, Any]:
    """The manifest ``raw`` at our address.

    ``canvas_ids`` are the final ids in the order of the canvases; they are used only where a raw
    canvas has none. ``annotation_pages`` maps a canvas id to the address of our annotations of
    it. ``without``: ids of canvases that are not to be shown, nor anything that refers to them.
    ``sanitise`` cleans a string of HTML; it sees those strings only that hold some.
    """
    manifest = _copy(raw, sanitise)
    id_key, type_key = ("id", "type") if version == 3 else ("@id", "@type")
    original = ids.original or _first_string(manifest, id_key, "id", "@id")
    for key in ("id", "@id"):
        manifest.pop(key, None)
    default_type = "Manifest" if version == 3 else "sc:Manifest"
    head = {
        "@context": manifest.pop("@context", None) or _CONTEXTS[version],
        id_key: ids.manifest,
        type_key: manifest.pop(type_key, None) or default_type,
    }
    manifest = head | manifest
    manifest["service"] = ids.services + _list(manifest.get("service"))
    if original and original != ids.manifest:
        _see_original(manifest, version, original)
    _fill_canvases(manifest, version, canvas_ids, annotation_pages)
    if without:
        manifest = without_canvases(manifest, without)
    return manifest


def _copy(raw: Any, sanitise: Sanitise, *, text: bool = False, depth: int = 0) -> Any:
    """A deep copy, with clean texts, whole-number sizes and no foreign search service."""
    if depth > _MAX_DEPTH:
        return None
    if isinstance(raw, str):
        return sanitise(raw) if text and _HTML.search(raw) else raw
    if isinstance(raw, list):
        return [_copy(item, sanitise, text=text, depth=depth + 1) for item in raw]
    if not isinstance(raw, dict):
        return raw
    result: dict[str, Any] = {}
    for key, value in raw.items():
        if key in ("service", "services"):
            value = _without_search(value)
            if value is None:
                continue
        elif key in ("width", "height"):
            value = _whole_number(value)
        is_text = text or key in _TEXTS or _is_body_text(raw, key)
        result[key] = _copy(value, sanitise, text=is_text, depth=depth + 1)
    return result


def _is_body_text(holder: dict[str, Any], key: str) -> bool:
    """True for the text of an embedded annotation; a selector's SVG is no text."""
    if key == "chars":
        return "Svg" not in str(holder.get("@type"))
    return key == "value" and holder.get("type") == "TextualBody"


def _without_search(value: Any) -> Any:
    """The services that stay, in the shape they had; None where none does."""
    if isinstance(value, list):
        return [item for item in value if not is_search_service(item)] or None
    return None if is_search_service(value) else value


def _whole_number(value: Any) -> Any:
    """Sizes as strings and fractions occur; viewers compute with them."""
    if isinstance(value, str):
        match = _SIZE.fullmatch(value)
        return int(match.group(1)) if match else value
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def _see_original(manifest: dict[str, Any], version: int, original: str) -> None:
    """Name the source; entries that are there already stay before ours."""
    if version == 3:
        entry: dict[str, Any] = {
            "id": original,
            "type": "Dataset",
            "label": {"en": ["Original manifest"]},
            "format": "application/ld+json",
            "profile": _CONTEXTS[3],
        }
        listed = [
            {"id": item, "type": "Dataset"} if isinstance(item, str) else item
            for item in _list(manifest.get("seeAlso"))
        ]
        manifest["seeAlso"] = [*listed, entry]
        return
    entry = {
        "@id": original,
        "label": "Original manifest",
        "format": "application/ld+json",
        "profile": _CONTEXTS[2],
    }
    listed = _list(manifest.get("seeAlso"))
    manifest["seeAlso"] = [*listed, entry] if listed else entry


def _fill_canvases(
    manifest: dict[str, Any],
    version: int,
    canvas_ids: Sequence[str],
    annotation_pages: Mapping[str, str],
) -> None:
    canvases = list(_canvases(manifest, version))
    own_ids = [_first_string(canvas, "id", "@id") for canvas in canvases]
    if len(canvas_ids) == len(canvases):
        missing = {position: canvas_ids[position] for position in range(len(canvases))}
    else:
        # Readers may have left out what is no canvas: then the ids no canvas has are the missing
        # ones, in order.
        left = iter([canvas_id for canvas_id in canvas_ids if canvas_id not in set(own_ids)])
        gaps = [position for position, own in enumerate(own_ids) if not own]
        missing = dict(zip(gaps, left, strict=False))
    for position, canvas in enumerate(canvases):
        canvas_id = own_ids[position]
        if not canvas_id and position in missing:
            canvas_id = missing[position]
            _name_canvas(canvas, version, canvas_id)
        # A relative or oddly spelt raw id has another final one, under which our pages are kept.
        known = (canvas_id, canvas_ids[position] if len(canvas_ids) == len(canvases) else "")
        url = next((annotation_pages[key] for key in known if key in annotation_pages), None)
        if url:
            _add_annotation_page(canvas, version, url)


def _canvases(manifest: dict[str, Any], version: int) -> Iterator[dict[str, Any]]:
    """The canvases in order: ``items``, or those of every sequence; objects pass for lists."""
    if version == 3:
        groups = [manifest.get("items")]
    else:
        sequences = _list(manifest.get("sequences"))
        groups = [part.get("canvases") for part in sequences if isinstance(part, dict)]
    for group in groups:
        yield from (item for item in _list(group) if isinstance(item, dict))


def _name_canvas(canvas: dict[str, Any], version: int, canvas_id: str) -> None:
    """Give a canvas the id it lacks; what is painted on it must point to it."""
    canvas["id" if version == 3 else "@id"] = canvas_id
    if version == 3:
        pages = [page for page in _list(canvas.get("items")) if isinstance(page, dict)]
        painted = [item for page in pages for item in _list(page.get("items"))]
    else:
        painted = _list(canvas.get("images"))
    target = "target" if version == 3 else "on"
    for annotation in painted:
        if isinstance(annotation, dict) and not annotation.get(target):
            annotation[target] = canvas_id


def _add_annotation_page(canvas: dict[str, Any], version: int, url: str) -> None:
    """By reference (Presentation 3.0 section 5.2, 2.1 section 5.4), after those of the source."""
    if version == 3:
        key, entry = "annotations", {"id": url, "type": "AnnotationPage"}
    else:
        key, entry = "otherContent", {"@id": url, "@type": "sc:AnnotationList"}
    canvas[key] = [*_list(canvas.get(key)), entry]


def _list(value: Any) -> list[Any]:
    if value is None or value == "":
        return []
    return list(value) if isinstance(value, list) else [value]


def _first_string(holder: dict[str, Any], *keys: str) -> str:
    values = (holder.get(key) for key in keys)
    return next((value for value in values if isinstance(value, str) and value), "")
