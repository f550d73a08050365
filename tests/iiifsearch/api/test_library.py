"""What can be asked of the library, by REST: for viewers on other sites' pages."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from django.core.cache import cache
from django.test import Client

from catalog.models import Collection, CollectionCanvas, Manifest, State
from iiifsearch.conf import options
from tests.iiifsearch.conftest import Library

LIBRARY = "/api/library/"
ELSEWHERE = {"HTTP_ORIGIN": "https://viewer.example"}


def ask(client: Client, manifest: str = "") -> Any:
    cache.clear()
    response = client.get(f"{LIBRARY}?manifest={quote(manifest, safe='')}", **ELSEWHERE)
    assert response.status_code == 200, response.content
    assert response["Access-Control-Allow-Origin"] == "*"
    return response.json()


def test_what_can_be_asked(library: Library, client: Client) -> None:
    told = ask(client)
    assert [one["name"] for one in told["features"]] == list(options.image_encoders)
    assert {one["name"]: one["weight"] for one in told["features"]}["colour"] == 0.05
    names = [preset["name"] for preset in told["presets"]]
    assert names[0] == "overall" and len(names) == len(set(names))
    live = set(options.image_encoders)
    assert all(set(preset["features"]) <= live for preset in told["presets"])
    assert told["filters"]["rights"] == ["public-domain", "open"]
    assert told["manifest"] is None


def test_only_what_is_live_is_offered(library: Library, client: Client, settings: Any) -> None:
    settings.IIIFSEARCH = {
        **settings.IIIFSEARCH,
        "image_encoders": ("efficientnet-lite0", "lbp"),
        "features": (("efficientnet-lite0", 1.0),),
        "region_encoder": "",
    }
    presets = {preset["name"]: preset for preset in ask(client)["presets"]}
    assert presets.keys() == {"overall", "same-work", "texture"}
    assert presets["texture"]["features"] == {"lbp": 1.0}


def test_a_manifest_is_known_by_its_own_uri_and_by_ours(library: Library, client: Client) -> None:
    row = Manifest.objects.get(canvases=library.canvas("boats"))
    ours = f"{options.public_url}/iiif/manifest/{row.key}"
    for uri in (row.uri, ours):
        known = ask(client, uri)["manifest"]
        assert known["id"] == ours
        assert known["service"] == client.get(f"/iiif/manifest/{row.key}").json()["service"]
    row.state = State.DRAFT
    row.save()
    assert ask(client, row.uri)["manifest"] is None


def test_the_collections_that_a_manifest_is_in(library: Library, client: Client) -> None:
    boats = library.canvas("boats")
    uri = Manifest.objects.get(canvases=boats).uri
    shelf = Collection.objects.create(title="By the sea", key="sea", state=State.PUBLISHED)
    CollectionCanvas.objects.create(collection=shelf, canvas=boats, position=0)
    Collection.objects.create(title="Not yet", key="draft", state=State.DRAFT)
    told = ask(client, uri)["collections"]
    assert {
        "id": f"{options.public_url}/iiif/collection/sea",
        "label": {"none": ["By the sea"]},
    } in (told)
    assert "Not yet" not in str(told)
    assert ask(client, "https://nowhere.example/m")["collections"] == []


def test_types_and_years_of_what_is_published(library: Library, client: Client) -> None:
    boats, letter = library.canvas("boats"), library.canvas("letter")
    type(boats).objects.exclude(pk__in=[boats.pk, letter.pk]).update(object_type="", year=None)
    type(boats).objects.filter(pk=boats.pk).update(object_type="Painting", year=1850)
    type(boats).objects.filter(pk=letter.pk).update(
        object_type="Drawing", year=1700, state=State.DRAFT
    )
    told = ask(client)["filters"]
    assert (told["types"], told["years"]) == (["Painting"], [1850, 1850])


# -- other sites' pages -------------------------------------------------------------------------


def test_searches_answer_pages_of_other_sites(library: Library, client: Client) -> None:
    uri = quote(library.canvas("boats").raw_id, safe="")
    for path in ("/api/search/?q=boats", f"/api/similar/?canvas={uri}", "/api/search/"):
        response = client.get(path, **ELSEWHERE)
        assert response["Access-Control-Allow-Origin"] == "*", path
        assert "Access-Control-Allow-Credentials" not in response
    preflight = client.options(
        "/api/similar/", HTTP_ACCESS_CONTROL_REQUEST_METHOD="POST", **ELSEWHERE
    )
    assert preflight.status_code == 204 and not preflight.content
    assert "POST" in preflight["Access-Control-Allow-Methods"]


def test_what_writes_does_not(client: Client, db: None) -> None:
    for path in ("/api/manifests/", "/api/runs/", "/api/suggestions/"):
        assert "Access-Control-Allow-Origin" not in client.get(path, **ELSEWHERE), path


def test_paging_neither_repeats_nor_leaves_out(library: Library, client: Client) -> None:
    uri = quote(library.canvas("boats").raw_id, safe="")
    for path in ("/api/search/?q=boats+window", f"/api/similar/?canvas={uri}"):
        whole = client.get(f"{path}&limit=100").json()
        keys = [hit["key"] for hit in whole["hits"]]
        pages = [
            client.get(f"{path}&limit=1&offset={number}").json() for number in range(len(keys) + 1)
        ]
        assert [hit["key"] for page in pages for hit in page["hits"]] == keys
        assert {page["total"] for page in pages} == {len(keys)}


def test_words_within_a_manifest(library: Library, client: Client) -> None:
    boats = library.canvas("boats")
    uri = Manifest.objects.get(canvases=boats).uri
    answer = client.get(f"/api/search/?q=boats+window&manifest={quote(uri, safe='')}").json()
    assert {hit["key"] for hit in answer["hits"]} == {boats.key}
    hit = answer["hits"][0]
    assert (hit["width"], hit["height"]) == (boats.width, boats.height)
