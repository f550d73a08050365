"""The map in a real browser: it is drawn, and moved, and leads to the paintings."""

from __future__ import annotations

from typing import Any

import pytest
from pytest import MonkeyPatch

from iiifsearch.index import map as making
from iiifsearch.index.map import make_map
from ml.map.draw import draw
from tests.browser import needs_chromium, new_page
from tests.iiifsearch.pages.conftest import Gallery
from tests.iiifsearch.pages.test_map import hang

pytestmark = [*needs_chromium, pytest.mark.django_db(transaction=True)]

#: How many different colours the canvas shows, and how many pixels of it are drawn on.
LOOK = """() => {
  const { width, height } = document.querySelector(".land canvas");
  const copy = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true });
  copy.drawImage(document.querySelector(".land canvas"), 0, 0);
  const seen = new Uint32Array(copy.getImageData(0, 0, width, height).data.buffer);
  return { colours: new Set(seen).size, drawn: seen.filter(Boolean).length };
}"""


@pytest.fixture
def titles(transactional_db: None, gallery: Gallery, monkeypatch: MonkeyPatch) -> list[str]:
    """Of the paintings on a map of twelve."""
    monkeypatch.setattr(making, "_drawn", draw)
    canvases = hang(gallery, 12)
    make_map()
    return [canvas.title for canvas in canvases]


def opened(page: Any, live_server: Any) -> Any:
    page.goto(f"{live_server}/map/")
    page.locator(".land canvas").wait_for(state="visible")
    page.wait_for_load_state("networkidle")
    return page.locator(".land canvas")


def middle(canvas: Any) -> tuple[float, float]:
    box = canvas.bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def test_it_is_drawn_with_thumbnails(live_server: Any, titles: list[str]) -> None:
    with new_page(silent=True) as page:
        opened(page, live_server)
        page.wait_for_function(f"() => ({LOOK})().colours > 500")
        whole = page.evaluate(LOOK)["drawn"]
        page.get_by_role("button", name="Closer").click()
        page.wait_for_function(f"() => ({LOOK})().drawn > {1.3 * whole}")
        page.get_by_role("button", name="The whole map").click()
        page.wait_for_function(f"() => Math.abs(({LOOK})().drawn - {whole}) < 10")


def test_with_the_keyboard(live_server: Any, titles: list[str]) -> None:
    with new_page(silent=True) as page:
        canvas = opened(page, live_server)
        canvas.focus()
        whole = page.evaluate(LOOK)["drawn"]
        page.keyboard.press("+")
        page.wait_for_function(f"() => ({LOOK})().drawn > {1.2 * whole}")
        status = page.locator(".land [role=status]")
        page.wait_for_function("() => document.querySelector('.land [role=status]').textContent")
        first = status.inner_text()
        for _ in range(3):
            page.keyboard.press("ArrowRight")
        page.wait_for_function(
            "(before) => document.querySelector('.land [role=status]').textContent !== before",
            arg=first,
        )
        title = status.inner_text().rpartition(",")[0]
        assert title in titles
        page.keyboard.press("Enter")
        page.wait_for_url("**/painting/**")
        assert page.locator("h1").inner_text() == title


def test_with_a_mouse(live_server: Any, titles: list[str]) -> None:
    with new_page(silent=True) as page:
        canvas = opened(page, live_server)
        canvas.focus()
        page.keyboard.press("ArrowUp")  # which brings a painting to be known, and its place
        page.locator(".land .shown").wait_for(state="visible")
        x, y = page.evaluate(
            "() => { const [l, t, w, h] = boxOf(sheets[pointed.sheet], pointed.i);"
            " return [l + w / 2, t + h / 2]; }"
        )
        box = canvas.bounding_box()
        x, y = box["x"] + x, box["y"] + y
        # A drag moves the map, and opens nothing.
        page.mouse.move(x, y)
        page.mouse.down()
        page.mouse.move(x + 60, y + 30, steps=4)
        page.mouse.up()
        assert page.url.endswith("/map/")
        page.mouse.move(x + 60, y + 30)
        page.mouse.wheel(0, -200)
        title = page.locator(".land .shown .title").inner_text()
        assert title in titles
        page.mouse.click(x + 60, y + 30)
        page.wait_for_url("**/painting/**")
        assert page.locator("h1").inner_text() == title


def test_with_two_fingers(live_server: Any, titles: list[str]) -> None:
    with new_page(silent=True) as page:
        canvas = opened(page, live_server)
        before = page.evaluate("scale")
        x, y = middle(canvas)
        touch = page.context.new_cdp_session(page)
        fingers = [[(x - 20, y), (x + 20, y)], [(x - 60, y), (x + 60, y)]]
        for kind, points in zip(("touchStart", "touchMove"), fingers, strict=True):
            at = [{"x": px, "y": py, "id": i} for i, (px, py) in enumerate(points)]
            touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": at})
        touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
        assert page.evaluate("scale") > 2 * before
        assert page.url.endswith("/map/")


def test_where_the_data_cannot_be_had(live_server: Any, titles: list[str]) -> None:
    with new_page() as page:
        page.route("**/map/data.json", lambda route: route.fulfill(status=503, body=""))
        page.goto(f"{live_server}/map/")
        page.get_by_text("The map cannot be drawn at the moment.").wait_for()
        assert not page.locator(".land canvas").is_visible()
        assert page.locator(".examples a.mat").count() >= 6
