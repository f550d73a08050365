"""The search page: words, pictures, likeness, and whatever can go wrong."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.template.loader import render_to_string
from django.test import Client
from django.test.utils import CaptureQueriesContext

from catalog.models import State
from iiifsearch.pages.searching import LONGEST_QUERY
from tests.iiifsearch.pages.conftest import Gallery
from tests.iiifsearch.pages.reading import read
from tests.pictures import picture

STATEMENT = {"label": {"en": ["Credit"]}, "value": {"en": ["Gift of <b>Ada</b> Vento"]}}


def png(width: int, height: int) -> bytes:
    """A PNG of one colour that says it is this large: a few hundred bytes at any size."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", b"") + chunk(b"IEND", b"")


def send(client: Client, data: bytes) -> Any:
    return client.post("/", {"picture": SimpleUploadedFile("a.jpg", data, "image/jpeg")})


# -- nothing asked yet -------------------------------------------------------------------------


def test_the_front_page_shows_what_is_new_and_how_to_search(
    gallery: Gallery, client: Client
) -> None:
    gallery.hang("Old Harbour")
    gallery.hang("New Bridge", maker="Jan Bekker", date_text="1712")
    page = read(client.get("/"))
    assert page.titles == ["New Bridge", "Old Harbour"]
    assert page.all("img")[0].attributes["alt"] == "New Bridge, Jan Bekker, 1712"
    assert len(page.all("section", **{"class": "hints"})) == 1
    assert page.links["REST interface"] == "/api/schema/"


def test_an_empty_library_says_so(gallery: Gallery, client: Client) -> None:
    assert "No painting is here yet" in read(client.get("/")).text


@pytest.mark.parametrize("state", [State.DRAFT, State.WITHDRAWN])
def test_what_is_not_public_is_not_shown(gallery: Gallery, client: Client, state: State) -> None:
    gallery.hang("Hidden canvas", state=state)
    gallery.hang("Hidden manifest", manifest_state=state)
    assert "Hidden" not in read(client.get("/")).text


# -- words -------------------------------------------------------------------------------------


def test_words_show_titles_reasons_and_rights(
    gallery: Gallery, client: Client, encoders: Path
) -> None:
    said = "Three fishing boats lie on the shore under a pale moon."
    gallery.hang("Evening", said, maker="Ada Vento", date_text="1712", statement=STATEMENT)
    gallery.hang("A Letter", "A young woman reads by daylight.")
    gallery.index()
    page = read(client.get("/", {"q": "fishing boats"}))
    assert page.titles[0] == "Evening"
    assert page.all("mark")[0].text == "fishing boats"
    assert 'Matched "fishing", "boats" (2 of 2 words)' in page.text
    assert "Near in meaning" in page.text
    assert page.links["CC0 1.0"].startswith("http://creativecommons.org/")
    assert "Gift of Ada Vento" in page.text
    meter = page.all("meter")[0].attributes
    assert float(meter["value"]) == 1.0
    assert page.links["Similar to Evening"].startswith("/?like=")
    assert page.all("input", id="q")[0].attributes["value"] == "fishing boats"


def test_markup_in_titles_and_queries_stays_text(
    gallery: Gallery, client: Client, encoders: Path
) -> None:
    gallery.hang('Study <script>alert("1")</script> & "boats"', maker="<img src=x onerror=a()>")
    gallery.index()
    response = client.get("/", {"q": '"><script>alert(2)</script> boats'})
    page = read(response)
    assert b"<script>alert" not in response.content
    assert b"<img src=x" not in response.content
    assert page.titles == ['Study & "boats"']
    assert page.all("input", id="q")[0].attributes["value"].startswith('"><script>')


def test_nothing_found_says_what_to_try(gallery: Gallery, client: Client, encoders: Path) -> None:
    gallery.hang("Boats")
    gallery.index()
    page = read(client.get("/", {"q": "-boats"}))
    assert "The query holds no word to look up." in page.text
    assert "search with a picture" in page.text
    assert page.titles == []


