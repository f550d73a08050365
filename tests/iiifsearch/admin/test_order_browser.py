"""The order of a collection in a real browser: dragged, moved by keys, chosen; then published."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from catalog import collecting
from catalog.models import Canvas, Collection
from tests.browser import needs_chromium, new_page
from tests.iiifsearch.pages.conftest import Gallery, gallery  # noqa: F401 - a fixture

pytestmark = [*needs_chromium, pytest.mark.django_db(transaction=True)]

#: A mouse reaches no card beyond the window's edge.
ALL_IN_SIGHT = {"width": 1280, "height": 1500}
TITLES = ["Anchor", "Boat", "Cliff", "Dune", "Eel", "Ford", "Gull", "Harbour"]


@pytest.fixture
def hung(transactional_db: None, gallery: Gallery) -> list[Canvas]:  # noqa: F811
    return [gallery.hang(title) for title in TITLES]


@pytest.fixture
def collection(hung: list[Canvas]) -> Collection:
    made = collecting.create("At sea", by=None)
    Collection.objects.update(state="published")
    collecting.add(made, [canvas.pk for canvas in hung], by=None)
    return made


class Order:
    """The page, as a curator sees it."""

    def __init__(self, page: Any, live_server: Any, collection: Collection) -> None:
        client = Client()
        client.force_login(User.objects.create_superuser("curator"))
        session = {"name": "sessionid", "value": client.cookies["sessionid"].value}
        page.context.add_cookies([{**session, "url": f"{live_server}"}])
        page.goto(f"{live_server}/admin/catalog/collection/{collection.pk}/order/")
        self.page = page

    def card(self, title: str) -> Any:
        return self.page.locator(f'[data-title="{title}"]')

    @property
    def titles(self) -> list[str]:
        return list(
            self.page.locator("[data-title]").evaluate_all("c => c.map(e => e.dataset.title)")
        )

    @property
    def numbers(self) -> list[str]:
        return list(
            self.page.locator("li input[type=number]").evaluate_all("c => c.map(e => e.value)")
        )

    @property
    def said(self) -> str:
        return str(self.page.locator("[data-status]").text_content())

    def grip(self, title: str) -> Any:
        return self.card(title).get_by_role("button", name=f"Move {title}")

    def middle(self, title: str, part: float = 0.5) -> tuple[float, float]:
        box = self.card(title).locator(".order-picture").bounding_box()
        return box["x"] + part * box["width"], box["y"] + box["height"] / 2

    def drag(self, title: str, to: str, part: float = 0.5) -> None:
        self.page.mouse.move(*self.middle(title))
        self.page.mouse.down()
        self.page.mouse.move(*self.middle(to, part), steps=8)
        self.page.mouse.up()

    def save(self) -> None:
        self.page.get_by_role("button", name="Save the order").click()
        self.page.get_by_text("The order is saved.").wait_for()


def as_published(client: Client, collection: Collection) -> list[str]:
    body = client.get(f"/iiif/collection/{collection.key}").json()
    return [item["label"]["en"][0] for item in body["items"]]


def test_dragged_and_moved_by_keys(
    live_server: Any, client: Client, collection: Collection
) -> None:
    with new_page(viewport=ALL_IN_SIGHT) as page:
        order = Order(page, live_server, collection)
        order.drag("Dune", "Boat", 0.2)
        assert order.titles[:4] == ["Anchor", "Dune", "Boat", "Cliff"]
        assert order.numbers == [str(n) for n in range(1, 9)]
        assert order.said.startswith("Dune put down, place 2 of 8.")
        assert page.locator("[name=chosen]:checked").count() == 0, "a drag chooses nothing"
        order.grip("Harbour").focus()
        page.keyboard.press("Space")
        assert order.said.startswith("Harbour taken up, place 8 of 8.")
        page.keyboard.press("Home")
        page.keyboard.press("ArrowRight")
        assert order.said == "Harbour: place 2 of 8."
        page.keyboard.press("Space")
        assert order.grip("Harbour").get_attribute("aria-pressed") == "false"
        assert page.evaluate("document.activeElement.ariaLabel") == "Move Harbour"
        order.grip("Eel").focus()
        for key in ("Enter", "End", "Escape"):
            page.keyboard.press(key)
        assert "back in its place" in order.said
        wanted = ["Anchor", "Harbour", "Dune", "Boat", "Cliff", "Eel", "Ford", "Gull"]
        assert order.titles == wanted
        assert page.get_by_text("Not saved yet").is_visible()
        order.save()
        assert order.titles == wanted
    assert as_published(client, collection) == wanted
    assert collection.versions.count() == 2


def test_several_together(live_server: Any, client: Client, collection: Collection) -> None:
    with new_page(viewport=ALL_IN_SIGHT) as page:
        order = Order(page, live_server, collection)
        page.mouse.click(*order.middle("Boat"))
        order.card("Dune").locator(".order-picture").click(modifiers=["Shift"])
        assert page.get_by_text("3 chosen").is_visible()
        order.drag("Cliff", "Gull", 0.8)
        assert order.titles == ["Anchor", "Eel", "Ford", "Gull", "Boat", "Cliff", "Dune", "Harbour"]
        order.save()
        order.card("Eel").locator(".order-picture").click(modifiers=["Control"])
        order.card("Gull").get_by_label("Choose Gull").check()
        page.get_by_role("button", name="Remove the chosen ones").click()
        page.get_by_text("2 paintings removed.").wait_for()
        order.card("Ford").get_by_role("button", name="Make Ford the cover").click()
        page.get_by_text("The cover is another now.").wait_for()
    assert as_published(client, collection) == [
        "Anchor",
        "Ford",
        "Boat",
        "Cliff",
        "Dune",
        "Harbour",
    ]
    body = client.get(f"/iiif/collection/{collection.key}").json()
    assert body["thumbnail"][0]["id"].endswith(f"{Canvas.objects.get(title='Ford').key}.jpg")


def test_numbers_and_buttons(live_server: Any, client: Client, collection: Collection) -> None:
    with new_page(viewport=ALL_IN_SIGHT) as page:
        order = Order(page, live_server, collection)
        order.card("Gull").get_by_label("Place of Gull").fill("2")
        page.keyboard.press("Tab")
        assert order.titles[:3] == ["Anchor", "Gull", "Boat"]
        order.card("Anchor").get_by_role("button", name="one place later").click()
        assert order.titles[:3] == ["Gull", "Anchor", "Boat"]
        order.save()
    assert as_published(client, collection)[:3] == ["Gull", "Anchor", "Boat"]


def test_with_a_finger(live_server: Any, client: Client, collection: Collection) -> None:
    with new_page(viewport=ALL_IN_SIGHT, has_touch=True) as page:
        order = Order(page, live_server, collection)
        box = order.grip("Anchor").bounding_box()
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        to = order.middle("Cliff", 0.9)
        touch = page.context.new_cdp_session(page)
        steps = [("touchStart", (x, y)), ("touchMove", (x + 20, y)), ("touchMove", to)]
        for kind, (px, py) in steps:
            points = [{"x": px, "y": py, "id": 1}]
            touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
        touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
        assert order.titles[:3] == ["Boat", "Cliff", "Anchor"]
        order.save()
    assert as_published(client, collection)[:3] == ["Boat", "Cliff", "Anchor"]


def test_without_a_script(live_server: Any, client: Client, collection: Collection) -> None:
    with new_page(java_script_enabled=False) as page:
        order = Order(page, live_server, collection)
        order.card("Harbour").get_by_label("Place of Harbour").fill("1")
        order.save()
    assert as_published(client, collection)[:2] == ["Harbour", "Anchor"]


def test_texts_in_more_languages(live_server: Any, collection: Collection) -> None:
    with new_page(viewport=ALL_IN_SIGHT) as page:
        Order(page, live_server, collection)
        page.goto(f"{live_server}/admin/catalog/collection/{collection.pk}/change/")
        titles = page.locator(".field-label")
        titles.get_by_role("button", name="Another language").click()
        page.keyboard.type("de")
        page.keyboard.press("Tab")
        page.keyboard.type("Auf See")
        page.get_by_role("button", name="Save", exact=True).click()
        page.get_by_text("was changed successfully").wait_for()
    assert Collection.objects.get().label == {"en": ["At sea"], "de": ["Auf See"]}
