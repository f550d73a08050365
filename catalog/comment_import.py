"""Comments imported from a file: what would become of each row, and doing it.

A row's identity is its painting, the file's source and the row's ``id``; a row without an id is its
text and region. So the same file a second time makes no second copy. ``Comment.source_id`` keeps
hashes of what the row said and of what was stored: a row that says the same again changes nothing,
one that was corrected in the file changes what its import made, and nothing else; and what somebody
edited here meanwhile stays, and is told.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from catalog import comment_values, commenting
from catalog.comment_files import Layout, Problem, Row, read
from catalog.comment_matching import Match, match
from catalog.comment_values import SAID, CommentProblem
from catalog.harvest.texts import read_date
from catalog.locks import hold
from catalog.models import Canvas, Comment, State, permanent_key

#: Begins ``Comment.source_id`` of what was imported.
IMPORTED = "import:"


class Outcome(StrEnum):
    NEW = "new"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    EDITED = "edited"
    UNMATCHED = "unmatched"
    AMBIGUOUS = "ambiguous"
    REPEATED = "repeated"
    REFUSED = "refused"


WORDS = {
    Outcome.NEW: _("new"),
    Outcome.CHANGED: _("changed in the file"),
    Outcome.UNCHANGED: _("unchanged"),
    Outcome.EDITED: _("edited here since, left"),
    Outcome.UNMATCHED: _("no painting found"),
    Outcome.AMBIGUOUS: _("several paintings found"),
    Outcome.REPEATED: _("repeated in the file"),
    Outcome.REFUSED: _("not taken"),
}


@dataclass(frozen=True)
class Defaults:
    """What holds where a row says nothing. ``source``: what the file is called, within which its
    ids count; ``creator`` "": the author's name."""

    source: str = ""
    language: str = ""
    motivation: str = "describing"
    rights: str = ""
    creator: str = ""
    state: str = State.PUBLISHED


@dataclass
class Step:
    """What becomes of a row. ``said``: the columns that it would have; ``key``: its identity."""

    row: Row
    outcome: Outcome
    message: str = ""
    canvas: Canvas | None = None
    said: dict[str, Any] = field(default_factory=dict)
    key: str = ""
    before: Comment | None = None

    @property
    def word(self) -> Any:
        return WORDS[self.outcome]


@dataclass
class Plan:
    """What an import would do. ``problems``: rows that could not be read; ``unread``: more of
    them, counted only."""

    steps: list[Step]
    problems: list[Problem]
    warnings: list[str]
    unread: int = 0

    @property
    def counts(self) -> dict[Outcome, int]:
        """Of every outcome, in their order."""
        found = Counter(step.outcome for step in self.steps)
        return {outcome: found[outcome] for outcome in Outcome}

    @property
    def to_write(self) -> int:
        return self.counts[Outcome.NEW] + self.counts[Outcome.CHANGED]


def plan(data: bytes, layout: Layout, defaults: Defaults) -> Plan:
    """What importing ``data`` would do now; nothing is written. Raises BadFile."""
    table = read(data, layout)
    matches = match(table.rows)
    steps = [_step(row, found, defaults) for row, found in zip(table.rows, matches, strict=True)]
    wanted = [step for step in steps if step.outcome == Outcome.NEW]
    first: dict[str, int] = {}
    for step in wanted:
        line = first.setdefault(step.key, step.row.line)
        if line != step.row.line:
            step.outcome = Outcome.REPEATED
            step.message = f"Line {line:,} says it already."
    known = Comment.objects.filter(key__in=first).in_bulk(field_name="key") if first else {}
    for step in wanted:
        if step.outcome == Outcome.NEW and step.key in known:
            _compare(step, known[step.key])
    return Plan(steps, table.problems, table.warnings, table.unread)


@transaction.atomic
def carry_out(made: Plan, *, author: Any) -> int:
    """Write what is new and changed, all of it or nothing; how many comments. Rows whose painting
    was withdrawn since the plan was made are left, and say so."""
    writing = [step for step in made.steps if step.outcome in (Outcome.NEW, Outcome.CHANGED)]
    ids = {step.canvas.pk for step in writing if step.canvas}
    hold(ids)
    rows = Canvas.objects.filter(pk__in=ids)
    open_ids = set(rows.exclude(state=State.WITHDRAWN).values_list("pk", flat=True))
    now = timezone.now()
    new: list[Comment] = []
    changed: list[Comment] = []
    for step in writing:
        assert step.canvas is not None
        if step.canvas.pk not in open_ids:
            step.outcome, step.message = Outcome.REFUSED, "The painting was withdrawn."
            continue
        if step.before is None:
            comment = Comment(
                canvas=step.canvas, key=step.key, origin=Comment.Origin.CURATOR, author=author
            )
            said = dict(step.said)
            said["created"] = said["created"] or now
            said["creator"] = said["creator"] or comment_values.name_of(author)
            new.append(comment)
        else:
            comment, said = step.before, _updates(step)
            changed.append(comment)
        for name, value in said.items():
            setattr(comment, name, value)
        comment.source_id, comment.modified = _source_id(step, comment), now
    commenting.store(author, new=new, changed=changed)
    return len(new) + len(changed)


