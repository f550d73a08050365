"""A curator's hour: from an empty library to a published collection of forty paintings, by clicks
and keys alone, in a real browser; worker, museum, pictures and viewer are real ones."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.core.cache import cache

from catalog.models import Collection, Comment
from fixtures import build
from fixtures.serve import running_collection
from iiifsearch.decisions import pairs
from iiifsearch.index.duplicates import to_look_at
from iiifsearch.models import Duplicate, TagGuess
from tests.browser import needs_chromium, new_page
from tests.iiifsearch.test_worker import indexed, wait_until, worker
from tests.viewers.served import packages, viewers

pytestmark = [
    *needs_chromium,
    pytest.mark.skipif(
        settings.EMBEDDED_POSTGRES is None, reason="a worker needs the embedded one"
    ),
]

FORTY = 40
TITLE = "By the Water"
SAID = "A lantern is lit where the two boats meet."


#: Where pictures of the screen are kept, for whoever wants to see the hour; None: nowhere.
SCREENS: Path | None = None


class Curator:
    """At work in the admin: what a person reads on the page is what is clicked."""

    def __init__(self, page: Any, base: str, pictures: Path | None) -> None:
        self.page, self.base, self._pictures = page, base, pictures
        self._numbers = itertools.count(1)

    def look(self, name: str) -> None:
        """Keep a picture of the screen, where the test was told where to."""
        if self._pictures is not None:
            path = self._pictures / f"{next(self._numbers):02}-{name}.png"
            self.page.screenshot(path=str(path), full_page=True)

    def click(self, name: str, role: str = "link") -> None:
        self.page.get_by_role(role, name=name, exact=True).first.click()

    def go(self, name: str, role: str = "link") -> None:
        """Click what leads to another page, and wait for that page."""
        with self.page.expect_navigation():
            self.click(name, role)

    def key(self, key: str) -> None:
        """A key that leads to another page."""
        with self.page.expect_navigation():
            self.page.keyboard.press(key)

    def save_and_stay(self) -> None:
        self.go("Save and continue editing", "button")
        self.page.get_by_text("was changed successfully").wait_for()

    def front_page(self) -> None:
        self.page.goto(f"{self.base}/admin/")

    def sign_in(self) -> None:
        self.front_page()
        self.page.get_by_label("Username").fill("curator")
        self.page.get_by_label("Password").fill("a long secret")
        self.go("Log in", "button")

    def harvest(self, address: str) -> None:
        self.front_page()
        self.page.get_by_label("Harvest a manifest, collection or change stream").fill(address)
        self.go("Harvest", "button")
        self.page.locator("#run-state .pill-done").wait_for(timeout=120_000)

    def search(self, words: str) -> None:
        self.page.goto(f"{self.base}/")
        self.page.locator("#q").fill(words)
        self.key("Enter")
        self.page.locator("form.picking").wait_for()

    def collect(self, title: str, *, new: bool = False) -> None:
        """The page between: into which collection."""
        if new:
            self.page.get_by_label("Title of the new one").fill(title)
        else:
            known = self.page.locator("select[name=collection] option", has_text=title)
            self.page.locator("select[name=collection]").select_option(known.get_attribute("value"))
        self.go("Add", "button")
        self.page.get_by_text(f"added to {title}.").wait_for()


@pytest.fixture
def bundled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running_collection(tmp_path_factory.mktemp("collection"), scale=0.5, quiet=True) as base:
        yield base


def test_from_nothing_to_a_published_collection(
    transactional_db: None,
    encoders: Path,
    bundled: str,
    live_server: Any,
    settings: Any,
    tmp_path: Path,
) -> None:
    settings.IIIFSEARCH = {**settings.IIIFSEARCH, "public_url": live_server.url}
    packages()
    User.objects.create_superuser("curator", password="a long secret")
    cache.clear()
    with worker(tmp_path), new_page(viewport={"width": 1400, "height": 1000}) as page:
        page.set_default_timeout(20_000)
        curator = Curator(page, live_server.url, SCREENS)
        curator.sign_in()
        for address in build.collection_urls(bundled):
            curator.harvest(address)
        curator.look("harvested")
        _until_looked_at()
        _gather(curator)
        _describe(curator)
        ordered = _order(curator)
        _comment(curator)
        _decide_pairs(curator)
        _decide_tags(curator)
        published = _publish(curator)
        _found_by_words(live_server.url)
    _open_in_mirador(published, ordered, tmp_path)


def _until_looked_at() -> None:
    """The worker has looked at everything: at pictures, for near-duplicates, for tags."""
    wait_until(indexed, 300)
    wait_until(lambda: to_look_at() == 0, 300)
    wait_until(lambda: TagGuess.objects.exists(), 120)


def _gather(curator: Curator) -> None:
    """Three that are picked from a search, then the best of others, until there are forty."""
    page = curator.page
    curator.search("boats on the water")
    boxes = page.locator("input[form=pick][name=canvas]")
    for place in range(3):
        boxes.nth(place).check()
    curator.look("searched")
    curator.go("The picked ones", "button")
    curator.collect(TITLE, new=True)
    for words in ("the sea", "landscape with trees", "portrait of a woman", "still life"):
        curator.search(words)
        most = page.get_by_label("The first").get_attribute("max")
        page.get_by_label("The first").fill(str(min(FORTY, int(most))))
        with page.expect_navigation():
            page.locator("button[value=best]").click()
        # Those that there is no room for are left out.
        ticked = page.locator("ol.candidates input")
        new = page.locator("ol.candidates li:not(:has(.within)) input")
        for box in new.all()[FORTY - _members() :]:
            box.uncheck()
        assert ticked.count() >= new.count() > 0
        curator.look("to-be-added")
        curator.collect(TITLE)
        if _members() == FORTY:
            return
    raise AssertionError(f"{_members()} paintings were found")


def _members() -> int:
    return Collection.objects.get(title=TITLE).canvases.count()


def _describe(curator: Curator) -> None:
    page = curator.page
    curator.front_page()
    curator.go("Collections")
    curator.go(TITLE)
    page.get_by_role("button", name="Another language").first.click()
    page.locator("[name=label-language]").nth(1).fill("it")
    page.locator("[name=label-text]").nth(1).fill("Sull’acqua")
    page.locator("[name=summary-text]").first.fill("Forty pictures, most of them with water.")
    page.locator("[name=rights]").fill("https://creativecommons.org/publicdomain/zero/1.0/")
    curator.save_and_stay()
    curator.look("described")


def _order(curator: Curator) -> list[str]:
    """The third is dragged to the front, the fifth goes there by keyboard, and the second one is
    made the cover; the titles in their order."""
    page = curator.page
    curator.go("Order")
    cards = page.locator(".order-card")
    before = _titles(cards)
    grip = cards.nth(2).locator("[data-grip]").bounding_box()
    first = cards.nth(0).locator("[data-grip]").bounding_box()
    page.mouse.move(*_middle(grip))
    page.mouse.down()
    page.mouse.move(first["x"] - 40, _middle(first)[1] - 40, steps=12)
    page.mouse.up()
    cards.nth(4).locator("[data-grip]").focus()
    for key in ("Space", "Home", "Space"):
        page.keyboard.press(key)
    curator.go("Save the order", "button")
    page.get_by_text("order is saved").or_(page.locator(".messagelist")).first.wait_for()
    after = _titles(cards)
    rest = [title for place, title in enumerate(before) if place not in (2, 4)]
    assert after == [before[4], before[2], *rest]
    curator.look("ordered")
    with page.expect_navigation():
        cards.nth(1).locator("button[name=cover]").click()
    page.get_by_text("The cover is another now.").wait_for()
    return after


def _titles(cards: Any) -> list[str]:
    return cards.evaluate_all("all => all.map(card => card.dataset.title)")


def _middle(box: dict[str, float]) -> tuple[float, float]:
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def _comment(curator: Curator) -> None:
    """On a part of the first painting, drawn with the mouse."""
    page = curator.page
    with page.expect_navigation():
        page.locator(".order-card").first.get_by_role("link").first.click()
    with page.expect_navigation():
        page.get_by_role("link", name="Write a comment").first.click()
    page.locator(".frame img").wait_for()
    page.get_by_label("Text:").fill(SAID)
    curator.click("Draw on the picture", "button")
    box = page.locator(".frame img").bounding_box()
    page.mouse.move(box["x"] + 0.3 * box["width"], box["y"] + 0.4 * box["height"])
    page.mouse.down()
    page.mouse.move(box["x"] + 0.7 * box["width"], box["y"] + 0.8 * box["height"], steps=6)
    page.mouse.up()
    curator.look("comment")
    curator.go("Save", "button")
    page.get_by_text("was added successfully").wait_for()
    made = Comment.objects.get(origin="curator")
    assert made.w and made.h and made.author and made.author.username == "curator"


def _decide_pairs(curator: Curator) -> None:
    """All of them, by keyboard; one is undone, and decided anew."""
    page = curator.page
    curator.front_page()
    curator.go("Near-duplicates, pair by pair")
    count = pairs.left()
    assert count > 5
    curator.look("pair")
    for key in ("2", "3", "5", "1"):
        curator.key(key)
    curator.key("u")
    assert page.locator(".pair-nav strong").inner_text() == f"{count - 3} left to decide"
    for _ in range(count - 3):
        curator.key("2")
    assert pairs.left() == 0
    decided = Duplicate.objects.exclude(decision="")
    assert decided.count() == count and {*decided.values_list("decided_by__username")} == {
        ("curator",)
    }


def _decide_tags(curator: Curator) -> None:
    """Two are right, one is wrong and then is not, by keyboard; of the rest, all at once."""
    page = curator.page
    curator.front_page()
    curator.go("Guessed tags")
    curator.look("tags")
    for key in ("j", "x", "j", "x"):
        page.keyboard.press(key)
    curator.key("r")
    right = TagGuess.objects.filter(decision="right")
    assert right.count() == 2
    page.keyboard.press("j")
    page.keyboard.press("x")
    curator.key("w")
    curator.key("u")
    page.get_by_text("Undone:").wait_for()
    assert set(TagGuess.objects.values_list("decision", flat=True)) == {"", "right"}
    for _ in range(5):  # of what is said of one painting the worker may guess of another
        for kind in ("might be said", "might be wrong"):
            with page.expect_navigation():
                page.get_by_role("link", name=kind).click()
            if page.get_by_role("button", name="All on this page: right").count():
                curator.go("All on this page: right", "button")
        if not TagGuess.objects.filter(decision="").exists():
            break
    else:
        raise AssertionError("There are always more tags to decide on.")
    tags = Comment.objects.filter(origin="curator", motivation="tagging")
    assert tags.count() == right.filter(kind="missing").count() > 2


def _publish(curator: Curator) -> str:
    """The address of the published Collection, as the curator reads it."""
    page = curator.page
    curator.front_page()
    curator.go("Collections")
    curator.go(TITLE)
    page.get_by_label("State:").select_option("published")
    curator.save_and_stay()
    curator.look("published")
    link = page.locator("a[href^='/iiif/collection/']").first
    return f"{curator.base}{link.get_attribute('href')}"


def _found_by_words(base: str) -> None:
    """What was said is found within a minute, by anybody, through Content Search."""

    def found() -> bool:
        with urlopen(f"{base}/iiif/search/2/library?q=lantern") as answer:
            return SAID in answer.read().decode()

    wait_until(found, 60)


def _open_in_mirador(address: str, ordered: list[str], made: Path) -> None:
    """By somebody who is not signed in, in the viewer as it comes."""
    with urlopen(address) as answer:
        document = json.load(answer)
    assert document["label"] == {"en": [TITLE], "it": ["Sull’acqua"]}
    assert len(document["items"]) == FORTY and len(document["service"]) == 2
    with viewers(made) as base, new_page(viewport={"width": 1400, "height": 900}) as page:
        page.goto(f"{base}/mirador.html?manifest={address}")
        listed = page.get_by_role("dialog").get_by_role("menuitem")
        closed = page.get_by_role("button", name="Show collection")
        closed.or_(listed).first.wait_for(timeout=60_000)
        if closed.is_visible():
            closed.click()
        listed.nth(FORTY - 1).wait_for()
        assert listed.count() == FORTY and listed.nth(0).inner_text() == ordered[0]
        listed.nth(1).click()
        page.locator("h2", has_text=ordered[1]).first.wait_for()
        page.locator(".openseadragon-canvas canvas").first.wait_for()
        if SCREENS is not None:
            page.wait_for_timeout(2000)
            page.screenshot(path=str(SCREENS / "99-mirador.png"))
