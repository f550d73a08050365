"""Canvases: their pictures, what is said of them, and the list."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from catalog.models import Canvas
from tests.catalog.admin.conftest import make_canvas, make_comment, make_manifest


def page_of(canvas: Canvas) -> str:
    return reverse("admin:catalog_canvas_change", args=[canvas.pk])


def form(**values: Any) -> dict[str, Any]:
    return {"state": "published", "state_reason": ""} | values


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


def test_comments_of_people_and_texts_of_sources_are_listed_apart(
    curators_client: Client, client_with: Callable[..., Client]
) -> None:
    canvas = make_canvas()
    own = make_comment(canvas, origin="curator", body="A <b>dog</b>, painted over.")
    page = curators_client.get(page_of(canvas)).content.decode()
    assert "A &lt;b&gt;dog&lt;/b&gt;, painted over." in page
    assert reverse("admin:catalog_comment_change", args=[own.pk]) in page
    assert "Boats at dusk" in page
    assert "No picture is kept yet" in page
    add = f"{reverse('admin:catalog_comment_add')}?canvas={canvas.pk}"
    assert add in page
    assert add not in client_with("view_canvas").get(page_of(canvas)).content.decode()


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
