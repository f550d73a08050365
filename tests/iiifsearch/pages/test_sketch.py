"""Paintings by a sketch: the form without a script, and its answer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.test import Client

from catalog.decode import encode_jpeg
from iiifsearch.notation import sketch
from iiifsearch.pages.sketch import ShownSketch
from tests.iiifsearch.pages.conftest import Gallery
from tests.iiifsearch.pages.reading import Page, read

SKY, EARTH = (120, 170, 220), (90, 60, 30)
ABOVE = "78aadc,78aadc;5a3c1e,5a3c1e"


def halves(above: tuple[int, int, int], below: tuple[int, int, int]) -> bytes:
    made = np.zeros((90, 120, 3), np.uint8)
    made[:45], made[45:] = above, below
    return encode_jpeg(made)


@pytest.fixture
def views(gallery: Gallery, encoders: Path, every_feature: None) -> Gallery:
    gallery.hang("Upside Down", jpeg=halves(EARTH, SKY), maker="Ada Vento")
    gallery.hang("A Plain", jpeg=halves(SKY, EARTH))
    gallery.index()
    return gallery


def fields(page: Page) -> list[str]:
    return [box.attributes["value"] for box in page.all("input", name="cell")]


def test_what_has_these_colours_in_these_places_comes_first(views: Gallery, client: Client) -> None:
    page = read(client.get("/", {"sketch": ABOVE}))
    assert page.titles == ["A Plain", "Upside Down"]
    assert page.all("h1")[0].text == "Paintings like your sketch"
    shown = page.all("svg", **{"class": "sketch"})[0].attributes
    assert shown["aria-label"] == "Your sketch: 2 rows of 2 colours"
    assert [rect.attributes["fill"] for rect in page.all("rect")] == ["#78aadc"] * 2 + [
        "#5a3c1e"
    ] * 2
    assert page.all("meter") == []
    assert page.all("form", **{"data-sketch": ABOVE})
    turned = read(client.get("/", {"sketch": "5a3c1e,-;78aadc,-"}))
    assert turned.titles[0] == "Upside Down"


def test_the_form_leads_to_an_address(views: Gallery, client: Client) -> None:
    front = read(client.get("/"))
    assert fields(front) == ["#808080"] * 12
    assert len(front.all("template")) == 1
    sent = {"cell": ["#78aadc"] * 4 + ["#808080"] * 4 + ["#5a3c1e"] * 4}
    response = client.get("/", sent)
    assert response["Location"] == (
        "/?sketch=78aadc,78aadc,78aadc,78aadc;-,-,-,-;5a3c1e,5a3c1e,5a3c1e,5a3c1e"
    )
    page = read(client.get(response["Location"]))
    assert page.titles[0] == "A Plain"
    assert fields(page) == sent["cell"]
    page = read(client.get("/", {"cell": ["#808080"] * 12}), 400)
    assert "Nothing is painted" in page.text


def test_limits_hold_for_sketches(views: Gallery, client: Client) -> None:
    page = read(client.get("/", {"sketch": ABOVE, "maker": "vento"}))
    assert page.titles == ["Upside Down"]
    assert "Narrow it down: vento" in page.text
    assert page.links["Show all again"] == f"/?sketch={ABOVE}"


def test_where_sketches_are_not_looked_at_none_is_offered(
    gallery: Gallery, client: Client, settings: Any
) -> None:
    settings.IIIFSEARCH = {**settings.IIIFSEARCH, "image_encoders": ("palette",)}
    gallery.hang("Boats")
    assert fields(read(client.get("/"))) == []
    assert "by a sketch" in read(client.get("/", {"sketch": ABOVE}), 400).text


def test_a_finer_sketch_is_seen_by_the_middle_of_each_cell() -> None:
    columns = ",".join(f"0000{number:02x}" for number in range(8))
    shown = ShownSketch(sketch(";".join([columns] * 6)))
    assert [colour for _, colour in next(iter(shown.fields))] == [
        *("#000001", "#000003", "#000005", "#000007"),
    ]
    assert ShownSketch(()).text == ""
