"""The comments that a manifest makes, brought up to date. Those written here are never touched."""

from __future__ import annotations

from typing import Any

from django.db.models import F

from catalog.conf import options
from catalog.harvest.texts import Text, texts_of
from catalog.iiif.types import ParsedManifest
from catalog.models import Canvas, Comment, Manifest, State, permanent_key

LARGEST_INTEGER = 2**31 - 1


def store_comments(
    manifest: Manifest,
    parsed: ParsedManifest,
    canvases: dict[int, Canvas],
    *,
    complete: bool,
    new: bool,
) -> set[int]:
    """Bring the comments that ``manifest`` made up to date, raising text revisions; the ids of
    the canvases whose texts changed.

    ``canvases``: position -> row. ``complete``: False where some annotations could not be had;
    then those that are missing stay. ``new``: the manifest was not known before.
    """
    wanted: dict[str, dict[str, Any]] = {}
    usual = manifest.key == permanent_key("manifest", manifest.uri)
    # Something that moved may have left its URI to another manifest, and kept its comments.
    sayer = manifest.uri if usual else manifest.key
    for text in texts_of(parsed, options.languages):
        row = canvases.get(text.position)
        if row is None or row.state == State.WITHDRAWN:
            continue
        key = permanent_key("comment", row.uri, sayer, text.source_id)
        repeat = 1
        while key in wanted:  # two annotations with one id: both are kept
            repeat += 1
            key = permanent_key("comment", row.uri, sayer, f"{text.source_id}#{repeat}")
        wanted[key] = {"canvas_id": row.pk, **_values(text)}
    harvested = Comment.objects.filter(manifest=manifest).exclude(origin=Comment.Origin.CURATOR)
    known = {} if new else {comment.key: comment for comment in harvested}
    kept = () if complete else (Comment.Origin.ANNOTATION,)
    # A withdrawn comment stays as its own tombstone, should the source bring it back.
    gone = [
        comment
        for key, comment in known.items()
        if key not in wanted and comment.origin not in kept and comment.state != State.WITHDRAWN
    ]
    fresh = [
        Comment(key=key, manifest=manifest, **values)
        for key, values in wanted.items()
        if key not in known
    ]
    changed = []
    for key in wanted.keys() & known.keys():
        comment, values = known[key], wanted[key]
        if any(getattr(comment, name) != value for name, value in values.items()):
            for name, value in values.items():
                setattr(comment, name, value)
            changed.append(comment)
    if gone:
        Comment.objects.filter(pk__in=[comment.pk for comment in gone]).delete()
    Comment.objects.bulk_create(fresh, batch_size=1000)
    if changed:
        Comment.objects.bulk_update(changed, _FIELDS, batch_size=500)
    touched = {comment.canvas_id for comment in (*gone, *fresh, *changed)}
    Canvas.objects.filter(pk__in=touched).update(text_revision=F("text_revision") + 1)
    return touched


_FIELDS = (
    *("canvas", "origin", "source_id", "motivation", "label", "body", "html", "language"),
    *("creator", "created", "x", "y", "w", "h"),
)


def _values(text: Text) -> dict[str, Any]:
    box = (None,) * 4 if text.region is None else _visible_box(text)
    return {
        "origin": text.origin,
        "source_id": text.source_id,
        "motivation": text.motivation,
        "label": text.label,
        "body": text.body,
        "html": text.html,
        "language": text.language,
        "creator": text.creator,
        "created": text.created,
        **dict(zip("xywh", box, strict=True)),
    }


def _visible_box(text: Text) -> tuple[int, int, int, int] | tuple[None, ...]:
    """The region as the non-negative integers that viewers read."""
    assert text.region is not None
    x, y, w, h = text.region.rounded_out()
    right, bottom = x + w, y + h
    x, y = max(0, x), max(0, y)
    if right <= x or bottom <= y or max(right, bottom) > LARGEST_INTEGER:
        return (None,) * 4
    return x, y, right - x, bottom - y
