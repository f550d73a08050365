"""Curated collections as they are published, and the manifests of single paintings."""

from __future__ import annotations

from typing import Any

import iiif_prezi3
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from catalog import collecting, withdrawal
from catalog.iiif.reader import read
from catalog.models import Canvas, Collection, CollectionManifest, Comment, Manifest, State
from iiifsearch.presentation import listed
from tests.iiifsearch.presentation.conftest import Holdings

BASE = "http://library.example"


def get(client: Client, path: str, status: int = 200) -> Any:
    response = client.get(path.removeprefix(BASE))
    assert response.status_code == status, response.content[:300]
    return response.json()


def published(client: Client, collection: Collection) -> Any:
    """Its document, which a strict reader and our own reader take."""
    body = get(client, f"/iiif/collection/{collection.key}")
    iiif_prezi3.Collection(**body)
    response = client.get(f"/iiif/collection/{collection.key}")
    assert not read(response.content, body["id"]).warnings
    return body


def manifest_of(canvas: Canvas) -> str:
    return f"{BASE}/iiif/manifest/{canvas.manifests.get().key}"


def alone(canvas: Canvas) -> str:
    return f"{BASE}/iiif/painting/{canvas.key}/manifest"


def ids(body: Any) -> list[str]:
    return [item["id"] for item in body["items"]]


# -- the collection ----------------------------------------------------------------------------


def test_in_the_curators_order(client: Client, holdings: Holdings) -> None:
    first, second, _third = holdings.leaves
    made = holdings.collect(second, holdings.boats, first)
    assert ids(published(client, made)) == [
        alone(second),
        manifest_of(holdings.boats),
        alone(first),
    ]
    collecting.move(made, [first.pk], 1, by=None)
    body = published(client, made)
    assert ids(body) == [alone(first), alone(second), manifest_of(holdings.boats)]
    assert [item["label"] for item in body["items"]] == [
        {"en": ["Sketches"], "de": ["Skizzen"]},
        {"en": ["Sketches, 2"], "de": ["Skizzen, 2"]},
        {"en": ["Boats"]},
    ]
    boats = body["items"][2]
    thumbnail = f"{BASE}/iiif/thumbnail/{holdings.boats.key}.jpg"
    assert boats["thumbnail"][0]["id"] == thumbnail
    assert boats["homepage"][0]["id"] == f"{BASE}/painting/{holdings.boats.key}/"
    assert body["thumbnail"][0]["id"] == thumbnail, "the first of which there is a picture"


def test_texts_rights_and_where_it_belongs(client: Client, holdings: Holdings) -> None:
    by = "http://creativecommons.org/licenses/by/4.0/"
    made = holdings.collect(
        holdings.letter,
        label={"en": ["Night"], "de": ["Nacht"]},
        summary={"en": ["<p>Dark <script>alert(1)</script>ones</p>"], "none": ["1 < 2"]},
        rights=by,
    )
    body = published(client, made)
    assert body["label"] == {"en": ["Night"], "de": ["Nacht"]}
    assert body["summary"]["none"] == ["1 &lt; 2"] or body["summary"]["none"] == ["1 < 2"]
    assert "script" not in str(body["summary"]) and body["rights"] == by
    assert "thumbnail" not in body and "requiredStatement" not in body and "provider" not in body
    assert body["homepage"][0]["id"] == f"{BASE}/collections/{made.key}/"
    assert body["seeAlso"][0]["id"] == f"{BASE}/iiif/collection/{made.key}/versions"
    assert body["partOf"][0]["id"] == f"{BASE}/iiif/collection/top"
    kinds = [service.get("type") or service["@type"] for service in body["service"]]
    assert kinds == ["SearchService2", "SearchService1"]


def test_collections_in_it_come_first_in_their_order(client: Client, holdings: Holdings) -> None:
    top = holdings.collect(holdings.boats, title="All")
    a, b = (holdings.collect(holdings.letter, title=title, parent=top) for title in "ab")
    holdings.collect(title="draft", parent=top, state=State.DRAFT)
    collecting.arrange_within(top, {b.pk: 1}, by=None)
    body = published(client, top)
    assert [item["type"] for item in body["items"]] == ["Collection", "Collection", "Manifest"]
    assert ids(body)[:2] == [f"{BASE}/iiif/collection/{each.key}" for each in (b, a)]
    assert published(client, a)["partOf"][0]["id"] == body["id"]


def test_the_top_lists_what_no_public_one_holds(client: Client, holdings: Holdings) -> None:
    draft = holdings.collect(title="draft", state=State.DRAFT)
    a, b, c = (holdings.collect(title=title) for title in "abc")
    Collection.objects.filter(pk=a.pk).update(parent=draft)
    Collection.objects.filter(pk=b.pk).update(parent=c)
    collecting.arrange_within(None, {c.pk: 1, draft.pk: 2}, by=None)
    assert ids(get(client, "/iiif/collection/top"))[:2] == [
        f"{BASE}/iiif/collection/{each.key}" for each in (a, c)
    ]


def test_each_painting_once_and_none_that_is_not_public(client: Client, holdings: Holdings) -> None:
    first, second, third = holdings.leaves
    made = holdings.collect(holdings.letter, holdings.boats, first, second, third)
    for place, canvas in enumerate((holdings.boats, first)):
        manifest = canvas.manifests.get()
        CollectionManifest.objects.create(collection=made, manifest=manifest, position=place)
    Canvas.objects.filter(pk=second.pk).update(state=State.DRAFT)
    Manifest.objects.filter(canvases=holdings.letter).update(state=State.GONE)
    assert ids(published(client, made)) == [
        manifest_of(holdings.boats),
        alone(first),
        alone(third),
        manifest_of(first),
    ]


