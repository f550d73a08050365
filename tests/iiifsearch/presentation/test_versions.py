"""What a curated collection was, each time that what is published of it changed."""

from __future__ import annotations

import json
from typing import Any

import iiif_prezi3
import pytest
from django.test import Client

from catalog import collecting, withdrawal
from catalog.harvest.run import perform, request
from catalog.models import Canvas, Collection, CollectionVersion, Manifest, State
from tests.iiifsearch.presentation.conftest import Holdings
from tests.iiifsearch.presentation.test_curated import alone, get, ids, manifest_of, published
from tests.manifests import manifest_3

BASE = "http://library.example"


def numbers(collection: Collection) -> list[int]:
    return list(collection.versions.order_by("number").values_list("number", flat=True))


def version(client: Client, collection: Collection, number: int, status: int = 200) -> Any:
    return get(client, f"/iiif/collection/{collection.key}/versions/{number}", status)


def test_each_change_of_what_is_public(client: Client, holdings: Holdings) -> None:
    made = holdings.collect(holdings.boats, *holdings.leaves)
    assert numbers(made) == [1]
    collecting.move(made, [holdings.leaves[0].pk], 1, by=holdings.by)
    collecting.remove(made, [holdings.boats.pk], by=None)
    collecting.set_cover(made, holdings.leaves[0].pk, by=holdings.by)
    assert numbers(made) == [1, 2, 3], "no picture is kept of the cover: nothing public changed"
    assert [each.by for each in made.versions.order_by("number")] == [
        holdings.by,
        holdings.by,
        None,
    ]
    first, second, third = holdings.leaves
    assert ids(version(client, made, 1)) == [
        manifest_of(holdings.boats),
        *(alone(leaf) for leaf in (first, second, third)),
    ]
    assert ids(version(client, made, 3)) == [alone(leaf) for leaf in (first, second, third)]
    assert ids(published(client, made)) == ids(version(client, made, 3))


def test_what_it_says_of_itself(client: Client, holdings: Holdings) -> None:
    made = holdings.collect(holdings.boats, label={"de": ["Nacht"]}, summary={"de": ["Dunkles"]})
    body = version(client, made, 1)
    iiif_prezi3.Collection(**body)
    assert body["@context"] == "http://iiif.io/api/presentation/3/context.json"
    assert body["id"] == f"{BASE}/iiif/collection/{made.key}/versions/1"
    assert (body["label"], body["summary"]) == ({"de": ["Nacht"]}, {"de": ["Dunkles"]})
    (above,) = body["partOf"]
    assert above["id"] == f"{BASE}/iiif/collection/{made.key}"
    assert "service" not in body, "a search would find what is in it today"
    assert "marta" not in json.dumps(body)


def test_all_of_them_listed(client: Client, holdings: Holdings) -> None:
    made = holdings.collect(holdings.boats)
    collecting.add(made, [holdings.letter.pk], by=None)
    body = get(client, published(client, made)["seeAlso"][0]["id"])
    iiif_prezi3.Collection(**body)
    assert ids(body) == [f"{BASE}/iiif/collection/{made.key}/versions/{n}" for n in (2, 1)]
    assert body["items"][0]["label"]["en"][0].startswith("Version 2, 20")
    assert get(client, body["items"][0]["id"])["partOf"][0]["id"] == body["partOf"][0]["id"]


def test_what_contains_it_has_versions_too(client: Client, holdings: Holdings) -> None:
    top = holdings.collect(holdings.boats, title="All")
    a, b = (holdings.collect(title=title, parent=top) for title in "ab")
    collecting.arrange_within(top, {b.pk: 1}, by=holdings.by)
    assert numbers(top) == [1, 2]
    assert ids(version(client, top, 2))[:2] == [f"{BASE}/iiif/collection/{x.key}" for x in (b, a)]


def test_drafts_have_none_and_a_draft_shows_none(client: Client, holdings: Holdings) -> None:
    made = holdings.collect(holdings.boats, state=State.DRAFT)
    assert numbers(made) == []
    Collection.objects.update(state=State.PUBLISHED)
    collecting.add(made, [holdings.letter.pk], by=None)
    version(client, made, 1)
    version(client, made, 2, 404)
    get(client, f"/iiif/collection/{made.key}/versions/{'9' * 30}", 404)
    get(client, "/iiif/collection/unknown/versions/1", 404)
    get(client, "/iiif/collection/unknown/versions", 404)
    for state, status in ((State.DRAFT, 404), (State.WITHDRAWN, 410), (State.GONE, 410)):
        Collection.objects.update(state=state)
        version(client, made, 1, status)
        get(client, f"/iiif/collection/{made.key}/versions", status)


def test_a_harvest_writes_none(client: Client, holdings: Holdings) -> None:
    made = holdings.collect(holdings.boats)
    again = manifest_3(holdings.server.base, "boats", title="Boats, cleaned")
    perform(request(holdings.server.set("/boats.json", again), queue=False))
    assert numbers(made) == [1]
    assert published(client, made)["items"][0]["label"] == {"en": ["Boats, cleaned"]}
    assert version(client, made, 1)["items"][0]["label"] == {"en": ["Boats"]}


def test_what_is_no_longer_public_is_in_no_old_version(client: Client, holdings: Holdings) -> None:
    first, second, _third = holdings.leaves
    child = holdings.collect(title="Inner")
    made = holdings.collect(holdings.boats, first, second, holdings.letter)
    Collection.objects.filter(pk=child.pk).update(parent=made)
    collecting.set_cover(made, holdings.boats.pk, by=None)
    collecting.move(made, [second.pk], 1, by=None)
    newest = numbers(made)[-1]
    assert len(version(client, made, newest)["items"]) == 5
    assert "thumbnail" in version(client, made, newest)
    Canvas.objects.filter(pk=holdings.boats.pk).update(state=State.DRAFT)
    Canvas.objects.filter(pk=first.pk).update(state=State.DRAFT)
    Manifest.objects.filter(canvases=holdings.letter).update(state=State.GONE)
    Collection.objects.filter(pk=child.pk).update(state=State.DRAFT)
    body = version(client, made, newest)
    assert ids(body) == [alone(second)] and "thumbnail" not in body
    Canvas.objects.update(state=State.PUBLISHED)
    assert len(version(client, made, newest)["items"]) == 3, "what comes back is back"


@pytest.mark.parametrize("whole", [True, False])
def test_what_is_withdrawn_is_taken_out_of_them(
    client: Client, holdings: Holdings, whole: bool
) -> None:
    made = holdings.collect(holdings.boats, holdings.letter)
    other = holdings.collect(holdings.letter, title="Other")
    before = list(other.versions.values_list("document", flat=True))
    if whole:
        manifest = holdings.boats.manifests.get()
        withdrawal.withdraw_manifest(manifest, reason="The heirs asked for it.")
    else:
        withdrawal.withdraw_canvas(holdings.boats, reason="The heirs asked for it.")
    assert "Boats" not in json.dumps(CollectionVersion.objects.get(collection=made).document)
    assert ids(version(client, made, 1)) == [manifest_of(holdings.letter)]
    assert list(other.versions.values_list("document", flat=True)) == before


def test_a_version_is_of_the_same_transaction(holdings: Holdings, monkeypatch: Any) -> None:
    made = holdings.collect(holdings.boats)

    def fail(*_: Any) -> None:
        raise RuntimeError

    monkeypatch.setattr(collecting.activities, "record", fail)
    with pytest.raises(RuntimeError):
        collecting.add(made, [holdings.letter.pk], by=holdings.by)
    assert numbers(made) == [1] and made.canvases.count() == 1
