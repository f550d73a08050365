"""The comparison by each measure is fetched when somebody unfolds it, in a real browser."""

from __future__ import annotations

from pathlib import Path

from tests.browser import needs_chromium, new_page
from tests.iiifsearch.pages.conftest import Gallery
from tests.iiifsearch.pages.test_side_by_side import hang

pytestmark = needs_chromium


def test_it_is_fetched_when_it_is_unfolded(
    transactional_db: None, live_server: object, encoders: Path, gallery: Gallery
) -> None:
    asked = hang(gallery)
    with new_page(silent=True) as page:
        page.goto(f"{live_server}/painting/{asked.key}/")
        assert page.locator("#sides").count() == 0
        page.locator(".compare summary").press("Enter")
        page.locator("#sides").wait_for()
        assert page.locator("#sides img").first.get_attribute("alt") == "A Copy"
        # Once it is there it stays.
        page.locator(".compare summary").press("Enter")
        page.locator(".compare summary").press("Enter")
        assert page.locator("#sides").count() == 1
        page.locator("#sides").get_by_role("link", name="A Copy").first.click()
        assert page.locator("h1").inner_text() == "A Copy"