def test_a_pasted_text_is_shown_whole_and_cut_where_it_is_too_long(
    gallery: Gallery, client: Client, encoders: Path
) -> None:
    gallery.hang("Boats", "Boats lie on the shore.")
    gallery.index()
    page = read(client.get("/", {"q": "Boats lie on the shore. " * 100 + "\x00"}))
    assert f"Only the first {LONGEST_QUERY} characters were looked up." in page.text
    assert page.titles == ["Boats"]


def test_pages_link_to_each_other(
    gallery: Gallery, client: Client, encoders: Path, settings: Any
) -> None:
    settings.IIIFSEARCH = {**settings.IIIFSEARCH, "page_size": 2}
    for number in range(5):
        gallery.hang(f"Boat & shore {number}")
    gallery.index()
    first = read(client.get("/", {"q": "boat & shore"}))
    assert first.links["Next"] == "/?q=boat+%26+shore&page=2"
    assert "Previous" not in first.links
    assert "5 paintings, 1 to 2 on this page" in first.text
    last = read(client.get(read(client.get(first.links["Next"])).links["Next"]))
    assert "Next" not in last.links
    assert last.links["Page 1"] == "/?q=boat+%26+shore"
    seen = [*first.titles, *read(client.get(first.links["Next"])).titles, *last.titles]
    assert len(set(seen)) == 5
    # What is no page is the first one or the last one, never an error.
    assert read(client.get("/", {"q": "boat", "page": "x"})).titles == first.titles
    assert read(client.get("/", {"q": "boat", "page": "99"})).titles == last.titles


def test_more_results_take_no_more_queries(
    gallery: Gallery, client: Client, encoders: Path, settings: Any
) -> None:
    for number in range(12):
        gallery.hang(f"Boat {number}", "Boats lie on the shore.")
    gallery.index()
    counts = []
    for size in (2, 12):
        settings.IIIFSEARCH = {**settings.IIIFSEARCH, "page_size": size}
        client.get("/", {"q": "boat shore"})
        with CaptureQueriesContext(connection) as made:
            assert len(read(client.get("/", {"q": "boat shore"})).titles) == size
        counts.append(len(made))
    assert counts[0] == counts[1] < 20


def test_results_by_words_can_be_narrowed_down(
    gallery: Gallery, client: Client, encoders: Path
) -> None:
    gallery.hang("Boats", maker="Ada Vento", year=1712, object_type="Painting")
    gallery.hang("Boats Again", maker="Jan Bekker", year=1812, object_type="Drawing, pen")
    gallery.hang("Boats Once More", rights="http://rightsstatements.org/vocab/InC/1.0/")
    gallery.index()
    assert len(read(client.get("/", {"q": "boats"})).titles) == 3
    page = read(client.get("/", {"q": "boats", "type": "drawing"}))
    assert page.titles == ["Boats Again"]
    assert "Narrow it down: drawing" in page.text
    assert page.links["Show all again"] == "/?q=boats"
    assert page.all("input", type="hidden", name="q")[0].attributes["value"] == "boats"
    assert read(client.get("/", {"q": "boats", "maker": "vento"})).titles == ["Boats"]
    assert read(client.get("/", {"q": "boats", "from": "1800"})).titles == ["Boats Again"]
    open_ones = read(client.get("/", {"q": "boats", "rights": "open"})).titles
    assert sorted(open_ones) == ["Boats", "Boats Again"]
    page = read(client.get("/", {"q": "boats", "maker": "nobody"}))
    assert "Nothing within these limits is called so" in page.text


# -- likeness ----------------------------------------------------------------------------------


def test_likeness_to_a_painting(gallery: Gallery, client: Client, encoders: Path) -> None:
    asked = gallery.hang("Boats", seed=1)
    gallery.hang("Boats, a copy", seed=1)
    gallery.hang("A Letter", seed=9)
    gallery.index()
    page = read(client.get("/", {"like": asked.key}))
    assert page.titles[0] == "Boats, a copy"
    assert "Boats" not in page.titles
    assert "Motif and form" in page.all("ul", **{"class": "shares"})[0].text
    assert page.all("h1")[0].text.strip() == "Paintings like Boats"


