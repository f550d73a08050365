"""A visitor without a mouse: from the front page to an opened painting, in a real browser."""

from __future__ import annotations

from pathlib import Path

from tests.browser import needs_chromium, new_page
from tests.iiifsearch.pages.conftest import Gallery

pytestmark = needs_chromium


def test_keyboard_alone_opens_a_painting(
    transactional_db: None, live_server: object, encoders: Path, gallery: Gallery
) -> None:
    gallery.hang("Evening", "Three fishing boats lie on the shore.")
    gallery.hang("A Letter", "A young woman reads by daylight.")
    gallery.index()
    with new_page(silent=True) as page:
        page.goto(f"{live_server}/")
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
        for _ in range(3):  # past the site's name and the camera, to the box
            page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.id") == "q"
        page.keyboard.type("fish")
        page.locator("#terms option").first.wait_for(state="attached")
        page.keyboard.type("ing boats")
        page.keyboard.press("Enter")
        page.wait_for_url("**/?q=fishing+boats")
        for _ in range(12):
            page.keyboard.press("Tab")
            if page.evaluate("document.activeElement.textContent") == "Evening":
                break
        outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert outline == "solid"
        page.keyboard.press("Enter")
        page.wait_for_url("**/painting/**")
        assert page.locator("h1").inner_text() == "Evening"
        image = page.locator(".frame img")
        assert image.evaluate("image => image.decode().then(() => image.naturalWidth)") > 0
