"""Paintings like a painting: by what, how much, within which limits, and why."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from catalog.models import Canvas, Picture
from iiifsearch.models import CanvasVector
from tests.iiifsearch.pages.conftest import Gallery
from tests.iiifsearch.pages.reading import Page, read

pytestmark = pytest.mark.usefixtures("encoders", "every_feature")


@pytest.fixture
def boats(gallery: Gallery) -> Canvas:
    """Beside it: a copy by Ada Vento, and ten other paintings."""
    asked = gallery.hang("Boats", seed=1)
    more = {
        "maker": "Ada Vento",
        "year": 1712,
        "rights": "http://rightsstatements.org/vocab/InC/1.0/",
    }
    gallery.hang("A Copy", seed=1, **more)
    for number in range(2, 12):
        gallery.hang(f"Other {number}", seed=number, maker="Jan Bekker", year=1800 + number)
    gallery.index()
    return asked


def like(client: Client, canvas: Canvas, **more: str) -> Page:
    return read(client.get("/", {"like": canvas.key, **more}))


def test_what_it_goes_by_is_a_link(boats: Canvas, client: Client) -> None:
    page = like(client, boats)
    address = f"/?like={boats.key}"
    assert page.links["Overall look"] == address
    assert page.links["Colours"] == f"{address}&features=colour:1,colour-structure:1,palette:1"
    assert page.links["Composition"] == f"{address}&features=colour-layout:1,edge-histogram:1,hog:1"
    assert page.links["Brushwork"] == f"{address}&features=texture:1,lbp:1"
    assert [a.text for a in page.all("a", **{"aria-current": "true"})] == ["Overall look"]
    page = read(client.get(page.links["Brushwork"]))
    assert [a.text for a in page.all("a", **{"aria-current": "true"})] == ["Brushwork"]
    assert page.titles[0] == "A Copy"
    shares = page.all("ul", **{"class": "shares"})[0]
    assert shares.attributes["aria-label"] == "What the match comes from, of 100"
    told = shares.text.split()
    assert " ".join(told).replace(" 50", "") == "Surface Brushwork and grain"


def test_only_live_features_are_offered(gallery: Gallery, client: Client, settings: Any) -> None:
    settings.IIIFSEARCH = {
        **settings.IIIFSEARCH,
        "image_encoders": ("efficientnet-lite0", "colour", "efficientnet-lite0-shallow"),
    }
    asked = gallery.hang("Boats", kept=False)
    page = like(client, asked)
    assert "Brushwork" not in page.links
    assert page.links["Colours"].endswith("&features=colour:1")
    sliders = [box.attributes["name"] for box in page.all("input", type="range")]
    assert sliders == [
        "weight-efficientnet-lite0",
        "weight-colour",
        "weight-efficientnet-lite0-shallow",
    ]
    assert "colour-1" not in {e.attributes.get("id") for e in page.elements}


def test_weights_of_ones_own_stand_in_the_address(boats: Canvas, client: Client) -> None:
    page = like(client, boats)
    sliders = {box.attributes["id"]: box.attributes for box in page.all("input", type="range")}
    assert len(sliders) == 9
    assert sliders["weight-efficientnet-lite0"]["value"] == "1.00"
    assert sliders["weight-hog"]["value"] == "0.00"
    sent = {"like": boats.key, "weight-hog": "0.5", "weight-colour": "1", "weight-lbp": "0"}
    response = client.get("/", sent)
    assert response.status_code == 302
    assert response["Location"] == f"/?like={boats.key}&features=hog:0.5,colour:1"
    page = read(client.get(response["Location"]))
    assert "By weights of your own: colours in their places 100 %, outlines 50 %." in page.text
    slider = page.all("input", id="weight-hog")[0].attributes
    assert slider["value"] == "0.50"


def test_where_nothing_is_clearly_alike_the_nearest_are_shown(
    boats: Canvas, client: Client
) -> None:
    page = like(client, boats, features="colour:1")
    assert page.titles[0] == "A Copy"
    assert len(page.titles) == 11
    assert "Only 1 of these is clearly alike; the others come nearest." in page.text
    assert page.text.count("Not clearly alike, but among the nearest") == 10
    # Of looks as a whole "none" is an answer.
    assert "Not clearly alike" not in like(client, boats).text


def test_a_feature_of_another_time_is_told(boats: Canvas, client: Client) -> None:
    page = like(client, boats, features="colour:1,phrenology:1")
    assert "“phrenology” is not compared here and was left out." in page.text
    assert page.titles[0] == "A Copy"


def test_limits_hold_on_every_page(boats: Canvas, client: Client, settings: Any) -> None:
    settings.IIIFSEARCH = {**settings.IIIFSEARCH, "page_size": 2}
    asked = {"features": "colour:1", "maker": "BEKKER jan", "from": "1803", "to": "1807"}
    page = like(client, boats, **asked)
    assert len(page.titles) == 2
    assert "Narrow it down: BEKKER jan, 1803 to 1807" in page.text
    assert page.links["Next"] == (
        f"/?like={boats.key}&features=colour:1&maker=BEKKER+jan&from=1803&to=1807&page=2"
    )
    found = [*page.titles, *read(client.get(page.links["Next"])).titles]
    found += read(client.get(page.links["Page 3"])).titles
    assert sorted(found) == [f"Other {number}" for number in range(3, 8)]
    assert page.links["Show all again"] == f"/?like={boats.key}&features=colour:1"
    # The links to other measures, and the form of weights, keep the limits.
    assert "maker=BEKKER+jan" in page.links["Brushwork"]
    hidden = [box.attributes["name"] for box in page.all("input", type="hidden")]
    assert hidden.count("maker") >= 1


def test_limits_by_rights(boats: Canvas, client: Client) -> None:
    page = like(client, boats, features="colour:1", rights="public-domain", type="")
    assert "A Copy" not in page.titles
    assert len(page.titles) == 10
    select = page.all("option", value="public-domain")[0].attributes
    assert "selected" in select


def test_nothing_within_the_limits(boats: Canvas, client: Client) -> None:
    page = like(client, boats, maker="Nobody")
    assert page.titles == []
    assert "Nothing within these limits looks enough alike." in page.text


def test_what_cannot_be_read_is_told_in_place(gallery: Gallery, client: Client) -> None:
    gallery.hang("Boats")
    page = read(client.get("/", {"like": "x", "from": "then"}), 400)
    assert "“then” is no year" in page.text


def test_no_other_server_is_asked_for_what_is_not_kept(
    boats: Canvas, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A feature came live after the picture was given up."""

    def refused(*args: Any, **kwargs: Any) -> None:
        raise AssertionError("a visitor waits for a museum's server")

    monkeypatch.setattr("catalog.images.fetch_pixels", refused)
    CanvasVector.objects.filter(canvas=boats, encoder="palette-1").delete()
    Picture.objects.filter(canvas=boats).update(outcome=Picture.Outcome.EVICTED)
    page = like(client, boats, features="palette:1,colour:1")
    assert "Nothing is known yet of its palette." in page.text
    assert page.titles[0] == "A Copy"
    page = like(client, boats, features="palette:1")
    assert "Its picture has not been looked at yet." in page.text


def test_the_page_of_a_painting_offers_the_same(
    boats: Canvas, client: Client, encoders: Path
) -> None:
    page = read(client.get(f"/painting/{boats.key}/"))
    assert page.links["brushwork"] == f"/?like={boats.key}&features=texture:1,lbp:1"
    assert page.links["All side by side"] == f"/painting/{boats.key}/side-by-side/"
