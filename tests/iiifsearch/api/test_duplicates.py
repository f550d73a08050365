"""Groups of near-duplicates over REST: for curators only."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from catalog.models import Canvas
from iiifsearch.api import duplicates
from iiifsearch.models import Duplicate
from tests.people import signed_in

DUPLICATES = "/api/duplicates/"


@pytest.fixture
def curator(db: None) -> Client:
    return signed_in("view_duplicate")


@pytest.fixture
def canvases(db: None) -> list[Canvas]:
    return [
        Canvas.objects.create(
            key=f"c{n}", uri=f"urn:{n}", raw_id=f"urn:{n}", title=f"No. {n}", state="published"
        )
        for n in range(6)
    ]


def pair(first: Canvas, second: Canvas, **values: Any) -> Duplicate:
    given = {"similarity": 0.8, "inliers": 30, "probability": 0.99}
    return Duplicate.objects.create(first=first, second=second, **{**given, **values})


def ask(client: Client, **asked: Any) -> Any:
    response = client.get(DUPLICATES, asked)
    assert response.status_code == 200, response.content
    return response.json()


def test_groups_with_their_pairs(curator: Client, canvases: list[Canvas]) -> None:
    a, b, c, d, e, f = canvases
    outline = [[0, 0], [1, 0], [1, 1], [0, 1]]
    pair(d, e, mirrored=True)
    pair(a, b, outline=outline), pair(b, c, inliers=50, decision="same-work")
    pair(e, f, decision="unrelated")
    answer = ask(curator)
    assert (answer["count"], answer["next"], answer["notices"]) == (2, None, [])
    first, second = answer["results"]
    assert [canvas["canvas"] for canvas in first["canvases"]] == ["urn:0", "urn:1", "urn:2"]
    assert first["canvases"][0]["state"] == "published" and first["size"] == 3
    assert [(p["first"], p["second"]) for p in first["pairs"]] == [(b.pk, c.pk), (a.pk, b.pk)]
    assert first["pairs"][1]["outline"] == outline and first["pairs"][0]["decision"] == "same-work"
    assert [canvas["id"] for canvas in second["canvases"]] == [d.pk, e.pk]
    assert second["pairs"][0]["mirrored"] is True and second["pairs"][0]["outline"] is None


def test_pages(curator: Client, canvases: list[Canvas], monkeypatch: pytest.MonkeyPatch) -> None:
    for place in (0, 2, 4):
        pair(canvases[place], canvases[place + 1])
    answer = ask(curator, limit=2)
    assert (answer["count"], len(answer["results"])) == (3, 2) and "page=2" in answer["next"]
    assert len(ask(curator, limit=2, page=2)["results"]) == 1
    assert curator.get(DUPLICATES, {"page": 9}).status_code == 404
    pair(canvases[0], canvases[2])
    monkeypatch.setattr(duplicates, "MOST_OF_GROUP", 1)
    group = ask(curator)["results"][0]
    assert (group["size"], len(group["canvases"])) == (4, 1)
    monkeypatch.setattr("iiifsearch.index.duplicates.MOST_PAIRS", 1)
    assert "Only the first" in ask(curator)["notices"][0]


def test_it_is_for_curators(curator: Client, canvases: list[Canvas]) -> None:
    assert Client().get(DUPLICATES).status_code in (401, 403)
    other = Client()
    other.force_login(User.objects.create_user("visitor"))
    response = other.get(DUPLICATES)
    assert response.status_code == 403 and "view_duplicate" in response.json()["detail"]
    assert curator.post(DUPLICATES).status_code in (403, 405)
    assert ask(curator)["results"] == []
