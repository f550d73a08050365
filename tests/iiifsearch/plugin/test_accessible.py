"""The viewer's page and its panel, by axe-core: in light and dark, on a desk and on a phone."""

from __future__ import annotations

from typing import Any

import pytest

from tests.axe import OPTIONS, violations
from tests.browser import needs_chromium, new_page
from tests.iiifsearch.plugin.conftest import House
from tests.iiifsearch.plugin.house import RED
from tests.iiifsearch.plugin.seen import box_of
from tests.iiifsearch.plugin.test_region import draw, ready, stage
from tests.viewers.served import packages

pytestmark = [*needs_chromium, pytest.mark.django_db]

DESK, PHONE = {"width": 1280, "height": 800}, {"width": 390, "height": 760}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_panel_keeps_nobody_out(house: House, scheme: str) -> None:
    packages()  # or the test is skipped before anything is done
    options: dict[str, Any] = {"color_scheme": scheme, "viewport": DESK, **OPTIONS}
    found: list[str] = []
    with new_page(**options) as page:
        ready(page, house.viewer("boats"))
        found += [f"at first: {told}" for told in violations(page)]
        page.get_by_role("tab", name="This picture").click()
        page.get_by_label("Alike in what").select_option(label="Weights of my own")
        found += [f"weights: {told}" for told in violations(page)]
        page.get_by_role("tab", name="A part of it").click()
        draw(page, box_of(page, RED, stage(page)))
        page.get_by_role("listitem").filter(has_text="A Collage").wait_for()
        page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
        found += [f"a part and hits: {told}" for told in violations(page)]
        page.get_by_role("button", name="Open A Collage").click()
        page.get_by_role("region", name="Window: A Collage").wait_for()
        found += [f"an opened hit: {told}" for told in violations(page)]
    assert not found, "\n".join(found)


def test_on_a_phone(house: House) -> None:
    packages()
    with new_page(viewport=PHONE, **OPTIONS) as page:
        page.goto(house.viewer("boats"))
        page.get_by_role("button", name="Toggle sidebar").click()
        page.get_by_role("tab", name="A part of it").wait_for()
        page.mouse.move(200, 700)  # a tooltip that is fading away has no contrast
        page.locator(".MuiTooltip-tooltip").wait_for(state="detached")
        assert violations(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
