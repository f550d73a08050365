"""What curators do with collections: make them, fill them, order them, publish them.

Whoever changes a collection does it here, or ends with `changed`: what a change needs is then done
with it, in the one order that works. The rows are locked, the change is written, then the log of
the admin, then the version (by signal), and last the activity, after which nothing is locked any
more (`catalog.activities.record`). Nobody here asks for permissions: the caller has.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.apps import apps
from django.db import connection, transaction
from django.db.models import Max
from django.utils import timezone

from catalog import activities
from catalog.conf import options
from catalog.left_out import leave_out
from catalog.models import (
    Activity,
    Canvas,
    Collection,
    CollectionCanvas,
    State,
    permanent_key,
)
from catalog.ordering import placed
from catalog.signals import collections_changed

#: Rows written by one statement.
_BATCH = 5000


class NotCurated(ValueError):
    """What is in a collection is said by its source, or it was withdrawn."""


def new_key() -> str:
    """The permanent key of a collection that is made here."""
    return permanent_key("collection", uuid.uuid4().hex)


@transaction.atomic
def create(title: str, *, by: Any) -> Collection:
    """An empty draft, with its title in the library's first language."""
    label = {options.languages[0] if options.languages else "none": [title]}
    collection = Collection.objects.create(
        key=new_key(), title=title, label=label, state=State.DRAFT
    )
    _log(by, collection, [{"added": {}}], added=True)
    return collection


@transaction.atomic
def add(
    collection: Collection, canvas_ids: Iterable[int], *, by: Any, by_rule: bool = False
) -> int:
    """Put canvases after those that are in the collection, in their order; how many are new to it.

    What is there already stays in its place; where the collection's rule had put it there and
    ``by_rule`` is False, it stays for good. Ids of canvases that are withdrawn, or not there, are
    left out. ``by``: the user, for the log and the version; None: a rule. Raises NotCurated.
    """
    row = _locked_to_fill(collection)
    wanted = list(dict.fromkeys(canvas_ids))
    members = CollectionCanvas.objects.filter(collection=row)
    known = set(members.filter(canvas__in=wanted).values_list("canvas_id", flat=True))
    if not by_rule:
        members.filter(canvas__in=known, by_rule=True).update(by_rule=False)
    there = Canvas.objects.filter(pk__in=wanted).exclude(state=State.WITHDRAWN)
    there_ids = set(there.values_list("pk", flat=True))
    new = [pk for pk in wanted if pk in there_ids and pk not in known]
    if not new:
        return 0
    last = members.aggregate(last=Max("position"))["last"]
    CollectionCanvas.objects.bulk_create(
        [
            CollectionCanvas(canvas_id=pk, collection=row, position=position, by_rule=by_rule)
            for position, pk in enumerate(new, 0 if last is None else last + 1)
        ],
        batch_size=_BATCH,
    )
    _log(by, row, f"Added {len(new)} canvases.")
    _refilled(row, by)
    return len(new)


@transaction.atomic
def remove(
    collection: Collection, canvas_ids: Iterable[int], *, by: Any, by_rule: bool = False
) -> int:
    """Take canvases out of the collection; how many were in it. One that was its cover is so no
    longer. What is taken out by hand, the collection's rule does not bring back. Raises
    NotCurated."""
    row = _locked_to_fill(collection)
    gone = list(set(canvas_ids))
    members = CollectionCanvas.objects.filter(collection=row, canvas__in=gone)
    if not by_rule:
        leave_out(row, members.values_list("canvas_id", flat=True))
    count = members._raw_delete(members.db)
    if not count:
        return 0
    if row.cover_id in gone:
        Collection.objects.filter(pk=row.pk).update(cover=None)
    _log(by, row, f"Removed {count} canvases.")
    _refilled(row, by)
    return count


@transaction.atomic
def arrange(collection: Collection, places: Mapping[int, int], *, by: Any) -> bool:
    """Put canvases (id -> place, from 1) in their places; the others keep their order around them
    (`catalog.ordering.placed`). Ids that are not in it are left alone, and nobody is lost.

    Whether the order is another now. Raises NotCurated.
    """
    row = _locked_to_fill(collection)
    members = CollectionCanvas.objects.filter(collection=row).order_by("position", "pk")
    before = list(members.values_list("canvas_id", flat=True))
    after = placed(before, places)
    if after == before:
        return False
    with connection.cursor() as cursor:
        cursor.execute(_RENUMBER_CANVASES, [after, row.pk])
    _log(by, row, "Reordered the canvases.")
    _refilled(row, by)
    return True


def move(collection: Collection, canvas_ids: Sequence[int], to: int, *, by: Any) -> bool:
    """Put canvases one after the other, the first of them at place ``to`` (from 1)."""
    return arrange(collection, {pk: to + n for n, pk in enumerate(canvas_ids)}, by=by)


@transaction.atomic
def set_cover(collection: Collection, canvas_id: int | None, *, by: Any) -> bool:
    """Whether the cover is another now; None: its first painting stands for it again.

    A canvas that is not in the collection changes nothing. Raises NotCurated.
    """
    row = _locked_to_fill(collection)
    inside = CollectionCanvas.objects.filter(collection=row, canvas=canvas_id).exists()
    if row.cover_id == canvas_id or (canvas_id is not None and not inside):
        return False
    Collection.objects.filter(pk=row.pk).update(cover=canvas_id)
    _log(by, row, [{"changed": {"fields": ["cover"]}}])
    _refilled(row, by)
    return True


