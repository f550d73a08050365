"""A sketch is painted with a mouse, or with the keyboard alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.browser import needs_chromium, new_page
from tests.iiifsearch.pages.conftest import Gallery

pytestmark = needs_chromium

ROW = ["-"] * 8


@pytest.fixture
def boats(transactional_db: None, encoders: Path, gallery: Gallery) -> None:
    gallery.hang("Boats")
    gallery.index()


def sketched(page: Any) -> list[list[str]]:
    """The sketch that the address asks for."""
    page.wait_for_url("**/?sketch=*")
    rows = parse_qs(urlsplit(page.url).query)["sketch"][0].split(";")
    return [row.split(",") for row in rows]


def test_with_a_mouse(live_server: object, boats: None) -> None:
    with new_page(silent=True) as page:
        page.goto(f"{live_server}/")
        page.locator(".sketching summary").click()
        page.get_by_role("button", name="Sky blue").click()
        box = page.locator(".board").bounding_box()

        def at(column: float, row: float) -> tuple[float, float]:
            return box["x"] + box["width"] * column / 8, box["y"] + box["height"] * row / 6

        # In one leap across the row: no cell between is left out.
        page.mouse.move(*at(0.5, 0.5))
        page.mouse.down()
        page.mouse.move(*at(7.5, 0.5))
        page.mouse.up()
        page.mouse.move(*at(4.5, 4.5))
        page.get_by_role("button", name="Eraser").click()
        page.mouse.click(*at(2.5, 0.5))
        page.get_by_role("button", name="Find paintings like it").click()
        sky = "8fb8d9"
        assert sketched(page) == [[sky, sky, "-", *[sky] * 5], *[ROW] * 5]
        assert page.locator("h1").inner_text() == "Paintings like your sketch"
        # What was painted is on the board again.
        page.locator(".sketching summary").click()
        cell = page.get_by_role("gridcell", name="Row 1, column 2: Sky blue")
        assert cell.evaluate("cell => cell.style.backgroundColor") == "rgb(143, 184, 217)"


def test_with_the_keyboard(live_server: object, boats: None) -> None:
    with new_page(silent=True) as page:
        page.goto(f"{live_server}/")
        page.locator(".sketching summary").press("Enter")
        page.get_by_role("button", name="Find paintings like it").press("Enter")
        page.get_by_text("Paint at least one cell first.").wait_for()
        page.get_by_role("button", name="Green", exact=True).press("Enter")
        for _ in range(12):
            page.keyboard.press("Tab")
            if page.evaluate("document.activeElement.getAttribute('role')") == "gridcell":
                break
        for key in ("Space", "ArrowUp", "ArrowDown", "Shift+ArrowRight", "End", "Space", "Delete"):
            page.keyboard.press(key)
        name = page.evaluate("document.activeElement.getAttribute('aria-label')")
        assert name == "Row 2, column 8: not painted"
        # The board is one stop on the way through the page.
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.textContent") == "Find paintings like it"
        page.keyboard.press("Enter")
        green = "4f7942"
        assert sketched(page) == [[green, *ROW[1:]], ["-", green, *ROW[2:]], *[ROW] * 4]
