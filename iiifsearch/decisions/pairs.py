"""Verdicts on pairs of canvases that show the same picture, or seem to: taken, undone, told."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.admin.models import ADDITION, CHANGE, DELETION, LogEntry
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import OuterRef, QuerySet, Subquery
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext, ngettext

from catalog.locks import hold
from catalog.models import Canvas, State
from iiifsearch.decisions import batch
from iiifsearch.models import Batch, Duplicate

Decision = Duplicate.Decision

#: Open pairs that are counted; of more it is said that there are more.
MOST_COUNTED = 10_000
#: What a verdict writes, and its undoing brings back.
_WRITTEN = (
    *("decision", "decided_by_id", "decided_at", "note"),
    *("first_revision", "second_revision"),
)


class NoSuchPair(LookupError):
    """A pair that is not there (any more); the message says which."""


class NoPair(ValueError):
    """Two canvases that are no pair; the message says why."""


class KnownPair(NoPair):
    """``pair``: the one that these two canvases are already."""

    def __init__(self, pair: Duplicate) -> None:
        super().__init__(gettext("These two are a pair already."))
        self.pair = pair


@transaction.atomic
def decide(
    ids: Iterable[int],
    verdict: str,
    *,
    by: User,
    note: str | None = None,
    only_open: bool = False,
) -> Batch | None:
    """Say the same of these pairs, and write it down; "" opens them again. None where nothing
    changed. ``note``: None leaves what stands there. ``only_open``: what is decided stays.

    Raises NoSuchPair, `iiifsearch.decisions.batch.TooMany`, and ValueError for an unknown verdict.
    """
    decision, wanted = Decision(verdict), batch.at_most(ids)
    rows = _locked(wanted)
    if missing := sorted(set(wanted) - {row.pk for row in rows}):
        listed = ", ".join(map(str, missing[:10]))
        raise NoSuchPair(gettext("There is no pair %(ids)s (any more).") % {"ids": listed})
    rows = [row for row in rows if _differs(row, decision, note)]
    rows = [row for row in rows if not (only_open and row.decision)]
    if not rows:
        return None
    before = {str(row.pk): _kept(row) for row in rows}
    at = _write(rows, decision, by, note)
    _log(by.pk, rows, CHANGE, f"Decided: {decision.label}.")
    return _batch(decision, len(rows), before, at, by)


@transaction.atomic
def add(one: Canvas, other: Canvas, verdict: str, *, by: User, note: str = "") -> Batch:
    """A pair that nobody found, with its verdict; nothing of it is measured. Raises NoPair,
    KnownPair, and ValueError for no verdict."""
    decision = Decision(verdict)
    if decision == Decision.OPEN:
        raise ValueError("A pair that is added by hand needs a verdict.")
    if one.pk == other.pk:
        raise NoPair(gettext("Both are the same canvas; a pair is of two."))
    pks = sorted((one.pk, other.pk))
    hold(pks)
    there = Canvas.objects.exclude(state=State.WITHDRAWN).order_by("pk")
    canvases = list(there.filter(pk__in=pks))
    if len(canvases) < 2:
        raise NoPair(gettext("One of them is withdrawn."))
    row, made = Duplicate.objects.get_or_create(first=canvases[0], second=canvases[1])
    if not made:
        raise KnownPair(row)
    at = _write([row], decision, by, note)
    _log(by.pk, [row], ADDITION, f"Added, and decided: {decision.label}.")
    return _batch(decision, 1, {str(row.pk): None}, at, by)


# -- what is left -------------------------------------------------------------------------------


def left() -> int:
    """How many pairs nobody decided on; MOST_COUNTED + 1 where there are more."""
    return _open()[: MOST_COUNTED + 1].count()


def next_open(after: int = 0) -> int | None:
    """The id of the next open pair, by id; after the last one comes the first. None: there is
    none but ``after``, or none at all."""
    ids = _open().exclude(pk=after).order_by("pk").values_list("pk", flat=True)
    later = ids.filter(pk__gt=after).first()
    return ids.first() if later is None else later


def _open() -> QuerySet[Duplicate]:
    return Duplicate.objects.filter(decision=Decision.OPEN)


def neighbours(pk: int) -> tuple[int | None, int | None]:
    """Ids of the pairs before and after this one, decided or not."""
    ids = Duplicate.objects.values_list("pk", flat=True)
    before = ids.filter(pk__lt=pk).order_by("-pk").first()
    return before, ids.filter(pk__gt=pk).order_by("pk").first()


# -- what was decided ---------------------------------------------------------------------------


@dataclass(frozen=True)
class Verdict:
    """A pair that is decided, with the keys and URIs of its canvases. ``by``: a user's name, ""
    where nobody is known. ``probability``: by verification; None where it said nothing."""

    id: int
    first: str
    first_uri: str
    second: str
    second_uri: str
    verdict: str
    note: str
    by: str
    at: datetime | None
    probability: float | None
    mirrored: bool


def verdicts() -> Iterator[Verdict]:
    """All that was decided, by id, a thousand at a time."""
    decided = Duplicate.objects.exclude(decision=Decision.OPEN).order_by("pk")
    rows = decided.select_related("first", "second", "decided_by").only(
        *("decision", "note", "decided_at", "probability", "mirrored", "decided_by__username"),
        *("first__key", "first__raw_id", "second__key", "second__raw_id"),
    )
    for row in rows.iterator(chunk_size=1000):
        yield Verdict(
            id=row.pk,
            first=row.first.key,
            first_uri=row.first.raw_id,
            second=row.second.key,
            second_uri=row.second.raw_id,
            verdict=row.decision,
            note=row.note,
            by=row.decided_by.get_username() if row.decided_by else "",
            at=row.decided_at,
            probability=row.probability,
            mirrored=row.mirrored,
        )


# -- undoing ------------------------------------------------------------------------------------


@batch.undone_by(Batch.Subject.PAIRS)
def _undo(before: Mapping[str, Any]) -> int:
    """What was decided anew since, or is there no more, stays as it is."""
    pairs, wrote = before["pairs"], before["wrote"]
    rows = [row for row in _locked(int(pk) for pk in pairs) if _stamp(row) == wrote]
    added = [row for row in rows if pairs[str(row.pk)] is None]
    back = [row for row in rows if pairs[str(row.pk)] is not None]
    deciders = {pairs[str(row.pk)]["decided_by_id"] for row in back}
    there = set(User.objects.filter(pk__in=deciders - {None}).values_list("pk", flat=True))
    for row in back:
        kept = pairs[str(row.pk)]
        at, decider = kept["decided_at"], kept["decided_by_id"]
        told = {"decided_at": at and parse_datetime(at)}
        told |= {"decided_by_id": decider if decider in there else None}
        for name, value in (kept | told).items():
            setattr(row, name, value)
    fields = [name.removesuffix("_id") for name in _WRITTEN]
    Duplicate.objects.bulk_update(back, fields, batch_size=100)  # its cost is the square of this
    _log(before["by"], back, CHANGE, "Undone.")
    _log(before["by"], added, DELETION, "Undone: it was added by hand.")
    Duplicate.objects.filter(pk__in=[row.pk for row in added]).delete()
    return len(rows)


# -- what both do -------------------------------------------------------------------------------


def _locked(ids: Iterable[int]) -> list[Duplicate]:
    """The pairs, locked, with their canvases' revisions: read apart, for the two canvases of a pair
    may lie on two nodes of a cluster."""
    rows = list(Duplicate.objects.filter(pk__in=list(ids)).order_by("pk").select_for_update())
    both = {pk for row in rows for pk in (row.first_id, row.second_id)}
    canvases = Canvas.objects.only("pixel_revision").in_bulk(both)
    for row in rows:
        row.first, row.second = canvases[row.first_id], canvases[row.second_id]
    return rows


def _differs(row: Duplicate, decision: Decision, note: str | None) -> bool:
    """Whether this verdict says anything new: also the same one of a picture that changed."""
    return row.decision != decision or row.changed or (note is not None and row.note != note)


def _kept(row: Duplicate) -> dict[str, Any]:
    values = {name: getattr(row, name) for name in _WRITTEN}
    return values | {"decided_at": row.decided_at.isoformat() if row.decided_at else None}


def _write(
    rows: list[Duplicate], decision: Decision, by: User, note: str | None
) -> datetime | None:
    """When: what tells this verdict from any other."""
    is_open = decision == Decision.OPEN
    at = None if is_open else timezone.now()
    values: dict[str, Any] = {} if note is None else {"note": note}
    Duplicate.objects.filter(pk__in=[row.pk for row in rows]).update(
        decision=decision,
        decided_at=at,
        decided_by=None if is_open else by,
        first_revision=None if is_open else _revision_of("first_id"),
        second_revision=None if is_open else _revision_of("second_id"),
        **values,
    )
    return at


def _revision_of(column: str) -> Subquery:
    return Subquery(Canvas.objects.filter(pk=OuterRef(column)).values("pixel_revision"))


def _stamp(row: Duplicate) -> list[Any]:
    """What tells which verdict a pair bears."""
    return [row.decision, row.decided_at.isoformat() if row.decided_at else None]


def _batch(
    decision: Decision, count: int, before: dict[str, Any], at: datetime | None, by: User
) -> Batch:
    text = ngettext(
        "%(n)d pair decided: %(decision)s.", "%(n)d pairs decided: %(decision)s.", count
    )
    if decision == Decision.OPEN:
        text = ngettext("%(n)d pair is open again.", "%(n)d pairs are open again.", count)
    said = text % {"n": count, "decision": decision.label}
    wrote = [str(decision), at.isoformat() if at else None]
    kept = {"by": by.pk, "wrote": wrote, "pairs": before}
    return batch.keep(Batch.Subject.PAIRS, said, count, kept, by)


def _log(user_id: int, rows: list[Duplicate], flag: int, said: str) -> None:
    if rows:
        LogEntry.objects.log_actions(user_id, rows, flag, said)
