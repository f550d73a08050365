"""What is of a class that curators teach, and what is not: candidates taken in, or refused."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import User
from django.db import transaction
from django.utils.translation import ngettext

from catalog import collecting
from catalog.admin.permissions import may_edit
from catalog.models import Canvas, Collection, CollectionCanvas, State
from iiifsearch.decisions import batch
from iiifsearch.models import Batch, NotOfClass


@transaction.atomic
def take_in(collection: Collection, canvas_ids: Iterable[int], *, by: User) -> Batch | None:
    """Add canvases to the class as examples of it; None where all are there already. Raises
    `batch.TooMany`."""
    members = CollectionCanvas.objects.filter(collection=collection)
    new = _there(collection, canvas_ids).exclude(pk__in=members.values("canvas_id"))
    added = list(new.values_list("pk", flat=True))
    refused = NotOfClass.objects.filter(collection=collection, canvas__in=added)
    before = {
        "collection": collection.pk,
        "by": by.pk,
        "added": added,
        "refused": list(refused.values_list("canvas_id", flat=True)),
    }
    refused.delete()
    if not added:
        return None
    collecting.add(collection, added, by=by)
    said = ngettext(
        "%(n)d canvas added to %(title)s.", "%(n)d canvases added to %(title)s.", len(added)
    )
    return _kept(collection, said, len(added), before, by)


@transaction.atomic
def refuse(collection: Collection, canvas_ids: Iterable[int], *, by: User) -> Batch | None:
    """Never suggest canvases for the class again; None where nothing is left to refuse: members of
    it are not refused. Raises `batch.TooMany`."""
    members = CollectionCanvas.objects.filter(collection=collection)
    known = NotOfClass.objects.filter(collection=collection)
    asked = _there(collection, canvas_ids).exclude(pk__in=members.values("canvas_id"))
    new = list(asked.exclude(pk__in=known.values("canvas_id")).values_list("pk", flat=True))
    if not new:
        return None
    NotOfClass.objects.bulk_create(
        NotOfClass(canvas_id=pk, collection=collection, by=by) for pk in new
    )
    before = {"collection": collection.pk, "by": by.pk, "not": new}
    said = ngettext(
        "%(n)d canvas is none of %(title)s.", "%(n)d canvases are none of %(title)s.", len(new)
    )
    _log(collection, f"Called {len(new)} canvases none of this class.", by)
    return _kept(collection, said, len(new), before, by)


@batch.undone_by(Batch.Subject.CLASSES)
def _undo(before: Mapping[str, Any]) -> int:
    """Take out what was added, suggest again what was refused. Raises NothingToUndo."""
    collection = Collection.objects.select_for_update().filter(pk=before["collection"]).first()
    person = User.objects.filter(pk=before["by"]).first()
    if collection is None:
        raise batch.NothingToUndo("The collection is no longer there.")
    if person is None or not may_edit(person, collection):
        raise batch.NothingToUndo(f"{collection.title} is no longer yours to change.")
    collecting.remove(collection, before.get("added", []), by=person)
    NotOfClass.objects.filter(collection=collection, canvas__in=before.get("not", [])).delete()
    refused = Canvas.objects.filter(pk__in=before.get("refused", []))
    NotOfClass.objects.bulk_create(
        [NotOfClass(canvas=canvas, collection=collection, by=person) for canvas in refused],
        ignore_conflicts=True,
    )
    if before.get("not"):
        _log(
            collection,
            f"Called {len(before['not'])} canvases none of this class no longer.",
            person,
        )
    return len(before.get("added", [])) + len(before.get("not", []))


def _there(collection: Collection, canvas_ids: Iterable[int]) -> Any:
    """Those of the canvases that can be decided on; two curators take turns."""
    asked = batch.at_most(canvas_ids)
    Collection.objects.select_for_update().get(pk=collection.pk)
    return Canvas.objects.filter(pk__in=asked).exclude(state=State.WITHDRAWN).order_by("pk")


def _kept(collection: Collection, said: str, count: int, before: dict[str, Any], by: User) -> Batch:
    said %= {"n": count, "title": collection.title}
    return batch.keep(Batch.Subject.CLASSES, said, count, before, by)


def _log(collection: Collection, written: str, by: User) -> None:
    LogEntry.objects.log_actions(by.pk, [collection], CHANGE, written, single_object=True)
