"""What people may say of a painting, and what becomes of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import AnonymousUser, User
from hypothesis import given
from hypothesis import strategies as st

from catalog import commenting, withdrawal
from catalog.commenting import CommentProblem, NotByPeople
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


# -- what may be said ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("text", {"text": " \n "}),
        ("text", {"text": "a\0b"}),
        ("text", {"text": "half a \ud83d"}),
        ("text", {"text": "x" * (commenting.LONGEST_TEXT + 1)}),
        ("text", {"text": "<p> </p>", "format": "text/html"}),
        ("format", {"format": "text/markdown"}),
        ("motivation", {"motivation": "painting"}),
        ("motivation", {"motivation": "oa:commenting"}),
        ("language", {"language": "English, please"}),
        ("language", {"language": "e"}),
        ("language", {"language": "en\0"}),
        ("rights", {"rights": "CC BY 4.0"}),
        ("rights", {"rights": "javascript:alert(1)"}),
        ("rights", {"rights": "https://["}),
        ("rights", {"rights": "https://example.org/" + "x" * 2000}),
        ("label", {"label": "x" * 501}),
        ("state", {"state": "withdrawn"}),
        ("region", {"region": (-1, 0, 5, 5)}),
        ("region", {"region": (0, 0, 0, 5)}),
        ("region", {"region": (990, 0, 11, 5)}),
        ("region", {"region": (0, 0, 5, 10**20)}),
    ],
)
def test_what_cannot_be_said(field: str, values: dict[str, Any]) -> None:
    with pytest.raises(CommentProblem) as refused:
        commenting.checked(**{"text": "A dog."} | values, within=(1000, 800))
    assert list(refused.value.problems) == [field]
    assert len(refused.value.problems[field]) < 300


def test_everything_that_is_wrong_is_told_at_once() -> None:
    with pytest.raises(CommentProblem) as refused:
        commenting.checked("", language="?", rights="?", region=(0, 0, 0, 0))
    assert set(refused.value.problems) == {"text", "language", "rights", "region"}


def test_html_is_cleaned_and_its_words_are_kept_beside_it() -> None:
    sent = '<p onclick="x()">A <b>dog</b></p><script>alert(1)</script>'
    said = commenting.checked(sent, format="text/html")
    assert (said["body"], said["html"]) == ("A dog", "<p>A <b>dog</b></p>")
    plain = commenting.checked("1 < 2\r\n<b>", region=(0, 0, 1, 1))
    assert (plain["body"], plain["html"], plain["w"]) == ("1 < 2\n<b>", "", 1)


@given(st.text(), st.text(max_size=60), st.text(max_size=60), st.text(max_size=60))
def test_any_text_is_taken_or_refused(text: str, language: str, rights: str, label: str) -> None:
    try:
        said = commenting.checked(text, language=language, rights=rights, label=label)
    except CommentProblem as error:
        assert error.problems
    else:
        assert said["body"]
        "".join(map(str, said.values())).encode()  # what Postgres takes
        assert "\0" not in said["body"] + said["language"] + said["rights"] + said["label"]


numbers = st.integers(-5, 120)


@given(st.tuples(numbers, numbers, numbers, numbers))
def test_a_region_lies_on_the_canvas(box: tuple[int, int, int, int]) -> None:
    x, y, w, h = box
    inside = x >= 0 and y >= 0 and w > 0 and h > 0 and x + w <= 100 and y + h <= 80
    try:
        said = commenting.checked("A dog.", region=box, within=(100, 80))
    except CommentProblem:
        assert not inside
    else:
        assert inside
        assert tuple(said[name] for name in "xywh") == box


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", None),
        ("10,20,30,40", (10, 20, 30, 40)),
        ("xywh=1.5,2,3,4", (1, 2, 4, 4)),
        ("percent:10,10,50,50", (100, 80, 500, 400)),
    ],
)
def test_a_region_is_read(text: str, expected: Any) -> None:
    assert commenting.read_region(text, (1000, 800)) == expected


@pytest.mark.parametrize("text", ["here", "1,2,3", "1,2,0,4", "1e400,0,1,1", "1,2,3,4" * 200])
def test_what_is_no_region_is_told(text: str) -> None:
    with pytest.raises(CommentProblem, match="is no region"):
        commenting.read_region(text, (1000, 800))


# -- what becomes of it --------------------------------------------------------------------------


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
    assert commenting.size_of(canvas) is None
    keep_picture(canvas, picture(1, 400, 300))
    assert commenting.size_of(canvas) == (400, 300)
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