def test_its_cover(client: Client, holdings: Holdings) -> None:
    made = holdings.collect(holdings.letter, holdings.boats)
    collecting.set_cover(made, holdings.letter.pk, by=None)
    boats = f"{BASE}/iiif/thumbnail/{holdings.boats.key}.jpg"
    assert published(client, made)["thumbnail"][0]["id"] == boats, "no picture of it is kept"
    Canvas.objects.filter(pk=holdings.boats.pk).update(state=State.DRAFT)
    assert "thumbnail" not in published(client, made)


def test_a_limit_is_told(client: Client, holdings: Holdings, monkeypatch: Any) -> None:
    made = holdings.collect(*holdings.leaves)
    monkeypatch.setattr(listed, "MOST_ITEMS", 2)
    body = published(client, made)
    assert len(body["items"]) == 2 and "Only the first 2" in body["summary"]["en"][0]


def test_queries_do_not_grow(client: Client, holdings: Holdings) -> None:
    counts = []
    for canvases in ([holdings.boats], [*holdings.leaves, holdings.boats, holdings.letter]):
        made = holdings.collect(*canvases, title=str(len(canvases)))
        with CaptureQueriesContext(connection) as captured:
            published(client, made)
        counts.append(len(captured))
    assert counts[0] == counts[1] <= 16, "both times that it is asked for"


# -- the manifest of one painting --------------------------------------------------------------


def test_a_painting_of_a_larger_manifest(client: Client, holdings: Holdings) -> None:
    _first, second, _third = holdings.leaves
    whole = get(client, manifest_of(second))
    body = get(client, alone(second))
    iiif_prezi3.Manifest(**body)
    assert body["id"] == alone(second)
    assert body["items"] == whole["items"][1:2], "as it is in the whole one, its id too"
    assert body["items"][0]["id"] == second.raw_id
    pages = [page["id"] for page in body["items"][0]["annotations"]]
    assert f"{BASE}/iiif/annotations/{second.key}" in pages
    assert body["label"] == {"en": ["Sketches, 2"], "de": ["Skizzen, 2"]}
    assert body["service"] == whole["service"]
    assert body["partOf"][0] == {
        "id": manifest_of(second),
        "type": "Manifest",
        "label": {"en": ["Sketches"], "de": ["Skizzen"]},
    }
    assert [part["id"] for part in body["structures"]] == [whole["structures"][1]["id"]]
    for name in ("rights", "requiredStatement", "metadata", "seeAlso"):
        assert body[name] == whole[name]
    parsed = read(client.get(alone(second).removeprefix(BASE)).content, alone(second))
    assert [canvas.id for canvas in parsed.canvases] == [second.raw_id]


def test_a_painting_with_a_manifest_to_itself(client: Client, holdings: Holdings) -> None:
    body = get(client, alone(holdings.boats))
    assert body["items"] == get(client, manifest_of(holdings.boats))["items"]
    assert body["thumbnail"][0]["id"] == f"{BASE}/iiif/thumbnail/{holdings.boats.key}.jpg"


def test_canvases_that_could_not_be_read_are_left_out_too(
    client: Client, holdings: Holdings
) -> None:
    first = holdings.leaves[0]
    manifest = first.manifests.get()
    manifest.raw["items"].append({"id": f"{manifest.raw_id}/odd", "type": "Canvas"})
    manifest.save(update_fields=["raw"])
    assert ids(get(client, alone(first))) == [first.raw_id]


def test_presentation_2(client: Client, holdings: Holdings) -> None:
    base = holdings.server.base
    first, second, _third = holdings.leaves
    canvases = [
        {"@id": leaf.raw_id, "@type": "sc:Canvas", "label": "x", "width": 1, "height": 1}
        for leaf in holdings.leaves
    ]
    raw = {
        "@context": "http://iiif.io/api/presentation/2/context.json",
        "@id": f"{base}/book.json",
        "@type": "sc:Manifest",
        "label": "Sketches",
        "thumbnail": f"{base}/other.jpg",
        "sequences": [{"@type": "sc:Sequence", "canvases": canvases}],
    }
    Manifest.objects.filter(canvases=first).update(raw=raw, version=2)
    body = get(client, alone(second))
    assert [each["@id"] for each in body["sequences"][0]["canvases"]] == [second.raw_id]
    assert (body["@id"], body["label"]) == (alone(second), "Sketches, 2")
    assert body["within"] == manifest_of(second) and "thumbnail" not in body


@pytest.mark.parametrize("state", [State.DRAFT, State.WITHDRAWN])
def test_no_manifest_of_what_is_not_public(
    client: Client, holdings: Holdings, state: State
) -> None:
    Canvas.objects.filter(pk=holdings.boats.pk).update(state=state)
    get(client, alone(holdings.boats), 404)
    get(client, "/iiif/painting/unknown/manifest", 404)
    get(client, "/iiif/painting/%00/manifest", 404)


def test_the_whole_manifest_and_its_painting_lose_what_is_withdrawn(
    client: Client, holdings: Holdings
) -> None:
    first, second, third = holdings.leaves
    withdrawal.withdraw_canvas(second, reason="The heirs asked for it.")
    assert ids(get(client, manifest_of(first))) == [first.raw_id, third.raw_id]
    assert ids(get(client, alone(third))) == [third.raw_id]
    assert not Comment.objects.filter(canvas=second).exists()
