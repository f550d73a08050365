"""Harvested manifests as they are published: whole, or with one of their canvases alone."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Any, Literal

from django.db.models import QuerySet

from catalog.iiif.cutting import held_canvases
from catalog.iiif.html import sanitise
from catalog.iiif.identity import resolve
from catalog.iiif.shapes import id_of
from catalog.models import Canvas, Comment, Manifest, State, identity
from iiifsearch.presentation.decorate import DecorationIds, decorate
from iiifsearch.presentation.language import plain
from iiifsearch.presentation.listed import clean, painting_label
from iiifsearch.records import urls


def whole(manifest: Manifest) -> dict[str, Any]:
    """The manifest at our address, with its canvases that are public."""
    return _decorated(manifest, DecorationIds.of(urls(), manifest.key, manifest.url), keep=None)


def of_painting(manifest: Manifest, canvas: Canvas) -> dict[str, Any]:
    """The manifest with ``canvas``, which it shows, alone; at an address of its own.

    Its label is the title of the painting. The search services are those of the whole manifest,
    which it is said to be part of: a viewer that searches here finds the other canvases too.
    """
    address = urls().painting_manifest(canvas.key)
    of_manifest = DecorationIds.of(urls(), manifest.key, manifest.url)
    body = _decorated(manifest, replace(of_manifest, manifest=address), keep=canvas)
    label = painting_label(canvas, manifest)
    kept = getattr(canvas, "picture", None)
    thumbnail = urls().thumbnail(canvas.key) if kept and kept.sha256 else None
    body.pop("thumbnail", None)  # of the whole: it may well show another canvas
    if manifest.version == 2:
        body["label"] = plain(label) or "Untitled"
        body["within"] = urls().manifest(manifest.key)
        if thumbnail:
            body["thumbnail"] = thumbnail
        return body
    body["label"] = label or {"en": ["Untitled"]}
    within = {"id": urls().manifest(manifest.key), "type": "Manifest"}
    said = clean(manifest.label) or {"none": [manifest.title or manifest.key]}
    above = body.get("partOf")
    body["partOf"] = [within | {"label": said}, *(above if isinstance(above, list) else [])]
    if thumbnail:
        body["thumbnail"] = [{"id": thumbnail, "type": "Image", "format": "image/jpeg"}]
    return body


def spoken_of() -> QuerySet[Comment]:
    """Comments that are published as annotations of their own; the rest stands in the manifest."""
    return Comment.objects.filter(
        state=State.PUBLISHED, origin__in=(Comment.Origin.ANNOTATION, Comment.Origin.CURATOR)
    )


def _decorated(manifest: Manifest, ids: DecorationIds, *, keep: Canvas | None) -> dict[str, Any]:
    """``keep``: the only canvas that stays; None: all that are public."""
    appearances = manifest.appearances.order_by("position").values_list(
        "canvas_id", "canvas__key", "raw_id", "canvas__raw_id", "canvas__state"
    )
    rows = [(pk, ours, raw or known, state) for pk, ours, raw, known, state in appearances]
    said = set(
        spoken_of()
        .filter(canvas__in=[pk for pk, *_ in rows])
        .values_list("canvas_id", flat=True)
        .distinct()
    )
    page = urls().annotation_list if manifest.version == 2 else urls().annotation_page
    without = {raw for pk, _, raw, state in rows if state != State.PUBLISHED}
    if keep is not None:
        without |= {raw for pk, _, raw, _ in rows if pk != keep.pk}
        without |= _others(manifest, {raw for pk, _, raw, _ in rows if pk == keep.pk})
    version: Literal[2, 3] = 2 if manifest.version == 2 else 3
    return decorate(
        manifest.raw,
        version,
        ids=ids,
        canvas_ids=[raw for _, _, raw, _ in rows],
        annotation_pages={raw: page(ours) for pk, ours, raw, _ in rows if pk in said},
        without=without,
        sanitise=sanitise,
    )


def _others(manifest: Manifest, kept: Collection[str]) -> set[str]:
    """Ids, as the manifest spells them, of canvases in it that are not ``kept``: also of such as
    could not be read, and have no row."""
    marks = {identity(uri) for uri in kept}
    spelt = filter(None, (id_of(canvas) for canvas in held_canvases(manifest.raw)))
    base = manifest.raw_id or manifest.url
    return {
        uri
        for uri in spelt
        if identity(uri) not in marks and identity(resolve(uri, base)) not in marks
    }
