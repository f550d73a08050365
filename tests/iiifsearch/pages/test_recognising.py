"""A photo taken in a gallery, and the labels that are the answer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from catalog.decode import encode_jpeg
from catalog.models import Canvas, Manifest, State
from iiifsearch.engine.recognise import Recognised
from iiifsearch.engine.verify import Match
from iiifsearch.pages.recognising import in_reading_order
from iiifsearch.pages.wall_labels import LONGEST_COMMENT
from tests.iiifsearch.pages.conftest import Gallery
from tests.iiifsearch.pages.reading import read
from tests.iiifsearch.rich import photo, rich

STATEMENT = {"label": {"en": ["Credit"]}, "value": {"en": ["Courtesy of the House"]}}


def row(label: str, text: str) -> dict[str, Any]:
    """A row of metadata, as the catalogue keeps it."""
    return {"label": {"none": [label]}, "value": {"none": [text]}}


@pytest.fixture
def letter(gallery: Gallery, encoders: Path) -> Canvas:
    """Beside it two other paintings."""
    gallery.hang("Boats", jpeg=rich(1))
    asked = gallery.hang(
        "A Letter",
        ("Link only.", {"motivation": "linking"}),
        ("Une femme lit.", {"language": "fr"}),
        ("A hand.", {"x": 10, "y": 20, "w": 30, "h": 40}),
        ("Not yet.", {"state": State.DRAFT}),
        "A young woman reads by daylight.",
        "Another remark.",
        jpeg=rich(2),
        maker="Jan Bekker",
        date_text="1658",
        statement=STATEMENT,
        metadata=[row("Technik", "Öl auf Holz"), row("Herkunftsort", "Delft")],
    )
    Manifest.objects.filter(canvases=asked).update(metadata=[row("Standort", "Saal 4")])
    gallery.hang("A Garden", jpeg=rich(3))
    gallery.index()
    return asked


def send(client: Client, jpeg: bytes) -> Any:
    return client.post("/recognise/", {"picture": SimpleUploadedFile("a.jpg", jpeg)})


def test_the_label_of_a_painting(letter: Canvas, client: Client, tmp_path: Path) -> None:
    before = sorted(tmp_path.rglob("*"))
    page = read(send(client, encode_jpeg(photo((2, 250, 150, 480)))))
    assert page.all("h1")[0].text == "This painting is in your picture"
    assert page.titles == ["A Letter"]
    label = " ".join(page.all("article")[0].text.split())
    assert label.startswith("A Letter Jan Bekker, 1658 Öl auf Holz Saal 4")
    assert "It is this one: more than 99 % sure." in label
    assert page.all("blockquote")[0].text == "A young woman reads by daylight."
    assert page.all("blockquote")[0].attributes["lang"] == "en"
    assert "Courtesy of the House" in label
    assert page.links["CC0 1.0"].startswith("http://creativecommons.org/")
    assert page.links["A Letter"] == f"/painting/{letter.key}/"
    assert page.links["Looks alike: A Letter"] == f"/?like={letter.key}"
    assert sorted(tmp_path.rglob("*")) == before


def test_several_paintings_in_reading_order(
    letter: Canvas, client: Client, gallery: Gallery
) -> None:
    hung = ((3, 600, 40, 360), (2, 40, 60, 360), (1, 300, 400, 360))
    page = read(send(client, encode_jpeg(photo(*hung))))
    assert page.all("h1")[0].text == "3 paintings are in your picture"
    assert page.titles == ["A Letter", "A Garden", "Boats"]


def test_more_labels_take_no_more_queries(letter: Canvas, client: Client) -> None:
    counts = []
    for hung in ([(2, 40, 60, 360)], [(2, 40, 60, 360), (3, 600, 40, 360)]):
        jpeg = encode_jpeg(photo(*hung))
        send(client, jpeg)
        with CaptureQueriesContext(connection) as made:
            assert len(read(send(client, jpeg)).titles) == len(hung)
        counts.append(len(made))
    assert counts[0] == counts[1]


def test_none_of_ours_is_told_kindly(letter: Canvas, client: Client, gallery: Gallery) -> None:
    page = read(send(client, rich(50)))
    assert page.all("h1")[0].text == "Not one of ours, as far as can be told"
    assert "another picture may help" in page.text
    assert "It is this one" not in page.text


def test_a_long_comment_is_cut(gallery: Gallery, encoders: Path, client: Client) -> None:
    gallery.hang("Boats", "Boats lie on the shore. " * 100, jpeg=rich(1))
    gallery.index()
    quoted = read(send(client, rich(1))).all("blockquote")[0].text
    assert len(quoted) == LONGEST_COMMENT
    assert quoted.endswith("…")


def test_other_records_of_the_same_picture_are_named(
    letter: Canvas, client: Client, gallery: Gallery
) -> None:
    gallery.hang("A Letter, again", jpeg=rich(2))
    gallery.index()
    page = read(send(client, rich(2)))
    assert len(page.titles) == 1
    assert "The same picture is here more than once: " in page.text


def test_what_goes_wrong_is_told_on_the_page(
    gallery: Gallery, client: Client, settings: Any
) -> None:
    page = read(client.post("/recognise/", {}), 400)
    assert "No photo was chosen." in page.text
    assert page.all("input", id="photo")[0].attributes["aria-invalid"] == "true"
    assert "looks like a web page" in read(send(client, b"<html>"), 400).text
    settings.IIIFSEARCH = {**settings.IIIFSEARCH, "rate_pictures": "2/min"}
    response = send(client, b"x")
    assert "Wait a minute" in read(response, 429).text
    assert response["Retry-After"] == "60"


def test_where_nothing_is_recognised_it_is_not_offered(
    gallery: Gallery, client: Client, settings: Any
) -> None:
    gallery.hang("Boats")
    assert read(client.get("/")).links["Recognise a painting"] == "/recognise/"
    settings.IIIFSEARCH = {**settings.IIIFSEARCH, "local_features": False}
    assert "Recognise a painting" not in read(client.get("/")).links
    page = read(client.get("/recognise/"), 400)
    assert "look for paintings like it" in page.text
    assert page.all("input", type="file") == []


def test_pictures_are_protected_against_forgery(gallery: Gallery) -> None:
    assert send(Client(enforce_csrf_checks=True), rich(1)).status_code == 403


def hung(number: int, left: float, top: float, width: float, height: float) -> Recognised:
    right, low = left + width, top + height
    outline = ((left, top), (right, top), (right, low), (left, low))
    return Recognised(Match(number, 50, 1.0, outline=outline))


def test_reading_order() -> None:
    wall = [
        *(hung(5, 0.6, 0.55, 0.2, 0.3), hung(2, 0.4, 0.15, 0.2, 0.2), hung(1, 0.1, 0.1, 0.2, 0.3)),
        *(hung(4, 0.1, 0.6, 0.2, 0.2), hung(3, 0.7, 0.12, 0.2, 0.2)),
    ]
    assert [one.match.canvas_id for one in in_reading_order(wall)] == [1, 2, 3, 4, 5]
    assert in_reading_order([]) == []
