"""Whoever is signed in writes a comment in the panel, and Mirador shows it where it belongs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import Permission, User
from django.test import Client
from pytest_django import DjangoDbBlocker

from catalog.models import Comment
from tests.browser import needs_chromium
from tests.iiifsearch.plugin.conftest import House
from tests.iiifsearch.plugin.house import RED, works
from tests.iiifsearch.plugin.seen import box_of, overlap
from tests.iiifsearch.plugin.test_region import ready, settled, stage

pytestmark = [*needs_chromium, pytest.mark.django_db]


@pytest.fixture(scope="module")
def session(house: House, django_db_blocker: DjangoDbBlocker) -> Iterator[str]:
    """Of somebody who may write comments. What was written is gone afterwards: the house is that
    of other tests, too."""
    with django_db_blocker.unblock():
        user = User.objects.create_user("marta", first_name="Marta", last_name="Ruiz")
        user.user_permissions.set(Permission.objects.filter(codename="add_comment"))
        client = Client()
        client.force_login(user)
    yield client.cookies[settings.SESSION_COOKIE_NAME].value
    with django_db_blocker.unblock():
        Comment.objects.filter(origin="curator").delete()
        user.delete()


@pytest.fixture
def writing(house: House, page: Any, session: str) -> Any:
    """The viewer on a painting, with the form for a comment unfolded."""
    cookie = {"name": settings.SESSION_COOKIE_NAME, "value": session, "url": house.live}
    page.context.add_cookies([cookie])
    ready(page, house.viewer("boats"))
    page.get_by_text("Write a comment").click()
    page.get_by_text("by Marta Ruiz").wait_for()
    return page


def save(page: Any) -> Any:
    """What was sent, and what the library answered."""
    with page.expect_response(lambda response: "/api/comments/" in response.url) as answered:
        page.get_by_role("button", name="Save the comment").click()
    return answered.value


def test_a_comment_on_a_part_is_drawn_saved_and_shown(house: House, writing: Any) -> None:
    page = writing
    assert page.get_by_role("button", name="Save the comment").is_disabled()
    page.get_by_label("Comment", exact=True).fill("Ein rotes Segel")
    page.get_by_label("Language").fill("de")
    page.get_by_label("What it does").select_option("describing")
    page.get_by_label("Licence of the comment").select_option(label="CC BY 4.0")
    page.get_by_label("What it is about").select_option("part")
    settled(page)
    searched: list[str] = []
    page.on("request", lambda asked: "/similar/" in asked.url and searched.append(asked.url))
    x, y, w, h = box_of(page, RED, stage(page))
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + w / 2, y + h / 3, steps=4)
    page.mouse.move(x + w, y + h, steps=4)
    page.mouse.up()
    answer = save(page)
    assert answer.status == 201, answer.text()
    sent = json.loads(answer.request.post_data)
    region = tuple(int(value) for value in sent["xywh"].split(","))
    assert overlap(region, works()[0].pages[0].frame) > 0.93  # type: ignore[arg-type]
    assert searched == []
    page.get_by_text("The comment is saved").wait_for()
    assert page.get_by_label("Comment", exact=True).input_value() == ""
    made = answer.json()
    assert made["motivation"] == "describing"
    assert made["rights"] == "https://creativecommons.org/licenses/by/4.0/"
    # Mirador lists it without being opened anew.
    page.get_by_role("tab", name="Annotations").click()
    page.get_by_text("Ein rotes Segel").wait_for()
    assert page.request.get(made["id"]).json()["creator"] == {"name": "Marta Ruiz"}


def test_an_error_is_told_and_the_text_stays(writing: Any) -> None:
    page = writing
    page.get_by_label("Comment", exact=True).fill("A sail")
    page.get_by_label("Language").fill("English!")
    assert save(page).status == 400
    page.get_by_text("is no language tag").wait_for()
    assert page.get_by_label("Comment", exact=True).input_value() == "A sail"
    page.get_by_label("Language").fill("en")
    assert save(page).status == 201
    page.get_by_text("The comment is saved").wait_for()


def test_nobody_else_is_asked_to_write(house: House, page: Any) -> None:
    ready(page, house.viewer("boats"))
    settled(page)
    assert page.get_by_text("Write a comment").count() == 0
