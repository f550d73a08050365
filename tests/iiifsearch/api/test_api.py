"""The REST API: reads for all, writes for some, reasons for whatever goes wrong."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest
import pyvips
from django.contrib.auth.models import User
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from catalog.harvest.run import perform
from catalog.models import HarvestRun, Source
from tests.iiifsearch.conftest import Library
from tests.manifests import manifest_3
from tests.people import signed_in
from tests.pictures import picture


def upload(data: bytes, name: str = "a.jpg") -> dict[str, Any]:
    return {"image": SimpleUploadedFile(name, data, "image/jpeg")}


@pytest.fixture
def harvester(db: None) -> Client:
    return signed_in("add_source")


def test_similar_to_an_upload(library: Library, client: Client) -> None:
    answer = client.post("/api/similar/", upload(picture(1))).json()
    first = answer["hits"][0]
    assert first["canvas"] == library.canvas("boats").raw_id
    assert first["rights"] and first["required_statement"] and first["content_state"]
    assert first["shares"].keys() == {"efficientnet-lite0", "colour"}
    assert sum(first["shares"].values()) == pytest.approx(first["score"], abs=1e-3)


def test_similar_to_a_canvas_and_to_a_region(library: Library, client: Client) -> None:
    uri = library.canvas("boats").raw_id
    for asked in (uri, f"{uri}#xywh=0,0,400,300"):
        answer = client.get(f"/api/similar/?canvas={quote(asked, safe='')}&limit=2").json()
        assert len(answer["hits"]) <= 2
        assert uri not in [hit["canvas"] for hit in answer["hits"]]


def test_similar_to_an_image_url(library: Library, client: Client, settings: Any) -> None:
    settings.CATALOG = {**settings.CATALOG, "visitors_may_fetch_allowed_networks": True}
    url = library.server.url("/boats.jpg")
    answer = client.post("/api/similar/", {"url": url}).json()
    assert answer["hits"][0]["canvas"] == library.canvas("boats").raw_id


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"this is no picture", "no JPEG"),
        (b"<html></html>", "web page"),
        (pyvips.Image.black(30_000, 30_000).pngsave_buffer(compression=9), "30000 x 30000"),
        (picture(1)[:500], "damaged"),
    ],
    ids=["text", "html", "bomb", "cut short"],
)
def test_uploads_that_are_no_picture(data: bytes, reason: str, db: None, client: Client) -> None:
    response = client.post("/api/similar/", upload(data))
    assert response.status_code == 400
    assert reason in response.json()["detail"]


@pytest.mark.parametrize(
    "url", ["http://169.254.169.254/a.jpg", "file:///etc/passwd", "http://10.0.0.1/", "nonsense"]
)
def test_image_urls_are_fetched_through_the_guard(url: str, db: None, client: Client) -> None:
    response = client.post("/api/similar/", {"url": url})
    assert response.status_code == 400
    assert url in response.json()["detail"]


def test_neither_and_both_are_refused(db: None, client: Client) -> None:
    assert client.post("/api/similar/", {}).status_code == 400
    both = {**upload(picture(1)), "url": "http://example.org/a.jpg"}
    assert client.post("/api/similar/", both).status_code == 400


def test_unknown_canvas_is_404_in_json(db: None, client: Client) -> None:
    response = client.get("/api/similar/?canvas=http://example.org/nope")
    assert response.status_code == 404
    assert "example.org/nope" in response.json()["detail"]


@pytest.mark.parametrize("query", ["", "q=", "q=a&limit=0", "q=a&limit=1000", "q=a&limit=x"])
def test_search_says_what_is_wrong(query: str, db: None, client: Client) -> None:
    response = client.get(f"/api/search/?{query}")
    assert response.status_code == 400
    wrong = "limit" if "limit" in query else "q"
    assert response.json()[wrong][0]


def test_search_by_words(library: Library, client: Client) -> None:
    answer = client.get("/api/search/?q=moon+boat&limit=1").json()
    assert [hit["title"] for hit in answer["hits"]] == ["Boats at Rest"]
    assert answer["plans"]["words"] == "full text"


def test_writes_need_the_permission(db: None, client: Client) -> None:
    body = {"url": "http://example.org/m"}
    assert client.post("/api/manifests/", body).status_code in (401, 403)
    client.force_login(User.objects.create_user("reader"))
    response = client.post("/api/manifests/", body)
    assert response.status_code == 403
    assert "catalog.add_source" in response.json()["detail"]
    assert not Source.objects.exists()


def test_a_manifest_is_added_and_its_progress_told(library: Library, harvester: Client) -> None:
    url = library.server.set("/new.json", manifest_3(library.server.base, "new", title="New"))
    accepted = harvester.post("/api/manifests/", {"url": url})
    assert accepted.status_code == 202
    where = accepted["Location"]
    assert harvester.get(where).json()["state"] == "queued"
    perform(HarvestRun.objects.get(pk=accepted.json()["id"]))
    told = harvester.get(where).json()
    assert (told["state"], told["counts"]["created"]) == ("done", 1)
    assert told["items"][0]["outcome"] == "created"
    assert harvester.get("/api/runs/999999/").status_code == 404


def test_what_is_no_url_is_refused(harvester: Client) -> None:
    response = harvester.post("/api/manifests/", {"url": "hello"})
    assert response.status_code == 400
    assert "not a URL" in response.json()["detail"]


def test_reads_are_throttled(db: None, client: Client, settings: Any) -> None:
    cache.clear()
    settings.IIIFSEARCH = {**settings.IIIFSEARCH, "rate_pictures": "2/min"}
    codes = [client.get("/api/similar/?canvas=http://x.example/1").status_code for _ in range(3)]
    assert codes == [404, 404, 429]
    cache.clear()


def test_the_schema_describes_every_path(db: None, client: Client) -> None:
    schema = client.get("/api/schema/?format=json").json()
    assert set(schema["paths"]) >= {
        "/api/manifests/",
        "/api/runs/{id}/",
        "/api/similar/",
        "/api/search/",
    }


def test_health(encoders: object, db: None, client: Client, settings: Any, tmp_path: Any) -> None:
    assert client.get("/health/live").json() == {"status": "live"}
    assert client.get("/health/ready").json() == {"status": "ready", "missing": []}
    settings.IIIFSEARCH = {**settings.IIIFSEARCH, "encoder_cache": tmp_path}
    response = client.get("/health/ready")
    assert response.status_code == 503
    assert "manage.py encoders" in response.json()["missing"][0]
