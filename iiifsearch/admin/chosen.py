"""What was chosen on a page of things to decide on: forms that also work without a script."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.core.exceptions import BadRequest
from django.http import QueryDict


@dataclass(frozen=True)
class Chosen:
    """``decision``: one of those there are. ``ids``: rows that it is of, in order."""

    decision: str
    ids: tuple[int, ...]

    @classmethod
    def of(cls, sent: QueryDict, decisions: Sequence[str]) -> Chosen:
        """The buttons of one row are called as a decision, and hold its id; those of the page are
        called "decision" and hold one for the rows that are ticked, or "all-…" for all that are
        shown. Raises BadRequest."""
        for decision in decisions:
            if decision in sent:
                return cls(decision, ids_of(sent.getlist(decision)))
        decision = sent.get("decision", "")
        rows = "shown" if decision.startswith("all-") else "chosen"
        decision = decision.removeprefix("all-")
        if decision not in decisions:
            raise BadRequest(f"Decisions are {', '.join(decisions)}.")
        return cls(decision, ids_of(sent.getlist(rows)))


def ids_of(texts: Sequence[str]) -> tuple[int, ...]:
    """Raises BadRequest for what is no id."""
    for text in texts:
        if not text.isascii() or not text.isdecimal() or len(text) > 18:
            raise BadRequest(f"{text[:40]!r} is no id.")
    return tuple(map(int, texts))
