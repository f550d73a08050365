"""The viewer's page: what it tells the viewer, what a browser may do there, and what is said where
there is none."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from django.test import Client

from catalog.models import Canvas
from iiifsearch.conf import options
from iiifsearch.pages import viewing
from tests.iiifsearch.pages.conftest import Gallery
from tests.people import signed_in


@pytest.fixture
def boats(gallery: Gallery) -> Canvas:
    return gallery.hang("Boats & Moon")


@pytest.fixture
def built(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if it were, on machines where it is not."""
    monkeypatch.setattr(viewing.ViewerPage, "built", True)


def config(client: Client, address: str) -> Any:
    page = client.get(address)
    assert page.status_code == 200
    found = re.search(r'<script id="viewer-config".*?>(.*?)</script>', page.content.decode())
    assert found is not None
    return json.loads(found[1])


def test_what_the_viewer_is_told(built: None, boats: Canvas, client: Client) -> None:
    told = config(client, f"/painting/{boats.key}/viewer/")
    assert told["canvas"] == boats.raw_id
    assert told["manifest"].startswith(f"{options.public_url}/iiif/manifest/")
    assert (told["api"], told["region"]) == (f"{options.public_url}/api/", None)
    german = client.get(f"/painting/{boats.key}/viewer/", HTTP_ACCEPT_LANGUAGE="de")
    assert '"language": "de"' in german.content.decode()


def test_curators_are_told_where_to_collect(built: None, boats: Canvas, client: Client) -> None:
    address = f"/painting/{boats.key}/viewer/"
    assert config(client, address)["collect"] == ""
    assert config(signed_in("change_collection"), address)["collect"] == ""
    curator = signed_in("change_collection", staff=True)
    told = config(curator, address)["collect"]
    assert told == "/admin/fill/"
    asked = curator.get(told, {"canvas": boats.key, "take": "ticked"})
    assert "1 painting will be added" in asked.content.decode()


def test_a_part_is_told_in_canvas_units(built: None, boats: Canvas, client: Client) -> None:
    told = config(client, f"/painting/{boats.key}/viewer/?xywh=pct:10,20,50,25")
    assert told["region"] == [80, 120, 400, 150]  # of 800 by 600


def test_what_a_browser_may_do(built: None, boats: Canvas, client: Client) -> None:
    painting = client.get(f"/painting/{boats.key}/")
    viewer = client.get(f"/painting/{boats.key}/viewer/")
    assert "img-src 'self';" in painting["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in painting["Content-Security-Policy"]
    assert painting["X-Frame-Options"] == "DENY"
    policy = viewer["Content-Security-Policy"]
    assert "script-src 'self';" in policy and "style-src 'self' 'unsafe-inline';" in policy
    assert "frame-ancestors 'self'" in policy and viewer["X-Frame-Options"] == "SAMEORIGIN"


def test_an_unknown_painting(client: Client, db: None) -> None:
    assert client.get("/painting/nobody/viewer/").status_code == 404


def test_a_viewer_that_was_not_built_is_told(
    boats: Canvas, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(viewing, "BUNDLE", "iiifsearch/viewer/none.js")
    page = client.get(f"/painting/{boats.key}/viewer/").content.decode()
    assert "make viewer" in page and "<script" not in page
