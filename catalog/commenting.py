"""Comments by people: written, changed and deleted in one way, whoever asks (the admin, REST, the
viewer, an imported file).

What is harvested is never touched here: its source says it again. What may be said is in
`catalog.comment_values`.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Sequence
from typing import Any

from django.apps import apps
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext

from catalog.comment_values import (
    PLAIN,
    SAID,
    CommentProblem,
    Region,
    checked,
    name_of,
    size_of,
    values_of,
)
from catalog.locks import hold
from catalog.models import Canvas, Comment, State, permanent_key
from catalog.signals import canvases_changed, changes_made


class NotByPeople(ValueError):
    """A harvested text was to be changed."""


# -- who may -------------------------------------------------------------------------------------


def may_write(user: Any) -> bool:
    return bool(user and user.has_perm("catalog.add_comment"))


def may_change(user: Any, comment: Comment) -> bool:
    """Whoever may change comments, and authors their own. Nobody changes what was harvested."""
    return _may(user, comment, "catalog.change_comment")


def may_delete(user: Any, comment: Comment) -> bool:
    """Whoever may delete comments, and authors their own. Nobody deletes what was harvested."""
    return _may(user, comment, "catalog.delete_comment")


def _may(user: Any, comment: Comment, permission: str) -> bool:
    if comment.origin != Comment.Origin.CURATOR:
        return False
    own = comment.author_id is not None and comment.author_id == user.pk
    return user.has_perm(permission) or (own and may_write(user))


# -- one comment ---------------------------------------------------------------------------------


@transaction.atomic
def write(
    canvas: Canvas,
    text: str,
    *,
    author: Any,
    format: str = PLAIN,
    motivation: str = "commenting",
    language: str = "",
    rights: str = "",
    region: Region | None = None,
    state: str = State.PUBLISHED,
    label: str = "",
) -> Comment:
    """Store a comment of ``author``'s on a canvas, so that it becomes searchable.

    ``format``: of ``text``, one of `FORMATS`; HTML is sanitised. ``language``: a BCP 47 tag or "".
    ``rights``: the URI of a licence or "". Raises CommentProblem; then nothing is stored.
    """
    locked = _on(canvas.pk)
    said = checked(
        text,
        format=format,
        motivation=motivation,
        language=language,
        rights=rights,
        region=region,
        state=state,
        label=label,
        within=size_of(locked),
    )
    now = timezone.now()
    comment = Comment(
        canvas=canvas,
        key=permanent_key("comment", locked.uri, uuid.uuid4().hex),
        origin=Comment.Origin.CURATOR,
        author=author,
        modified=now,
        **said | {"creator": name_of(author), "created": now},
    )
    store(author, new=[comment])
    return comment


@transaction.atomic
def change(comment: Comment, *, by: Any, **values: Any) -> bool:
    """Change what a comment says: ``values`` by the names that `write` has; what is not named
    stays. Whether anything differs. Raises CommentProblem and NotByPeople."""
    _only_by_people([comment])
    canvas = _on(comment.canvas_id)
    comment.refresh_from_db()
    before = values_of(comment)
    said = checked(**before | values, within=size_of(canvas))
    if not values.keys() & {"text", "format"}:  # what was cleaned once is not read anew
        said |= {"body": comment.body, "html": comment.html}
    named = [name for name in said if getattr(comment, name) != said[name]]
    if not named:
        return False
    for name in named:
        setattr(comment, name, said[name])
    comment.modified = timezone.now()
    store(by, changed=[comment], fields=named)
    return True


@transaction.atomic
def set_state(comments: Iterable[Comment], state: str, *, by: Any) -> int:
    """Publish comments, or take them back to draft; how many were something else before."""
    rows = [comment for comment in comments if comment.state != state]
    _only_by_people(rows)
    _lock({comment.canvas_id for comment in rows})
    now = timezone.now()
    for comment in rows:
        comment.state, comment.modified = state, now
    store(by, changed=rows, fields=["state"])
    return len(rows)


@transaction.atomic
def delete(comments: Iterable[Comment], *, by: Any) -> int:
    """Delete comments for good; how many. Raises NotByPeople, and then deletes none."""
    rows = list(comments)
    _only_by_people(rows)
    _log(by, rows, "deleted")
    Comment.objects.filter(pk__in=[comment.pk for comment in rows]).delete()
    texts_changed({comment.canvas_id for comment in rows})
    return len(rows)


@transaction.atomic
def store(
    by: Any,
    *,
    new: Sequence[Comment] = (),
    changed: Sequence[Comment] = (),
    fields: Collection[str] = SAID,
) -> None:
    """Write rows that were checked, with the log of who did it; whoever indexes texts is told.

    ``fields``: those that differ in some of ``changed``, whose ``modified`` is set already.
    """
    Comment.objects.bulk_create(new, batch_size=1000)
    if changed:
        Comment.objects.bulk_update(changed, [*fields, "source_id", "modified"], batch_size=500)
    _log(by, new, "added")
    _log(by, changed, "changed", fields)
    texts_changed({comment.canvas_id for comment in (*new, *changed)})


@transaction.atomic
def texts_changed(canvas_ids: set[int]) -> None:
    """Raise the text revisions, in the transaction of the change, and wake whoever listens."""
    if not canvas_ids:
        return
    Canvas.objects.filter(pk__in=canvas_ids).update(text_revision=F("text_revision") + 1)
    canvases_changed.send(sender=Comment, canvas_ids=canvas_ids)
    transaction.on_commit(lambda: changes_made.send(sender=Comment) and None)


# -- rows ----------------------------------------------------------------------------------------


def _on(canvas_id: int) -> Canvas:
    """The canvas, locked: nobody withdraws it while somebody writes of it."""
    locked = _lock({canvas_id})
    if not locked or locked[0].state == State.WITHDRAWN:
        text = gettext("The painting was withdrawn: nothing is written of it any more.")
        raise CommentProblem({"canvas": text})
    return locked[0]


def _lock(canvas_ids: set[int]) -> list[Canvas]:
    hold(canvas_ids)
    rows = Canvas.objects.filter(pk__in=canvas_ids).order_by("pk")
    return list(rows.only("key", "uri", "state", "width", "height"))


def _only_by_people(comments: Iterable[Comment]) -> None:
    for comment in comments:
        if comment.origin != Comment.Origin.CURATOR:
            text = gettext(
                "The text %(key)s was harvested. Correct it at its source and harvest again; "
                "or write a comment of your own."
            )
            raise NotByPeople(text % {"key": comment.key})


def _log(by: Any, comments: Sequence[Comment], done: str, fields: Collection[str] = ()) -> None:
    """Who did it, on the page of each comment; nobody (a command) leaves no name."""
    if by is None or not comments or not apps.is_installed("django.contrib.admin"):
        return
    from django.contrib.admin.models import ADDITION, CHANGE, DELETION, LogEntry

    flag = {"added": ADDITION, "changed": CHANGE, "deleted": DELETION}[done]
    said = {"fields": list(fields)} if fields else {}
    LogEntry.objects.log_actions(by.pk, comments, flag, change_message=[{done: said}])
