"""Publishing, taking back, and what is not edited by hand."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse

from catalog.models import Canvas, Manifest, State
from tests.catalog.admin.conftest import make_canvas, make_manifest

LIST = "/admin/catalog/manifest/"


def page_of(manifest: Manifest) -> str:
    return reverse("admin:catalog_manifest_change", args=[manifest.pk])


def act(client: Client, action: str, *manifests: Manifest) -> None:
    chosen = {"action": action, "_selected_action": [manifest.pk for manifest in manifests]}
    client.post(LIST, chosen)


def states(*manifests: Manifest) -> list[str]:
    return [Manifest.objects.get(pk=manifest.pk).state for manifest in manifests]


def test_publish_and_make_draft(curators_client: Client) -> None:
    one, two = make_manifest(state=State.DRAFT), make_manifest(state=State.DRAFT)
    act(curators_client, "publish", one, two)
    assert states(one, two) == ["published", "published"]
    act(curators_client, "make_draft", one)
    assert states(one, two) == ["draft", "published"]
    assert LogEntry.objects.filter(object_id=str(one.pk)).count() == 2


def test_a_withdrawn_manifest_stays_withdrawn(curators_client: Client) -> None:
    manifest = make_manifest(state=State.WITHDRAWN)
    act(curators_client, "publish", manifest)
    curators_client.post(page_of(manifest), {"state": "published"})
    assert states(manifest) == ["withdrawn"]


def test_publishing_needs_the_permission(client_with: Callable[..., Client]) -> None:
    manifest = make_manifest(state=State.DRAFT)
    client = client_with("view_manifest")
    act(client, "publish", manifest)
    assert client.post(page_of(manifest), {"state": "published"}).status_code == 403
    assert states(manifest) == ["draft"]
    assert client.get(page_of(manifest)).status_code == 200
    assert b"make_draft" not in client.get(LIST).content


def test_the_form_changes_the_state_and_nothing_else(curators_client: Client) -> None:
    manifest = make_manifest()
    given = {"state": "draft", "title": "Mine", "uri": "https://example.org/mine"}
    assert curators_client.post(page_of(manifest), given).status_code == 302
    changed = Manifest.objects.get(pk=manifest.pk)
    assert (changed.state, changed.title, changed.uri) == ("draft", manifest.title, manifest.uri)
    assert changed.modified_at > manifest.modified_at
    assert curators_client.post(page_of(manifest), {"state": "withdrawn"}).status_code == 200
    assert states(manifest) == ["draft"]


def test_nothing_harvested_is_added_or_deleted(curators_client: Client) -> None:
    manifest = make_manifest()
    canvas = make_canvas(manifest)
    assert curators_client.get(f"{LIST}add/").status_code == 403
    assert curators_client.get("/admin/catalog/canvas/add/").status_code == 403
    for name, row in (("manifest", manifest), ("canvas", canvas)):
        delete = reverse(f"admin:catalog_{name}_delete", args=[row.pk])
        assert curators_client.post(delete, {"post": "yes"}).status_code == 403
    act(curators_client, "delete_selected", manifest)
    assert Manifest.objects.exists()
    assert Canvas.objects.exists()


def test_the_page_shows_warnings_and_where_it_is_published(curators_client: Client) -> None:
    manifest = make_manifest()
    page = curators_client.get(page_of(manifest)).content.decode()
    assert "Something was odd." in page
    assert "Oil on canvas" in page
    assert reverse("manifest", args=[manifest.key]) in page


def test_the_json_is_deferred_in_lists_and_has_a_page(
    curators_client: Client, client_with: Callable[..., Client]
) -> None:
    manifest = make_manifest()
    (row,) = curators_client.get(LIST).context["cl"].result_list
    assert "raw" in row.get_deferred_fields()
    raw = reverse("admin:catalog_manifest_raw", args=[manifest.pk])
    assert curators_client.get(raw).json() == manifest.raw
    assert client_with("view_canvas").get(raw).status_code == 403
