"""A collection over REST: anybody has what is public, curators have drafts too."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from django.test import Client

from catalog.models import Collection, State
from iiifsearch.api import exports
from tests.iiifsearch.exports.conftest import Shelf, shelf
from tests.people import signed_in

__all__ = ["shelf"]


def address(held: Shelf, query: str = "") -> str:
    return f"/api/collections/{held.collection.key}/export/{query}"


def titles(response: Any) -> list[str]:
    text = b"".join(response.streaming_content).decode("utf-8-sig")
    return [row["title"] for row in csv.DictReader(io.StringIO(text, newline=""))]


def test_anybody_may_have_what_is_public(shelf: Shelf, client: Client) -> None:
    response = client.get(address(shelf))
    assert response.status_code == 200
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert f"collections-{shelf.collection.key}.csv" in response["Content-Disposition"]
    assert response["Access-Control-Allow-Origin"] == "*"
    assert len(titles(response)) == 3
    response = client.get(address(shelf, "?format=jsonld"))
    assert response["Content-Type"] == "application/ld+json"
    assert b"schema.org" in b"".join(response.streaming_content)


def test_drafts_need_the_permission(shelf: Shelf, client: Client) -> None:
    assert "Hidden draft" not in titles(signed_in().get(address(shelf)))
    curator = signed_in("view_collection")
    assert "Hidden draft" in titles(curator.get(address(shelf)))
    assert "Hidden draft" not in titles(curator.get(address(shelf, "?public=true")))
    Collection.objects.update(state=State.DRAFT)
    assert client.get(address(shelf)).status_code == 404
    assert signed_in().get(address(shelf)).status_code == 404
    assert len(titles(curator.get(address(shelf)))) == 4
    Collection.objects.update(state=State.WITHDRAWN)
    gone = curator.get(address(shelf))
    assert (gone.status_code, gone.json()["detail"]) == (404, "This collection was withdrawn.")


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/api/collections/nothing/export/", 404),
        ("/api/collections/no%00thing/export/", 404),
        ("/api/collections/{}/export/?format=xml", 400),
        ("/api/collections/{}/export/?format=%00", 400),
    ],
)
def test_nonsense_is_answered(shelf: Shelf, client: Client, path: str, status: int) -> None:
    response = client.get(path.format(shelf.collection.key))
    assert response.status_code == status
    assert response.json()["detail"]
    assert client.post(address(shelf)).status_code == 405


def test_what_is_too_large_says_what_to_do(
    shelf: Shelf, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exports, "MOST", 4)
    response = client.get(address(shelf))
    assert response.status_code == 413
    assert "manage.py export" in response.json()["detail"]