def report(made: Plan) -> str:
    """A CSV of every line with what becomes of it."""
    lines: list[tuple[int, str, str, str]] = [
        (step.row.line, str(step.outcome), step.canvas.key if step.canvas else "", step.message)
        for step in made.steps
    ]
    lines += [(problem.line, "unreadable", "", problem.message) for problem in made.problems]
    lines.sort(key=lambda line: line[0])
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["line", "outcome", "canvas", "message"])
    writer.writerows(lines)
    return out.getvalue()


def fingerprint(said: dict[str, Any]) -> str:
    """A hash of what a row or a comment says, but for its state, which is decided here."""
    values = {name: said[name] for name in SAID if name != "state"}
    text = json.dumps(values, sort_keys=True, default=_in_utc)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _in_utc(at: datetime) -> str:
    return at.astimezone(UTC).isoformat()


def _source_id(step: Step, comment: Comment) -> str:
    """What the row said, and what was stored of it: a date that a row lacks is that of its
    import."""
    return f"{IMPORTED}{fingerprint(step.said)}:{fingerprint(_said_by(comment))}"


def _said_by(comment: Comment) -> dict[str, Any]:
    return {name: getattr(comment, name) for name in SAID}


# -- one row -------------------------------------------------------------------------------------


def _step(row: Row, found: Match, defaults: Defaults) -> Step:
    if found.canvas is None:
        outcome = Outcome.AMBIGUOUS if found.several else Outcome.UNMATCHED
        return Step(row, outcome, found.message)
    canvas = found.canvas
    if canvas.state == State.WITHDRAWN:
        return Step(row, Outcome.REFUSED, "The painting was withdrawn.", canvas)
    created = read_date(row.created) if row.created else None
    if row.created and created is None:
        told = f"{row.created[:40]!r} is no date: such as 2024-05-31 is wanted (ISO 8601)."
        return Step(row, Outcome.REFUSED, told, canvas)
    within = comment_values.size_of(canvas) if row.xywh else None
    try:
        said = comment_values.checked(
            row.text,
            format=row.format or comment_values.PLAIN,
            motivation=row.motivation or defaults.motivation,
            language=row.language or defaults.language,
            rights=row.rights or defaults.rights,
            region=comment_values.read_region(row.xywh, within),
            state=defaults.state,
            label=row.label,
            creator=row.creator or defaults.creator,
            created=created,
            within=within,
        )
    except CommentProblem as error:
        return Step(row, Outcome.REFUSED, str(error), canvas)
    key = permanent_key("imported comment", canvas.uri, defaults.source, _identity(row, said))
    return Step(row, Outcome.NEW, found.message, canvas, said, key)


def _identity(row: Row, said: dict[str, Any]) -> str:
    if row.id:
        return f"id {row.id}"
    text = json.dumps([said[name] for name in ("body", *"xywh")])
    return "text " + hashlib.sha256(text.encode()).hexdigest()


def _compare(step: Step, known: Comment) -> None:
    """What becomes of a row that was imported before."""
    step.before = known
    row, _sep, stored = known.source_id.removeprefix(IMPORTED).partition(":")
    if row == fingerprint(step.said):
        step.outcome, step.message = Outcome.UNCHANGED, ""
    elif stored != fingerprint(_said_by(known)):
        step.outcome = Outcome.EDITED
        step.message = "It was edited here after it was imported: change it there, or delete it."
    else:
        changes = [name for name, value in _updates(step).items() if getattr(known, name) != value]
        step.outcome, step.message = Outcome.CHANGED, ", ".join(changes)


def _updates(step: Step) -> dict[str, Any]:
    """What a changed row writes: neither the state, nor a date or a name that it does not have."""
    kept = {name for name in ("creator", "created") if not step.said[name]} | {"state"}
    return {name: value for name, value in step.said.items() if name not in kept}
