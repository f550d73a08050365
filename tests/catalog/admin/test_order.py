"""The page on which a collection is put in order, without a script."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from catalog import collecting
from catalog.admin import order as ordering
from catalog.admin.order import Sent
from catalog.models import Activity, Collection
from tests.catalog.admin.conftest import make_canvas, make_collection, make_manifest
from tests.people import person_of

MAY = ("view_collection", "change_collection")


def page_of(collection: Collection, which: str = "") -> str:
    return reverse(f"admin:catalog_collection_order{which}", args=[collection.pk])


@pytest.fixture
def boats(db: None) -> Collection:
    collection = make_collection(state="draft")
    for number in range(5):
        canvas = make_canvas(make_manifest(), title=f"Boat {number}", picture=number < 2)
        collecting.add(collection, [canvas.pk], by=None)
    return collection


def ids(collection: Collection) -> list[int]:
    return list(collection.canvases.order_by("position", "pk").values_list("canvas_id", flat=True))


def sent(client: Client, url: str, **typed: Any) -> dict[str, Any]:
    """The form as the page has it, with what was typed or chosen besides."""
    page = client.get(url).content.decode()
    fields = re.findall(r'<input[^>]*name="([\w-]+)"[^>]*?value="([^"]*)"', page)
    form = {name: value for name, value in fields if name not in ("chosen", "csrfmiddlewaretoken")}
    return form | {"do": "save"} | typed


def post(client: Client, url: str, given: dict[str, Any]) -> str:
    answer = client.post(url, given, follow=True)
    assert answer.status_code == 200
    return str(answer.content.decode())


def place(pk: int) -> str:
    return f"place-{pk}"


def test_numbers_say_the_order(curators_client: Client, boats: Collection) -> None:
    url, before = page_of(boats), ids(boats)
    given = sent(curators_client, url)
    assert [given[place(pk)] for pk in before] == ["1", "2", "3", "4", "5"]
    assert "The order is saved" not in post(curators_client, url, given)
    text = post(curators_client, url, given | {place(before[4]): "2"})
    assert "The order is saved." in text
    assert ids(boats) == [before[0], before[4], *before[1:4]]


@pytest.mark.parametrize("typed", ["", "0", "-1", "two", "1.5", "9" * 5000, "٣", "1\0"])
def test_what_is_no_place(curators_client: Client, boats: Collection, typed: str) -> None:
    url, before = page_of(boats), ids(boats)
    given = sent(curators_client, url) | {place(before[0]): typed, place(before[1]): "5"}
    text = post(curators_client, url, given)
    assert "is no place" in text and ids(boats) == before
    assert f'name="place-{before[1]}" value="5"' in text, "what was typed besides is there still"


def test_a_place_beyond_the_end_is_the_end(curators_client: Client, boats: Collection) -> None:
    before = ids(boats)
    given = sent(curators_client, page_of(boats)) | {place(before[0]): "999999999"}
    post(curators_client, page_of(boats), given)
    assert ids(boats) == [*before[1:], before[0]]


@pytest.mark.parametrize(
    "wrong",
    [
        {"shown": "1,x"},
        {"shown": "1;drop"},
        {"shown": "9" * 30},
        {"first": "first"},
        {"chosen": "\0"},
        {"cover": "x"},
        {"shown": ",".join(map(str, range(1, 300)))},
    ],
)
def test_nonsense_is_refused(curators_client: Client, boats: Collection, wrong: Any) -> None:
    given = sent(curators_client, page_of(boats)) | wrong
    assert curators_client.post(page_of(boats), given).status_code == 400
    assert curators_client.post(page_of(boats), {"do": "save"}).status_code == 400


@given(st.dictionaries(st.sampled_from(["shown", "first", "to", "cover", "do"]), st.text()))
def test_whatever_is_sent_is_read_or_refused(fields: dict[str, str]) -> None:
    from django.core.exceptions import BadRequest
    from django.http import QueryDict

    post = QueryDict(mutable=True)
    post.update(fields)
    try:
        read = Sent.read(post)
        assert all(place > 0 for place in read.places.values())
    except (BadRequest, ordering.NoPlace):
        pass


def test_several_are_moved_or_removed(curators_client: Client, boats: Collection) -> None:
    url, before = page_of(boats), ids(boats)
    given = sent(curators_client, url, do="move", chosen=[before[0], before[2]], to="4")
    assert "2 paintings moved." in post(curators_client, url, given)
    assert ids(boats) == [before[1], before[3], before[4], before[0], before[2]]
    given = sent(curators_client, url, do="remove", chosen=[before[0], before[2]])
    assert "2 paintings removed." in post(curators_client, url, given)
    assert ids(boats) == [before[1], before[3], before[4]]
    assert "Nothing is chosen." in post(
        curators_client, url, sent(curators_client, url, do="move", to="1")
    )
    given = sent(curators_client, url, do="move", chosen=before[1], to="soon")
    assert "is no place" in post(curators_client, url, given)


def test_cover(curators_client: Client, boats: Collection) -> None:
    url, before = page_of(boats), ids(boats)
    post(curators_client, url, sent(curators_client, url, cover=before[3]))
    assert Collection.objects.get().cover_id == before[3]
    assert "Let the first one be the cover" in curators_client.get(url).content.decode()
    post(curators_client, url, sent(curators_client, url, do="no-cover"))
    assert Collection.objects.get().cover_id is None


def test_two_people_lose_nobody(curators_client: Client, boats: Collection) -> None:
    url, before = page_of(boats), ids(boats)
    stale = sent(curators_client, url)
    new = make_canvas(make_manifest()).pk
    collecting.remove(boats, [before[1]], by=None)
    collecting.add(boats, [new], by=None)
    text = post(curators_client, url, stale | {place(before[3]): "1"})
    assert "was changed since this page was opened" in text
    assert ids(boats) == [before[3], before[0], before[2], before[4], new]
    assert "was changed since" not in post(curators_client, url, sent(curators_client, url))


def test_page_by_page(curators_client: Client, boats: Collection, monkeypatch: Any) -> None:
    monkeypatch.setattr(ordering, "PER_PAGE", 2)
    before, last = ids(boats), f"{page_of(boats)}?page=3"
    text = curators_client.get(last).content.decode()
    assert "Boat 4" in text and "Boat 0" not in text and "5 to 5 of 5" in text
    given = sent(curators_client, last)
    post(curators_client, last, given | {place(before[4]): "2"})
    assert ids(boats) == [before[0], before[4], *before[1:4]]
    assert curators_client.get(f"{page_of(boats)}?page=nonsense").status_code == 200


@pytest.mark.parametrize("count", [2, 12])
def test_queries_do_not_grow(curators_client: Client, count: int) -> None:
    collection = make_collection()
    canvases = [make_canvas(make_manifest(), picture=True).pk for _ in range(count)]
    collecting.add(collection, canvases, by=None)
    curators_client.get(page_of(collection))
    with CaptureQueriesContext(connection) as captured:
        curators_client.get(page_of(collection))
    assert len(captured) <= 7


# -- who may -----------------------------------------------------------------------------------


def test_who_may_order(client_with: Callable[..., Client], boats: Collection) -> None:
    nobody, looks, named = (
        client_with("view_canvas"),
        client_with("view_collection"),
        client_with(*MAY),
    )
    url, before = page_of(boats), ids(boats)
    boats.curators.add(person_of(named))
    given = sent(named, url) | {place(before[4]): "1"}
    other, every = client_with(*MAY), client_with(*MAY, "change_every_collection")
    assert nobody.get(url).status_code == 403
    for client in (looks, other):
        page = client.get(url)
        assert page.status_code == 200 and b"place-" not in page.content
        for act in ({}, {"do": "remove", "chosen": before[0]}, {"cover": before[0]}):
            assert client.post(url, given | act).status_code == 403
    assert ids(boats) == before
    for client in (named, every):
        assert (
            client.post(url, sent(client, url, do="remove", chosen=ids(boats)[0])).status_code
            == 302
        )
    assert len(ids(boats)) == 3
    assert Client().get(url).status_code == 302


def test_what_is_harvested_or_withdrawn_has_no_order(curators_client: Client) -> None:
    harvested = make_collection(uri="https://example.org/c")
    assert curators_client.get(page_of(harvested)).status_code == 404
    withdrawn = make_collection(state="withdrawn")
    assert curators_client.get(page_of(withdrawn)).status_code == 200
    nothing = {"shown": "", "first": "0"}
    assert curators_client.post(page_of(withdrawn), nothing).status_code == 403
    assert (
        curators_client.get("/admin/catalog/collection/99999999999999999999/order/").status_code
        == 404
    )


# -- collections in a collection ---------------------------------------------------------------


def test_collections_in_it(client_with: Callable[..., Client]) -> None:
    parent = make_collection("parent")
    rows = [
        make_collection(title, parent=parent, state=state)
        for title, state in (("a", "published"), ("b", "draft"), ("c", "published"))
    ]
    url, client = page_of(parent, "_within"), client_with(*MAY)
    given = sent(client, url) | {place(rows[2].pk): "1"}
    assert "The order is saved." in post(client, url, given)
    assert [row.title for row in collecting.within(parent)] == ["c", "a", "b"]
    assert Activity.objects.get().key == parent.key
    assert "is no place" in post(client, url, given | {place(rows[0].pk): "x"})
    parent.curators.add(User.objects.create_user("somebody"))
    assert client.post(url, given).status_code == 403


def test_those_that_are_in_no_other(client_with: Callable[..., Client]) -> None:
    rows = [make_collection(title) for title in "ab"]
    url = reverse("admin:catalog_collection_order_top")
    every, client = client_with(*MAY, "change_every_collection"), client_with(*MAY)
    given = sent(every, url) | {place(rows[1].pk): "1"}
    assert client.get(url).status_code == 200
    assert client.post(url, given).status_code == 403
    assert "The order is saved." in post(every, url, given)
    assert [row.title for row in collecting.within(None)] == ["b", "a"]
