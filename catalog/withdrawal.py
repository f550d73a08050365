"""Withdrawing for good, as a takedown asks for it, and lifting that again.

A withdrawn manifest or canvas is a tombstone: its public address answers that it was withdrawn,
and no harvest brings it back. What it said and showed is deleted, here and (`catalog.signals.
canvases_withdrawn`) wherever something was derived from it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Any, Self

from django.db import transaction
from django.db.models import F, OuterRef, Q, QuerySet, Sum
from django.utils import timezone

from catalog import activities, erasure, journal
from catalog.locks import hold, take_turn
from catalog.models import (
    Activity,
    Canvas,
    Comment,
    Manifest,
    ManifestCanvas,
    Picture,
    State,
    identity,
)
from catalog.signals import canvases_changed, changes_made

Thing = Manifest | Canvas

#: Validators of a manifest without which it is read anew.
_READ_ANEW: dict[str, Any] = {"content_hash": "", "etag": "", "last_modified": ""}
_KEY = re.compile(r"[a-z2-7]{16}")


class NotHere(LookupError):
    """Nothing here is known by that key or URI, or more than one thing is."""


@dataclass(frozen=True)
class Removal:
    """What a withdrawal removes. ``changed``: manifests that stay, and lose a canvas.

    ``pictures`` are kept files, ``size`` is theirs in bytes. ``by_curators``: those of the
    comments that were written here.
    """

    manifests: int = 0
    canvases: int = 0
    changed: int = 0
    comments: int = 0
    by_curators: int = 0
    pictures: int = 0
    size: int = 0

    def __add__(self, other: Self) -> Removal:
        names = [field.name for field in fields(self)]
        return Removal(**{name: getattr(self, name) + getattr(other, name) for name in names})


def find(key_or_uri: str) -> Thing:
    """A manifest or canvas by its permanent key, its id in any spelling, the URL that it was
    fetched from, or a public URL of ours. Raises `NotHere`."""
    text = key_or_uri.replace("\0", "").strip()
    by_key, by_uri, as_written = Q(key=text.lower()), Q(uri=identity(text)), Q(raw_id=text)
    in_url = Q(key__in=_KEY.findall(text) if "/" in text else [])
    tries = [
        (by_key, by_key),
        (by_uri, by_uri),
        (as_written | Q(appearances__raw_id=text), as_written | Q(url=text)),
        (in_url, in_url),
    ]
    for of_canvas, of_manifest in tries if text else []:
        found: list[Thing] = [
            *Canvas.objects.filter(of_canvas).distinct()[:2],
            *Manifest.objects.filter(of_manifest).defer("raw")[:2],
        ]
        if len(found) > 1:
            keys = [thing.key for thing in found]
            raise NotHere(f"{text!r} is the id of several: say which by its key: {keys}.")
        if found:
            return found[0]
    raise NotHere(
        f"No manifest or canvas is known here by {text!r}. Give its key (the last part of its "
        "public URL, shown in the admin under Identity), or its id as the source writes it."
    )


def removal(thing: Thing) -> Removal:
    """What withdrawing ``thing`` would remove, now."""
    if thing.state == State.WITHDRAWN:
        return Removal()
    if isinstance(thing, Manifest):
        canvases = _only_in(thing)
        comments = Comment.objects.filter(Q(canvas__in=canvases) | Q(manifest=thing))
        changed = 0
    else:
        canvases = Canvas.objects.filter(pk=thing.pk)
        comments = Comment.objects.filter(canvas=thing)
        changed = _showing(thing).count()
    kept = Picture.objects.filter(canvas__in=canvases).exclude(sha256="")
    return Removal(
        manifests=int(isinstance(thing, Manifest)),
        canvases=canvases.count(),
        changed=changed,
        comments=comments.count(),
        by_curators=comments.filter(origin=Comment.Origin.CURATOR).count(),
        pictures=kept.count(),
        size=kept.aggregate(bytes=Sum("size"))["bytes"] or 0,
    )


def removal_of(things: Iterable[Thing]) -> Removal:
    return sum((removal(thing) for thing in things), Removal())


def withdraw(key_or_uri: str, *, reason: str, user: Any = None) -> Thing:
    """Withdraw what `find` finds. Raises `NotHere`, and ``ValueError`` where no reason is given."""
    thing = find(key_or_uri)
    if isinstance(thing, Manifest):
        withdraw_manifest(thing, reason=reason, user=user)
    else:
        withdraw_canvas(thing, reason=reason, user=user)
    thing.refresh_from_db(fields=["state", "state_reason"])
    return thing


@transaction.atomic
def withdraw_canvas(canvas: Canvas, *, reason: str, user: Any = None) -> None:
    """Make a tombstone of a canvas, and cut it out of the manifests that show it."""
    said = _statement(reason, user)
    showing = _in_turn(_showing(canvas))
    if Canvas.objects.select_for_update().get(pk=canvas.pk).state == State.WITHDRAWN:
        erasure.drop_pictures([canvas.pk])
        return
    erasure.erase_canvases([canvas.pk], said)
    for manifest in showing:
        erasure.cut_from(manifest, [canvas.pk])
    _log(user, canvas, f"Withdrawn: {reason}")
    public = [manifest.key for manifest in showing if manifest.state == State.PUBLISHED]
    activities.record(Activity.Type.UPDATE, Activity.Kind.MANIFEST, *public)


@transaction.atomic
def withdraw_manifest(manifest: Manifest, *, reason: str, user: Any = None) -> None:
    """Make tombstones of a manifest, and of those canvases that no other manifest shows.

    What it said of canvases that others show goes too; these are described anew by the next
    harvest of one of the others.
    """
    said = _statement(reason, user)
    # The others too, before any canvas is locked: whoever stores one locks in this order.
    its = ManifestCanvas.objects.filter(manifest=manifest.pk).values("canvas_id")
    shown = ManifestCanvas.objects.filter(canvas_id__in=its).values("manifest_id")
    rows = _in_turn(Manifest.objects.filter(Q(pk=manifest.pk) | Q(pk__in=shown)))
    row = next(row for row in rows if row.pk == manifest.pk)
    if row.state == State.WITHDRAWN:
        erasure.drop_pictures(_lock(row.canvases.filter(state=State.WITHDRAWN)))
        return
    alone = _lock(_only_in(row))
    erasure.erase_canvases(alone, said)
    shared = _lock(Canvas.objects.filter(manifests=row.pk).exclude(state=State.WITHDRAWN))
    Canvas.objects.filter(pk__in=shared).update(text_revision=F("text_revision") + 1)
    if shared:
        others = ManifestCanvas.objects.filter(canvas__in=shared).exclude(manifest=row.pk)
        ids = set(others.values_list("manifest_id", flat=True))
        Manifest.objects.filter(pk__in=ids).update(**_READ_ANEW)
        Canvas.objects.filter(pk__in=shared, home=row.pk).update(home=None)
        canvases_changed.send(sender=Manifest, canvas_ids=set(shared))
        transaction.on_commit(lambda: changes_made.send(sender=Manifest) and None)
    erasure.erase_manifest(row, said)
    _log(user, row, f"Withdrawn: {reason}")
    if row.state == State.PUBLISHED:
        activities.record(Activity.Type.DELETE, Activity.Kind.MANIFEST, row.key)


@transaction.atomic
def restore(thing: Thing, *, user: Any = None) -> None:
    """Lift a withdrawal: a draft, empty until the next harvest, which reads everything anew.

    With a manifest come those canvases back that were withdrawn with it; as drafts too.
    """
    thing.refresh_from_db(fields=["state", "state_reason"])
    if thing.state != State.WITHDRAWN:
        return
    if isinstance(thing, Manifest):
        turns = _in_turn(Manifest.objects.filter(pk=thing.pk))
        canvases = Canvas.objects.filter(
            manifests=thing.pk, state=State.WITHDRAWN, state_reason=thing.state_reason
        )
        Manifest.objects.filter(pk=thing.pk).update(state=State.DRAFT, state_reason="")
    else:
        turns = _in_turn(_showing(thing))
        canvases = Canvas.objects.filter(pk=thing.pk)
    ids = _lock(canvases)
    Manifest.objects.filter(pk__in=[row.pk for row in turns]).update(**_READ_ANEW)
    Canvas.objects.filter(pk__in=ids).update(state=State.DRAFT, state_reason="")
    canvases_changed.send(sender=Canvas, canvas_ids=ids)
    _want_pictures(ids)
    _log(user, thing, "Withdrawal lifted.")


def _want_pictures(canvas_ids: list[int]) -> None:
    waiting: dict[str, Any] = {"outcome": Picture.Outcome.WAITING, "reason": "", "attempts": 0}
    canvases = Canvas.objects.filter(pk__in=canvas_ids).values_list("pk", "pixel_revision")
    Picture.objects.bulk_create(
        [Picture(canvas_id=pk, revision=revision, **waiting) for pk, revision in canvases],
        update_conflicts=True,
        unique_fields=["canvas"],
        update_fields=["revision", *waiting],
    )


def _showing(canvas: Canvas) -> QuerySet[Manifest]:
    return Manifest.objects.filter(appearances__canvas=canvas.pk).exclude(state=State.WITHDRAWN)


def _only_in(manifest: Manifest) -> QuerySet[Canvas]:
    """Its canvases that no other manifest shows."""
    others = ManifestCanvas.objects.exclude(manifest=manifest.pk)
    shown = others.filter(canvas=OuterRef("pk")).exclude(manifest__state=State.WITHDRAWN)
    canvases = Canvas.objects.filter(manifests=manifest.pk).exclude(state=State.WITHDRAWN)
    return canvases.exclude(pk__in=shown.values("canvas_id"))


def _in_turn(manifests: QuerySet[Manifest]) -> list[Manifest]:
    """Locked as a harvest locks them, so that none writes them at the same time."""
    taken: set[str] = set()
    # Asked again: another one may have come to show a canvas while a turn was waited for.
    while uris := set(manifests.order_by().values_list("uri", flat=True)) - taken:
        for uri in sorted(uris):
            take_turn(uri)
        taken |= uris
    rows = Manifest.objects.filter(uri__in=taken).order_by("pk").defer("raw")
    return list(rows.select_for_update())


def _lock(canvases: QuerySet[Canvas]) -> list[int]:
    ids = list(canvases.values_list("pk", flat=True))
    hold(ids)
    rows = Canvas.objects.filter(pk__in=ids).order_by("pk")
    return list(rows.values_list("pk", flat=True))


def _statement(reason: str, user: Any) -> str:
    """The reason with who and when, as it stays on the tombstone."""
    if not reason.strip():
        raise ValueError("A withdrawal needs a reason: it is what people read years from now.")
    by = f" by {user.get_username()}" if user is not None else ""
    return f"{reason.strip()} (withdrawn on {timezone.localdate():%Y-%m-%d}{by})"


def _log(user: Any, thing: Thing, message: str) -> None:
    named = type(thing)._default_manager.only("title", "raw_id", "key")
    journal.note(user, named.get(pk=thing.pk), message)
