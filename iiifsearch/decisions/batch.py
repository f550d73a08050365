"""Decisions that were taken at once, and how they are undone.

Every subject is a model whose rows are decided on: `BEFORE` names the fields that a decision
writes. What they held is kept with the batch, and comes back when it is undone. What else a
decision did is undone by who did it (``undo`` of the subject's own file).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from iiifsearch.models import Batch

#: Decisions of one batch: more are not kept to be undone, and so not taken at once.
MOST_AT_ONCE = 1000

Undo = Callable[[Mapping[str, Any]], int]
_UNDO: dict[str, Undo] = {}


class TooMany(Exception):
    """More decisions at once than can be undone; the message says how many are possible."""


class NothingToUndo(Exception):
    """Why a batch cannot be undone."""


def undone_by(subject: Batch.Subject) -> Callable[[Undo], Undo]:
    """Register who undoes the batches of ``subject``: it takes `Batch.before`, brings the rows
    back as they were, and returns how many."""

    def register(undo: Undo) -> Undo:
        _UNDO[subject] = undo
        return undo

    return register


def at_most(ids: Iterable[int]) -> list[int]:
    """The same, once each, in order. Raises TooMany."""
    once = list(dict.fromkeys(ids))
    if len(once) > MOST_AT_ONCE:
        raise TooMany(
            f"{len(once):,} are chosen; {MOST_AT_ONCE:,} can be decided at once. Choose fewer."
        )
    return once


def keep(
    subject: Batch.Subject, said: str, count: int, before: Mapping[str, Any], by: User
) -> Batch:
    """Keep what a batch of decisions replaced; in their transaction."""
    return Batch.objects.create(subject=subject, said=said, count=count, before=dict(before), by=by)


def last(subject: Batch.Subject, by: User) -> Batch | None:
    """The newest batch of a person that is not undone."""
    return Batch.objects.filter(subject=subject, by=by, undone_at=None).first()


@transaction.atomic
def undo(batch_id: int, by: User) -> Batch:
    """Bring back what was there before. Raises NothingToUndo: a person undoes their own."""
    batch = Batch.objects.select_for_update().filter(pk=batch_id, by=by).first()
    if batch is None:
        raise NothingToUndo("These decisions are not yours to undo.")
    if batch.undone_at is not None:
        raise NothingToUndo(f"Undone already: {batch.said}")
    _UNDO[batch.subject](batch.before)
    batch.undone_at = timezone.now()
    batch.save(update_fields=["undone_at"])
    return batch
