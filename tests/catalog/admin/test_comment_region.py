"""A part of the painting, drawn beside the form: by mouse, finger, keyboard, and typed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from catalog import commenting
from catalog.models import Canvas, Comment
from tests.browser import needs_chromium, new_page
from tests.catalog.admin.conftest import make_canvas, make_manifest
from tests.pictures import keep_picture, picture

pytestmark = needs_chromium


@pytest.fixture
def canvas(transactional_db: None, storage: Path) -> Canvas:
    """Of 2000 × 1500 units, with a picture of another size."""
    canvas = make_canvas(make_manifest(), title="Boats", width=2000, height=1500)
    keep_picture(canvas, picture(1, 800, 600))
    return canvas


@pytest.fixture
def page(canvas: Canvas, live_server: Any) -> Iterator[Any]:
    client = Client()
    client.force_login(User.objects.create_superuser("curator"))
    session = {"name": "sessionid", "value": client.cookies["sessionid"].value}
    with new_page(has_touch=True) as opened:
        opened.context.add_cookies([{**session, "url": f"{live_server}"}])
        opened.goto(f"{live_server}/admin/catalog/comment/add/?canvas={canvas.pk}")
        opened.locator(".frame img").wait_for()
        yield opened


def numbers(page: Any) -> list[str]:
    return [page.locator(f"#id_{name}").input_value() for name in "xywh"]


def outline(page: Any) -> list[float]:
    rect = page.locator(".part").last
    return [float(rect.get_attribute(name)) for name in ("x", "y", "width", "height")]


def on_screen(page: Any, x: float, y: float) -> tuple[float, float]:
    """Where a place of the canvas, in its units, is on the screen."""
    box = page.locator(".frame img").bounding_box()
    return box["x"] + box["width"] * x / 2000, box["y"] + box["height"] * y / 1500


def test_by_mouse_and_saved(page: Any) -> None:
    page.get_by_label("Text:").fill("A sail")
    page.get_by_role("button", name="Draw on the picture").click()
    page.mouse.move(*on_screen(page, 400, 300))
    page.mouse.down()
    page.mouse.move(*on_screen(page, 900, 800), steps=5)
    page.mouse.move(*on_screen(page, 1400, 900), steps=5)
    page.mouse.up()
    drawn = [int(value) for value in numbers(page)]
    assert drawn == pytest.approx([400, 300, 1000, 600], abs=12)
    # A click draws nothing anew.
    page.mouse.click(*on_screen(page, 100, 100))
    assert [int(value) for value in numbers(page)] == drawn
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_text("was added successfully").wait_for()
    comment = Comment.objects.get(origin="curator")
    assert [comment.x, comment.y, comment.w, comment.h] == drawn


def test_beyond_the_edge_it_ends_there(page: Any) -> None:
    page.get_by_role("button", name="Draw on the picture").click()
    page.mouse.move(*on_screen(page, 1500, 1200))
    page.mouse.down()
    x, y = on_screen(page, 2000, 1500)
    page.mouse.move(x + 60, y + 60, steps=5)
    page.mouse.up()
    x, y, w, h = (int(value) for value in numbers(page))
    assert (x + w, y + h) == (2000, 1500)


def test_by_finger(page: Any) -> None:
    page.get_by_role("button", name="Draw on the picture").click()
    session = page.context.new_cdp_session(page)

    def touch(kind: str, *points: tuple[float, float]) -> None:
        where = [{"x": x, "y": y} for x, y in points]
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": where})

    touch("touchStart", on_screen(page, 400, 300))
    for share in (0.4, 1.0):
        touch("touchMove", on_screen(page, 400 + share * 800, 300 + share * 600))
    touch("touchEnd")
    assert [int(value) for value in numbers(page)] == pytest.approx([400, 300, 800, 600], abs=12)


def test_by_keyboard_and_told(page: Any) -> None:
    button = page.get_by_role("button", name="Draw on the picture")
    button.focus()
    page.keyboard.press("Enter")
    sheet = page.get_by_role("application", name="Part of the painting")
    sheet.press("ArrowRight")
    assert numbers(page) == ["600", "450", "800", "600"]
    sheet.press("ArrowRight")
    sheet.press("Control+ArrowUp")
    sheet.press("Shift+ArrowLeft")
    assert numbers(page) == ["620", "375", "780", "600"]
    page.get_by_text("From the left 31 percent, from the top 25, 39 wide, 40 high.").wait_for()
    for _ in range(30):
        sheet.press("Control+ArrowRight")
    assert numbers(page) == ["1220", "375", "780", "600"]
    sheet.press("Escape")
    assert page.evaluate("document.activeElement.textContent") == "Draw on the picture"
    assert numbers(page)[0] == "1220"
    page.get_by_role("button", name="The whole painting").click()
    assert numbers(page) == ["", "", "", ""]


def test_typed_and_shown(page: Any) -> None:
    for name, value in zip("xywh", (100, 200, 300, 400), strict=True):
        page.locator(f"#id_{name}").fill(str(value))
    assert outline(page) == [100, 200, 300, 400]
    page.locator("#id_w").fill("")
    assert outline(page)[2] == 0


def test_without_a_script_the_numbers_are_typed(canvas: Canvas, live_server: Any) -> None:
    client = Client()
    user = User.objects.create_superuser("curator")
    client.force_login(user)
    comment = commenting.write(canvas, "A sail", author=user, region=(1, 2, 3, 4))
    session = {"name": "sessionid", "value": client.cookies["sessionid"].value}
    with new_page(java_script_enabled=False) as page:
        page.context.add_cookies([{**session, "url": f"{live_server}"}])
        page.goto(f"{live_server}/admin/catalog/comment/{comment.pk}/change/")
        page.locator("#id_x").fill("50")
        page.get_by_role("button", name="Save", exact=True).click()
        page.get_by_text("was changed successfully").wait_for()
    comment.refresh_from_db()
    assert (comment.x, comment.y, comment.w, comment.h) == (50, 2, 3, 4)
