"""Curated collections: made, nested, filled and ordered."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.test import Client
from django.urls import reverse

from catalog.admin.collections import MEMBERS_IN_FORM
from catalog.models import Collection, CollectionCanvas
from tests.catalog.admin.conftest import make_canvas, make_collection

ADD = "/admin/catalog/collection/add/"
CANVASES = "/admin/catalog/canvas/"


def page_of(collection: Collection) -> str:
    return reverse("admin:catalog_collection_change", args=[collection.pk])


def empty(prefix: str = "canvases", initial: int = 0, total: int = 0) -> dict[str, Any]:
    return {f"{prefix}-TOTAL_FORMS": total, f"{prefix}-INITIAL_FORMS": initial}


def form(title: str = "Boats", **values: Any) -> dict[str, Any]:
    both = empty() | empty("canvases-2")
    return {"title": title, "state": "draft", "parent": ""} | both | values


def members(collection: Collection) -> list[tuple[int, int]]:
    return list(collection.canvases.order_by("position").values_list("canvas_id", "position"))


def test_a_new_collection_gets_its_key(curators_client: Client) -> None:
    for _ in range(2):
        assert curators_client.post(ADD, form()).status_code == 302
    keys = set(Collection.objects.values_list("key", flat=True))
    assert len(keys) == 2
    assert all(len(key) == 16 for key in keys)


def test_no_collection_lies_in_itself(curators_client: Client) -> None:
    top = make_collection("top")
    middle = make_collection("middle", parent=top)
    low = make_collection("low", parent=middle)
    for parent in (top, middle, low):
        response = curators_client.post(page_of(top), form("top", parent=parent.pk))
        assert response.status_code == 200
        assert "would lie in itself" in response.content.decode()
    assert curators_client.post(page_of(low), form("low", parent=top.pk)).status_code == 302
    assert Collection.objects.get(pk=low.pk).parent == top


def test_of_a_harvested_collection_only_the_state_is_edited(curators_client: Client) -> None:
    harvested = make_collection("Theirs", uri="https://example.org/collection")
    parent = make_collection("Ours")
    given = form("Mine", parent=parent.pk, state="draft")
    assert curators_client.post(page_of(harvested), given).status_code == 302
    changed = Collection.objects.get(pk=harvested.pk)
    assert (changed.title, changed.parent, changed.state) == ("Theirs", None, "draft")


def test_members_are_added_ordered_and_removed(curators_client: Client) -> None:
    collection = make_collection(state="draft")
    one, two, three = (make_canvas() for _ in range(3))
    first = CollectionCanvas.objects.create(collection=collection, canvas=one, position=4)
    given = form() | empty(initial=1, total=1) | empty("canvases-2", total=2)
    given |= {
        "canvases-0-id": first.pk,
        "canvases-0-collection": collection.pk,
        "canvases-0-position": 6,
        "canvases-2-0-canvas": two.pk,
        "canvases-2-0-position": "",
        "canvases-2-1-canvas": three.pk,
        "canvases-2-1-position": "0",
    }
    assert curators_client.post(page_of(collection), given).status_code == 302
    assert members(collection) == [(three.pk, 0), (one.pk, 6), (two.pk, 7)]
    given = form() | empty(initial=1, total=1)
    given |= {"canvases-0-id": first.pk, "canvases-0-collection": collection.pk}
    given |= {"canvases-0-position": 6, "canvases-0-DELETE": "on"}
    assert curators_client.post(page_of(collection), given).status_code == 302
    assert members(collection) == [(three.pk, 0), (two.pk, 7)]


def test_a_canvas_is_in_a_collection_once(curators_client: Client) -> None:
    collection, canvas = make_collection(), make_canvas()
    CollectionCanvas.objects.create(collection=collection, canvas=canvas)
    given = form(**empty("canvases-2", total=1), **{"canvases-2-0-canvas": canvas.pk})
    given["canvases-2-0-position"] = ""
    assert curators_client.post(page_of(collection), given).status_code == 200


def test_many_members_are_a_list_of_their_own(curators_client: Client) -> None:
    collection = make_collection()
    for position in range(MEMBERS_IN_FORM + 1):
        CollectionCanvas.objects.create(
            collection=collection, canvas=make_canvas(), position=position
        )
    page = curators_client.get(page_of(collection)).content.decode()
    target = f"/admin/catalog/collectioncanvas/?collection__id__exact={collection.pk}"
    assert target in page
    assert curators_client.get(target).status_code == 200


def test_only_curated_drafts_are_deleted(curators_client: Client) -> None:
    draft = make_collection(state="draft")
    for kept in (
        make_collection(),
        make_collection(uri="https://example.org/collection", state="draft"),
    ):
        delete = reverse("admin:catalog_collection_delete", args=[kept.pk])
        assert curators_client.post(delete, {"post": "yes"}).status_code == 403
    delete = reverse("admin:catalog_collection_delete", args=[draft.pk])
    assert curators_client.post(delete, {"post": "yes"}).status_code == 302
    assert Collection.objects.count() == 2


def add(client: Client, *canvases: Any, **values: Any) -> Any:
    chosen = {"action": "add_to_collection", "_selected_action": [c.pk for c in canvases]}
    return client.post(values.pop("url", CANVASES), chosen | values)


def test_add_to_collection_asks_and_adds_after_the_last(curators_client: Client) -> None:
    collection = make_collection()
    one, two, three = (make_canvas() for _ in range(3))
    CollectionCanvas.objects.create(collection=collection, canvas=two, position=3)
    response = add(curators_client, one, two, three)
    assert response.status_code == 200
    assert "3 canvases will be added" in response.content.decode()
    response = add(curators_client, one, two, three, chosen="yes", collection=collection.pk)
    assert response["Location"] == page_of(collection)
    found = members(collection)
    assert found[0] == (two.pk, 3)
    assert {pk for pk, _ in found[1:]} == {one.pk, three.pk}
    assert [position for _, position in found] == [3, 4, 5]


def test_add_to_a_new_collection(curators_client: Client) -> None:
    canvas = make_canvas()
    assert add(curators_client, canvas, chosen="yes").status_code == 200  # neither given
    add(curators_client, canvas, chosen="yes", title="Dogs")
    collection = Collection.objects.get()
    assert (collection.title, collection.state, len(collection.key)) == ("Dogs", "draft", 16)
    assert members(collection) == [(canvas.pk, 0)]


def test_add_all_that_a_filter_finds(curators_client: Client) -> None:
    collection = make_collection()
    wanted = [make_canvas(maker="Hokusai") for _ in range(3)]
    other = make_canvas()
    url = f"{CANVASES}?q=hokusai"
    page = add(curators_client, wanted[0], url=url, select_across="1").content.decode()
    assert "3 canvases will be added" in page
    assert page.count('name="_selected_action"') == 1
    given = {"select_across": "1", "chosen": "yes", "collection": collection.pk}
    add(curators_client, wanted[0], url=url, **given)
    assert {pk for pk, _ in members(collection)} == {canvas.pk for canvas in wanted}
    assert other.pk not in {pk for pk, _ in members(collection)}


def test_adding_needs_the_permission(client_with: Callable[..., Client]) -> None:
    collection, canvas = make_collection(), make_canvas()
    given = {"chosen": "yes", "collection": collection.pk}
    add(client_with("change_canvas", "view_collection"), canvas, **given)
    assert members(collection) == []
    add(client_with("view_canvas", "change_collection"), canvas, **given)
    assert len(members(collection)) == 1
    add(client_with("view_canvas", "change_collection"), canvas, chosen="yes", title="Mine")
    assert Collection.objects.count() == 1


def test_a_harvested_collection_is_no_choice(curators_client: Client) -> None:
    harvested = make_collection(uri="https://example.org/collection")
    response = add(curators_client, make_canvas(), chosen="yes", collection=harvested.pk)
    assert response.status_code == 200
    assert members(harvested) == []
