"""The page of the rule that fills a collection: looked at, saved, filled, stopped."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from catalog.models import Canvas, Collection, CollectionCanvas, State
from iiifsearch.admin import ruling
from iiifsearch.rules.rule import Rule, read
from tests.iiifsearch.pages.conftest import Gallery
from tests.iiifsearch.pages.test_collections import make, put
from tests.iiifsearch.rules.test_fill import titles
from tests.people import signed_in

MAY = ("change_collection", "view_collection", "view_canvas")


@pytest.fixture
def gallery(db: None, settings: Any, tmp_path: Path) -> Gallery:
    settings.CATALOG = {**settings.CATALOG, "storage": tmp_path / "pictures"}
    return Gallery()


@pytest.fixture
def curator(db: None) -> Client:
    return signed_in(*MAY, staff=True)


def url(collection: Collection) -> str:
    return f"/admin/collections/{collection.pk}/rule/"


def post(client: Client, collection: Collection, action: str, **sent: Any) -> str:
    response = client.post(url(collection), {"action": action, **sent}, follow=True)
    assert response.status_code == 200
    return response.content.decode()


def test_looking_saves_nothing_and_saving_fills(gallery: Gallery, curator: Client) -> None:
    for n in range(3):
        gallery.hang(f"Boats {n}", maker="Ada Vento", kept=False)
    gallery.hang("Draft", maker="Ada Vento", kept=False, state=State.DRAFT)
    collection = make("Night <b>pieces")
    page = curator.get(url(collection)).content.decode()
    assert "Night &lt;b&gt;pieces" in page
    assert "Stop filling" not in page and 'id="found"' not in page
    looked = curator.get(url(collection), {"look": 1, "maker": "ada"}).content.decode()
    assert "This rule, which is not saved yet, finds 3 paintings" in looked
    assert "maker’s name holds “ada”" in looked and "Boats 2" in looked
    assert "Draft" not in looked
    assert "bring 3 and take out 0" in looked
    assert Collection.objects.get().rule is None and titles(collection) == []
    said = post(curator, collection, "save", maker="ada", least="", most="")
    assert "The rule was saved." in said and "3 paintings came, 0 went." in said
    assert titles(collection) == ["Boats 0", "Boats 1", "Boats 2"]
    assert read(Collection.objects.get().rule) == Rule(maker="ada")
    assert 'value="ada"' in said and "The rule finds 3 paintings" in said
    Canvas.objects.filter(title="Boats 1").update(maker="Bea")
    assert "0 paintings came, 1 went." in post(curator, collection, "fill")
    assert "what is in it stays" in post(curator, collection, "stop")
    assert Collection.objects.get().rule is None
    assert titles(collection) == ["Boats 0", "Boats 2"]


def test_every_condition_is_kept(gallery: Gallery, curator: Client) -> None:
    source, canvas = make("Source"), gallery.hang("One", kept=False)
    put(source, canvas)
    collection = make("Ruled")
    said: dict[str, Any] = {
        "maker": "ada", "object_type": "oil", "first": 1700, "last": 1800, "rights": "open",
        "tag": "Oil", "label": "Technique", "words": "boats", "least": 70, "most": 9,
    }  # fmt: skip
    sent = said | {
        "within": f"http://testserver/collections/{source.key}/",
        "like": f"http://testserver/painting/{canvas.key}/\n{canvas.key}",
    }
    told = post(curator, collection, "save", **sent)
    assert "have not all been looked at yet" in told, "saved, and filled when it can be"
    collection.refresh_from_db()
    expected = Rule(**said, collection=source.key, like=(canvas.key,))
    assert read(collection.rule) == expected
    manifest = canvas.manifests.get()
    for within in (manifest.key, manifest.uri, f"https://x.example/iiif/manifest/{manifest.key}"):
        post(curator, collection, "save", within=within)
        collection.refresh_from_db()
        assert read(collection.rule) == Rule(manifest=manifest.key)


@pytest.mark.parametrize(
    ("sent", "why"),
    [
        ({}, "would take everything"),
        ({"maker": "\x00"}, "Null characters"),
        ({"maker": "…"}, "no word in it"),
        ({"first": "9" * 40}, "less than or equal"),
        ({"first": "x"}, "whole number"),
        ({"first": 1900, "last": 1800}, "No year is after"),
        ({"rights": "%"}, "Rights are one of"),
        ({"label": "Technique"}, "What does a tag"),
        ({"within": "unknown"}, "is published here"),
        ({"within": "http://["}, "is published here"),
        ({"like": "a/b c d\x00"}, "Null characters"),
        ({"like": "ä"}, "That is no key"),
        ({"like": "x", "most": 501}, "less than or equal"),
    ],
)
def test_a_form_error_loses_nothing(sent: dict[str, Any], why: str, curator: Client) -> None:
    before = Rule(maker="ada").written()
    collection = make("Ruled", rule=before)
    for response in (
        curator.post(url(collection), {"action": "save", **sent}),
        curator.get(url(collection), {"look": "1", **sent}),
    ):
        assert response.status_code == 200 and why in response.content.decode()
    assert Collection.objects.get().rule == before


@pytest.mark.parametrize("rule", [{"version": 9}, [], "x", {"version": 1}, 5])
def test_a_rule_that_cannot_be_read_is_told(rule: Any, gallery: Gallery, curator: Client) -> None:
    gallery.hang("One", maker="Ada", kept=False)
    collection = make("Ruled", rule=rule)
    assert "The rule cannot be read" in curator.get(url(collection)).content.decode()
    assert "Nothing was filled" in post(curator, collection, "fill")
    assert "1 painting came" in post(curator, collection, "save", maker="ada")


def test_nonsense_does_nothing(curator: Client) -> None:
    collection = make("Ruled", rule=Rule(maker="ada").written())
    for action in ("", "nonsense", "\x00"):
        post(curator, collection, action, maker="bea")
    assert Collection.objects.get().rule == Rule(maker="ada").written()
    assert curator.get(f"/admin/collections/{'9' * 30}/rule/").status_code == 404


def test_who_may(gallery: Gallery) -> None:
    gallery.hang("One", maker="Ada", kept=False)
    collection = make("Ruled")
    may = signed_in("change_collection", staff=True)
    me = User.objects.get()
    sent = {"action": "save", "maker": "ada"}
    for client, status in (
        (Client(), 302),
        (signed_in("change_collection"), 302),
        (signed_in("view_collection", staff=True), 403),
    ):
        assert client.get(url(collection)).status_code == status
        assert client.post(url(collection), sent).status_code == status
    collection.curators.add(User.objects.create_user("other"))
    for method in (may.get, may.post):
        assert method(url(collection), sent).status_code == 403
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(User.objects.create_superuser("strict"))
    assert strict.post(url(collection), sent).status_code == 403
    assert not CollectionCanvas.objects.exists()
    collection.curators.add(me)
    assert "1 painting came" in post(may, collection, **sent)
    for no in (make("Theirs", uri="https://e.example/c"), make("Gone", state=State.WITHDRAWN)):
        assert may.get(url(no)).status_code == may.post(url(no), sent).status_code == 404


def test_the_way_from_the_collection_and_back(curator: Client) -> None:
    collection = make("Ruled")
    page = curator.get(f"/admin/catalog/collection/{collection.pk}/change/").content.decode()
    assert url(collection) in page and "Fill it by a rule" in page
    back = curator.get(url(collection)).content.decode()
    assert f"/admin/catalog/collection/{collection.pk}/change/" in back
    harvested = make("Harvested", uri="https://example.org/c")
    page = curator.get(f"/admin/catalog/collection/{harvested.pk}/change/").content.decode()
    assert url(harvested) not in page


def test_queries_do_not_grow_with_what_is_found(gallery: Gallery, curator: Client) -> None:
    collection = make("Ruled", rule=Rule(maker="ada").written())
    gallery.hang("One", maker="Ada", kept=False)
    curator.get(url(collection))
    with CaptureQueriesContext(connection) as few:
        curator.get(url(collection))
    for n in range(ruling.SHOWN + 3):
        gallery.hang(f"No. {n}", maker="Ada", kept=False)
    with CaptureQueriesContext(connection) as many:
        page = curator.get(url(collection)).content.decode()
    assert len(many) == len(few)
    assert f"These are the first {ruling.SHOWN}." in page
