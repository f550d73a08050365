"""Folding is ticked, and what is folded unfolds, in a real browser."""

from __future__ import annotations

from catalog.models import Canvas
from tests.browser import needs_chromium, new_page
from tests.iiifsearch.pages.test_folding import ASKED, hung

__all__ = ["hung"]

pytestmark = needs_chromium


def test_they_unfold(transactional_db: None, live_server: object, hung: list[Canvas]) -> None:
    with new_page(silent=True) as page:
        page.goto(f"{live_server}{ASKED}")
        page.locator(".refine summary").last.click()
        page.get_by_label("Fold the same pictures together").check()
        page.locator(".refine button").last.click()
        page.locator("details.same").wait_for()
        other = page.locator("details.same a").first
        assert not other.is_visible()
        page.locator("details.same summary").press("Enter")
        assert other.is_visible()
        other.click()
        assert "ighthouse" in page.locator("h1").inner_text()
