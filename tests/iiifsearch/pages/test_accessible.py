"""Every page of ours, by axe-core: in light and dark, on a desk and on a phone."""

from __future__ import annotations

from pathlib import Path

import pytest

from catalog.models import Collection, CollectionCanvas, permanent_key
from tests.axe import OPTIONS, violations, violations_in_light_and_dark
from tests.browser import needs_chromium, new_browser, new_page
from tests.iiifsearch.pages.conftest import Gallery
from tests.iiifsearch.rich import rich
from tests.viewers.served import packages

pytestmark = needs_chromium

SCREENS = {"desk": {"width": 1280, "height": 800}, "phone": {"width": 360, "height": 740}}
REFUSED = {"refused": 400, "unknown": 404}
STATEMENT = {"label": {"en": ["Credit"]}, "value": {"en": ['Gift of <a href="/">Ada</a>']}}


@pytest.fixture
def addresses(
    transactional_db: None, encoders: Path, every_feature: None, gallery: Gallery
) -> dict[str, str]:
    """Of every kind of page, with all that can be on it."""
    packages()  # or the test is skipped before anything is made
    box = {"x": 10, "y": 20, "w": 300, "h": 240}
    said = ("Three fishing boats lie on the shore under a pale moon.", box)
    boats = gallery.hang(
        "Boats at Rest",
        said,
        ("Un bateau, la nuit.", {"language": "fr", "creator": "C. Ritic"}),
        jpeg=rich(1),
        maker="Ada Vento",
        date_text="1712",
        technique="Oil on canvas",
        statement=STATEMENT,
        homepage=[{"id": "https://museum.example/boats"}],
    )
    gallery.hang("A Copy", jpeg=rich(1), rights="https://rights.example/terms")
    for number in range(24):
        gallery.hang(f"A Garden {number}", "Flowers and a boat.", jpeg=rich(2 + number % 2))
    gallery.index()
    made = Collection.objects.create(key=permanent_key("collection", "Sea"), title="The Sea")
    inner = Collection.objects.create(key=permanent_key("c", "In"), title="Inner", parent=made)
    for collection in (made, inner):
        CollectionCanvas.objects.create(collection=collection, canvas=boats, position=0)
    return {
        "front": "/",
        "words": "/?q=fishing+boats",
        "nothing found": "/?q=zeppelin+-boat&maker=nobody",
        "likeness": f"/?like={boats.key}",
        "a detail": f"/?like={boats.key}&xywh=pct:10,10,50,50&detail=1",
        "palette": "/?palette=%23b02020:.5,%231840b0:.5",
        "chance": "/?random=3",
        "refused": "/?like=k&from=then",
        "unknown": "/painting/unknown/",
        "painting": f"/painting/{boats.key}/",
        "part of a painting": f"/painting/{boats.key}/?xywh=pct:10,20,30,40",
        "side by side": f"/painting/{boats.key}/side-by-side/",
        "sketch": "/?sketch=98bed8,98bed8%3B-,-",
        "recognise": "/recognise/",
        "map": "/map/",
        "collections": "/collections/",
        "collection": f"/collections/{made.key}/",
    }


def test_no_page_keeps_anybody_out(live_server: object, addresses: dict[str, str]) -> None:
    found: list[str] = []
    with new_browser() as browser:
        for screen, size in SCREENS.items():
            with new_page(browser, color_scheme="light", viewport=size, **OPTIONS) as page:
                for name, address in addresses.items():
                    status = page.goto(f"{live_server}{address}").status
                    assert status == REFUSED.get(name, 200), f"{name}: {status}"
                    page.evaluate(
                        "document.querySelectorAll('details').forEach(d => d.open = true)"
                    )
                    told = violations_in_light_and_dark(page)
                    found += [f"{name}, {screen}: {each}" for each in told]
                    wide = page.evaluate("document.documentElement.scrollWidth")
                    if wide > size["width"]:
                        found.append(
                            f"{name}, {screen}: {wide} pixels wide, and has to be scrolled"
                        )
    assert not found, "\n".join(found)


def test_what_is_wrong_is_found() -> None:
    with new_page(**OPTIONS) as page:
        page.set_content('<html lang="en"><title>A</title><main><h1>A</h1><input></main>')
        (told,) = violations(page)
    assert told.startswith("label (critical): Form elements must have labels: <input>")
