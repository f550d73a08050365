"""What curators do with collections, and what is told of it."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalog import collecting
from catalog.models import Activity, Canvas, Collection, CollectionCanvas, CollectionVersion, State
from tests.catalog.admin.conftest import make_canvas, make_collection, make_manifest

pytestmark = pytest.mark.django_db


@pytest.fixture
def person() -> User:
    return User.objects.create_user("marta")


def canvases(count: int) -> list[int]:
    return [make_canvas(make_manifest()).pk for _ in range(count)]


def order(collection: Collection) -> list[int]:
    return list(collection.canvases.order_by("position", "pk").values_list("canvas_id", flat=True))


def told() -> list[tuple[str, str]]:
    return list(Activity.objects.order_by("id").values_list("type", "key"))


def log() -> list[str]:
    return list(LogEntry.objects.order_by("id").values_list("change_message", flat=True))


def test_added_in_their_order_once(person: User) -> None:
    collection = make_collection(state="draft")
    one, two, three = canvases(3)
    withdrawn = make_canvas(state="withdrawn").pk
    assert collecting.add(collection, [two, one, two, withdrawn, 10**12], by=person) == 2
    assert collecting.add(collection, [three, one], by=person) == 1
    assert order(collection) == [two, one, three]
    assert log() == ["Added 2 canvases.", "Added 1 canvases."]
    assert collecting.add(collection, [one], by=person) == 0
    assert len(log()) == 2 and told() == []


def test_a_rule_writes_no_log_and_gives_way_to_a_person(person: User) -> None:
    collection = make_collection()
    one, two = canvases(2)
    assert collecting.add(collection, [one, two], by=None, by_rule=True) == 2
    assert log() == [] and told() == [("Update", collection.key)]
    assert collecting.add(collection, [one], by=person) == 0
    members = dict(collection.canvases.values_list("canvas_id", "by_rule"))
    assert members == {one: False, two: True}


def test_removed_with_the_cover(person: User) -> None:
    collection = make_collection()
    one, two = canvases(2)
    collecting.add(collection, [one, two], by=person)
    assert not collecting.set_cover(collection, canvases(1)[0], by=person)
    assert collecting.set_cover(collection, one, by=person)
    assert collecting.remove(collection, [one, 10**12], by=person) == 1
    assert collecting.remove(collection, [one], by=person) == 0
    assert order(collection) == [two]
    assert Collection.objects.get().cover is None
    assert log()[-1] == "Removed 1 canvases."


def test_put_in_order_by_one_statement(person: User) -> None:
    collection = make_collection()
    ids = canvases(6)
    collecting.add(collection, ids, by=person)
    before = Collection.objects.get().modified_at
    with CaptureQueriesContext(connection) as captured:
        assert collecting.arrange(collection, {ids[5]: 1}, by=person)
    written = [q for q in captured if "UPDATE catalog_collectioncanvas" in q["sql"]]
    assert len(written) == 1
    assert order(collection) == [ids[5], *ids[:5]]
    assert Collection.objects.get().modified_at > before
    assert not collecting.arrange(collection, {ids[5]: 1}, by=person)
    assert collecting.move(collection, [ids[0], ids[4]], 5, by=person)
    assert order(collection) == [ids[5], ids[1], ids[2], ids[3], ids[0], ids[4]]
    positions = collection.canvases.order_by("position").values_list("position", flat=True)
    assert list(positions) == [0, 1, 2, 3, 4, 5]


def test_only_what_is_curated_is_filled(person: User) -> None:
    (one,) = canvases(1)
    for collection in (
        make_collection(uri="https://example.org/c"),
        make_collection(state="withdrawn"),
        Collection(pk=10**6, title="not there"),
    ):
        for change in (
            lambda row: collecting.add(row, [one], by=person),
            lambda row: collecting.remove(row, [one], by=person),
            lambda row: collecting.arrange(row, {one: 1}, by=person),
            lambda row: collecting.set_cover(row, None, by=person),
        ):
            with pytest.raises(collecting.NotCurated):
                change(collection)
    assert not CollectionCanvas.objects.exists()


def test_drafts_are_nobodys_business(person: User) -> None:
    collection = make_collection(state="draft", parent=make_collection("parent"))
    ids = canvases(3)
    collecting.add(collection, ids, by=person)
    collecting.move(collection, ids[2:], 1, by=person)
    collecting.set_cover(collection, ids[0], by=person)
    collecting.remove(collection, ids[:1], by=person)
    assert told() == [] and not CollectionVersion.objects.exists()


def test_every_change_of_a_public_one_is_told(person: User) -> None:
    collection = make_collection()
    ids = canvases(3)
    collecting.add(collection, ids, by=person)
    collecting.move(collection, ids[2:], 1, by=person)
    collecting.set_cover(collection, ids[0], by=person)
    collecting.remove(collection, ids[:1], by=person)
    assert told() == [("Update", collection.key)] * 4


def test_collections_in_order(person: User) -> None:
    parent = make_collection("parent")
    a, b, c = (make_collection(title, parent=parent) for title in "abc")
    make_collection("gone", parent=parent, state="withdrawn")
    assert collecting.arrange_within(parent, {c.pk: 1}, by=person)
    assert list(collecting.within(parent)) == [c, a, b]
    assert not collecting.arrange_within(parent, {c.pk: 1}, by=person)
    assert told() == [("Update", parent.key)]
    assert collecting.last_place(parent.pk) == 4
    first = make_collection("another")
    assert list(collecting.within(None)) == [first, parent]
    assert collecting.arrange_within(None, {parent.pk: 1}, by=person)
    assert len(told()) == 1, "what lies in no other has no document of ours that is told of"


def test_what_fails_later_leaves_nothing(person: User, monkeypatch: Any) -> None:
    collection = make_collection()
    ids = canvases(2)

    def fail(*_: Any) -> None:
        raise RuntimeError

    monkeypatch.setattr(collecting.activities, "record", fail)
    with pytest.raises(RuntimeError):
        collecting.add(collection, ids, by=person)
    assert order(collection) == [] and log() == [] and not CollectionVersion.objects.exists()


def test_a_new_one_is_a_draft_in_the_first_language(person: User, settings: Any) -> None:
    settings.CATALOG = {**settings.CATALOG, "languages": ("de", "en")}
    made = collecting.create("Schiffe", by=person)
    assert (made.state, made.label, made.title) == (State.DRAFT, {"de": ["Schiffe"]}, "Schiffe")
    assert LogEntry.objects.get().action_flag == 1
    assert Canvas.objects.count() == 0
