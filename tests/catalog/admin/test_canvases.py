"""Pictures, curators' comments, and how they become searchable."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from catalog.models import Canvas, Comment
from catalog.signals import canvases_changed, changes_made
from tests.catalog.admin.conftest import make_canvas, make_comment, make_manifest

Sent = list[set[int] | str]


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


def page_of(canvas: Canvas) -> str:
    return reverse("admin:catalog_canvas_change", args=[canvas.pk])


def form(*comments: dict[str, Any], initial: int = 0, **values: Any) -> dict[str, Any]:
    data = {
        "state": "published",
        "state_reason": "",
        "comments-TOTAL_FORMS": len(comments),
        "comments-INITIAL_FORMS": initial,
    }
    for number, comment in enumerate(comments):
        data |= {f"comments-{number}-{name}": value for name, value in comment.items()}
    return data | values


def written(body: str = "A dog, painted over.", **values: Any) -> dict[str, Any]:
    return {"body": body, "language": "en", "state": "published"} | values


def test_a_comment_raises_the_revision_and_wakes_the_index(
    curators_client: Client, curator: User, sent: Sent, django_capture_on_commit_callbacks: Any
) -> None:
    canvas = make_canvas()
    with django_capture_on_commit_callbacks() as callbacks:
        box = {"x": 10, "y": 20, "w": 30, "h": 40}
        response = curators_client.post(page_of(canvas), form(written(**box)))
    assert response.status_code == 302
    comment = Comment.objects.get(origin="curator")
    assert comment.author == curator
    assert comment.creator == "Marta Ruiz"
    assert len(comment.key) == 16
    assert (comment.x, comment.y, comment.w, comment.h) == (10, 20, 30, 40)
    assert Canvas.objects.get().text_revision == canvas.text_revision + 1
    assert sent == [{canvas.pk}]  # nobody is woken before the transaction has committed
    for callback in callbacks:
        callback()
    assert sent == [{canvas.pk}, "look"]


def test_changing_and_deleting_do_too(
    curators_client: Client, sent: Sent, django_capture_on_commit_callbacks: Any
) -> None:
    canvas = make_canvas()
    comment = make_comment(canvas, origin="curator")
    for change in ({"body": "Other words"}, {"DELETE": "on"}):
        revision = Canvas.objects.get().text_revision
        row = written(id=comment.pk, canvas=canvas.pk) | change
        with django_capture_on_commit_callbacks(execute=True):
            curators_client.post(page_of(canvas), form(row, initial=1))
        assert Canvas.objects.get().text_revision == revision + 1
    assert sent == [{canvas.pk}, "look"] * 2
    assert not Comment.objects.filter(origin="curator").exists()


def test_a_save_without_changes_raises_nothing(curators_client: Client, sent: Sent) -> None:
    canvas = make_canvas()
    assert curators_client.post(page_of(canvas), form()).status_code == 302
    assert Canvas.objects.get().text_revision == canvas.text_revision
    assert sent == []


def test_a_save_leaves_what_a_harvest_wrote_meanwhile(
    curators_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    canvas = make_canvas()
    stale = Canvas.objects.get()
    Canvas.objects.update(pixel_revision=7, title="New title")
    monkeypatch.setattr("catalog.admin.canvases.CanvasAdmin.get_object", lambda *a, **k: stale)
    stale.places = []  # type: ignore[attr-defined]
    curators_client.post(page_of(canvas), form(state="draft"))
    saved = Canvas.objects.get()
    assert (saved.state, saved.pixel_revision, saved.title) == ("draft", 7, "New title")


@pytest.mark.parametrize(
    "box",
    [
        {"x": 1, "y": 2, "w": 3},
        {"x": 1, "y": 2, "w": 0, "h": 5},
        {"x": 990, "y": 0, "w": 20, "h": 5},
        {"x": 0, "y": 0, "w": 5, "h": 801},
        {"x": -1, "y": 0, "w": 5, "h": 5},
    ],
)
def test_a_region_is_whole_and_lies_on_the_canvas(
    curators_client: Client, box: dict[str, int]
) -> None:
    canvas = make_canvas()
    assert curators_client.post(page_of(canvas), form(written(**box))).status_code == 200
    assert not Comment.objects.filter(origin="curator").exists()


def test_harvested_comments_are_out_of_reach(curators_client: Client) -> None:
    canvas = make_canvas()
    harvested = Comment.objects.get()
    row = written("Mine now", id=harvested.pk, canvas=canvas.pk)
    curators_client.post(page_of(canvas), form(row, initial=1))
    assert Comment.objects.get().body == harvested.body
    assert harvested.body in curators_client.get(page_of(canvas)).content.decode()


def test_commenting_needs_the_permission(client_with: Callable[..., Client]) -> None:
    canvas = make_canvas()
    client_with("change_canvas").post(page_of(canvas), form(written()))
    client_with("view_canvas", "add_comment").post(page_of(canvas), form(written()))
    assert not Comment.objects.filter(origin="curator").exists()
    client_with("change_canvas", "add_comment").post(page_of(canvas), form(written()))
    assert Comment.objects.filter(origin="curator").count() == 1


@pytest.mark.parametrize("name", ["thumbnail", "picture"])
def test_pictures_need_the_permission(client_with: Callable[..., Client], name: str) -> None:
    canvas, bare = make_canvas(picture=True), make_canvas()
    url = reverse(f"admin:catalog_canvas_{name}", args=[canvas.pk])
    response = client_with("view_canvas").get(url)
    assert response["Content-Type"] == "image/jpeg"
    assert "private" in response["Cache-Control"]
    assert b"".join(response.streaming_content)[:2] == b"\xff\xd8"
    assert client_with("view_manifest").get(url).status_code == 403
    assert Client().get(url)["Location"].startswith("/admin/login/")
    missing = reverse(f"admin:catalog_canvas_{name}", args=[bare.pk])
    assert client_with("view_canvas").get(missing).status_code == 404


def test_search_and_filters(curators_client: Client) -> None:
    manifest = make_manifest()
    canvas = make_canvas(manifest, title="Lemons", maker="Clara Peeters")
    make_canvas(kind="audio", state="draft")

    def found(**query: Any) -> int:
        response = curators_client.get("/admin/catalog/canvas/", query)
        assert response.status_code == 200
        return response.context["cl"].result_count

    assert found() == 2
    assert found(q="clara lemons") == 1
    assert found(q=canvas.uri) == 1
    assert found(kind="audio") == 1
    assert found(state__exact="draft") == 1
    assert found(manifests__id__exact=manifest.pk) == 1
    assert found(id__in=f"{canvas.pk},0") == 1