def test_likeness_to_an_unknown_painting_helps(gallery: Gallery, client: Client) -> None:
    gallery.hang("Boats")
    draft = gallery.hang("Draft", state=State.DRAFT)
    for key in ("nothing", draft.key, "\x00"):
        page = read(client.get("/", {"like": key}), 404)
        assert "This painting is not here" in page.text
        assert page.titles == ["Boats"]


def test_a_picture_that_was_not_fetched_yet_is_not_waited_for(
    gallery: Gallery, client: Client
) -> None:
    asked = gallery.hang("Boats", kept=False)
    page = read(client.get("/", {"like": asked.key}))
    assert "Its picture has not been looked at yet." in page.text


# -- an uploaded picture -----------------------------------------------------------------------


def test_an_upload_finds_its_like_and_is_not_kept(
    gallery: Gallery, client: Client, encoders: Path, tmp_path: Path
) -> None:
    gallery.hang("Boats", seed=1)
    gallery.hang("A Letter", seed=9)
    gallery.index()
    before = sorted(tmp_path.rglob("*"))
    page = read(send(client, picture(1)))
    assert page.titles[0] == "Boats"
    assert "Paintings like your picture" in page.text
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"<html>not a picture", "looks like a web page"),
        (b"", "The file is no JPEG"),
        (picture(1)[:700], "damaged"),
        (png(60_000, 60_000), "60000 x 60000 pixels"),
    ],
)
def test_what_is_no_picture_is_refused_in_place(
    gallery: Gallery, client: Client, data: bytes, reason: str
) -> None:
    page = read(send(client, data), 400)
    assert reason in page.text
    box = page.all("input", id="picture")[0]
    assert box.attributes["aria-invalid"] == "true"
    assert "problem" in box.attributes["aria-describedby"].split()


def test_sending_nothing_is_told(gallery: Gallery, client: Client) -> None:
    assert "No file was chosen" in read(client.post("/", {}), 400).text
    assert "No file was chosen" in read(client.post("/", {"picture": "text"}), 400).text


def test_uploads_are_protected_against_forgery(gallery: Gallery) -> None:
    client = Client(enforce_csrf_checks=True)
    assert send(client, picture(1)).status_code == 403
    assert "csrfmiddlewaretoken" in client.get("/").content.decode()


def test_too_many_pictures_are_slowed_down(gallery: Gallery, client: Client, settings: Any) -> None:
    cache.clear()
    settings.IIIFSEARCH = {**settings.IIIFSEARCH, "rate_pictures": "1/min"}
    assert send(client, b"x").status_code == 400
    response = send(client, b"x")
    assert "Wait a minute" in read(response, 429).text
    assert response["Retry-After"] == "60"


# -- not ready ---------------------------------------------------------------------------------


def test_missing_encoders_are_told_with_what_to_do(
    gallery: Gallery, client: Client, settings: Any, tmp_path: Path
) -> None:
    settings.IIIFSEARCH = {**settings.IIIFSEARCH, "encoder_cache": tmp_path}
    gallery.hang("Boats")
    response = client.get("/", {"q": "boats"})
    page = read(response, 503)
    assert "Run manage.py encoders." in page.text
    assert page.all("input", id="q")[0].attributes["value"] == "boats"
    assert response["Retry-After"]


def test_other_methods_are_refused(client: Client) -> None:
    assert client.put("/").status_code == 405
    assert client.post("/painting/x/").status_code == 405


def test_addresses_that_lead_nowhere_lead_back(db: None, client: Client) -> None:
    response = client.get("/nothing")
    assert response.status_code == 404
    assert 'name="q"' in response.content.decode()
    assert "back to the beginning" in render_to_string("500.html")
