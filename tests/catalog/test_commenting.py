"""What becomes of what people say of a painting."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import AnonymousUser, User

from catalog import comment_values, commenting, withdrawal
from catalog.comment_values import CommentProblem
from catalog.commenting import NotByPeople
from catalog.models import Canvas, Comment
from catalog.signals import canvases_changed, changes_made
from tests.catalog.admin.conftest import make_canvas, make_comment, make_manifest
from tests.pictures import keep_picture, picture

Sent = list[set[int] | str]
LICENCE = "https://creativecommons.org/licenses/by/4.0/"


@pytest.fixture
def author(db: None) -> User:
    return User.objects.create_user("marta", first_name="Marta", last_name="Ruiz")


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> Iterator[Sent]:
    """Ids of what changed, and "look" where whoever noted it was woken; nobody else listens."""
    found: Sent = []

    def note(canvas_ids: set[int], **_: Any) -> None:
        found.append(canvas_ids)

    def look(**_: Any) -> None:
        found.append("look")

    for signal, receiver in ((canvases_changed, note), (changes_made, look)):
        monkeypatch.setattr(signal, "receivers", [])
        signal.connect(receiver)
    yield found
    canvases_changed.disconnect(note)
    changes_made.disconnect(look)


def told() -> list[tuple[str, str, Any]]:
    rows = LogEntry.objects.order_by("pk").select_related("user")
    return [(row.user.username, row.object_id, json.loads(row.change_message)) for row in rows]


def test_a_comment_is_stored_logged_and_told_of(
    author: User, sent: Sent, django_capture_on_commit_callbacks: Any
) -> None:
    canvas = make_canvas()
    with django_capture_on_commit_callbacks() as callbacks:
        comment = commenting.write(
            canvas, "Ein Hund", author=author, language="de", rights=LICENCE, region=(1, 2, 3, 4)
        )
    stored = Comment.objects.get(key=comment.key)
    assert (stored.origin, stored.creator, stored.author) == ("curator", "Marta Ruiz", author)
    assert (stored.x, stored.y, stored.w, stored.h) == (1, 2, 3, 4)
    assert (stored.motivation, stored.rights, stored.state) == ("commenting", LICENCE, "published")
    assert stored.created == stored.modified is not None
    assert Canvas.objects.get().text_revision == canvas.text_revision + 1
    assert sent == [{canvas.pk}]  # nobody is woken before the transaction has committed
    for callback in callbacks:
        callback()
    assert sent == [{canvas.pk}, "look"]
    assert told() == [("marta", str(stored.pk), [{"added": {}}])]


def test_a_change_touches_what_differs_and_nothing_else(author: User, sent: Sent) -> None:
    canvas = make_canvas()
    html = "<div>A</div><div>dog</div>"
    comment = commenting.write(canvas, html, author=author, format="text/html", label="Dogs")
    before = Comment.objects.get(pk=comment.pk)
    assert before.body == "A dog"
    assert commenting.change(comment, by=author, language="en", region=(0, 0, 10, 10))
    after = Comment.objects.get(pk=comment.pk)
    assert (after.body, after.html, after.label) == (before.body, before.html, "Dogs")
    assert (after.language, after.w, after.key) == ("en", 10, before.key)
    assert after.created == before.created
    assert after.modified > before.modified  # type: ignore[operator]
    assert told()[-1][2] == [{"changed": {"fields": ["language", "x", "y", "w", "h"]}}]
    del sent[:]
    assert not commenting.change(after, by=author, language="en")
    assert sent == []
    assert len(told()) == 2
    commenting.change(after, by=author, region=None)
    assert Comment.objects.get(pk=comment.pk).w is None


def test_states_and_deletion(author: User, sent: Sent) -> None:
    canvas = make_canvas()
    one, two = (commenting.write(canvas, text, author=author) for text in ("One", "Two"))
    assert commenting.set_state([one, two], "draft", by=author) == 2
    assert commenting.set_state([one, two], "draft", by=author) == 0
    assert set(Comment.objects.filter(origin="curator").values_list("state", flat=True)) == {
        "draft"
    }
    del sent[:]
    assert commenting.delete([one], by=author) == 1
    assert sent == [{canvas.pk}]
    assert list(Comment.objects.filter(origin="curator")) == [two]
    assert told()[-1] == ("marta", str(one.pk), [{"deleted": {}}])


def test_harvested_texts_are_refused(author: User) -> None:
    harvested = make_comment(make_canvas(), origin="annotation")
    for refused in (
        lambda: commenting.change(harvested, by=author, text="Mine now"),
        lambda: commenting.set_state([harvested], "draft", by=author),
        lambda: commenting.delete([harvested], by=author),
    ):
        with pytest.raises(NotByPeople, match="was harvested"):
            refused()
    assert Comment.objects.get(pk=harvested.pk).body == harvested.body
    assert not told()


def test_a_withdrawn_painting_takes_no_comments(author: User) -> None:
    canvas = make_canvas(make_manifest())
    comment = commenting.write(canvas, "A dog", author=author)
    stale = Comment.objects.get(pk=comment.pk)
    withdrawal.withdraw_canvas(canvas, reason="The heirs asked for it.")
    with pytest.raises(CommentProblem, match="withdrawn"):
        commenting.write(canvas, "Another dog", author=author)
    with pytest.raises(CommentProblem, match="withdrawn"):
        commenting.change(stale, by=author, text="Another dog")
    assert not Comment.objects.exists()


def test_a_canvas_without_a_size_has_that_of_its_picture(
    author: User, settings: Any, tmp_path: Path
) -> None:
    settings.CATALOG = {**settings.CATALOG, "storage": tmp_path}
    canvas = make_canvas(width=None, height=None)
    assert comment_values.size_of(canvas) is None
    keep_picture(canvas, picture(1, 400, 300))
    assert comment_values.size_of(canvas) == (400, 300)
    with pytest.raises(CommentProblem, match="400 × 300"):
        commenting.write(canvas, "A dog", author=author, region=(0, 0, 401, 10))


def test_who_may(author: User, django_user_model: Any) -> None:
    from django.contrib.auth.models import Permission

    own = commenting.write(make_canvas(), "A dog", author=author)
    harvested = make_comment(own.canvas, author=author)
    assert not commenting.may_write(author)
    assert not commenting.may_change(author, own)
    author.user_permissions.add(Permission.objects.get(codename="add_comment"))
    author = User.objects.get(pk=author.pk)
    assert commenting.may_write(author)
    assert commenting.may_change(author, own)
    assert commenting.may_delete(author, own)
    assert not commenting.may_change(author, harvested)
    other = User.objects.create_user("other")
    assert not commenting.may_change(other, own)
    other.user_permissions.set(Permission.objects.filter(codename="change_comment"))
    other = User.objects.get(pk=other.pk)
    assert commenting.may_change(other, own)
    assert not commenting.may_delete(other, own)
    assert not commenting.may_change(AnonymousUser(), own)
    assert not commenting.may_change(User(is_superuser=True, is_active=True), harvested)
