"""How often a search asks the database: as often, however many hits it shows."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.iiifsearch.conftest import Library
from tests.pictures import picture


def statements(client: Client, path: str, asked: dict[str, Any]) -> list[str]:
    client.get(path, asked)  # what is remembered from now on
    with CaptureQueriesContext(connection) as captured:
        response = client.get(path, asked)
    assert response.status_code == 200, response.content
    assert response.json()["hits"]
    return [query["sql"] for query in captured]


def test_a_search_by_words_asks_as_often_for_one_hit_as_for_many(
    library: Library, client: Client
) -> None:
    """One statement more where there are words to be marked in what was found."""
    asked = {"q": "boats at rest"}
    one = statements(client, "/api/search/", {**asked, "limit": "1"})
    many = statements(client, "/api/search/", {**asked, "limit": "100"})
    assert len(one) <= len(many) <= 10


@pytest.mark.parametrize("region", ["", "#xywh=0,0,400,300"])
def test_a_search_by_likeness_asks_as_often_for_one_hit_as_for_many(
    region: str, library: Library, client: Client
) -> None:
    asked = {"canvas": library.canvas("boats").raw_id + region}
    one = statements(client, "/api/similar/", {**asked, "limit": "1"})
    many = statements(client, "/api/similar/", {**asked, "limit": "100"})
    assert len(one) == len(many) <= 12


def test_an_upload_asks_of_nothing_but_its_neighbours(library: Library, client: Client) -> None:
    from django.core.files.uploadedfile import SimpleUploadedFile

    def sent() -> dict[str, Any]:
        return {"image": SimpleUploadedFile("a.jpg", picture(1), "image/jpeg")}

    client.post("/api/similar/", sent())
    with CaptureQueriesContext(connection) as captured:
        assert client.post("/api/similar/", sent()).json()["hits"]
    assert len(captured) <= 8
