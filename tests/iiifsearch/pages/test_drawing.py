"""A part of a painting is drawn on it, with a mouse or with the keyboard alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from catalog.models import Canvas
from tests.browser import needs_chromium, new_page
from tests.iiifsearch.pages.conftest import Gallery
from tests.iiifsearch.rich import rich

pytestmark = needs_chromium


@pytest.fixture
def boats(transactional_db: None, encoders: Path, gallery: Gallery) -> Canvas:
    asked = gallery.hang("Boats", jpeg=rich(1))
    gallery.hang("A Copy", jpeg=rich(1))
    gallery.index()
    return asked


def drawn(page: Any) -> list[float]:
    """The part that the address asks for."""
    page.wait_for_url("**/?like=*&xywh=*")
    asked = parse_qs(urlsplit(page.url).query)["xywh"][0].removeprefix("pct:")
    return [float(number) for number in asked.split(",")]


def test_with_the_keyboard(live_server: object, boats: Canvas) -> None:
    with new_page(silent=True) as page:
        page.goto(f"{live_server}/painting/{boats.key}/")
        page.locator("#detail summary").press("Enter")
        page.get_by_role("button", name="Draw on the picture").press("Enter")
        assert page.evaluate("document.activeElement.getAttribute('role')") == "application"
        for key in ("ArrowLeft", "ArrowLeft", "ArrowDown", "Shift+ArrowRight", "Control+ArrowUp"):
            page.keyboard.press(key)
        assert page.locator(".sheet .part").get_attribute("x") == "28"
        said = "From the left 28 percent, from the top 26, 41 wide, 40 high."
        page.get_by_text(said).wait_for(state="attached")
        # Escape ends it, and the keyboard is where it was.
        page.keyboard.press("Escape")
        assert page.locator(".sheet").count() == 0
        assert page.evaluate("document.activeElement.textContent") == "Draw on the picture"
        page.keyboard.press("Enter")
        page.keyboard.press("Enter")
        assert drawn(page) == [28, 26, 41, 40]
        assert page.locator(".title").first.inner_text() == "A Copy"
        assert page.get_by_text("The same detail: more than 99 % sure").count() == 1


def test_with_a_mouse(live_server: object, boats: Canvas) -> None:
    with new_page(silent=True) as page:
        page.goto(f"{live_server}/painting/{boats.key}/")
        page.locator("#detail summary").click()
        page.get_by_role("button", name="Draw on the picture").click()
        box = page.locator(".sheet").bounding_box()
        picture = page.locator(".frame img").bounding_box()
        assert box == picture
        # From the lower right to the upper left, and beyond the picture's edge.
        page.mouse.move(box["x"] + 0.6 * box["width"], box["y"] + 0.5 * box["height"])
        page.mouse.down()
        page.mouse.move(box["x"] + 0.1 * box["width"], box["y"] - 20, steps=3)
        page.mouse.up()
        page.mouse.move(box["x"] + 0.9 * box["width"], box["y"] + 0.9 * box["height"])
        assert float(page.locator("#part-w").input_value()) == pytest.approx(50, abs=1)
        page.locator(".draw-bar").get_by_role("button", name="Find this detail").click()
        assert drawn(page) == pytest.approx([10, 0, 50, 50], abs=1)
        # The outline on a card covers its thumbnail, not its frame.
        shown = page.locator(".grid .shown").first
        assert shown.locator("img").bounding_box() == shown.locator("svg").bounding_box()


def test_typed_numbers_move_what_is_drawn(live_server: object, boats: Canvas) -> None:
    with new_page(silent=True) as page:
        page.goto(f"{live_server}/painting/{boats.key}/?xywh=pct:10,20,30,40")
        page.get_by_role("button", name="Draw on the picture").click()
        assert page.locator(".sheet .part").get_attribute("width") == "30"
        page.locator("#part-w").fill("50")
        assert page.locator(".sheet .part").get_attribute("width") == "50"
