"""Without a mouse: from the front page to a hit that is opened beside a painting."""

from __future__ import annotations

from typing import Any

import pytest

from tests.browser import needs_chromium
from tests.iiifsearch.plugin.conftest import House

pytestmark = [*needs_chromium, pytest.mark.django_db]
NAME = "(e => e.getAttribute('aria-label') || e.labels?.[0]?.innerText || e.innerText || '')"


def tab_to(page: Any, name: str, most: int = 80) -> None:
    """Press Tab until what is called so has the focus, and shows that it has."""
    for _ in range(most):
        page.keyboard.press("Tab")
        if page.evaluate(f"{NAME}(document.activeElement).trim()").startswith(name):
            return
    raise AssertionError(f"Tab does not come to {name!r}")


def test_from_a_search_to_an_opened_hit(house: House, page: Any) -> None:
    page.goto(house.live)
    tab_to(page, "Words, or a comment you have read")
    page.keyboard.type("fishing boats under a pale moon")
    page.keyboard.press("Enter")
    page.wait_for_url("**/?q=*")
    tab_to(page, "Boats at Rest")
    page.keyboard.press("Enter")
    page.wait_for_url("**/painting/**")
    tab_to(page, "Look closely in the viewer")
    page.keyboard.press("Enter")
    page.get_by_role("tab", name="A part of it").wait_for()
    tab_to(page, "Words, or a comment")
    page.keyboard.type("cut and pasted by lamplight")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Open A Collage").wait_for()
    tab_to(page, "Open A Collage")
    page.keyboard.press("Enter")
    page.get_by_role("region", name="Window: A Collage").wait_for()


def test_a_part_is_drawn_and_searched(house: House, page: Any) -> None:
    page.goto(house.viewer("boats"))
    page.get_by_role("tab", name="A part of it").wait_for()
    tab_to(page, "Words")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    # Drawing has begun, and the drawing area has the focus.
    page.wait_for_function("document.activeElement.getAttribute('role') === 'application'")
    for _ in range(3):
        page.keyboard.press("ArrowLeft")
    with page.expect_response(lambda response: "/api/similar/" in response.url):
        page.keyboard.press("Enter")
    page.get_by_role("region", name="Paintings found").get_by_role("listitem").first.wait_for()
