"""A curator who decides by keyboard, in a real browser; and the same pages without a script."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from catalog.models import CollectionCanvas, Comment
from iiifsearch.models import NotOfClass, TagGuess
from tests.axe import OPTIONS, violations_in_light_and_dark
from tests.browser import needs_chromium, new_page
from tests.iiifsearch.engine.test_classes import teach
from tests.iiifsearch.tagged import hang, look
from tests.pictures import keep_picture, picture
from tests.viewers.served import packages

pytestmark = needs_chromium

#: Of Django's own templates: links of the way back without a line under them.
DJANGOS = ".breadcrumbs"


@pytest.fixture(autouse=True)
def one_encoder(transactional_db: None, settings: Any, tmp_path: Path) -> None:
    live = {"image_encoders": ("colour",), "features": (("colour", 1.0),)}
    settings.IIIFSEARCH = {**settings.IIIFSEARCH, **live}
    settings.CATALOG = {**settings.CATALOG, "storage": tmp_path}


@pytest.fixture
def guesses() -> list[TagGuess]:
    """Eight tags that might be said, one that might be wrong."""
    known = hang("known", 30, 0, Style="Baroque", Technique="oil on canvas")
    silent = hang("silent", 8, 0, Technique="oil on canvas")
    hang("odd", 1, 0, Style="Baroque", Technique="watercolour")
    for seed, canvas in enumerate((*known[:6], *silent)):
        keep_picture(canvas, picture(seed))
    look()
    return list(TagGuess.objects.filter(kind="missing").order_by("-relevance", "pk"))


@contextmanager
def curator(live_server: object, **options: Any) -> Iterator[Any]:
    """A browser in which somebody is signed in who may do everything."""
    client = Client()
    client.force_login(User.objects.create_superuser("curator"))
    session = {"name": "sessionid", "value": client.cookies["sessionid"].value}
    with new_page(**options) as page:
        page.context.add_cookies([{**session, "url": f"{live_server}"}])
        yield page


def press(page: Any, key: str) -> None:
    """A key that has the page come anew."""
    with page.expect_navigation():
        page.keyboard.press(key)


def decisions(guesses: list[TagGuess]) -> list[str]:
    known = TagGuess.objects.in_bulk([one.pk for one in guesses])
    return [known[one.pk].decision for one in guesses]


def test_five_guesses_by_keyboard_and_one_undone(
    guesses: list[TagGuess], live_server: object
) -> None:
    with curator(live_server) as page:
        page.goto(f"{live_server}/admin/tags/")
        assert page.locator("[data-item]").count() == 8
        page.keyboard.press("?")
        assert page.locator("dialog.keys").is_visible()
        page.keyboard.press("Escape")
        page.locator("dialog.keys").wait_for(state="hidden")
        page.keyboard.press("j")
        assert page.evaluate("document.activeElement.matches('[data-item]:first-child')")
        press(page, "r")
        press(page, "w")  # what stands in its place now
        assert decisions(guesses) == ["right", "wrong", *[""] * 6]
        page.keyboard.press("j")  # one is passed over
        for _ in range(3):
            page.keyboard.press("x")
            page.keyboard.press("j")
        assert page.locator("input[name=chosen]:checked").count() == 3
        press(page, "r")
        assert decisions(guesses) == ["right", "wrong", "", *["right"] * 3, "", ""]
        assert Comment.objects.filter(origin="curator", body="Baroque").count() == 4
        said = page.locator(".undo").inner_text()
        assert "Style: Baroque, of 3 paintings: right" in said
        press(page, "u")
        assert decisions(guesses) == ["right", "wrong", *[""] * 6]
        assert Comment.objects.filter(origin="curator").count() == 1
        assert "Undone" in page.locator(".messagelist").inner_text()
        page.locator("#by-label").focus()
        page.keyboard.press("w")  # while something is chosen from a list, a letter is a letter
        page.wait_for_timeout(300)
        assert decisions(guesses) == ["right", "wrong", *[""] * 6]


def test_classes_by_keyboard(live_server: object) -> None:
    hang("other", 100, None)
    moons = hang("moons", 8, 0)
    teach("Moon", moons[:3])
    with curator(live_server) as page:
        page.goto(f"{live_server}/admin/classes/")
        page.keyboard.press("j")
        press(page, "w")
        page.keyboard.press("j")
        press(page, "r")
        assert NotOfClass.objects.count() == 1
        assert CollectionCanvas.objects.count() == 4
        press(page, "u")
        press(page, "u")
        assert not NotOfClass.objects.exists() and CollectionCanvas.objects.count() == 3


def test_without_a_script(guesses: list[TagGuess], live_server: object) -> None:
    with curator(live_server, java_script_enabled=False) as page:
        page.goto(f"{live_server}/admin/tags/")
        page.locator("input[name=chosen]").nth(0).check()
        page.locator("input[name=chosen]").nth(2).check()
        page.get_by_role("button", name="Ticked: wrong").click()
        assert decisions(guesses) == ["wrong", "", "wrong", *[""] * 5]
        page.get_by_role("button", name="Undo").click()
        assert decisions(guesses) == [""] * 8
        assert page.locator("[data-keys]").is_hidden()


def test_the_pages_keep_nobody_out(guesses: list[TagGuess], live_server: object) -> None:
    packages()  # or the test is skipped before anything is looked at
    teach("Moon", [one.canvas for one in guesses[:3]])
    hang("other", 30, None)
    addresses = ("tags/", "tags/?view=tags", "tags/?view=paintings", "tags/?kind=doubtful")
    found: list[str] = []
    with curator(live_server, color_scheme="light", **OPTIONS) as page:
        for address in (*addresses, "classes/", "classes/Moon/"):
            assert page.goto(f"{live_server}/admin/{address}").status == 200, address
            ours = [told for told in violations_in_light_and_dark(page) if DJANGOS not in told]
            found += [f"{address}: {told}" for told in ours]
    assert not found, "\n".join(found)
