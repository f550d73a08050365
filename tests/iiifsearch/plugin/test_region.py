"""A part is drawn on a picture, found elsewhere, and opened there: in every view."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.browser import needs_chromium
from tests.iiifsearch.plugin.conftest import House
from tests.iiifsearch.plugin.house import BLUE, RED, Box, works
from tests.iiifsearch.plugin.seen import YELLOW, box_of, overlap

#: The mark alone has a database made; the rows are there already, and no test adds any.
pytestmark = [*needs_chromium, pytest.mark.django_db]
WORKS = {work.name: work for work in works()}


def ready(page: Any, address: str) -> None:
    """Open the viewer and wait until its picture is there, and the library has been asked."""
    page.goto(address)
    page.get_by_role("tab", name="A part of it").wait_for()
    settled(page)


def settled(page: Any) -> None:
    """Until nothing moves any more."""
    page.wait_for_load_state("networkidle")
    before = b""
    for _ in range(40):
        page.wait_for_timeout(150)
        now = page.screenshot()
        if now == before:
            return
        before = now


def stage(page: Any, number: int = 0) -> Any:
    return page.locator(".mirador-osd-container").nth(number)


def draw(page: Any, box: Box) -> tuple[str, Box]:
    """Draw a rectangle on the screen; the canvas and the region that are then asked for."""
    x, y, w, h = box
    with page.expect_response(lambda response: "/api/similar/" in response.url) as answered:
        page.mouse.move(x, y)
        page.mouse.down()
        page.mouse.move(x + w / 2, y + h / 3, steps=4)
        page.mouse.move(x + w, y + h, steps=4)
        page.mouse.up()
    return asked(answered.value.url)


def asked(url: str) -> tuple[str, Box]:
    uri, _, fragment = parse_qs(urlsplit(url).query)["canvas"][0].partition("#xywh=")
    x, y, w, h = (int(value) for value in fragment.split(","))
    return uri, (x, y, w, h)


def turned(page: Any, viewport: dict[str, Any]) -> None:
    page.evaluate(
        "payload => paintingViewer.store.dispatch("
        "{type: 'mirador/UPDATE_VIEWPORT', windowId: 'painting', payload})",
        viewport,
    )
    settled(page)


VIEWS = {
    "straight": {},
    "on its side": {"rotation": 90},
    "upside down": {"rotation": 180},
    "mirrored": {"flip": True},
    "mirrored, on its side": {"rotation": 270, "flip": True},
}


@pytest.mark.parametrize("view", VIEWS)
def test_what_is_drawn_is_what_is_asked_for(view: str, house: House, page: Any) -> None:
    ready(page, house.viewer("boats"))
    if VIEWS[view]:
        turned(page, VIEWS[view])
    frame = box_of(page, RED, stage(page))
    page.get_by_role("tab", name="A part of it").click()
    canvas, region = draw(page, frame)
    assert canvas == f"{house.base}/boats/canvas/1"
    assert overlap(region, WORKS["boats"].pages[0].frame) > 0.93


def test_zoomed_in_and_changed_at_its_corner(house: House, page: Any) -> None:
    ready(page, house.viewer("boats"))
    page.get_by_role("button", name="Zoom in").click()
    settled(page)
    page.get_by_role("tab", name="A part of it").click()
    left, top, width, height = box_of(page, RED, stage(page))
    half = (left, top, width // 2, height // 2)
    draw(page, half)
    # Its corner is dragged to where the frame ends.
    with page.expect_response(lambda response: "/api/similar/" in response.url) as answered:
        page.mouse.move(left + width // 2, top + height // 2)
        page.mouse.down()
        page.mouse.move(left + width, top + height, steps=6)
        page.mouse.up()
    assert overlap(asked(answered.value.url)[1], WORKS["boats"].pages[0].frame) > 0.93


def test_drawn_with_a_finger(house: House, page: Any) -> None:
    ready(page, house.viewer("boats"))
    x, y, w, h = box_of(page, RED, stage(page))
    page.get_by_role("tab", name="A part of it").click()
    session = page.context.new_cdp_session(page)

    def touch(kind: str, *points: tuple[float, float]) -> None:
        where = [{"x": px, "y": py} for px, py in points]
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": where})

    with page.expect_response(lambda response: "/api/similar/" in response.url) as answered:
        touch("touchStart", (x, y))
        for share in (0.3, 0.7, 1.0):
            touch("touchMove", (x + share * w, y + share * h))
        touch("touchEnd")
    assert overlap(asked(answered.value.url)[1], WORKS["boats"].pages[0].frame) > 0.93


def test_drawn_with_the_keyboard(house: House, page: Any) -> None:
    ready(page, house.viewer("boats"))
    page.get_by_role("tab", name="A part of it").click()
    area = page.get_by_role("application")
    area.press("ArrowRight")
    assert "Rectangle 3" in area.get_attribute("aria-label")
    before = area.get_attribute("aria-label")
    area.press("ArrowRight")
    area.press("Shift+ArrowDown")
    assert area.get_attribute("aria-label") != before
    with page.expect_response(lambda response: "/api/similar/" in response.url):
        area.press("Enter")
    page.get_by_role("spinbutton", name="Left").fill("0")
    page.get_by_role("spinbutton", name="Width").fill("50")
    with page.expect_response(lambda response: "/api/similar/" in response.url) as answered:
        page.get_by_role("button", name="Find this part").click()
    region = asked(answered.value.url)[1]
    assert (region[0], region[2]) == (0, 480)  # of 960 units
    page.get_by_role("button", name="Draw on the picture").click()
    area.press("Escape")
    assert area.count() == 0


def test_the_hit_opens_at_the_place(house: House, page: Any) -> None:
    ready(page, house.viewer("boats"))
    page.get_by_role("tab", name="A part of it").click()
    draw(page, box_of(page, RED, stage(page)))
    hit = page.get_by_role("listitem").filter(has_text="A Collage")
    hit.get_by_text("The same, verified").wait_for()
    link = hit.get_by_role("link", name="Link").get_attribute("href")
    opened = page.request.get(link)
    assert "/painting/" in opened.url and "xywh=pct" in opened.url
    hit.get_by_role("button", name="Open A Collage").click()
    page.locator(".mirador-osd-container").nth(1).wait_for()
    settled(page)
    second = stage(page, 1)
    outline, frame = box_of(page, YELLOW, second, 25), box_of(page, BLUE, second)
    assert overlap(outline, frame) > 0.75
    # It is in the middle, and fills a good part of the window.
    bounds = second.bounding_box()
    middle = outline[0] + outline[2] / 2, outline[1] + outline[3] / 2
    assert middle[0] == pytest.approx(bounds["x"] + bounds["width"] / 2, abs=30)
    assert middle[1] == pytest.approx(bounds["y"] + bounds["height"] / 2, abs=30)
    assert max(outline[2] / bounds["width"], outline[3] / bounds["height"]) > 0.4
    # What was drawn is still in sight beside it.
    assert box_of(page, RED, stage(page, 0))[2] > 40
    # The next hit takes the same second window.
    page.get_by_role("listitem").nth(1).get_by_role("button").first.click()
    settled(page)
    assert page.locator(".mirador-osd-container").count() == 2


def test_in_a_book(house: House, page: Any) -> None:
    ready(page, house.viewer("album", 1))
    page.get_by_role("button", name="Window views & thumbnail display").click()
    page.get_by_role("menuitemradio", name="Book").click()
    page.keyboard.press("Escape")
    settled(page)
    frame = box_of(page, RED, stage(page))
    page.get_by_role("tab", name="A part of it").click()
    canvas, region = draw(page, frame)
    assert canvas == f"{house.base}/album/canvas/3"
    assert overlap(region, WORKS["album"].pages[2].frame) > 0.93
    page.get_by_role("listitem").filter(has_text="A Collage").get_by_text("The same").wait_for()


def test_in_a_gallery_it_says_what_to_do(house: House, page: Any) -> None:
    ready(page, house.viewer("album", 1))
    page.get_by_role("button", name="Window views & thumbnail display").click()
    page.get_by_role("menuitemradio", name="Gallery").click()
    page.keyboard.press("Escape")
    page.get_by_role("tab", name="A part of it").click()
    page.get_by_role("button", name="Show one picture").click()
    page.get_by_role("application").wait_for()


def test_another_picture_ends_what_was_drawn(house: House, page: Any) -> None:
    ready(page, house.viewer("album", 1))
    page.get_by_role("tab", name="A part of it").click()
    bounds = stage(page).bounding_box()
    x, y = bounds["x"] + bounds["width"] / 2, bounds["y"] + bounds["height"] / 2
    draw(page, (round(x) - 60, round(y) - 60, 120, 120))
    assert page.locator(".painting-search-asked").count() == 1
    page.get_by_role("button", name="Previous item").click()
    settled(page)
    assert page.locator(".painting-search-asked").count() == 0
