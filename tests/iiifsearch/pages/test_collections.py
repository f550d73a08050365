"""Pages of collections: what is in them, in whose order, and what is not public."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from catalog import collecting
from catalog.models import (
    Canvas,
    Collection,
    CollectionCanvas,
    CollectionManifest,
    State,
    permanent_key,
)
from iiifsearch.pages import collections
from tests.iiifsearch.pages.conftest import Gallery


def make(title: str, **more: object) -> Collection:
    key = permanent_key("collection", title)
    return Collection.objects.create(key=key, title=title, **more)


def put(collection: Collection, *canvases: Canvas) -> None:
    for position, canvas in enumerate(canvases):
        CollectionCanvas.objects.create(collection=collection, canvas=canvas, position=position)


def page(client: Client, collection: Collection, query: str = "", status: int = 200) -> str:
    response = client.get(f"/collections/{collection.key}/{query}")
    assert response.status_code == status
    return response.content.decode()


def order(text: str, *titles: str) -> list[str]:
    assert all(title in text for title in titles)
    return sorted(titles, key=text.index)


def test_single_canvases_come_first_and_in_their_order(gallery: Gallery, client: Client) -> None:
    boats, letter, garden = (gallery.hang(title) for title in ("Boats", "Letter", "Garden"))
    collection = make("Night <b>pieces</b>", summary={"en": ["Dark ones."]})
    put(collection, letter, boats)
    CollectionManifest.objects.create(
        collection=collection, manifest=garden.manifests.get(), position=0
    )
    text = page(client, collection)
    assert order(text, ">Letter<", ">Boats<", ">Garden<") == [">Letter<", ">Boats<", ">Garden<"]
    assert "3 paintings" in text and "Dark ones." in text and "Night pieces" in text
    assert f"http://testserver/iiif/collection/{collection.key}" in text


def test_what_is_not_public_is_not_shown(gallery: Gallery, client: Client) -> None:
    seen, hidden = gallery.hang("Boats"), gallery.hang("Letter", state=State.DRAFT)
    collection = make("Night pieces")
    put(collection, seen, hidden)
    text = page(client, collection)
    assert ">Boats<" in text and "Letter" not in text and "1 painting<" in text
    Collection.objects.update(state=State.DRAFT)
    assert "No such collection" in page(client, collection, status=404)
    assert collection.title not in client.get("/collections/").content.decode()
    assert client.get("/collections/%00/").status_code == 404


def test_collections_within_collections(gallery: Gallery, client: Client) -> None:
    parent = make("All")
    child = make("Night pieces", parent=parent)
    make("Secret", parent=parent, state=State.DRAFT)
    text = page(client, parent)
    assert f'href="/collections/{child.key}/"' in text and "Secret" not in text
    assert f'href="/collections/{parent.key}/"' in page(client, child)
    assert "Nothing in this collection is published yet." in page(client, child)
    listed = client.get("/collections/").content.decode()
    assert ">All<" in listed and "Night pieces" not in listed


def test_as_the_curator_ordered_them(gallery: Gallery, client: Client) -> None:
    parent, draft = make("All"), make("Draft", state=State.DRAFT)
    a, b = (make(title, parent=parent) for title in ("Aaa", "Bbb"))
    make("Loose", parent=draft)
    collecting.arrange_within(parent, {b.pk: 1}, by=None)
    assert order(page(client, parent), ">Aaa<", ">Bbb<") == [">Bbb<", ">Aaa<"]
    collecting.arrange_within(None, {draft.pk: 1, parent.pk: 2}, by=None)
    listed = client.get("/collections/").content.decode()
    assert order(listed, ">All<", ">Loose<") == [">Loose<", ">All<"]
    assert a.position == 0


def test_cover_rights_and_earlier_versions(gallery: Gallery, client: Client) -> None:
    boats, letter = gallery.hang("Boats"), gallery.hang("Letter")
    by = "http://creativecommons.org/licenses/by/4.0/"
    collection = make("Night pieces", rights=by)
    collecting.add(collection, [boats.pk, letter.pk], by=None)
    text = page(client, collection)
    assert "CC BY 4.0" in text and 'class="cover"' not in text and "Earlier versions" not in text
    person = User.objects.create_user("marta")
    collecting.set_cover(collection, letter.pk, by=person)
    text = page(client, collection)
    assert f'class="cover" src="/iiif/thumbnail/{letter.key}.jpg"' in text
    first = f"/iiif/collection/{collection.key}/versions/1"
    assert f'href="{first}"' in text and "/versions/2" not in text, "the last is what it is now"
    assert client.get(first).status_code == 200
    assert "marta" not in text


def test_many_versions_are_named_by_their_list(
    gallery: Gallery, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    collection = make("Night pieces")
    for number in range(4):
        collecting.add(collection, [gallery.hang(f"Boat {number}", kept=False).pk], by=None)
    monkeypatch.setattr(collections, "VERSIONS_LISTED", 2)
    text = page(client, collection)
    assert "Version 3" in text and "Version 2" in text and "Version 1" not in text
    assert f'href="/iiif/collection/{collection.key}/versions"' in text


def test_no_collection_at_all(gallery: Gallery, client: Client) -> None:
    assert "No collection is published yet" in client.get("/collections/").content.decode()


def test_page_by_page(gallery: Gallery, client: Client, settings: object) -> None:
    settings.IIIFSEARCH = {**settings.IIIFSEARCH, "page_size": 2}  # type: ignore[attr-defined]
    collection = make("Night pieces")
    put(collection, *(gallery.hang(f"Boat {n}", kept=False) for n in range(5)))
    first, last = page(client, collection), page(client, collection, "?page=3")
    assert "Boat 1" in first and "Boat 2" not in first and "Page 1 of 3" in first
    assert "Boat 4" in last and "Boat 3" not in last and 'rel="next"' not in last
    assert "Page 3 of 3" in page(client, collection, "?page=99")
    assert "Page 1 of 3" in page(client, collection, "?page=nonsense")


def test_a_painting_tells_where_it_is(gallery: Gallery, client: Client) -> None:
    boats = gallery.hang("Boats")
    put(make("Night pieces"), boats)
    put(make("Secret", state=State.DRAFT), boats)
    whole = make("The museum")
    CollectionManifest.objects.create(collection=whole, manifest=boats.manifests.get(), position=0)
    text = client.get(f"/painting/{boats.key}/").content.decode()
    assert order(text, ">Night pieces<", ">The museum<") == [">Night pieces<", ">The museum<"]
    assert "Secret" not in text


@pytest.mark.parametrize("count", [1, 6])
def test_queries_do_not_grow(gallery: Gallery, client: Client, count: int) -> None:
    collection = make("Night pieces")
    put(collection, *(gallery.hang(f"Boat {n}") for n in range(count)))
    page(client, collection)
    with CaptureQueriesContext(connection) as captured:
        page(client, collection)
    assert len(captured) <= 10
