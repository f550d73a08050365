"""Comments: written and changed on their own page, listed with filters, published in bulk."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from catalog import comment_values, withdrawal
from catalog.admin import comments as admin_comments
from catalog.models import Canvas, Comment
from tests.catalog.admin.conftest import make_canvas, make_comment, make_manifest

LIST = "/admin/catalog/comment/"


def add_page(canvas: Canvas) -> str:
    return f"{LIST}add/?canvas={canvas.pk}"


def page_of(comment: Comment) -> str:
    return f"{LIST}{comment.pk}/change/"


def form(text: str = "A dog, painted over.", **values: Any) -> dict[str, Any]:
    said = {"text": text, "format": "text/plain", "motivation": "commenting", "state": "published"}
    said |= dict.fromkeys(("language", "rights", "label", *"xywh"), "")
    return said | values


def own(canvas: Canvas, author: User | None = None, **values: Any) -> Comment:
    return make_comment(canvas, origin="curator", author=author, **values)


def test_written_on_the_page_of_a_painting(curators_client: Client, curator: User) -> None:
    canvas = make_canvas(picture=True)
    shown = curators_client.get(add_page(canvas))
    assert shown.status_code == 200
    assert reverse("admin:catalog_canvas_picture", args=[canvas.pk]) in shown.content.decode()
    said = form(language="en", rights="https://rights.example/x", x=1, y=2, w=3, h=4, label="Dogs")
    assert curators_client.post(add_page(canvas), said).status_code == 302
    comment = Comment.objects.get(origin="curator")
    assert (comment.canvas, comment.author, comment.creator) == (canvas, curator, "Marta Ruiz")
    assert (comment.x, comment.y, comment.w, comment.h) == (1, 2, 3, 4)
    assert (comment.language, comment.label) == ("en", "Dogs")
    assert Canvas.objects.get().text_revision == canvas.text_revision + 1
    entry = LogEntry.objects.get()  # one, by the service
    assert (entry.user, entry.object_id) == (curator, str(comment.pk))
    another = curators_client.post(add_page(canvas), form("Another") | {"_addanother": "yes"})
    assert another["Location"] == add_page(canvas)
    history = curators_client.get(f"{LIST}{comment.pk}/history/").content.decode()
    assert "Added." in history


def test_changed_and_deleted(curators_client: Client) -> None:
    comment = own(make_canvas(), html="<p>A <b>dog</b></p>", body="A dog")
    page = curators_client.get(page_of(comment)).content.decode()
    assert "&lt;p&gt;A &lt;b&gt;dog&lt;/b&gt;&lt;/p&gt;" in page
    changed = form("<p>A <i>cat</i></p><script>x</script>", format="text/html", state="draft")
    assert curators_client.post(page_of(comment), changed).status_code == 302
    comment.refresh_from_db()
    assert (comment.body, comment.html) == ("A cat", "<p>A <i>cat</i></p>")
    assert comment.state == "draft"
    assert LogEntry.objects.count() == 1
    assert curators_client.post(f"{LIST}{comment.pk}/delete/", {"post": "yes"}).status_code == 302
    assert not Comment.objects.filter(origin="curator").exists()
    assert LogEntry.objects.count() == 2


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("text", {"text": " "}),
        ("text", {"text": "a\0b"}),
        ("language", {"language": "no language"}),
        ("rights", {"rights": "CC BY"}),
        ("motivation", {"motivation": "painting"}),
        ("x", {"x": 1, "y": 2, "w": 3}),
        ("x", {"x": 1, "y": 2, "w": 0, "h": 5}),
        ("x", {"x": 990, "y": 0, "w": 20, "h": 5}),
        ("x", {"x": -1, "y": 0, "w": 5, "h": 5}),
        ("w", {"x": 1, "y": 0, "w": 10**30, "h": 5}),
    ],
)
def test_what_is_wrong_is_told_at_its_field(
    curators_client: Client, field: str, values: dict[str, Any]
) -> None:
    response = curators_client.post(add_page(make_canvas()), form(**values))
    assert response.status_code == 200
    assert field in response.context["adminform"].form.errors
    assert not Comment.objects.filter(origin="curator").exists()


@pytest.mark.parametrize(
    "asked", ["", "?canvas=", "?canvas=x", "?canvas=999", f"?canvas={'9' * 40}"]
)
def test_without_a_painting_it_says_where_to_begin(curators_client: Client, asked: str) -> None:
    response = curators_client.get(f"{LIST}add/{asked}", follow=True)
    assert "Choose a painting first" in response.content.decode()
    assert curators_client.post(f"{LIST}add/{asked}", form()).status_code == 302
    assert not Comment.objects.exists()


def test_a_withdrawn_painting_takes_no_comments(
    curators_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    canvas = make_canvas(make_manifest())
    stale = Canvas.objects.get()
    withdrawal.withdraw_canvas(canvas, reason="The heirs asked for it.")
    response = curators_client.post(add_page(canvas), form(), follow=True)
    assert "was withdrawn" in response.content.decode()
    # Withdrawn while somebody was writing.
    monkeypatch.setattr(admin_comments.CommentAdmin, "_canvas", lambda *a: stale)
    response = curators_client.post(add_page(canvas), form(), follow=True)
    assert "was withdrawn" in response.content.decode()
    assert not Comment.objects.exists()


def test_harvested_texts_are_only_shown(curators_client: Client) -> None:
    harvested = make_comment(make_canvas(), origin="annotation", body="A <b>ship</b>")
    page = curators_client.get(page_of(harvested))
    assert "A &lt;b&gt;ship&lt;/b&gt;" in page.content.decode()
    assert 'name="text"' not in page.content.decode()
    assert curators_client.post(page_of(harvested), form("Mine now")).status_code == 403
    assert curators_client.post(f"{LIST}{harvested.pk}/delete/", {"post": "y"}).status_code == 403
    chosen = {"_selected_action": [harvested.pk]}
    for action in ("make_draft", "delete_selected"):
        curators_client.post(f"{LIST}?origin=all", {"action": action, "post": "yes"} | chosen)
    after = Comment.objects.get(pk=harvested.pk)
    assert (after.body, after.state) == (harvested.body, "published")


def test_permissions(client_with: Callable[..., Client]) -> None:
    canvas = make_canvas()
    others = own(canvas)
    for names in ((), ("view_comment",), ("change_comment", "delete_comment")):
        refused = client_with("view_canvas", *names).post(add_page(canvas), form())
        assert refused.status_code == 403
    assert Comment.objects.filter(origin="curator").count() == 1
    writer = client_with("add_comment")
    assert writer.post(add_page(canvas), form("Mine")).status_code == 302
    mine = Comment.objects.get(body="Mine")
    assert writer.get(LIST).status_code == 200
    assert writer.post(page_of(mine), form("Mine, again")).status_code == 302
    assert writer.post(page_of(others), form("Mine now")).status_code == 403
    assert writer.post(f"{LIST}{others.pk}/delete/", {"post": "yes"}).status_code == 403
    editor = client_with("change_comment")
    assert editor.post(page_of(mine), form("Edited")).status_code == 302
    assert editor.post(f"{LIST}{mine.pk}/delete/", {"post": "yes"}).status_code == 403
    assert client_with("view_canvas").get(LIST).status_code == 403
    assert client_with("delete_comment", "view_comment").post(
        f"{LIST}{mine.pk}/delete/", {"post": "yes"}
    ).status_code == 302  # fmt: skip
    assert set(Comment.objects.filter(origin="curator")) == {others}
    assert Comment.objects.get(pk=others.pk).body == others.body


def test_bulk_actions(curators_client: Client, client_with: Callable[..., Client]) -> None:
    canvas = make_canvas()
    chosen = {"_selected_action": [own(canvas).pk for _ in range(3)]}

    def states() -> set[str]:
        rows = Comment.objects.filter(origin="curator").values_list("state", flat=True)
        return set(rows)

    client_with("add_comment", "view_comment").post(LIST, {"action": "make_draft"} | chosen)
    assert states() == {"published"}
    curators_client.post(LIST, {"action": "make_draft"} | chosen)
    assert states() == {"draft"}
    curators_client.post(LIST, {"action": "publish"} | chosen)
    assert states() == {"published"}
    asked = curators_client.post(LIST, {"action": "delete_selected"} | chosen)
    assert asked.status_code == 200
    curators_client.post(LIST, {"action": "delete_selected", "post": "yes"} | chosen)
    assert states() == set()
    assert LogEntry.objects.count() == 9
    assert Canvas.objects.get().text_revision == canvas.text_revision + 3


def test_filters_and_search(
    curators_client: Client, curator: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = make_canvas(), make_canvas()  # each brings a harvested text
    own(one, curator, body="Ein Hund", language="de", state="draft")
    own(two, body="A dog", language="en", motivation="tagging")

    def found(**query: Any) -> int:
        response = curators_client.get(LIST, query)
        assert response.status_code == 200, query
        return response.context["cl"].result_count

    assert found() == 2
    assert found(origin="label") == 2
    assert found(origin="all") == 4
    assert found(origin="all", canvas=one.pk) == 2
    assert found(origin="all", canvas="9" * 30) == 0
    assert found(origin="nonsense") == 0
    assert found(state__exact="draft") == 1
    assert found(motivation="tagging") == 1
    assert found(language="de") == 1
    assert found(by="me") == 1
    assert found(by="others") == 1
    assert found(q="hund") == 1
    assert found(q="dusk") == 0
    assert found(q="dusk", origin="all") == 2
    monkeypatch.setattr(admin_comments, "MOST_SEARCHED", 1)
    response = curators_client.get(LIST, {"q": "dusk", "origin": "all"})
    assert "were looked through" in response.content.decode()
    for value in ("\0", "a\0b"):
        for name in ("origin", "canvas", "language", "motivation", "by", "q"):
            assert curators_client.get(LIST, {name: value}).status_code in (200, 302)


def test_the_list_counts_no_table_and_grows_no_queries(curators_client: Client) -> None:
    canvas = make_canvas(make_manifest(), picture=True)
    own(canvas)
    curators_client.get(LIST)

    def asked(url: str) -> list[str]:
        with CaptureQueriesContext(connection) as captured:
            assert curators_client.get(url).status_code == 200
        return [query["sql"] for query in captured]

    for url in (LIST, f"{LIST}?origin=all"):
        before = len(asked(url))
        for _ in range(3):
            more = make_canvas(make_manifest(), picture=True)
            own(more)
        statements = asked(url)
        assert len(statements) == before
        counts = [sql for sql in statements if "COUNT(" in sql]
        assert counts
        assert all("LIMIT" in sql for sql in counts)


def test_what_people_wrote_is_found_by_an_index(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        rows = Comment.objects.filter(origin="curator").order_by("-id")[:50]
        cursor.execute(f"EXPLAIN {rows.query}".replace("= curator", "= 'curator'"))
        plan = " ".join(row[0] for row in cursor.fetchall())
    assert "comments_in_own_words" in plan


def test_the_services_motivations_are_offered(curators_client: Client) -> None:
    page = curators_client.get(add_page(make_canvas())).content.decode()
    assert all(f'<option value="{name}"' in page for name in comment_values.MOTIVATIONS)
