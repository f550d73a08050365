"""A visitor without a mouse: from the front page to an opened painting, in a real browser."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.iiifsearch.pages.conftest import Gallery

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
)

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason=f"{CHROMIUM} is not installed"),
]


@pytest.fixture
def ask_from_async(monkeypatch: pytest.MonkeyPatch) -> None:
    """Playwright runs an event loop, in which Django refuses the database unless told otherwise."""
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")


def test_keyboard_alone_opens_a_painting(
    ask_from_async: None,
    transactional_db: None,
    live_server: object,
    encoders: Path,
    gallery: Gallery,
) -> None:
    sync_api = pytest.importorskip("playwright.sync_api")
    gallery.hang("Evening", "Three fishing boats lie on the shore.")
    gallery.hang("A Letter", "A young woman reads by daylight.")
    gallery.index()
    complaints: list[str] = []
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS.split())
        page = browser.new_page()
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("requestfailed", lambda request: complaints.append(request.url))
        page.goto(f"{live_server}/")
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
        for _ in range(2):  # past the site's name, to the box
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
        browser.close()
    assert complaints == []
