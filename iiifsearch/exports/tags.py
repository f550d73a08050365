"""Tags that people decided on or wrote: guesses that are right, guesses that are wrong, and tags
that nobody guessed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef

from catalog.models import Comment
from iiifsearch.exports.annotations import decided, moment, page
from iiifsearch.exports.asked import Asked, by_id
from iiifsearch.exports.jsonld import Streamed
from iiifsearch.exports.paintings import canvas_json, cells, columns, rights_json, state_of
from iiifsearch.models import TagGuess
from iiifsearch.records import Record, records, urls

COLUMNS = ("decision", "guess", "label", "text", "relevance", "by", "at", "state", *columns())

#: The decision of a tag that somebody wrote, and that nobody had guessed.
WRITTEN = "written"


@dataclass(frozen=True)
class _Tag:
    """``decision``: right, wrong or written. ``guess``: of what kind; "" where it was none."""

    id: str
    decision: str
    guess: str
    label: str
    text: str
    relevance: float | None
    by: str
    at: datetime | None
    state: str
    record: Record


def rows(asked: Asked) -> Iterator[tuple[Any, ...]]:
    for tag in _tags(asked):
        yield (
            *(tag.decision, tag.guess, tag.label, tag.text, tag.relevance, tag.by, moment(tag.at)),
            *(tag.state, *cells(tag.record)),
        )


def document(asked: Asked) -> Streamed:
    """What is wrong is an annotation too: ``moderating``, which is what was done."""
    return page("tags", map(_item, _tags(asked)))


def _item(tag: _Tag) -> dict[str, Any]:
    wrong = tag.decision == TagGuess.Decision.WRONG
    item: dict[str, Any] = {
        "id": tag.id,
        "type": "Annotation",
        "motivation": "moderating" if wrong else "tagging",
        "body": {
            "type": "TextualBody",
            "purpose": "tagging",
            "value": tag.text,
            "format": "text/plain",
        },
        "target": canvas_json(tag.record),
        "decision": tag.decision,
        "state": tag.state,
    }
    if tag.label:
        item["label"] = {"none": [tag.label]}
    if tag.guess:
        item |= {"guess": tag.guess, "relevance": tag.relevance}
    return item | decided(tag.by, tag.at) | rights_json(tag.record.rights)


def _tags(asked: Asked) -> Iterator[_Tag]:
    yield from _guessed(asked)
    yield from _written(asked)


def _guessed(asked: Asked) -> Iterator[_Tag]:
    found = TagGuess.objects.exclude(decision="").select_related("decided_by")
    if not asked.whole_library:
        found = found.filter(canvas__in=asked.canvases())
    for some in by_id(found):
        shown = records({guess.canvas_id for guess in some}, drafts=asked.drafts)
        for guess in some:
            if record := shown.get(guess.canvas_id):
                yield _Tag(
                    f"urn:iiifsearch:tag:{guess.pk}",
                    *(guess.decision, guess.kind, guess.label, guess.text, guess.relevance),
                    guess.decided_by.get_username() if guess.decided_by else "",
                    guess.decided_at,
                    record.state,
                    record,
                )


def _written(asked: Asked) -> Iterator[_Tag]:
    guesses = TagGuess.objects.filter(comment=OuterRef("pk")).exclude(decision="")
    found = Comment.objects.filter(
        ~Exists(guesses),
        origin=Comment.Origin.CURATOR,
        motivation="tagging",
        state__in=asked.states,
    ).select_related("author")
    if not asked.whole_library:
        found = found.filter(canvas__in=asked.canvases())
    for some in by_id(found):
        shown = records({comment.canvas_id for comment in some}, drafts=asked.drafts)
        for comment in some:
            if record := shown.get(comment.canvas_id):
                yield _Tag(
                    urls().annotation(comment.key),
                    *(WRITTEN, "", comment.label, comment.body, None),
                    comment.author.get_username() if comment.author else comment.creator,
                    comment.created,
                    state_of(comment.state, record.state),
                    record,
                )
