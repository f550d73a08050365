"""Canvases that somebody said are none of a class."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from iiifsearch.exports.annotations import decided, moment, page
from iiifsearch.exports.asked import Asked, by_id
from iiifsearch.exports.jsonld import Streamed
from iiifsearch.exports.paintings import canvas_json, cells, columns, rights_json, state_of
from iiifsearch.models import NotOfClass
from iiifsearch.records import Record, records, urls

COLUMNS = ("collection", "collection_title", "by", "at", "state", *columns())


def rows(asked: Asked) -> Iterator[tuple[Any, ...]]:
    for refused, record in _refused(asked):
        yield (
            *(refused.collection.key, refused.collection.title, _by(refused), moment(refused.at)),
            state_of(refused.collection.state, record.state),
            *cells(record),
        )


def document(asked: Asked) -> Streamed:
    return page("refusals", (_item(*found) for found in _refused(asked)))


def _item(refused: NotOfClass, record: Record) -> dict[str, Any]:
    collection = {
        "id": urls().collection(refused.collection.key),
        "type": "Collection",
        "label": {"none": [refused.collection.title]},
    }
    return {
        "id": f"urn:iiifsearch:refusal:{refused.collection.key}:{record.canvas.key}",
        "type": "Annotation",
        "motivation": "moderating",
        "body": collection,
        "target": canvas_json(record),
        "decision": "refused",
        "state": state_of(refused.collection.state, record.state),
        **decided(_by(refused), refused.at),
        **rights_json(record.rights),
    }


def _by(refused: NotOfClass) -> str:
    return refused.by.get_username() if refused.by else ""


def _refused(asked: Asked) -> Iterator[tuple[NotOfClass, Record]]:
    """With a collection: what is none of that class."""
    found = NotOfClass.objects.filter(collection__state__in=asked.states)
    if asked.collection is not None:
        found = found.filter(collection=asked.collection)
    for some in by_id(found.select_related("collection", "by")):
        shown = records({one.canvas_id for one in some}, drafts=asked.drafts)
        yield from ((one, shown[one.canvas_id]) for one in some if one.canvas_id in shown)
