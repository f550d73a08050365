"""Paintings by chosen colours, and by chance."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.test import Client

from catalog.decode import encode_jpeg
from tests.iiifsearch.pages.conftest import Gallery
from tests.iiifsearch.pages.reading import read

RED, BLUE, WHITE = (176, 32, 32), (24, 64, 176), (240, 240, 232)


def flag(*colours: tuple[int, int, int]) -> bytes:
    """Stripes of the same width."""
    made = np.zeros((90, 120, 3), np.uint8)
    for number, colour in enumerate(colours):
        made[:, number * 120 // len(colours) : (number + 1) * 120 // len(colours)] = colour
    return encode_jpeg(made)


@pytest.fixture
def flags(gallery: Gallery, encoders: Path, every_feature: None) -> Gallery:
    gallery.hang("Blue", jpeg=flag(BLUE), maker="Ada Vento")
    gallery.hang("Red and Blue", jpeg=flag(RED, BLUE))
    gallery.hang("White", jpeg=flag(WHITE))
    gallery.index()
    return gallery


def test_the_nearest_colours_come_first(flags: Gallery, client: Client) -> None:
    page = read(client.get("/", {"palette": "#b02020:.5,#1840b0:.5"}))
    assert page.titles == ["Red and Blue", "Blue", "White"]
    assert page.all("h1")[0].text == "Paintings in these colours"
    bar = page.all("svg", **{"class": "bar"})[0].attributes
    assert bar["aria-label"] == "#b02020 50 %, #1840b0 50 %"
    assert page.all("meter") == []
    colours = [box.attributes["value"] for box in page.all("input", name="colour")]
    assert colours[:2] == ["#b02020", "#1840b0"]
    assert len(set(colours)) == 5
    shares = [box.attributes["value"] for box in page.all("input", id="share-1")]
    assert shares == ["50"]


def test_the_form_leads_to_an_address(flags: Gallery, client: Client) -> None:
    sent = {"colour": ["#ffffff", "#000000"], "share": ["80", "0"]}
    response = client.get("/", sent)
    assert response["Location"] == "/?palette=%23ffffff:0.8"
    assert read(client.get(response["Location"])).titles[0] == "White"
    page = read(client.get("/", {"colour": "#ffffff", "share": "0"}), 400)
    assert "No colour was chosen" in page.text


def test_limits_hold_for_colours(flags: Gallery, client: Client) -> None:
    page = read(client.get("/", {"palette": "#b02020", "maker": "vento"}))
    assert page.titles == ["Blue"]
    assert page.all("input", type="hidden", name="maker")


def test_without_palettes_no_colours_are_offered(
    gallery: Gallery, client: Client, settings: Any
) -> None:
    settings.IIIFSEARCH = {**settings.IIIFSEARCH, "image_encoders": ("efficientnet-lite0",)}
    gallery.hang("Boats")
    assert read(client.get("/")).all("input", type="color") == []
    page = read(client.get("/", {"palette": "#b02020"}), 400)
    assert "by chosen colours" in page.text


def test_a_surprise_can_be_kept_and_drawn_again(gallery: Gallery, client: Client) -> None:
    for number in range(30):
        gallery.hang(f"Boats {number}", maker="Ada Vento" if number < 3 else "")
    front = read(client.get("/"))
    assert front.links["Surprise me"] == "/?random="
    response = client.get("/?random=")
    assert response.status_code == 302
    first = read(client.get(response["Location"]))
    assert first.all("h1")[0].text == "Drawn by chance"
    assert len(first.titles) == 20
    assert first.titles == read(client.get(response["Location"])).titles
    assert first.titles != read(client.get("/?random=3")).titles
    assert first.links["Surprise me again"] == "/?random="
    limited = read(client.get("/?random=3&maker=vento"))
    assert sorted(limited.titles) == ["Boats 0", "Boats 1", "Boats 2"]
    assert limited.links["Surprise me again"] == "/?maker=vento&random="
    assert client.get("/?maker=vento&random=")["Location"].endswith("&maker=vento")
