"""Taking out of the database, and from the disk, what a withdrawn thing said and showed.

What is left of it is its tombstone: key, URIs, state, and the reason. Everything here runs in the
transaction of `catalog.withdrawal`; files go once it has committed.
"""

from __future__ import annotations

from collections.abc import Collection as Held
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

from django.apps import apps
from django.db import models, transaction
from django.db.models import F

from catalog import kept
from catalog.iiif.cutting import cut_out, held_canvases
from catalog.iiif.identity import resolve
from catalog.iiif.shapes import as_list, id_of
from catalog.models import (
    Canvas,
    CanvasImage,
    Collection,
    Comment,
    Document,
    HarvestItem,
    Listing,
    Manifest,
    ManifestCanvas,
    Picture,
    Source,
    State,
    identity,
)
from catalog.signals import canvases_withdrawn

_OF_A_CANVAS: dict[str, Any] = {
    **dict.fromkeys(("title", "maker", "date_text", "technique", "object_type", "rights"), ""),
    **dict.fromkeys(("thumbnail", "skipped_reason"), ""),
    **dict.fromkeys(("year", "required_statement", "width", "height"), None),
    "label": {},
    "metadata": [],
}
_OF_A_MANIFEST: dict[str, Any] = {
    **dict.fromkeys(("title", "rights", "thumbnail"), ""),
    **dict.fromkeys(("content_hash", "etag", "last_modified"), ""),
    **{name: {} for name in ("label", "summary", "raw")},
    **{name: [] for name in ("metadata", "homepage", "provider", "warnings")},
    "required_statement": None,
}
#: What `catalog.kept.drop` does not clear.
_OF_A_PICTURE: dict[str, Any] = {
    **dict.fromkeys(("host", "kind"), ""),
    **dict.fromkeys(("run", "due_at"), None),
    "outcome": Picture.Outcome.SKIPPED,
    "reason": "The canvas was withdrawn.",
}


def erase_canvases(ids: Held[int], state_reason: str) -> None:
    """Make tombstones of these canvases, which the caller has locked."""
    canvases_withdrawn.send(sender=Canvas, canvas_ids=set(ids))
    Comment.objects.filter(canvas__in=ids).delete()
    CanvasImage.objects.filter(canvas__in=ids).delete()
    Picture.objects.filter(canvas__in=ids).update(**_OF_A_PICTURE)
    drop_pictures(ids)
    Collection.objects.filter(cover__in=ids).update(cover=None)
    Canvas.objects.filter(pk__in=ids).update(
        **_OF_A_CANVAS,
        state=State.WITHDRAWN,
        state_reason=state_reason,
        pixel_revision=F("pixel_revision") + 1,
        text_revision=F("text_revision") + 1,
    )
    _silence_log(Canvas, ids)


def drop_pictures(canvas_ids: Held[int]) -> None:
    """Give up the kept files once the transaction has committed. One that cannot be removed is
    logged and keeps no other; withdrawing again tries again."""
    for picture in Picture.objects.filter(canvas__in=canvas_ids).exclude(sha256=""):
        transaction.on_commit(partial(kept.drop, picture), robust=True)


def erase_manifest(manifest: Manifest, state_reason: str) -> None:
    """Make a tombstone of a manifest, which the caller has locked, after its canvases."""
    uris = [uri for uri in (manifest.uri, manifest.raw_id, manifest.url) if uri]
    raw = Manifest.objects.values_list("raw", flat=True).get(pk=manifest.pk)
    holders = [raw, *held_canvases(raw)]
    pages = [page for holder in holders for page in _annotation_pages(manifest, holder)]
    marks = [identity(uri) for uri in uris]
    lists = Listing.objects.filter(mark__in=marks).values_list("page", flat=True)
    Document.objects.filter(mark__in=[*marks, *pages, *lists]).delete()
    HarvestItem.objects.filter(manifest=manifest).update(warnings=[])
    Source.objects.filter(url__in=uris).update(label="")
    Comment.objects.filter(manifest=manifest).delete()
    Manifest.objects.filter(pk=manifest.pk).update(
        **_OF_A_MANIFEST, state=State.WITHDRAWN, state_reason=state_reason
    )
    _silence_log(Manifest, [manifest.pk])


def cut_from(manifest: Manifest, canvas_ids: Held[int]) -> None:
    """Take these canvases out of the JSON of a manifest that stays."""
    manifest.refresh_from_db(fields=["raw"])
    places = ManifestCanvas.objects.filter(manifest=manifest, canvas__in=canvas_ids)
    gone = {
        position: own or known
        for position, own, known in places.values_list("position", "raw_id", "canvas__raw_id")
    }
    marks = {identity(uri) for uri in gone.values()}
    pages = [
        page
        for canvas in held_canvases(manifest.raw)
        if identity(id_of(canvas)) in marks
        for page in _annotation_pages(manifest, canvas)
    ]
    Document.objects.filter(mark__in=pages).delete()
    cut = cut_out(manifest.raw, gone)
    if cut.get("thumbnail") != manifest.raw.get("thumbnail"):
        manifest.thumbnail = ""
    manifest.raw = cut
    manifest.save(update_fields=["raw", "thumbnail", "modified_at"])


def _annotation_pages(manifest: Manifest, holder: dict[str, Any]) -> Iterator[str]:
    """The marks of the pages of annotations that it refers to, as they are kept."""
    for key in ("annotations", "otherContent"):
        for page in as_list(holder.get(key)):
            if uri := id_of(page):
                yield identity(resolve(uri, manifest.raw_id or manifest.url))
                yield identity(resolve(uri, manifest.url))


def _silence_log(model: type[models.Model], ids: Sequence[int] | Held[int]) -> None:
    """The admin's record keeps who did what and when, without titles and texts."""
    if not apps.is_installed("django.contrib.admin"):
        return
    from django.contrib.admin.models import LogEntry
    from django.contrib.contenttypes.models import ContentType

    entries = LogEntry.objects.filter(
        content_type=ContentType.objects.get_for_model(model), object_id__in=map(str, ids)
    )
    entries.filter(change_message__contains='"object"').update(change_message="")
    entries.update(object_repr="(withdrawn)")
