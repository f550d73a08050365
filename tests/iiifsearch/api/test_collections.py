"""Collections over REST: for whoever may change them."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from catalog.models import Canvas, CollectionCanvas, State
from iiifsearch import tokens
from iiifsearch.rules.rule import Rule
from tests.iiifsearch.pages.conftest import Gallery
from tests.iiifsearch.pages.test_collections import make
from tests.people import signed_in

LIST = "/api/collections/"


@pytest.fixture
def gallery(db: None) -> Gallery:
    return Gallery()


@pytest.fixture
def curator(db: None) -> Client:
    return signed_in("change_collection")


def ask(client: Client, method: str, key: str, canvases: Any, status: int = 200) -> Any:
    sent = {"canvases": canvases}
    send = getattr(client, method)
    response = send(f"{LIST}{key}/canvases/", sent, content_type="application/json")
    assert response.status_code == status, response.content
    return response.json()


def members() -> list[int]:
    rows = CollectionCanvas.objects.order_by("position")
    return list(rows.values_list("canvas_id", flat=True))


def test_adding_in_order_and_removing(gallery: Gallery, curator: Client) -> None:
    one, two, three = (gallery.hang(name, kept=False) for name in ("one", "two", "three"))
    collection = make("Kept", rule=Rule(maker="ada").written())
    added = ask(curator, "post", collection.key, [two.key, one.key, two.key])
    assert added == {"added": 2, "already": 0} and members() == [two.pk, one.pk]
    again = ask(curator, "post", collection.key, [three.key, two.key])
    assert again == {"added": 1, "already": 1} and members() == [two.pk, one.pk, three.pk]
    assert ask(curator, "delete", collection.key, [one.key, "unknown"]) == {"removed": 1}
    assert members() == [two.pk, three.pk]
    collection.refresh_from_db()
    assert collection.rule["without"] == [one.pk]


def test_with_a_token(gallery: Gallery) -> None:
    canvas, collection = gallery.hang("one", kept=False), make("Kept")
    person = User.objects.create_superuser("script")
    client = Client(headers={"Authorization": "Token " + tokens.make(person, "script")})
    assert ask(client, "post", collection.key, [canvas.key])["added"] == 1


def test_what_is_listed(curator: Client) -> None:
    mine, theirs = make("Mine", state=State.DRAFT), make("Theirs")
    theirs.curators.add(User.objects.create_user("other"))
    make("Harvested", uri="https://example.org/c")
    (listed,) = curator.get(LIST).json()["results"]
    assert (listed["key"], listed["title"], listed["state"]) == (mine.key, "Mine", "draft")
    assert listed["id"].endswith(f"/iiif/collection/{mine.key}")


@pytest.mark.parametrize(
    ("canvases", "why"),
    [
        *((["unknown"], "No public canvas has the key unknown"), ([], "empty"), (5, "list")),
        (["a\x00"], "Null"), ([["a"]], "string"), (["x" * 101], "100"), (["k"] * 501, "500"),
        (["draft"], "No public canvas"), ([f"k{n}" for n in range(9)], "and 4 more"),
    ],
)  # fmt: skip
def test_what_cannot_be_added_is_told(
    canvases: Any, why: str, gallery: Gallery, curator: Client
) -> None:
    collection, seen = make("Kept"), gallery.hang("one", kept=False)
    Canvas.objects.filter(pk=gallery.hang("draft", state=State.DRAFT).pk).update(key="draft")
    sent = [seen.key, *canvases] if canvases and isinstance(canvases, list) else canvases
    assert why in str(ask(curator, "post", collection.key, sent, 400))
    assert members() == []


def test_who_may(gallery: Gallery, curator: Client) -> None:
    canvas, collection = gallery.hang("one", kept=False), make("Kept")
    person = User.objects.create_user("other")
    for client in (Client(), signed_in("view_collection", "add_collection")):
        assert client.get(LIST).status_code == 403
        for method in ("post", "delete"):
            told = ask(client, method, collection.key, [canvas.key], 403)
            assert "detail" in told
    collection.curators.add(person)
    for method in ("post", "delete"):
        assert "other curators" in str(ask(curator, method, collection.key, [canvas.key], 403))
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(User.objects.create_superuser("strict"))
    assert "CSRF" in str(ask(strict, "post", collection.key, [canvas.key], 403))
    assert members() == []
    for no in (make("Harvested", uri="urn:c"), make("Gone", state=State.WITHDRAWN)):
        ask(curator, "post", no.key, [canvas.key], 404)
    ask(curator, "post", "%00", [canvas.key], 404)


def test_queries_do_not_grow(gallery: Gallery, curator: Client) -> None:
    keys = [gallery.hang(f"No. {n}", kept=False).key for n in range(20)]
    few, many = make("Few"), make("Many")
    ask(curator, "post", few.key, keys[:1])
    with CaptureQueriesContext(connection) as small:
        ask(curator, "post", few.key, keys[1:3])
    with CaptureQueriesContext(connection) as large:
        ask(curator, "post", many.key, keys)
    assert len(large) == len(small)
    with CaptureQueriesContext(connection) as listed:
        curator.get(LIST)
    make("More"), make("And more")
    with CaptureQueriesContext(connection) as longer:
        curator.get(LIST)
    assert len(longer) == len(listed)
