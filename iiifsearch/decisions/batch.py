"""Decisions that were taken at once, and how they are undone.

Every subject is a model whose rows are decided on: `BEFORE` names the fields that a decision
writes. What they held is kept with the batch, and comes back when it is undone. What else a
decision did is undone by who did it (``undo`` of the subject's own file).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from importlib import import_module
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext

from iiifsearch.models import Batch

#: Decisions of one batch: more are not kept to be undone, and so not taken at once.
MOST_AT_ONCE = 1000

#: The permission without which nobody decides, and so undoes, by subject; views ask for it.
NEEDED = {
    Batch.Subject.PAIRS: "iiifsearch.change_duplicate",
    Batch.Subject.TAGS: "iiifsearch.change_tagguess",
    Batch.Subject.CLASSES: "catalog.change_collection",
}

Undo = Callable[[Mapping[str, Any]], int]
_UNDO: dict[str, Undo] = {}


class TooMany(Exception):
    """More decisions at once than can be undone; the message says how many are possible."""


class NothingToUndo(Exception):
    """Why a batch cannot be undone."""


def undone_by(subject: Batch.Subject) -> Callable[[Undo], Undo]:
    """Register, in the file here that the subject names, who undoes its batches: it takes
    `Batch.before`, brings the rows back as they were, and returns how many."""

    def register(undo: Undo) -> Undo:
        _UNDO[subject] = undo
        return undo

    return register


def at_most(ids: Iterable[int]) -> list[int]:
    """The same, once each, in order. Raises TooMany."""
    once = list(dict.fromkeys(ids))
    if len(once) > MOST_AT_ONCE:
        told = gettext("More than %(most)s are chosen; so many can be decided at once.")
        raise TooMany(told % {"most": f"{MOST_AT_ONCE:,}"})
    return once


def keep(
    subject: Batch.Subject, said: str, count: int, before: Mapping[str, Any], by: User
) -> Batch:
    """Keep what a batch of decisions replaced; in their transaction."""
    return Batch.objects.create(subject=subject, said=said, count=count, before=dict(before), by=by)


def last(subject: Batch.Subject, by: User) -> Batch | None:
    """The newest batch of a person that is not undone."""
    return Batch.objects.filter(subject=subject, by=by, undone_at=None).first()


def own(batch_id: int, by: User) -> Batch:
    """A batch of this person. Raises NothingToUndo: a person undoes their own."""
    batch = Batch.objects.filter(pk=batch_id, by=by).first()
    if batch is None:
        raise NothingToUndo(gettext("These decisions are not yours to undo."))
    return batch


@transaction.atomic
def undo(batch_id: int, by: User) -> Batch:
    """Bring back what was there before; `Batch.restored` says of how many. What somebody decided
    anew since then stays. Raises NothingToUndo."""
    own(batch_id, by)
    batch = Batch.objects.select_for_update().get(pk=batch_id)
    if batch.undone_at is not None:
        raise NothingToUndo(gettext("Undone already: %(said)s") % {"said": batch.said})
    import_module(f"iiifsearch.decisions.{batch.subject}")  # it registers who undoes
    batch.restored = _UNDO[batch.subject](batch.before)
    batch.undone_at = timezone.now()
    batch.save(update_fields=["undone_at"])
    return batch
