"""A picture of a visitor's own: what it is asked, and the address of one on the web."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from catalog.decode import encode_jpeg
from tests.iiifsearch.pages.conftest import Gallery
from tests.iiifsearch.pages.reading import read
from tests.iiifsearch.rich import painted, photo, rich
from tests.servers import Museum, museum


@pytest.fixture
def hung(gallery: Gallery, encoders: Path) -> Gallery:
    for number, title in enumerate(("Boats", "A Letter", "A Garden"), 1):
        gallery.hang(title, jpeg=rich(number))
    gallery.index()
    return gallery


@pytest.fixture
def elsewhere(settings: Any) -> Iterator[Museum]:
    settings.CATALOG = {**settings.CATALOG, "visitors_may_fetch_allowed_networks": True}
    with museum() as served:
        yield served


def send(client: Client, jpeg: bytes, **fields: str) -> Any:
    return client.post("/", {"picture": SimpleUploadedFile("a.jpg", jpeg), **fields})


def test_which_painting_it_is(hung: Gallery, client: Client) -> None:
    page = read(send(client, encode_jpeg(photo((2, 250, 150, 480))), want="which"))
    assert page.all("h1")[0].text == "This painting is in your picture"
    assert page.titles == ["A Letter"]
    assert "It is this one: more than 99 % sure" in page.text
    assert "checked" in page.all("input", id="want-which")[0].attributes


def test_other_records_of_the_same_picture_are_named(hung: Gallery, client: Client) -> None:
    copy = hung.hang("A Letter, again", jpeg=rich(2))
    hung.index()
    page = read(send(client, rich(2), want="which"))
    assert len(page.titles) == 1
    assert "The same picture is here more than once: " in page.text
    other = next(name for name in ("A Letter", "A Letter, again") if name not in page.titles)
    assert other in page.links
    assert copy.key in str(page.links)


def test_none_of_ours(hung: Gallery, client: Client) -> None:
    page = read(send(client, rich(50), want="which"))
    assert page.all("h1")[0].text == "Not one of ours"
    assert "None of our paintings is in your picture: " in page.text
    assert "% sure." in page.text
    assert "It is this one" not in page.text


def test_where_its_detail_is(hung: Gallery, client: Client) -> None:
    part = np.ascontiguousarray(painted(3)[72:288, 96:384])
    page = read(send(client, encode_jpeg(part), want="detail"))
    assert page.titles[0] == "A Garden"
    assert "The same detail: more than 99 % sure" in page.text
    outline = page.all("rect")[0].attributes
    assert float(outline["width"]) == pytest.approx(60, abs=2)


def test_where_nothing_is_recognised_it_is_not_offered(
    hung: Gallery, client: Client, settings: Any
) -> None:
    settings.IIIFSEARCH = {**settings.IIIFSEARCH, "local_features": False}
    assert page_ids(client) == {"want-alike", "want-detail"}
    page = read(send(client, rich(1), want="which"), 400)
    assert "look for paintings like it" in page.text


def page_ids(client: Client) -> set[str]:
    return {box.attributes["id"] for box in read(client.get("/")).all("input", type="radio")}


def test_a_picture_on_the_web(hung: Gallery, client: Client, elsewhere: Museum) -> None:
    url = elsewhere.set("/a.jpg", rich(1), content_type="image/jpeg")
    page = read(client.post("/", {"url": url}))
    assert page.all("h1")[0].text == "Paintings like your picture"
    assert page.titles[0] == "Boats"
    assert read(client.post("/", {"url": url, "want": "which"})).titles == ["Boats"]


def test_an_address_that_shows_no_picture_is_told(
    hung: Gallery, client: Client, elsewhere: Museum
) -> None:
    page = read(client.post("/", {"url": elsewhere.url("/nothing"), "want": "which"}), 400)
    assert "This address cannot be searched with" in page.text
    assert page.all("input", id="picture-url")[0].attributes["aria-invalid"] == "true"
    assert "checked" in page.all("input", id="want-which")[0].attributes
    read(client.post("/", {"url": "ftp://museum.example/a.jpg"}), 400)
    read(client.post("/", {"url": "http://10.0.0.1/a.jpg"}), 400)


def test_a_file_or_an_address(hung: Gallery, client: Client) -> None:
    page = read(send(client, rich(1), url="http://museum.example/a.jpg"), 400)
    assert "one of them is enough" in page.text
