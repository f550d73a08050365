"""From a parsed manifest to the comments it makes: every text about a canvas, with its origin."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

from catalog.geometry import Rect
from catalog.iiif.html import plain_text, sanitise
from catalog.iiif.language import best
from catalog.iiif.types import (
    LanguageMap,
    MetadataEntry,
    ParsedAnnotation,
    ParsedCanvas,
    ParsedManifest,
)
from catalog.models import Comment

_TAG = re.compile(r"<[a-zA-Z/!]|&[a-zA-Z#0-9]+;")


@dataclass(frozen=True)
class Text:
    """One comment to be, on the canvas at ``position``. ``region`` is in canvas units."""

    position: int
    origin: str
    source_id: str
    body: str
    label: str = ""
    html: str = ""
    language: str = ""
    motivation: str = "describing"
    creator: str = ""
    created: datetime | None = None
    region: Rect | None = field(default=None)


def texts_of(manifest: ParsedManifest, languages: tuple[str, ...]) -> Iterator[Text]:
    """Every text that ``manifest`` says of its canvases, in a stable order.

    Manifest-level texts go to the first canvas. Annotations whose canvas is not in this manifest
    are left to whoever reports on the harvest (see `stray_annotations`).
    """
    if not manifest.canvases:
        return
    positions = {canvas.id: canvas.position for canvas in reversed(manifest.canvases)}
    first = manifest.canvases[0].position
    yield from _of_resource("manifest", first, manifest, languages)
    for canvas in manifest.canvases:
        yield from _of_resource("canvas", canvas.position, canvas, languages)
        for annotation in canvas.annotations:
            position = positions.get(annotation.target_canvas or "", canvas.position)
            yield from _of_annotation(position, annotation)
    for annotation in manifest.annotations:
        yield from _of_annotation(positions.get(annotation.target_canvas or "", first), annotation)


def _of_resource(
    prefix: str,
    position: int,
    resource: ParsedManifest | ParsedCanvas,
    languages: tuple[str, ...],
) -> Iterator[Text]:
    origins = Comment.Origin
    yield from _of_map(position, origins.LABEL, f"{prefix}/label", "", resource.label)
    yield from _of_map(position, origins.SUMMARY, f"{prefix}/summary", "", resource.summary)
    for index, entry in enumerate(resource.metadata):
        place = f"{prefix}/metadata/{index}"
        label = plain_text(best(entry.label, languages))
        yield from _of_map(position, origins.METADATA, place, label, entry.value)


def _of_map(
    position: int, origin: str, place: str, label: str, texts: LanguageMap
) -> Iterator[Text]:
    for language, values in texts.items():
        body, html = _plain_and_html(values)
        if body:
            known = "" if language in ("none", "@none") else language[:35]
            yield Text(position, origin, f"{place}@{language}", body, label, html, language=known)


def _of_annotation(position: int, annotation: ParsedAnnotation) -> Iterator[Text]:
    for index, body in enumerate(annotation.bodies):
        text, html = _plain_and_html([body.value])
        if text:
            yield Text(
                position,
                Comment.Origin.ANNOTATION,
                annotation.id if index == 0 else f"{annotation.id}#body-{index + 1}",
                text,
                html=html,
                language=(body.language or "")[:35],
                motivation=(annotation.motivations or ("commenting",))[0][:100],
                creator=annotation.creator or "",
                created=read_date(annotation.created),
                region=annotation.target,
            )


def _plain_and_html(values: Iterable[str]) -> tuple[str, str]:
    joined = "; ".join(value.strip() for value in values if value.strip())
    if _TAG.search(joined) is None:
        return joined, ""
    return plain_text(joined).strip(), sanitise(joined)


def read_date(text: str | None) -> datetime | None:
    """An ISO 8601 date or moment as an aware datetime; None for anything else."""
    try:
        moment = datetime.fromisoformat((text or "").strip())
    except ValueError:
        return None
    try:
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except OverflowError:  # the last hours of the year 9999
        return None


def metadata_json(entries: Iterable[MetadataEntry]) -> list[dict[str, LanguageMap]]:
    """Metadata rows as they are stored."""
    return [{"label": entry.label, "value": entry.value} for entry in entries]
