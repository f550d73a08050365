"""The page of one painting, and its picture."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.formats import date_format
from django.utils.timezone import localdate

from catalog.kept import path
from catalog.models import Comment, State
from iiifsearch.pages.citing import citation
from iiifsearch.pages.searching import painting_record
from iiifsearch.presentation.content_state import decode
from tests.iiifsearch.pages.conftest import Gallery
from tests.iiifsearch.pages.reading import read

STATEMENT = {
    "label": {"en": ["Credit"]},
    "value": {
        "en": ['Courtesy of <a href="https://house.example/">the House</a><script>x()</script>']
    },
}


def metadata(label: str, text: str, language: str = "") -> tuple[str, dict[str, Any]]:
    return text, {"origin": "metadata", "label": label, "language": language}


def test_everything_that_is_known_is_shown(gallery: Gallery, client: Client) -> None:
    canvas = gallery.hang(
        "Boats at Rest",
        ("Boote in Ruhe", {"origin": "label", "language": "de"}),
        metadata("Artist", "Ada Vento"),
        metadata("Technique", "Oil on canvas", "en"),
        metadata("Technique", "Öl auf Leinwand", "de"),
        ("A quiet <picture>.", {"origin": "summary"}),
        ("Un bateau.", {"language": "fr", "creator": "C. Ritic"}),
        ("Never seen", {"state": State.DRAFT}),
        ("bold", {"html": "A <b>bold</b> word<script>x()</script>"}),
        maker="Ada Vento",
        date_text="1712",
        technique="Oil on canvas",
        statement=STATEMENT,
        homepage=[{"id": "https://museum.example/boats"}],
    )
    response = client.get(f"/painting/{canvas.key}/")
    page = read(response)
    assert page.all("h1")[0].text == "Boats at Rest"
    assert page.all("h1")[0].attributes["lang"] == "en"
    assert page.all("p", lang="de")[0].text == "Boote in Ruhe"
    assert "Ada Vento, 1712" in page.text
    assert page.text.count("Oil on canvas") == 1
    assert page.all("div", lang="de")[0].text.strip() == "Öl auf Leinwand"
    assert [dt.text for dt in page.all("dt")].count("Technique") == 1
    assert "A quiet <picture>." in page.text
    assert "Annotation by C. Ritic" in page.text
    assert "Never seen" not in page.text
    assert page.all("b")[0].text == "bold"
    assert b"x()" not in response.content
    assert page.links["CC0 1.0: dedicated to the public domain"].startswith("http://creativecomm")
    assert page.links["the House"] == "https://house.example/"
    assert page.links["https://museum.example/boats"] == "https://museum.example/boats"
    image = page.all("img")[0].attributes
    assert image["src"] == f"/painting/{canvas.key}/picture.jpg"
    assert (image["width"], image["height"]) == ("1024", "768")
    assert image["alt"] == "Boats at Rest, Ada Vento, 1712"


def test_a_part_of_the_picture_is_marked(gallery: Gallery, client: Client) -> None:
    box = {"x": 10, "y": 20, "w": 30, "h": 40}
    whole = {"x": 0, "y": 0, "w": 800, "h": 600}
    canvas = gallery.hang("Boats", ("A sail.", box), ("All of it.", whole), "No place.")
    page = read(client.get(f"/painting/{canvas.key}/"))
    marked = [rect.attributes for rect in page.all("rect")]
    assert [(r["x"], r["y"], r["width"], r["height"]) for r in marked] == [("10", "20", "30", "40")]
    assert page.all("svg")[0].attributes["viewbox"] == "0 0 800 600"
    ids = {e.attributes["id"] for e in page.elements if "id" in e.attributes}
    assert page.links["Part 1 of the picture"].removeprefix("#") in ids
    assert (
        page.all("a", **{"aria-label": "Comment 1"})[0].attributes["href"].removeprefix("#") in ids
    )


def test_it_opens_elsewhere(gallery: Gallery, client: Client) -> None:
    canvas = gallery.hang("Boats")
    page = read(client.get(f"/painting/{canvas.key}/"))
    manifest = page.all("input", id="manifest-url")[0].attributes["value"]
    assert manifest == f"http://testserver/iiif/manifest/{canvas.manifests.get().key}"
    assert client.get(manifest).status_code == 200
    assert page.all("input", id="canvas-uri")[0].attributes["value"] == canvas.raw_id
    state = decode(page.all("input", id="content-state")[0].attributes["value"])
    assert state["id"] == canvas.raw_id
    address = urlsplit(page.links["IIIF link"])
    assert page.links["IIIF link"].startswith(f"{manifest}?manifest=http")
    asked = parse_qs(address.query)
    assert (asked["manifest"], asked["canvas"]) == ([manifest], [canvas.raw_id])
    assert page.all("img", width="37")[0].attributes["src"].endswith("iiif.svg")


def test_it_can_be_cited(gallery: Gallery, client: Client) -> None:
    canvas = gallery.hang("Boats at Rest", maker="Ada Vento", date_text="1712")
    page = read(client.get(f"/painting/{canvas.key}/"))
    today = date_format(localdate(), "j F Y")
    there = f"Paintings, http://testserver/painting/{canvas.key}/, accessed {today}."
    cited = page.all("textarea", id="citation")[0]
    assert cited.text == f"Ada Vento, Boats at Rest, 1712. {there}"
    assert "data-copy" in cited.attributes


def test_a_citation_has_what_is_known(gallery: Gallery) -> None:
    record = painting_record(gallery.hang("", date_text="c. 1712 or later.").key)
    assert citation(record, date(2026, 3, 9)).startswith("Untitled, c. 1712 or later. Paintings, ")
    assert citation(record, date(2026, 3, 9)).endswith("/, accessed 9 March 2026.")


def test_the_six_most_similar_are_shown(gallery: Gallery, client: Client, encoders: Path) -> None:
    canvases = [gallery.hang(f"Boats {n}", seed=1) for n in range(8)]
    gallery.index()
    page = read(client.get(f"/painting/{canvases[0].key}/"))
    assert len(page.titles) == 6
    assert "Boats 0" not in page.titles
    assert len(page.all("meter")) == 6
    assert page.links["All paintings that look like it"] == f"/?like={canvases[0].key}"


def test_without_encoders_the_page_is_shown_all_the_same(
    gallery: Gallery, client: Client, settings: Any, tmp_path: Path
) -> None:
    settings.IIIFSEARCH = {**settings.IIIFSEARCH, "encoder_cache": tmp_path}
    canvas = gallery.hang("Boats")
    assert "cannot be compared" in read(client.get(f"/painting/{canvas.key}/")).text


def test_a_painting_without_a_picture_says_so(gallery: Gallery, client: Client) -> None:
    canvas = gallery.hang("Boats", kept=False, thumbnail="https://elsewhere.example/t.jpg")
    response = client.get(f"/painting/{canvas.key}/")
    assert "No picture of this painting is kept here yet" in read(response).text
    assert b"elsewhere.example" not in response.content
    assert client.get(f"/painting/{canvas.key}/picture.jpg").status_code == 404


@pytest.mark.parametrize("state", [State.DRAFT, State.WITHDRAWN])
def test_what_is_not_public_is_not_found(gallery: Gallery, client: Client, state: State) -> None:
    hidden = gallery.hang("Hidden", state=state)
    unpublished = gallery.hang("Hidden too", manifest_state=state)
    for key in (hidden.key, unpublished.key, "nothing", "%00"):
        page = read(client.get(f"/painting/{key}/"), 404)
        assert "Hidden" not in page.text
        assert client.get(f"/painting/{key}/picture.jpg").status_code == 404


def test_a_draft_manifest_says_nothing_of_a_shared_canvas(gallery: Gallery, client: Client) -> None:
    canvas = gallery.hang("Boats")
    other = gallery.hang("Other", "Not for the public.", manifest_state=State.DRAFT)
    Comment.objects.filter(canvas=other).update(canvas=canvas)
    assert "Not for the public" not in read(client.get(f"/painting/{canvas.key}/")).text


def test_the_picture_is_sent_once(gallery: Gallery, client: Client) -> None:
    canvas = gallery.hang("Boats")
    url = f"/painting/{canvas.key}/picture.jpg"
    response = client.get(url)
    assert response["Content-Type"] == "image/jpeg"
    kept = path(canvas.picture)
    assert b"".join(response.streaming_content) == kept.read_bytes()
    for known in (response["ETag"], f"W/{response['ETag']}", f'"other", {response["ETag"]}'):
        again = client.get(url, headers={"If-None-Match": known})
        assert (again.status_code, again.content) == (304, b"")
        assert again["ETag"] == response["ETag"]
    assert client.get(url, headers={"If-None-Match": '"other"'}).status_code == 200
    kept.unlink()
    assert client.get(url).status_code == 404


def test_more_comments_take_no_more_queries(gallery: Gallery, client: Client) -> None:
    few = gallery.hang("Few", "One.")
    many = gallery.hang("Many", *(f"Number {n}." for n in range(320)))
    counts = []
    for canvas in (few, many):
        with CaptureQueriesContext(connection) as made:
            page = read(client.get(f"/painting/{canvas.key}/"))
        counts.append(len(made))
    assert counts[0] == counts[1] < 20
    assert "all annotations" in page.links
