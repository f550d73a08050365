"""What curators say of pairs of canvases: the same work, a copy, a detail, a variant, unrelated."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db.models import Q

from iiifsearch.exports.annotations import decided, moment, page
from iiifsearch.exports.asked import Asked, by_id
from iiifsearch.exports.jsonld import Streamed
from iiifsearch.exports.paintings import canvas_json, cells, columns, rights_json, state_of
from iiifsearch.models import Duplicate
from iiifsearch.records import Record, records

COLUMNS = (
    *("verdict", "by", "at", "note", "similarity", "probability", "inliers", "mirrored", "state"),
    *columns("first_"),
    *columns("second_"),
)


def rows(asked: Asked) -> Iterator[tuple[Any, ...]]:
    """With a collection: pairs of which it holds one canvas at least."""
    for pair, first, second in _pairs(asked):
        yield (
            *(pair.decision, _by(pair), moment(pair.decided_at), pair.note, pair.similarity),
            *(pair.probability, pair.inliers, pair.mirrored, state_of(first.state, second.state)),
            *cells(first),
            *cells(second),
        )


def document(asked: Asked) -> Streamed:
    """Annotations that link two canvases: the first is the target, the second in the body."""
    return page("verdicts", (_item(*found) for found in _pairs(asked)))


def _item(pair: Duplicate, first: Record, second: Record) -> dict[str, Any]:
    said = {"type": "TextualBody", "purpose": "classifying", "value": pair.decision}
    bodies: list[dict[str, Any]] = [said, canvas_json(second)]
    if pair.note:
        bodies.append({"type": "TextualBody", "purpose": "commenting", "value": pair.note})
    return {
        "id": f"urn:iiifsearch:verdict:{first.canvas.key}:{second.canvas.key}",
        "type": "Annotation",
        "motivation": "linking",
        "body": bodies,
        "target": canvas_json(first),
        "decision": pair.decision,
        "similarity": pair.similarity,
        "probability": pair.probability,
        "inliers": pair.inliers,
        "mirrored": pair.mirrored,
        "state": state_of(first.state, second.state),
        **decided(_by(pair), pair.decided_at),
        **rights_json(first.rights),
    }


def _by(pair: Duplicate) -> str:
    return pair.decided_by.get_username() if pair.decided_by else ""


def _pairs(asked: Asked) -> Iterator[tuple[Duplicate, Record, Record]]:
    found = Duplicate.objects.exclude(decision="").select_related("decided_by")
    if not asked.whole_library:
        canvases = asked.canvases().values("pk")
        found = found.filter(Q(first__in=canvases) | Q(second__in=canvases))
    for some in by_id(found):
        ids = {pk for pair in some for pk in (pair.first_id, pair.second_id)}
        shown = records(ids, drafts=asked.drafts)
        for pair in some:
            if pair.first_id in shown and pair.second_id in shown:
                yield pair, shown[pair.first_id], shown[pair.second_id]
