"""A part of a painting, and where else it is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import pytest
from django.core.cache import cache
from django.test import Client

from catalog.decode import encode_jpeg
from catalog.models import Canvas, Picture
from tests.iiifsearch.pages.conftest import Gallery
from tests.iiifsearch.pages.reading import read
from tests.iiifsearch.rich import painted, rich

#: In percent of the painting's sides.
PART = "pct:20,20,60,60"


def collage() -> bytes:
    """Another painting, with that part of the first in its lower right corner."""
    made = painted(20)
    part = painted(1)[72:288, 96:384]
    made[170:350, 220:460] = cv2.resize(part, (240, 180), interpolation=cv2.INTER_AREA)
    return encode_jpeg(made)


@pytest.fixture
def boats(gallery: Gallery, encoders: Path) -> Canvas:
    asked = gallery.hang("Boats", jpeg=rich(1))
    gallery.hang("A Collage", jpeg=collage(), maker="Ada Vento")
    gallery.hang("A Letter", jpeg=rich(2), maker="Jan Bekker")
    gallery.index()
    return asked


def test_the_same_detail_is_outlined(boats: Canvas, client: Client) -> None:
    page = read(client.get("/", {"like": boats.key, "xywh": PART}))
    assert page.titles[0] == "A Collage"
    assert "Boats" not in page.titles
    assert "The same detail: more than 99 % sure" in page.text
    assert "1 with the same detail" in page.text
    assert page.all("svg", **{"class": "place"})[0].attributes["viewbox"] == "0 0 100 100"
    outlines = [rect.attributes for rect in page.all("rect")]
    assert [outlines[0][name] for name in ("x", "y", "width", "height")] == [
        *("20.00", "20.00", "60.00", "60.00")
    ]
    place = [float(outlines[1][name]) for name in ("x", "y", "width", "height")]
    assert place == pytest.approx([220 / 4.8, 170 / 3.6, 50, 50], abs=2)
    # The page of the painting that has it shows the same place.
    there = page.links["A Collage"]
    assert "?xywh=pct:" in there
    opened = read(client.get(there))
    shown = [float(opened.all("rect")[0].attributes[n]) for n in ("x", "y", "width", "height")]
    assert shown == pytest.approx(place, abs=0.01)
    assert page.links["Draw another part"] == f"/painting/{boats.key}/?xywh={PART}#detail"
    assert page.links["Paintings like the whole picture"] == f"/?like={boats.key}"


def test_limits_hold_for_details(boats: Canvas, client: Client) -> None:
    asked = {"like": boats.key, "xywh": PART, "maker": "bekker"}
    assert "A Collage" not in read(client.get("/", asked)).titles


def test_without_a_script_four_numbers_are_typed(boats: Canvas, client: Client) -> None:
    page = read(client.get(f"/painting/{boats.key}/"))
    sent = {
        box.attributes["name"]: box.attributes["value"]
        for box in page.all("input")
        if box.attributes.get("name") in ("like", "x", "y", "w", "h")
    }
    assert sent == {"like": boats.key, "x": "30", "y": "30", "w": "40", "h": "40"}
    response = client.get("/", sent)
    assert response["Location"] == f"/?like={boats.key}&xywh=pct:30,30,40,40"
    page = read(client.get(f"/painting/{boats.key}/?xywh=pct:1.5,2,30,40"))
    assert float(page.all("input", id="part-x")[0].attributes["value"]) == 1.5


def test_a_part_outside_the_picture_is_none(boats: Canvas, client: Client) -> None:
    asked = {"like": boats.key, "xywh": "pct:100,0,10,10"}
    assert "no part of the picture" in read(client.get("/", asked), 400).text
    asked["xywh"] = "pct:0,0,1,1"
    assert "too small" in read(client.get("/", asked), 400).text
    for nonsense in ("pct:x", "1,2,3,4", "pct:200,0,1,1"):
        page = read(client.get(f"/painting/{boats.key}/", {"xywh": nonsense}))
        assert page.all("svg", **{"class": "place"}) == []


def test_no_other_server_is_asked_for_the_part(
    boats: Canvas, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*args: Any, **kwargs: Any) -> None:
        raise AssertionError("a visitor waits for a museum's server")

    monkeypatch.setattr("catalog.images.fetch_pixels", refused)
    read(client.get("/", {"like": boats.key, "xywh": "pct:40,40,10,10"}))
    Picture.objects.filter(canvas=boats).update(outcome=Picture.Outcome.EVICTED)
    page = read(client.get("/", {"like": boats.key, "xywh": PART}))
    assert "Its picture is not kept here at the moment" in page.text


def test_where_details_are_not_looked_at_whole_pictures_are(
    boats: Canvas, client: Client, settings: Any
) -> None:
    settings.IIIFSEARCH = {**settings.IIIFSEARCH, "region_encoder": ""}
    page = read(client.get("/", {"like": boats.key, "xywh": PART}))
    assert "Details are not looked for here" in page.text
    assert "Boats" not in page.titles


def test_details_count_as_pictures_looked_at(boats: Canvas, client: Client, settings: Any) -> None:
    cache.clear()
    settings.IIIFSEARCH = {**settings.IIIFSEARCH, "rate_pictures": "1/min"}
    asked = {"like": boats.key, "xywh": PART}
    read(client.get("/", asked))
    assert "Wait a minute" in read(client.get("/", asked), 429).text
    read(client.get("/", {"like": boats.key}))
