"""Guessed tags, decided on: right or wrong, and what follows from it.

- A tag that might be said, right: it is written as a comment of the curator's. Wrong: nothing.
- A tag that might be wrong, right: it stays. Wrong: it stays as harvested, and withdrawn: neither
  searched nor published nor counted any more, and no harvest brings it back.

Either way nobody is asked again. What a decision did is undone by deciding otherwise.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext, ngettext

from catalog import comment_values, commenting
from catalog.locks import hold
from catalog.models import Canvas, Comment, State, permanent_key
from iiifsearch.decisions import batch
from iiifsearch.engine.tags import tag_of
from iiifsearch.models import Batch, TagGuess

Kind, Decision = TagGuess.Kind, TagGuess.Decision


@dataclass(frozen=True)
class Decided:
    """``count``: guesses that were decided now. ``already``: those that had been decided so, or are
    no longer there. ``batch``: by which it is undone; None where there was nothing to decide."""

    count: int
    already: int
    batch: Batch | None


@transaction.atomic
def decide(ids: Iterable[int], decision: TagGuess.Decision, *, by: User) -> Decided:
    """Decide guesses: right, wrong, or open again. Raises `batch.TooMany`."""
    asked = batch.at_most(ids)
    rows = [row for row in _locked(asked) if row.decision != decision]
    if not rows:
        return Decided(0, len(asked), None)
    before = {
        str(row.pk): [row.decision, row.decided_by_id, row.decided_at and str(row.decided_at)]
        for row in rows
    }
    now = None if decision == Decision.OPEN else timezone.now()
    for row in rows:
        row.decided_by, row.decided_at = (by if now else None), now
    _become(rows, {row.pk: decision for row in rows}, by)
    said = _said(rows, decision)
    kept = batch.keep(Batch.Subject.TAGS, said, len(rows), before, by)
    _log(rows, f"Tag called {decision or 'open again'}", by)
    return Decided(len(rows), len(asked) - len(rows), kept)


@batch.undone_by(Batch.Subject.TAGS)
def _undo(before: Mapping[str, Any]) -> int:
    """Guesses that are gone meanwhile stay gone."""
    rows = list(_locked([int(pk) for pk in before]))
    people = User.objects.in_bulk({before[str(row.pk)][1] for row in rows} - {None})
    for row in rows:
        _, person, at = before[str(row.pk)]
        row.decided_by = people.get(person)
        row.decided_at = datetime.fromisoformat(at) if at else None
    _become(rows, {row.pk: Decision(before[str(row.pk)][0]) for row in rows}, None)
    return len(rows)


def _locked(ids: Collection[int]) -> list[TagGuess]:
    """The guesses, their canvases locked: whoever makes guesses locks canvases, too."""
    asked = TagGuess.objects.filter(pk__in=ids)
    hold(set(asked.values_list("canvas_id", flat=True)))
    return list(asked.select_related("canvas", "decided_by").order_by("pk"))


# -- what follows -------------------------------------------------------------------------------


def _become(
    rows: Collection[TagGuess], decisions: Mapping[int, TagGuess.Decision], by: User | None
) -> None:
    """Take back what the earlier decisions did, and do what the new ones do."""
    withdrawn: list[TagGuess] = []
    back: list[TagGuess] = []
    written: list[TagGuess] = []
    unwritten: list[TagGuess] = []
    for row in rows:
        was, is_now = row.decision, decisions[row.pk]
        if row.kind == Kind.DOUBTFUL:
            if Decision.WRONG in (was, is_now) and was != is_now:
                (withdrawn if is_now == Decision.WRONG else back).append(row)
        elif Decision.RIGHT in (was, is_now) and was != is_now:
            (written if is_now == Decision.RIGHT else unwritten).append(row)
        row.decision = is_now
    Comment.objects.filter(
        pk__in=[row.comment_id for row in unwritten], origin=Comment.Origin.CURATOR
    ).delete()
    for row in unwritten:
        row.comment = None
    _write(written, by)
    _set_state(withdrawn, State.PUBLISHED, State.WITHDRAWN)
    _set_state(back, State.WITHDRAWN, State.PUBLISHED)
    TagGuess.objects.bulk_update(rows, ["decision", "decided_by", "decided_at", "comment"])
    commenting.texts_changed({row.canvas_id for row in (*written, *unwritten, *withdrawn, *back)})


def _write(rows: Collection[TagGuess], by: User | None) -> None:
    """A comment for each accepted tag, by whom it was accepted."""
    comments = []
    for row in rows:
        person = by or row.decided_by
        comments.append(
            Comment(
                canvas=row.canvas,
                key=permanent_key("comment", row.canvas.uri, uuid.uuid4().hex),
                origin=Comment.Origin.CURATOR,
                motivation="tagging",
                label=row.label,
                body=row.text,
                author=person,
                creator=comment_values.name_of(person) if person else "",
                created=timezone.now(),
            )
        )
    for row, comment in zip(rows, Comment.objects.bulk_create(comments), strict=True):
        row.comment = comment


def _set_state(rows: Collection[TagGuess], was: State, now: State) -> None:
    """Withdraw, or bring back, whatever was harvested of a painting and says the doubtful tag."""
    marks: dict[int, dict[str, TagGuess]] = defaultdict(dict)
    for row in rows:
        marks[row.canvas_id][row.mark] = row
    said = Comment.objects.filter(canvas__in=list(marks), origin=Comment.Origin.METADATA, state=was)
    changed = []
    for comment in said.order_by("-pk"):
        tag = tag_of(comment)
        guess = marks[comment.canvas_id].get(tag.mark) if tag else None
        if guess is not None:
            guess.comment = comment
            changed.append(comment.pk)
    Comment.objects.filter(pk__in=changed).update(state=now)


# -- what is told -------------------------------------------------------------------------------


def _said(rows: Collection[TagGuess], decision: TagGuess.Decision) -> str:
    """What was decided, in words, in the language of whoever decided it."""
    word = Decision(decision).label if decision else gettext("open again")
    names = sorted({str(row) for row in rows})
    if len(names) == 1:
        text = ngettext(
            "%(tag)s, of %(n)d painting: %(word)s",
            "%(tag)s, of %(n)d paintings: %(word)s",
            len(rows),
        )
        return text % {"tag": names[0], "n": len(rows), "word": word}
    text = ngettext("%(n)d tag: %(word)s", "%(n)d tags: %(word)s", len(rows))
    return text % {"n": len(rows), "word": word}


def _log(rows: Collection[TagGuess], said: str, by: User) -> None:
    by_tag: dict[str, list[Canvas]] = defaultdict(list)
    for row in rows:
        by_tag[str(row)].append(row.canvas)
    for tag, canvases in by_tag.items():
        LogEntry.objects.log_actions(by.pk, canvases, CHANGE, f"{said}: {tag}.")
