"""Store one parsed manifest: one transaction, all or nothing.

What is the same stays untouched; what changed raises the canvas's pixel or text revision in the
same transaction, and that is all that anybody downstream needs to know. Comments written here
and withdrawn rows are never touched by a harvest.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import count
from operator import itemgetter
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from catalog.conf import options
from catalog.harvest.comments import store_comments
from catalog.harvest.texts import metadata_json
from catalog.harvest.wanted import want_pictures
from catalog.iiif.cutting import cut_out
from catalog.iiif.facts import Facts, facts
from catalog.iiif.language import best
from catalog.iiif.types import MetadataEntry, ParsedCanvas, ParsedImage, ParsedManifest
from catalog.locks import hold, take_turn, take_turns
from catalog.models import (
    Canvas,
    CanvasImage,
    HarvestRun,
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
    #: It was gone at its source, and is there again.
    returned: bool = False
    changed: set[int] = field(default_factory=set)
    #: Hosts of pictures that are to be fetched because of this.
    hosts: set[str] = field(default_factory=set)
    foreign: set[int] = field(default_factory=set)
    #: Canvases that this manifest brought just now.
    fresh: set[int] = field(default_factory=set)
    warnings: list[dict[str, str]] = field(default_factory=list)

    def warn(self, code: str, message: str, path: str = "") -> None:
        self.warnings.append({"code": code, "message": message, "path": path})


class WithdrawnHere(Exception):
    """The manifest was withdrawn, and stays so whatever its source says."""

    def __init__(self, manifest: Manifest) -> None:
        super().__init__(f"{manifest.uri} was withdrawn here.")
        self.manifest = manifest


@transaction.atomic(savepoint=False)
def store(
    parsed: ParsedManifest,
    *,
    url: str,
    source: Source | None,
    content_hash: str,
    run: HarvestRun | None = None,
    annotation_pages: int = 0,
    etag: str = "",
    last_modified: str = "",
    complete: bool = True,
) -> Stored:
    """Create or update the manifest, its canvases, their images, the wish for their pictures, and
    its comments.

    ``run``: on whose account pictures are fetched. ``complete``: False where a referenced
    annotation page could not be had; then annotations that are missing stay as an earlier harvest
    brought them. Raises WithdrawnHere.
    """
    uri = identity(parsed.id)
    take_turn(uri)  # two harvests of one manifest, or a harvest and a withdrawal
    now = timezone.now()
    values = _manifest_values(parsed) | {
        "url": url,
        "content_hash": content_hash,
        "etag": etag,
        "last_modified": last_modified,
        "annotation_pages": annotation_pages,
        "harvested_at": now,
        "read_at": now,
        "missing_since": None,
    }
    manifest = Manifest.objects.filter(uri=uri).first()
    if manifest is not None and manifest.state == State.WITHDRAWN:
        raise WithdrawnHere(manifest)
    created = manifest is None
    state = State.PUBLISHED if options.publish_harvested else State.DRAFT
    if manifest is None:
        manifest = Manifest(uri=uri, key=_new_key(uri), state=state, source=source)
    returned = manifest.state == State.GONE
    if returned:
        manifest.state, manifest.state_reason = state, ""
    for name, value in values.items():
        setattr(manifest, name, value)
    manifest.save()
    stored = Stored(manifest, created, returned, warnings=list(values["warnings"]))
    canvases = _store_canvases(parsed, stored)
    _cut_out_withdrawn(parsed, canvases, manifest)
    differing = _store_images(parsed, canvases, stored)
    wanted = [row for row in canvases.values() if row.pk in differing]
    stored.hosts |= want_pictures(wanted, run, keep=source is None or source.keep_pictures)
    stored.changed |= store_comments(manifest, parsed, canvases, complete=complete, new=created)
    if stored.warnings != values["warnings"]:
        manifest.warnings = stored.warnings
        manifest.save(update_fields=["warnings"])
    return stored


def _new_key(uri: str) -> str:
    """A key that no manifest has: one that was here once, and moved, took its key along."""
    for number in count(1):
        key = permanent_key("manifest", uri, *([str(number)] if number > 1 else []))
        if not Manifest.objects.filter(key=key).exists():
            return key
    raise AssertionError("there is no end to numbers")


def _cut_out_withdrawn(
    parsed: ParsedManifest, canvases: dict[int, Canvas], manifest: Manifest
) -> None:
    """Keep no copy of what the source says of canvases that were withdrawn here."""
    gone = {
        canvas.position: canvas.raw_id or canvas.id
        for canvas in parsed.canvases
        if canvas.position in canvases and canvases[canvas.position].state == State.WITHDRAWN
    }
    if gone:
        manifest.raw = cut_out(parsed.raw, gone)
        if manifest.raw.get("thumbnail") != parsed.raw.get("thumbnail"):
            manifest.thumbnail = ""
        manifest.save(update_fields=["raw", "thumbnail"])


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
    take_turns(wanted)  # two manifests that bring the same canvas
    known = set(Canvas.objects.filter(uri__in=wanted).values_list("uri", flat=True))
    Canvas.objects.bulk_create(
        [  # in one order everywhere: two harvests that share canvases wait, and do not deadlock
            Canvas(uri=uri, key=permanent_key("canvas", uri), home=stored.manifest, **values)
            for uri, (_, values) in sorted(wanted.items(), key=itemgetter(0))
            if uri not in known
        ],
        ignore_conflicts=True,
    )
    there = Canvas.objects.filter(uri__in=wanted)
    hold(there.values_list("pk", flat=True))
    rows = {row.uri: row for row in there.order_by("id")}
    home = stored.manifest.pk
    stored.fresh = {r.pk for uri, r in rows.items() if uri not in known and r.home_id == home}
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
    known = {}
    if not stored.created:
        rows = appearances.values_list("canvas_id", "position", "raw_id")
        known = {pk: (position, raw) for pk, position, raw in rows}
    if known == wanted:
        return
    gone = known.keys() - wanted.keys()
    if gone:
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


def _store_images(parsed: ParsedManifest, canvases: dict[int, Canvas], stored: Stored) -> set[int]:
    """Replace the images of those canvases whose images differ, raising their pixel revision; the
    ids of those and of the canvases that are new."""
    known: dict[int, list[dict[str, Any]]] = {canvas.pk: [] for canvas in canvases.values()}
    old = known.keys() - stored.fresh
    if old:
        for image in CanvasImage.objects.filter(canvas__in=old).order_by("canvas", "ordinal"):
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
        if row.pk in old:
            differing.append(row.pk)
            row.pixel_revision += 1
            CanvasImage.objects.filter(canvas=row).delete()
        stored.changed.add(row.pk)
        fresh += [
            CanvasImage(canvas=row, ordinal=ordinal, **values)
            for ordinal, values in enumerate(wanted)
        ]
    CanvasImage.objects.bulk_create(fresh)
    if differing:
        Canvas.objects.filter(pk__in=differing).update(pixel_revision=F("pixel_revision") + 1)
    return stored.fresh.union(differing)


_IMAGE_FIELDS = (
    *("url", "media_type", "width", "height", "service_id", "service_version", "service_level"),
    *("target_x", "target_y", "target_w", "target_h"),
    *("region", "rotation", "choice_label", "is_default", "restricted", "probe"),
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
        "probe": image.probe,
    }
