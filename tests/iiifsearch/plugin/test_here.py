"""The viewer in the place of the picture, on the painting's own page."""

from __future__ import annotations

from typing import Any

import pytest

from tests.browser import needs_chromium
from tests.iiifsearch.plugin.conftest import House

pytestmark = [*needs_chromium, pytest.mark.django_db]


def test_it_opens_where_the_picture_is(house: House, page: Any) -> None:
    page.goto(house.viewer("boats").removesuffix("viewer/"))
    page.get_by_role("button", name="Open the viewer here").click()
    viewer = page.frame_locator("iframe[title=Viewer]")
    viewer.get_by_role("textbox", name="Words, or a comment").fill("pasted by lamplight")
    viewer.get_by_role("button", name="Search", exact=True).click()
    viewer.get_by_role("button", name="Open A Collage").click()
    viewer.get_by_role("region", name="Window: A Collage").wait_for()
    assert page.locator("#picture").is_hidden()
    # The page leads back by itself: the viewer's own line for that is not there twice.
    assert viewer.locator("header.top").is_hidden()
    page.goto(house.viewer("boats"))
    assert page.locator("header.top").is_visible()
