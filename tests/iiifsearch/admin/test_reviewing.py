"""A curator decides by keyboard alone, in a real browser."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from django.contrib.auth.models import User
from django.test import Client

from iiifsearch.decisions import pairs
from iiifsearch.index.duplicates import find_duplicates
from iiifsearch.models import Duplicate
from tests.browser import needs_chromium, new_page
from tests.iiifsearch.conftest import Library
from tests.iiifsearch.rich import hang, mirrored, painted

pytestmark = needs_chromium

REVIEW = "/admin/iiifsearch/duplicate/review/"

#: Where a share of the first picture's sides lies on the page, laid upon the second one.
_LAID = """([x, y]) => {
    const image = document.querySelector(".over img"), stage = document.querySelector(".stage");
    const m = new DOMMatrix(getComputedStyle(image).transform);
    const at = m.transformPoint(new DOMPoint(x * stage.clientWidth, y * stage.clientHeight));
    return [at.x / at.w / stage.clientWidth, at.y / at.w / stage.clientHeight];
}"""


@pytest.fixture
def found(transactional_db: None, rich_pictures: None, library: Library) -> Library:
    """Three pairs: a crop, a mirror image, and the same once more."""
    hang(library, "crop", np.ascontiguousarray(painted(1)[45:315, 60:420]), title="Boats, cut")
    hang(library, "mirror", mirrored(painted(2)), title="Letter, reversed")
    hang(library, "again", painted(3), title="Le jardin")
    find_duplicates()
    assert Duplicate.objects.count() == 3
    return library


@pytest.fixture
def page(found: Library, live_server: object) -> Iterator[Any]:
    client = Client()
    client.force_login(User.objects.create_superuser("curator"))
    session = {"name": "sessionid", "value": client.cookies["sessionid"].value}
    with new_page(viewport={"width": 1280, "height": 900}) as page:
        page.context.add_cookies([{**session, "url": f"{live_server}"}])
        page.goto(f"{live_server}{REVIEW}")
        yield page


def press(page: Any, key: str) -> None:
    """A key that leads to another page."""
    with page.expect_navigation():
        page.keyboard.press(key)


def test_three_pairs_by_keyboard_and_one_undone(page: Any, found: Library) -> None:
    rows = list(Duplicate.objects.order_by("pk"))
    left = page.locator(".pair-nav strong")
    assert left.inner_text() == "3 left to decide"
    page.locator("#note").press_sequentially("12345 b? s")  # while somebody writes, nothing acts
    assert left.inner_text() == "3 left to decide"
    page.locator("h1").click()
    for key, count in (("4", "2"), ("2", "1")):
        press(page, key)
        assert left.inner_text() == f"{count} left to decide"
    rows[0].refresh_from_db(), rows[1].refresh_from_db()
    assert (rows[0].decision, rows[0].note) == ("variant", "12345 b? s")
    assert (rows[1].decision, rows[1].note) == ("copy", "")
    press(page, "u")
    assert left.inner_text() == "2 left to decide"
    assert "Undone: 1 pair decided: a copy." in page.locator(".messagelist").inner_text()
    assert pairs.left() == 2
    assert page.url.endswith(f"/{rows[1].pk}/change/")
    press(page, "p")
    press(page, "n")
    press(page, "n")
    assert page.url.endswith(f"/{rows[2].pk}/change/")
    press(page, "s")
    assert page.url.endswith(f"/{rows[1].pk}/change/")
    press(page, "5")
    press(page, "1")
    assert "Every pair is decided." in page.locator(".messagelist").inner_text()
    decisions = Duplicate.objects.order_by("pk").values_list("decision", flat=True)
    assert list(decisions) == ["variant", "unrelated", "same-work"]


def look_at(page: Any, library: Library, name: str) -> None:
    """The pair of a work of the library's and what was made of it."""
    pair = Duplicate.objects.get(first=library.canvas(name))
    page.goto(f"{page.url.partition('/admin/')[0]}/admin/iiifsearch/duplicate/{pair.pk}/change/")


def test_one_picture_lies_upon_the_other(page: Any, found: Library) -> None:
    look_at(page, found, "boats")  # of which a part was cut out
    stage = page.locator(".stage")
    stage.wait_for()
    for corner, wanted in (((0, 0), (-1 / 6, -1 / 6)), ((1, 1), (7 / 6, 7 / 6))):
        assert page.evaluate(_LAID, corner) == pytest.approx(wanted, abs=0.03)
    page.set_viewport_size({"width": 700, "height": 900})
    page.wait_for_function("document.querySelector('.stage').clientWidth < 700")
    page.wait_for_timeout(100)
    assert page.evaluate(_LAID, (1, 0)) == pytest.approx((7 / 6, -1 / 6), abs=0.03)

    over = page.locator(".over")
    page.keyboard.press("b")
    assert over.evaluate("e => getComputedStyle(e).visibility") == "hidden"
    page.keyboard.press("b")
    assert over.evaluate("e => getComputedStyle(e).visibility") == "visible"
    page.get_by_label("Wipe").fill("40")
    assert over.evaluate("e => e.style.clipPath") == "inset(0px 0px 0px 40%)"
    page.get_by_label("Opacity of the first").fill("100")
    assert over.evaluate("e => e.style.opacity") == "1"

    page.keyboard.press("d")
    page.locator(".agreeing line").first.wait_for()
    assert 30 < page.locator(".agreeing line").count() <= 200
    assert "places are drawn" in page.locator("[data-said]").inner_text()
    page.keyboard.press("d")
    assert page.locator(".agreeing").count() == 0

    look_at(page, found, "letter")  # which was mirrored
    stage.wait_for()
    assert page.evaluate(_LAID, (0, 0)) == pytest.approx((1, 0), abs=0.03)


def test_keys_are_told_and_can_be_switched_off(page: Any, found: Library) -> None:
    page.keyboard.press("?")
    dialog = page.locator("dialog")
    assert dialog.is_visible() and "Skip to the next open one" in dialog.inner_text()
    dialog.get_by_label("These keys act").uncheck()
    page.keyboard.press("Escape")
    dialog.wait_for(state="hidden")
    before = page.url
    page.keyboard.press("1")
    page.keyboard.press("s")
    page.wait_for_timeout(300)
    assert page.url == before and pairs.left() == 3


def test_a_pair_by_hand_is_laid_over_too(page: Any, found: Library, live_server: object) -> None:
    """Nobody measured it: where one lies upon the other is computed when somebody looks."""
    Duplicate.objects.all().delete()
    curator = User.objects.get()
    pairs.add(found.canvas("boats"), found.canvas("crop"), "detail", by=curator)
    pairs.add(found.canvas("boats"), found.canvas("letter"), "variant", by=curator)
    first, second = Duplicate.objects.order_by("second_id")
    rows = {row.decision: row for row in (first, second)}
    where = f"{live_server}/admin/iiifsearch/duplicate/"
    page.goto(f"{where}{rows['detail'].pk}/change/")
    page.locator(".stage").wait_for()
    assert page.evaluate(_LAID, (0, 0)) == pytest.approx((-1 / 6, -1 / 6), abs=0.03)
    page.goto(f"{where}{rows['variant'].pk}/change/")
    page.get_by_text("It is not known how one lies upon the other.").wait_for()
    assert not page.locator(".stage").is_visible()
