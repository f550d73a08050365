"""Withdrawing in the admin, and what the admin's changes tell the stream of activities."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse

from catalog.models import Activity, Canvas, Collection, Manifest, State
from tests.catalog.admin.conftest import make_canvas, make_collection, make_comment, make_manifest

MANIFESTS, CANVASES = "/admin/catalog/manifest/", "/admin/catalog/canvas/"
GO = {"confirmed": "yes", "reason": "The heirs asked for it."}


def act(client: Client, url: str, action: str, *rows: Any, **more: str) -> Any:
    data = {"action": action, "_selected_action": [row.pk for row in rows], **more}
    return client.post(url, data)


def told() -> list[tuple[str, str, str]]:
    return list(Activity.objects.order_by("id").values_list("type", "kind", "key"))


@pytest.fixture
def pictured() -> tuple[Manifest, Canvas]:
    manifest = make_manifest()
    return manifest, make_canvas(manifest)


def test_it_says_what_goes_and_asks_for_the_reason(
    curators_client: Client, pictured: tuple[Manifest, Canvas]
) -> None:
    manifest, canvas = pictured
    make_comment(canvas, origin="curator")
    page = act(curators_client, MANIFESTS, "withdraw", manifest)
    text = page.content.decode()
    for part in ("Withdraw 1 manifest", str(manifest), "of them by curators", "lost for good"):
        assert part in text
    removal = page.context["removal"]
    assert (removal.canvases, removal.comments, removal.by_curators) == (1, 2, 1)
    again = act(curators_client, MANIFESTS, "withdraw", manifest, confirmed="yes", reason=" ")
    assert b"Say why" in again.content
    assert Manifest.objects.get().state == State.PUBLISHED
    done = act(curators_client, MANIFESTS, "withdraw", manifest, **GO)
    assert (done.status_code, done["Location"]) == (302, MANIFESTS)
    assert Manifest.objects.get().state == State.WITHDRAWN
    assert Canvas.objects.get().state == State.WITHDRAWN
    assert LogEntry.objects.get().change_message == "Withdrawn: The heirs asked for it."
    assert told() == [("Delete", "manifest", manifest.key)]
    assert act(curators_client, MANIFESTS, "withdraw", manifest).status_code == 302


def test_canvases_and_their_return(
    curators_client: Client, pictured: tuple[Manifest, Canvas]
) -> None:
    manifest, canvas = pictured
    assert b"Withdraw 1 canvas" in act(curators_client, CANVASES, "withdraw", canvas).content
    act(curators_client, CANVASES, "withdraw", canvas, **GO)
    assert Canvas.objects.get().state == State.WITHDRAWN
    page = curators_client.get(reverse("admin:catalog_canvas_change", args=[canvas.pk]))
    assert b"The heirs asked for it." in page.content
    assert b'name="state_reason"' not in page.content
    act(curators_client, CANVASES, "restore", canvas)
    assert Canvas.objects.get().state == State.DRAFT
    assert told() == [("Update", "manifest", manifest.key)]


def test_it_is_for_those_with_the_permission(
    client_with: Callable[..., Client], pictured: tuple[Manifest, Canvas]
) -> None:
    manifest, canvas = pictured
    client = client_with("view_manifest", "change_manifest", "view_canvas", "change_canvas")
    for url, row in ((MANIFESTS, manifest), (CANVASES, canvas)):
        assert b'value="withdraw"' not in client.get(url).content
        act(client, url, "withdraw", row, **GO)
        assert type(row).objects.get().state == State.PUBLISHED
    allowed = client_with("view_canvas", "withdraw_canvas")
    assert b'value="withdraw"' in allowed.get(CANVASES).content
    assert allowed.get(CANVASES, {"action": "withdraw", **GO}).status_code in (200, 302)
    assert Canvas.objects.get().state == State.PUBLISHED, "never by GET"
    act(allowed, CANVASES, "withdraw", canvas, **GO)
    assert Canvas.objects.get().state == State.WITHDRAWN


def test_all_of_a_list_at_once(curators_client: Client) -> None:
    manifest = make_manifest()
    rows = [make_canvas(manifest) for _ in range(25)]
    page = act(curators_client, CANVASES, "withdraw", *rows, select_across="1")
    assert b"and 5 more" in page.content
    assert page.context["selected"] == [str(rows[0].pk)]
    act(curators_client, CANVASES, "withdraw", rows[0], select_across="1", **GO)
    assert set(Canvas.objects.values_list("state", flat=True)) == {"withdrawn"}


# -- activities ------------------------------------------------------------------------------


def test_publishing_and_taking_back_are_told(curators_client: Client) -> None:
    one, two = make_manifest(state=State.DRAFT), make_manifest()
    act(curators_client, MANIFESTS, "publish", one, two)
    act(curators_client, MANIFESTS, "make_draft", one)
    key = one.key
    assert told() == [("Create", "manifest", key), ("Delete", "manifest", key)]


def test_the_form_tells_too(curators_client: Client) -> None:
    manifest = make_manifest()
    page = reverse("admin:catalog_manifest_change", args=[manifest.pk])
    for state in ("published", "draft", "published"):
        assert curators_client.post(page, {"state": state}).status_code == 302
    assert [type for type, *_ in told()] == ["Delete", "Create"]


def test_a_canvas_changes_the_public_manifests_that_show_it(curators_client: Client) -> None:
    public, draft = make_manifest(), make_manifest(state=State.DRAFT)
    canvas = make_canvas(public, draft)
    act(curators_client, CANVASES, "make_draft", canvas)
    assert told() == [("Update", "manifest", public.key)]


def test_collections_are_told(curators_client: Client) -> None:
    add = reverse("admin:catalog_collection_add")
    said = {"label-language": "en", "label-text": "Boats", "summary-text": ""}
    answer = curators_client.post(add, {"state": "published", **said})
    assert answer.status_code == 302, answer.content[:500]
    made = Collection.objects.get()
    page = reverse("admin:catalog_collection_change", args=[made.pk])
    for title, state in (("Ships", "published"), ("Ships", "published"), ("Ships", "draft")):
        answer = curators_client.post(page, said | {"label-text": title, "state": state})
        assert answer.status_code == 302, answer.content[:500]
    assert told() == [(type, "collection", made.key) for type in ("Create", "Update", "Delete")]
    act(curators_client, "/admin/catalog/collection/", "publish", made)
    assert told()[-1] == ("Create", "collection", made.key)


@pytest.mark.parametrize("state", [State.WITHDRAWN, State.GONE])
def test_tombstones_are_not_published_by_hand(curators_client: Client, state: str) -> None:
    manifest, collection = make_manifest(state=state), make_collection(state=state)
    act(curators_client, MANIFESTS, "publish", manifest)
    act(curators_client, "/admin/catalog/collection/", "publish", collection)
    page = reverse("admin:catalog_manifest_change", args=[manifest.pk])
    curators_client.post(page, {"state": "published"})
    assert Manifest.objects.get().state == Collection.objects.get().state == state
    assert told() == []
