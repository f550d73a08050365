"""Comments: those written here and, where asked for, what the sources say."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from catalog.models import Comment
from iiifsearch.content_search.annotations import item_2
from iiifsearch.content_search.find import annotation_of
from iiifsearch.exports.annotations import moment, page
from iiifsearch.exports.asked import Asked, by_id
from iiifsearch.exports.jsonld import Streamed
from iiifsearch.exports.paintings import cells, columns, state_of
from iiifsearch.records import Record, records, urls

COLUMNS = (
    *("comment", "url", "origin", "state", "motivation", "label", "text", "language"),
    *("creator", "created", "modified", "licence", "xywh"),
    *columns(),
)


def rows(asked: Asked) -> Iterator[tuple[Any, ...]]:
    """``licence``: the comment's own; ``rights``: the painting's. ``xywh``: canvas units, "" for
    the whole canvas."""
    for comment, record in _said(asked):
        region = (comment.x, comment.y, comment.w, comment.h)
        yield (
            comment.key,
            urls().annotation(comment.key),
            comment.origin,
            state_of(comment.state, record.state),
            comment.motivation,
            comment.label,
            comment.body,
            comment.language,
            comment.creator,
            moment(comment.created),
            moment(comment.modified),
            comment.rights,
            "" if comment.w is None else ",".join(map(str, region)),
            *cells(record),
        )


def document(asked: Asked) -> Streamed:
    return page("comments", (_item(*said) for said in _said(asked)))


def _item(comment: Comment, record: Record) -> dict[str, Any]:
    item = item_2(annotation_of(comment, record), cross_manifest=True)
    return item | {"state": state_of(comment.state, record.state)}


def _said(asked: Asked) -> Iterator[tuple[Comment, Record]]:
    found = Comment.objects.filter(state__in=asked.states)
    if not asked.harvested:
        found = found.filter(origin=Comment.Origin.CURATOR)
    if not asked.whole_library:
        found = found.filter(canvas__in=asked.canvases())
    for some in by_id(found):
        shown = records({comment.canvas_id for comment in some}, drafts=asked.drafts)
        yield from ((one, shown[one.canvas_id]) for one in some if one.canvas_id in shown)
