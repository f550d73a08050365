"""Store one parsed manifest: one transaction, all or nothing.

What is the same stays untouched; what changed raises the canvas's pixel or text revision in the
same transaction, and that is all that anybody downstream needs to know. Comments written here
and withdrawn rows are never touched by a harvest.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any

from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone

from catalog.conf import options
from catalog.harvest.texts import Text, metadata_json, texts_of
from catalog.iiif.facts import Facts, facts
from catalog.iiif.language import best
from catalog.iiif.types import MetadataEntry, ParsedCanvas, ParsedImage, ParsedManifest
from catalog.models import (
    Canvas,
    CanvasImage,
    Comment,
    Manifest,
    ManifestCanvas,
    Source,
    State,
    identity,
    permanent_key,
)

LARGEST_INTEGER = 2**31 - 1


@dataclass
class Stored:
    """What became of a manifest: its row, whether it is new, and the canvases that changed.

    ``foreign``: canvases that another manifest describes, or that were withdrawn.
    """

    manifest: Manifest
    created: bool
    changed: set[int] = field(default_factory=set)
    foreign: set[int] = field(default_factory=set)
    warnings: list[dict[str, str]] = field(default_factory=list)

    def warn(self, code: str, message: str, path: str = "") -> None:
        self.warnings.append({"code": code, "message": message, "path": path})


@transaction.atomic
def store(
    parsed: ParsedManifest,
    *,
    url: str,
    source: Source | None,
    content_hash: str,
    etag: str = "",
    last_modified: str = "",
    complete: bool = True,
) -> Stored:
    """Create or update the manifest, its canvases, their images and its comments.

    ``complete``: False where a referenced annotation page could not be had; then annotations that
    are missing stay as an earlier harvest brought them.
    """
    uri = identity(parsed.id)
    _lock(uri)
    values = _manifest_values(parsed) | {
        "url": url,
        "content_hash": content_hash,
        "etag": etag,
        "last_modified": last_modified,
        "harvested_at": timezone.now(),
    }
    manifest = Manifest.objects.filter(uri=uri).first()
    created = manifest is None
    if manifest is None:
        state = State.PUBLISHED if options.publish_harvested else State.DRAFT
        key = permanent_key("manifest", uri)
        manifest = Manifest(uri=uri, key=key, state=state, source=source)
    for name, value in values.items():
        setattr(manifest, name, value)
    manifest.save()
    stored = Stored(manifest, created, warnings=list(values["warnings"]))
    canvases = _store_canvases(parsed, stored)
    _store_images(parsed, canvases, stored)
    _store_comments(parsed, canvases, stored, complete)
    manifest.warnings = stored.warnings
    manifest.save(update_fields=["warnings"])
    return stored


def _lock(uri: str) -> None:
    """Two harvests of one manifest take turns; the lock ends with the transaction."""
    number = int.from_bytes(hashlib.blake2b(uri.encode(), digest_size=8).digest(), signed=True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [number])


def _manifest_values(parsed: ParsedManifest) -> dict[str, Any]:
    return {
        "raw_id": parsed.raw_id or "",
        "version": parsed.version,
        "title": best(parsed.label, options.languages),
        "label": parsed.label,
        "summary": parsed.summary,
        "metadata": metadata_json(parsed.metadata),
        "rights": parsed.rights or "",
        "required_statement": _statement(parsed.required_statement),
        "homepage": list(parsed.homepage),
        "provider": list(parsed.provider),
        "thumbnail": parsed.thumbnail or "",
        "raw": parsed.raw,
        "warnings": [
            {"code": w.code, "message": w.message, "path": w.path} for w in parsed.warnings
        ],
    }


def _statement(entry: MetadataEntry | None) -> dict[str, Any] | None:
    return None if entry is None else {"label": entry.label, "value": entry.value}


def _store_canvases(parsed: ParsedManifest, stored: Stored) -> dict[int, Canvas]:
    """Upsert the canvases and their appearances: position in the manifest -> row."""
    shared = facts(parsed.label, parsed.metadata)
    wanted: dict[str, tuple[ParsedCanvas, dict[str, Any]]] = {}
    for canvas in parsed.canvases:
        uri = identity(canvas.id)
        if uri in wanted:
            stored.warn(
                "canvas-repeated",
                f"The canvas {canvas.id} occurs twice; the first one was taken.",
                f"canvases[{canvas.position}]",
            )
            continue
        wanted[uri] = canvas, _canvas_values(canvas, parsed, shared)
    Canvas.objects.bulk_create(
        [  # in one order everywhere: two harvests that share canvases wait, and do not deadlock
            Canvas(uri=uri, key=permanent_key("canvas", uri), home=stored.manifest, **values)
            for uri, (_, values) in sorted(wanted.items(), key=itemgetter(0))
        ],
        ignore_conflicts=True,
    )
    rows = {
        row.uri: row
        for row in Canvas.objects.select_for_update().filter(uri__in=wanted).order_by("id")
    }
    changed = []
    for uri, (_, values) in wanted.items():
        row = rows[uri]
        if row.home_id is None:
            row.home, values = stored.manifest, {**values, "home": stored.manifest}
        if row.state == State.WITHDRAWN or row.home_id != stored.manifest.pk:
            stored.foreign.add(row.pk)
        elif any(getattr(row, name) != value for name, value in values.items()):
            for name, value in values.items():
                setattr(row, name, value)
            changed.append(row)
    if changed:
        names = next(iter(wanted.values()))[1].keys()
        Canvas.objects.bulk_update(changed, [*names, "home"], batch_size=500)
        stored.changed |= {row.pk for row in changed}
    if stored.foreign:
        stored.warn(
            "canvas-shared",
            f"{len(stored.foreign)} canvases were withdrawn here, or were brought by another "
            "manifest, whose word on images and titles counts; the comments were taken.",
        )
    _store_appearances(
        stored,
        {
            rows[uri].pk: (canvas.position, canvas.raw_id or canvas.id)
            for uri, (canvas, _) in wanted.items()
        },
    )
    return {canvas.position: rows[uri] for uri, (canvas, _) in wanted.items()}


def _store_appearances(stored: Stored, wanted: dict[int, tuple[int, str]]) -> None:
    """``wanted``: canvas id -> (position, id as it is spelled here). Canvases that the manifest
    no longer holds leave it, and may be described by another one from then on."""
    appearances = ManifestCanvas.objects.filter(manifest=stored.manifest)
    known = {
        pk: (position, raw)
        for pk, position, raw in appearances.values_list("canvas_id", "position", "raw_id")
    }
    if known == wanted:
        return
    gone = known.keys() - wanted.keys()
    appearances.filter(canvas_id__in=gone).delete()
    Canvas.objects.filter(pk__in=gone, home=stored.manifest).update(home=None)
    ManifestCanvas.objects.bulk_create(
        [
            ManifestCanvas(manifest=stored.manifest, canvas_id=pk, position=position, raw_id=raw)
            for pk, (position, raw) in wanted.items()
        ],
        update_conflicts=True,
        unique_fields=["canvas", "manifest"],
        update_fields=["position", "raw_id"],
    )
    stored.changed |= gone | {pk for pk in wanted if known.get(pk) != wanted[pk]}


def _canvas_values(canvas: ParsedCanvas, manifest: ParsedManifest, shared: Facts) -> dict[str, Any]:
    own = facts(canvas.label, canvas.metadata)
    return {
        "raw_id": canvas.raw_id or canvas.id,
        "id_synthesised": canvas.id_synthesised,
        "title": _title(canvas, manifest, bool(own.maker)),
        "maker": own.maker or shared.maker or "",
        "date_text": own.date_text or shared.date_text or "",
        "year": own.year if own.date_text else shared.year,
        "technique": own.technique or shared.technique or "",
        "object_type": own.type or shared.type or "",
        "label": canvas.label,
        "metadata": metadata_json(canvas.metadata),
        "rights": canvas.rights or "",
        "required_statement": _statement(canvas.required_statement),
        "width": _whole(canvas.width),
        "height": _whole(canvas.height),
        "kind": canvas.kind[:8],
        "skipped_reason": canvas.skipped_reason or "",
        "thumbnail": canvas.thumbnail or "",
    }


def _title(canvas: ParsedCanvas, manifest: ParsedManifest, is_a_work: bool) -> str:
    """What a reader calls it: the manifest's title, with the canvas's label for a second or later
    view, and that label alone where each canvas is a work of its own."""
    whole = best(manifest.label, options.languages)
    part = best(canvas.label, options.languages)
    if len(manifest.canvases) == 1 or not part or part == whole:
        return whole or part
    if is_a_work or not whole:
        return part
    return whole if canvas.position == 0 else f"{whole}, {part}"


def _whole(number: float | None) -> int | None:
    return round(number) if number is not None and 0 < number <= LARGEST_INTEGER else None


def _store_images(parsed: ParsedManifest, canvases: dict[int, Canvas], stored: Stored) -> None:
    """Replace the images of those canvases whose images differ, raising their pixel revision."""
    known: dict[int, list[dict[str, Any]]] = {canvas.pk: [] for canvas in canvases.values()}
    for image in CanvasImage.objects.filter(canvas__in=known).order_by("canvas", "ordinal"):
        known[image.canvas_id].append({name: getattr(image, name) for name in _IMAGE_FIELDS})
    fresh: list[CanvasImage] = []
    differing: list[int] = []
    for canvas in parsed.canvases:
        row = canvases.get(canvas.position)
        if row is None or row.pk in stored.foreign:
            continue
        wanted = [_image_values(image) for image in canvas.images]
        if wanted == known[row.pk]:
            continue
        differing.append(row.pk)
        stored.changed.add(row.pk)
        CanvasImage.objects.filter(canvas=row).delete()
        fresh += [
            CanvasImage(canvas=row, ordinal=ordinal, **values)
            for ordinal, values in enumerate(wanted)
        ]
    CanvasImage.objects.bulk_create(fresh)
    Canvas.objects.filter(pk__in=differing).update(pixel_revision=F("pixel_revision") + 1)


_IMAGE_FIELDS = (
    *("url", "media_type", "width", "height", "service_id", "service_version", "service_level"),
    *("target_x", "target_y", "target_w", "target_h"),
    *("region", "rotation", "choice_label", "is_default", "restricted"),
)


def _image_values(image: ParsedImage) -> dict[str, Any]:
    service, target, region = image.service, image.target, image.region
    numbers = (None,) * 4 if target is None else target.as_tuple()
    if region is not None and not isinstance(region, str):
        region = ",".join(f"{number:g}" for number in region.as_tuple())
    return {
        "url": image.url,
        "media_type": (image.format or "")[:100],
        "width": _whole(image.width),
        "height": _whole(image.height),
        "service_id": service.id if service else "",
        "service_version": (service.version or "") if service else "",
        "service_level": service.level if service else None,
        **dict(zip(("target_x", "target_y", "target_w", "target_h"), numbers, strict=True)),
        "region": region or "",
        "rotation": image.rotation,
        "choice_label": image.choice_label or "",
        "is_default": image.is_default,
        "restricted": image.restricted,
    }


def _store_comments(
    parsed: ParsedManifest, canvases: dict[int, Canvas], stored: Stored, complete: bool
) -> None:
    """Bring the comments that this manifest made up to date, raising text revisions."""
    wanted: dict[str, dict[str, Any]] = {}
    for text in texts_of(parsed, options.languages):
        row = canvases.get(text.position)
        if row is None:
            continue
        key = permanent_key("comment", row.uri, stored.manifest.uri, text.source_id)
        repeat = 1
        while key in wanted:  # two annotations with one id: both are kept
            repeat += 1
            key = permanent_key(
                "comment", row.uri, stored.manifest.uri, f"{text.source_id}#{repeat}"
            )
        wanted[key] = {"canvas_id": row.pk, **_comment_values(text)}
    known = {
        comment.key: comment
        for comment in Comment.objects.filter(manifest=stored.manifest).exclude(
            origin=Comment.Origin.CURATOR
        )
    }
    kept = () if complete else (Comment.Origin.ANNOTATION,)
    # A withdrawn comment stays as its own tombstone, should the source bring it back.
    gone = [
        comment
        for key, comment in known.items()
        if key not in wanted and comment.origin not in kept and comment.state != State.WITHDRAWN
    ]
    fresh = [
        Comment(key=key, manifest=stored.manifest, **values)
        for key, values in wanted.items()
        if key not in known
    ]
    changed = []
    for key in wanted.keys() & known.keys():
        comment, values = known[key], wanted[key]
        if any(getattr(comment, name) != value for name, value in values.items()):
            for name, value in values.items():
                setattr(comment, name, value)
            changed.append(comment)
    Comment.objects.filter(pk__in=[comment.pk for comment in gone]).delete()
    Comment.objects.bulk_create(fresh, batch_size=1000)
    if changed:
        Comment.objects.bulk_update(changed, _COMMENT_FIELDS, batch_size=500)
    touched = {comment.canvas_id for comment in (*gone, *fresh, *changed)}
    stored.changed |= touched
    Canvas.objects.filter(pk__in=touched).update(text_revision=F("text_revision") + 1)


_COMMENT_FIELDS = (
    *("canvas", "origin", "source_id", "motivation", "label", "body", "html", "language"),
    *("creator", "created", "x", "y", "w", "h"),
)


def _comment_values(text: Text) -> dict[str, Any]:
    box = (None,) * 4 if text.region is None else _visible_box(text)
    return {
        "origin": text.origin,
        "source_id": text.source_id,
        "motivation": text.motivation,
        "label": text.label,
        "body": text.body,
        "html": text.html,
        "language": text.language,
        "creator": text.creator,
        "created": text.created,
        **dict(zip("xywh", box, strict=True)),
    }


def _visible_box(text: Text) -> tuple[int, int, int, int] | tuple[None, ...]:
    """The region as the non-negative integers that viewers read."""
    assert text.region is not None
    x, y, w, h = text.region.rounded_out()
    right, bottom = x + w, y + h
    x, y = max(0, x), max(0, y)
    if right <= x or bottom <= y or max(right, bottom) > LARGEST_INTEGER:
        return (None,) * 4
    return x, y, right - x, bottom - y
