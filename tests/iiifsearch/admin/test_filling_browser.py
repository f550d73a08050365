"""From a search to a new collection, as a curator goes, in a real browser."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings

from catalog.models import Canvas, Collection
from tests.axe import OPTIONS, violations_in_light_and_dark
from tests.browser import needs_chromium, new_page
from tests.iiifsearch.admin.test_filling import MAY, members
from tests.iiifsearch.pages.conftest import Gallery
from tests.people import signed_in
from tests.viewers.served import packages

pytestmark = needs_chromium


@pytest.fixture
def gallery(settings: Any, tmp_path: Path) -> Gallery:
    settings.CATALOG = {**settings.CATALOG, "storage": tmp_path / "pictures"}
    return Gallery()


def test_from_words_to_a_collection(
    transactional_db: None, live_server: object, encoders: Path, gallery: Gallery
) -> None:
    for title in ("Boats at Dusk", "Boats", "The Boats of the Night", "Two Boats", "A Tree"):
        gallery.hang(title)
    gallery.index()
    client = signed_in(*MAY, staff=True)
    name = django_settings.SESSION_COOKIE_NAME
    with new_page() as page:
        cookie = {"name": name, "value": client.cookies[name].value, "url": str(live_server)}
        page.context.add_cookies([cookie])
        page.goto(f"{live_server}/?q=boats")
        boxes = page.locator("input[form=pick][name=canvas]")
        keys = [box.get_attribute("value") for box in boxes.all()]
        for place in (2, 0, 1):  # whatever was ticked first
            boxes.nth(place).press("Space")
        page.get_by_role("button", name="The picked ones").click()
        assert "3 paintings will be added" in page.locator("h2").first.inner_text()
        page.get_by_label("Title of the new one").fill("Boats")
        page.get_by_role("button", name="Add").press("Enter")
        page.get_by_text("3 canvases added to Boats.").wait_for()
        made = Collection.objects.get()
        found = Canvas.objects.in_bulk(members(made))
        assert [found[pk].key for pk in members(made)] == keys[:3]
        shown = page.locator('a[href*="/admin/catalog/canvas/"]').evaluate_all(
            "links => links.map(link => link.href.match(/canvas.(\\d+)/)?.[1]).filter(Boolean)"
        )
        assert list(dict.fromkeys(map(int, shown))) == members(made)


def test_what_curators_see_more_keeps_nobody_out(
    transactional_db: None, live_server: object, encoders: Path, gallery: Gallery
) -> None:
    packages()  # or the test is skipped before anything is looked at
    for n in range(3):
        boat = gallery.hang(f"Boats {n}")
    gallery.index()
    client = signed_in(*MAY, staff=True)
    name = django_settings.SESSION_COOKIE_NAME
    with new_page(color_scheme="light", **OPTIONS) as page:
        cookie = {"name": name, "value": client.cookies[name].value, "url": str(live_server)}
        page.context.add_cookies([cookie])
        for address in ("/?q=boats", f"/painting/{boat.key}/"):
            page.goto(f"{live_server}{address}")
            assert page.locator("form.picking").count() == 1
            assert violations_in_light_and_dark(page) == []