@transaction.atomic
def arrange_within(parent: Collection | None, places: Mapping[int, int], *, by: Any) -> bool:
    """Put the collections within ``parent`` (None: those that are in no other) in their places
    (id -> place, from 1), as `arrange` does. Whether the order is another now."""
    rows = within(parent)
    together = [*rows.values_list("pk", flat=True), *([parent.pk] if parent else [])]
    lock(together)
    before = list(rows.values_list("pk", flat=True))
    after = placed(before, places)
    if after == before:
        return False
    with connection.cursor() as cursor:
        cursor.execute(_RENUMBER_COLLECTIONS, [after])
    if parent is not None:
        _log(by, parent, "Reordered the collections in it.")
        _touch(parent)
        changed([parent], by=by)
    return True


def within(parent: Collection | None) -> Any:
    """The collections in ``parent`` (None: in no other) in their order; withdrawn ones are not."""
    rows = Collection.objects.filter(parent=parent).exclude(state=State.WITHDRAWN)
    return rows.order_by("position", "title", "pk")


def last_place(parent_id: int | None) -> int:
    """The position for one that comes to those in ``parent_id``: after the last; 0, and so by
    its title among them, where nobody has ordered them."""
    rows = Collection.objects.filter(parent=parent_id)
    last = rows.aggregate(last=Max("position"))["last"]
    return last + 1 if last else 0


def since(state: State, by: Any) -> dict[str, Any]:
    """The columns that say since when a collection is public, and who made it so, for one whose
    state has just become ``state``."""
    public = state == State.PUBLISHED
    return {
        "published_at": timezone.now() if public else None,
        "published_by": by if public else None,
    }


def lock(ids: Iterable[int | None]) -> dict[int, Collection]:
    """Lock collections for this transaction, always in the same order; those there are, by id.

    Whoever changes one and what lists it locks both with one call.
    """
    rows = Collection.objects.filter(pk__in=[pk for pk in ids if pk is not None])
    return {row.pk: row for row in rows.order_by("pk").select_for_update(of=("self",))}


def changed(
    collections: Sequence[Collection],
    *,
    by: Any,
    public_before: bool | None = None,
    above: Iterable[int | None] = (),
) -> None:
    """Tell of a change, as the last thing of the transaction that did it: the version, then the
    activities. The rows are locked, and as they are now.

    ``public_before``: where their state may have changed, whether they were all public.
    ``above``: ids of collections that list them, where they list them otherwise now (a title, a
    place, a state). They are locked too.
    """
    told: dict[Activity.Type, list[str]] = {}
    for row in collections:
        now = row.state == State.PUBLISHED
        before = now if public_before is None else public_before
        if now or before:
            told.setdefault(activities.TYPES[before, now], []).append(row.key)
    if not told:  # a draft is nobody's business yet
        return
    ids = {row.pk for row in collections}
    listing = Collection.objects.filter(
        pk__in=[pk for pk in above if pk is not None and pk not in ids], state=State.PUBLISHED
    )
    above_rows = list(listing.order_by("pk"))
    public = [row for row in collections if row.state == State.PUBLISHED]
    curated = [row for row in (*public, *above_rows) if not row.harvested]
    if curated:
        collections_changed.send(sender=Collection, collections=curated, by=by)
    told.setdefault(Activity.Type.UPDATE, []).extend(row.key for row in above_rows)
    for kind, keys in told.items():
        activities.record(kind, Activity.Kind.COLLECTION, *keys)


_RENUMBER_CANVASES = """
UPDATE catalog_collectioncanvas AS member SET position = given.place - 1
FROM unnest(%s::bigint[]) WITH ORDINALITY AS given(canvas_id, place)
WHERE member.collection_id = %s AND member.canvas_id = given.canvas_id
  AND member.position <> given.place - 1
"""
# From 1: where all are 0, nobody has ordered them.
_RENUMBER_COLLECTIONS = """
UPDATE catalog_collection AS row SET position = given.place
FROM unnest(%s::bigint[]) WITH ORDINALITY AS given(id, place)
WHERE row.id = given.id AND row.position <> given.place
"""


def _locked_to_fill(collection: Collection) -> Collection:
    """Two curators, or a curator and a rule, take turns."""
    row = lock([collection.pk]).get(collection.pk)
    if row is None or row.harvested or row.state == State.WITHDRAWN:
        raise NotCurated(f"{collection} was harvested, withdrawn or deleted: it is not filled.")
    return row


def _refilled(row: Collection, by: Any) -> None:
    _touch(row)
    row.refresh_from_db()
    changed([row], by=by)


def _touch(row: Collection) -> None:
    Collection.objects.filter(pk=row.pk).update(modified_at=timezone.now())


def _log(by: Any, row: Collection, message: Any, *, added: bool = False) -> None:
    if by is None or not apps.is_installed("django.contrib.admin"):
        return
    from django.contrib.admin.models import ADDITION, CHANGE, LogEntry

    flag = ADDITION if added else CHANGE
    LogEntry.objects.log_actions(by.pk, [row], flag, change_message=message, single_object=True)
