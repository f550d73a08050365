"""What is like a painting by each measure, row below row."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from catalog.models import Canvas, State
from iiifsearch.models import CanvasVector
from tests.iiifsearch.pages.conftest import Gallery
from tests.iiifsearch.pages.reading import Page, read


def hang(gallery: Gallery) -> Canvas:
    """Beside it: a copy that must not be public, one that is, and eight other paintings."""
    asked = gallery.hang("Boats", seed=1)
    gallery.hang("A Draft", seed=1, state=State.DRAFT)
    statement = {"label": {"en": ["Credit"]}, "value": {"en": ["Courtesy of the House"]}}
    gallery.hang("A Copy", seed=1, statement=statement)
    for number in range(2, 10):
        gallery.hang(f"Other {number}", seed=number)
    gallery.index()
    return asked


@pytest.fixture
def boats(gallery: Gallery, encoders: Path, every_feature: None) -> Canvas:
    return hang(gallery)


def side_by_side(client: Client, canvas: Canvas) -> Page:
    return read(client.get(f"/painting/{canvas.key}/side-by-side/"))


def test_each_measure_has_a_row(boats: Canvas, client: Client) -> None:
    page = side_by_side(client, boats)
    assert [h3.text for h3 in page.all("h3")] == [
        *("Overall look", "Colours", "Composition", "Brushwork")
    ]
    shown = [image.attributes["alt"] for image in page.all("img")]
    assert shown[0] == "Boats"  # what was asked with
    assert len(shown) == 1 + 4 * 6
    assert shown[1::6] == ["A Copy"] * 4
    assert "A Draft" not in shown
    assert page.links["All by brushwork"] == f"/?like={boats.key}&features=texture:1,lbp:1"
    # Each required statement once, and the rights with it.
    assert page.text.count("Courtesy of the House") == 1


def test_it_takes_a_search_for_each_feature_and_not_for_each_row(
    boats: Canvas, client: Client
) -> None:
    with CaptureQueriesContext(connection) as made:
        side_by_side(client, boats)
    searches = [query for query in made.captured_queries if "WITH ids" in query["sql"]]
    assert len(searches) == 9
    assert len(made) < 40


def test_what_was_not_looked_at_is_told(boats: Canvas, client: Client) -> None:
    CanvasVector.objects.filter(canvas=boats, encoder__in=("texture-1", "lbp-1")).delete()
    page = side_by_side(client, boats)
    assert page.text.count("This has not been looked at yet.") == 1
    CanvasVector.objects.filter(canvas=boats).delete()
    assert side_by_side(client, boats).text.count("This has not been looked at yet.") == 4


def test_alone_in_the_library(gallery: Gallery, client: Client, encoders: Path) -> None:
    asked = gallery.hang("Boats")
    gallery.index()
    assert "no other painting to compare it with" in side_by_side(client, asked).text
    read(client.get("/painting/nothing/side-by-side/"), 404)
