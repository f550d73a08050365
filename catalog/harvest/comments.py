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
    _leave_out_refused(wanted)
    harvested = Comment.objects.filter(manifest=manifest).exclude(origin=Comment.Origin.CURATOR)
    known = {} if new else {comment.key: comment for comment in harvested}
    _keep_tombstones(known, wanted)
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


def _leave_out_refused(wanted: dict[str, dict[str, Any]]) -> None:
    """A row of metadata has no id, and its place moves as rows come and go: one that was withdrawn
    here is known by what it says. It is not said again of that canvas, by whichever manifest."""
    canvases = {values["canvas_id"] for values in wanted.values()}
    withdrawn = Comment.objects.filter(canvas__in=canvases, state=State.WITHDRAWN)
    rows = withdrawn.filter(origin=Comment.Origin.METADATA)
    refused = {_said(vars(row)): row.key for row in rows.only("key", *_SAYING)}
    for key, values in list(wanted.items()) if refused else ():
        if refused.get(_said(values), key) != key:
            del wanted[key]


def _keep_tombstones(known: dict[str, Comment], wanted: dict[str, dict[str, Any]]) -> None:
    """Where another text stands in the place of a withdrawn row of metadata, that one's row makes
    room for it: it keeps what it said, under a key of its own."""
    for key, comment in list(known.items()):
        refused = comment.state == State.WITHDRAWN and comment.origin == Comment.Origin.METADATA
        if refused and key in wanted and _said(wanted[key]) != _said(vars(comment)):
            del known[key]
            comment.key = permanent_key(
                "comment", key, "withdrawn", *map(str, _said(vars(comment)))
            )
            comment.save(update_fields=["key"])
            known[comment.key] = comment


_SAYING = ("canvas_id", "origin", "label", "body")


def _said(values: dict[str, Any]) -> tuple[Any, ...]:
    canvas, origin, label, body = (values[name] for name in _SAYING)
    return canvas, origin, label.strip().casefold(), body.strip().casefold()


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
