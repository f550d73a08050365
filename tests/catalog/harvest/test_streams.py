"""Change streams: read backwards, each object once, and again from where it was."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from catalog.harvest.run import cancel, perform, request
from catalog.models import (
    Activity,
    Collection,
    Comment,
    HarvestItem,
    HarvestRun,
    Manifest,
    Source,
    State,
)
from tests.manifests import collection_3, manifest_3
from tests.servers import Museum

pytestmark = pytest.mark.django_db


class Stream:
    """A stream of a museum: pages of activities, oldest first."""

    def __init__(self, server: Museum) -> None:
        self.server = server
        self.url = server.url("/stream.json")

    def publish(self, *pages: list[dict[str, Any]]) -> str:
        for number, activities in enumerate(pages):
            page = {
                "@context": "http://iiif.io/api/discovery/1/context.json",
                "id": self.server.url(f"/page-{number}.json"),
                "type": "OrderedCollectionPage",
                "orderedItems": activities,
            }
            if number:
                page["prev"] = {
                    "id": self.server.url(f"/page-{number - 1}.json"),
                    "type": "OrderedCollectionPage",
                }
            self.server.set(f"/page-{number}.json", page)
        return self.server.set(
            "/stream.json",
            {
                "@context": "http://iiif.io/api/discovery/1/context.json",
                "id": self.url,
                "type": "OrderedCollection",
                "last": {
                    "id": self.server.url(f"/page-{len(pages) - 1}.json"),
                    "type": "OrderedCollectionPage",
                },
            },
        )

    def manifest(self, name: str, **more: Any) -> str:
        return self.server.set(f"/{name}.json", manifest_3(self.server.base, name, **more))

    def activity(self, kind: str, name: str, day: int, **more: Any) -> dict[str, Any]:
        made: dict[str, Any] = {"type": kind, "endTime": f"2026-03-{day:02}T00:00:00Z", **more}
        if name:
            made["object"] = {"id": self.server.url(f"/{name}.json"), "type": "Manifest"}
        return made


@pytest.fixture
def stream(server: Museum) -> Stream:
    return Stream(server)


def harvest(url: str, **more: Any) -> HarvestRun:
    run = perform(request(url, queue=False, **more))
    run.source.refresh_from_db()
    return run


def asked(server: Museum) -> list[str]:
    return [path for path, _ in server.log]


def states() -> dict[str, str]:
    return {m.url.rsplit("/", 1)[1][:-5]: m.state for m in Manifest.objects.all()}


def test_a_stream_is_read_backwards_and_the_newest_word_counts(stream: Stream) -> None:
    for name in ("a", "b", "c"):
        stream.manifest(name)
    url = stream.publish(
        [stream.activity("Create", "a", 1), stream.activity("Create", "b", 2)],
        [stream.activity("Delete", "a", 3), stream.activity("Update", "c", 4)],
    )
    run = harvest(url)
    assert (run.state, run.created, run.skipped, run.failed) == ("done", 2, 1, 0), run.message
    assert states() == {"b": "published", "c": "published"}
    assert "/a.json" not in asked(stream.server)
    assert (run.source.kind, run.source.read_to.day) == ("stream", 4)


def test_the_next_time_it_is_read_back_to_where_it_was(stream: Stream) -> None:
    stream.manifest("a"), stream.manifest("b")
    first = [stream.activity("Create", "a", 1), stream.activity("Create", "b", 2)]
    harvest(stream.publish(first))
    stream.manifest("b", title="Boats at Dawn")
    stream.publish(first, [stream.activity("Update", "b", 3)])
    before = len(stream.server.log)
    run = harvest(stream.url)
    assert (run.updated, run.found) == (1, 1)
    wanted = ["/b.json", "/page-0.json", "/page-1.json", "/stream.json"]
    assert sorted(asked(stream.server)[before:]) == wanted  # and not a.json
    assert run.source.read_to.day == 3


def test_what_is_deleted_is_no_longer_public_and_may_come_back(stream: Stream) -> None:
    stream.manifest("a", comments=("Kept.",))
    pages = [[stream.activity("Create", "a", 1)]]
    harvest(stream.publish(*pages))
    manifest = Manifest.objects.get()
    pages.append([stream.activity("Delete", "a", 2)])
    run = harvest(stream.publish(*pages))
    assert run.updated == 1
    assert states() == {"a": "gone"}
    assert "was deleted" in Manifest.objects.get().state_reason
    assert Comment.objects.filter(body="Kept.").exists()
    pages.append([stream.activity("Create", "a", 3)])
    harvest(stream.publish(*pages))
    assert states() == {"a": "published"}
    told = Activity.objects.filter(key=manifest.key).values_list("type", flat=True)
    assert list(told) == ["Create", "Delete", "Create"]


def test_removal_from_a_stream_touches_only_what_came_from_it(stream: Stream) -> None:
    stream.manifest("ours"), stream.manifest("theirs")
    harvest(stream.server.url("/theirs.json"))
    pages = [[stream.activity("Add", "ours", 1), stream.activity("Add", "theirs", 1)]]
    harvest(stream.publish(*pages))
    pages.append([stream.activity("Remove", "ours", 2), stream.activity("Remove", "theirs", 2)])
    harvest(stream.publish(*pages))
    assert states() == {"ours": "gone", "theirs": "published"}


def test_a_refresh_ends_the_first_reading_and_later_ones_see_deletions(stream: Stream) -> None:
    for name in ("a", "b", "c"):
        stream.manifest(name)
    refresh = stream.activity("Refresh", "", 5, startTime="2026-03-04T00:00:00Z")
    old = [stream.activity("Create", "a", 1), stream.activity("Create", "c", 2)]
    run = harvest(stream.publish(old, [refresh, stream.activity("Update", "b", 6)]))
    assert states() == {"b": "published"}
    assert "/page-0.json" not in asked(stream.server)
    # A reader from before the refresh: what vanished without a word in it is found further back.
    harvest(stream.server.url("/c.json"))
    Source.objects.filter(pk=run.source_id).update(read_to="2026-03-02T12:00:00Z")
    old += [stream.activity("Delete", "c", 3), stream.activity("Update", "a", 3)]
    harvest(stream.publish(old, [refresh, stream.activity("Update", "b", 6)]))
    assert states() == {"b": "published", "c": "gone"}


def test_a_manifest_that_moves_keeps_its_key(stream: Stream) -> None:
    stream.manifest("a")
    pages = [[stream.activity("Create", "a", 1)]]
    harvest(stream.publish(*pages))
    key = Manifest.objects.get().key
    stream.manifest("new", title="Moved")
    target = {"id": stream.server.url("/new.json"), "type": "Manifest"}
    pages.append([stream.activity("Move", "a", 2, target=target)])
    harvest(stream.publish(*pages))
    moved = Manifest.objects.get()
    assert (moved.key, moved.title, moved.url[-8:]) == (key, "Moved", "new.json")


def test_what_failed_is_asked_for_again_by_the_next_run(stream: Stream) -> None:
    pages = [[stream.activity("Create", "a", 1)]]
    run = harvest(stream.publish(*pages))
    assert (run.failed, run.source.read_to.day) == (1, 1)
    stream.manifest("a")
    stream.publish(*pages, [stream.activity("Update", "x", 2)])
    harvest(stream.url)
    assert states() == {"a": "published"}


def test_a_stream_whose_page_is_missing_is_read_again_from_where_it_was(stream: Stream) -> None:
    stream.manifest("b")
    stream.publish([stream.activity("Create", "a", 1)], [stream.activity("Create", "b", 2)])
    del stream.server.answers["/page-0.json"]
    run = harvest(stream.url)
    assert run.source.read_to is None
    assert run.items.get(is_page=True, outcome="failed").reason


def test_things_of_other_kinds_are_told(stream: Stream) -> None:
    odd = stream.activity("Create", "", 1, object={"id": "https://example.org/x", "type": "Canvas"})
    run = harvest(stream.publish([odd]))
    warning = run.items.get(is_page=True).warnings[0]
    assert warning["code"] == "activity-left-out"
    assert run.found == 0


def test_withdrawn_manifests_stay_so_whatever_the_stream_says(stream: Stream) -> None:
    stream.manifest("a")
    pages = [[stream.activity("Create", "a", 1)]]
    harvest(stream.publish(*pages))
    Manifest.objects.update(state=State.WITHDRAWN)
    pages.append([stream.activity("Delete", "a", 2)])
    harvest(stream.publish(*pages))
    pages.append([stream.activity("Create", "a", 3)])
    run = harvest(stream.publish(*pages))
    assert states() == {"a": "withdrawn"}
    assert run.items.get(task=HarvestItem.Task.READ, outcome="skipped").reason


def test_a_stream_without_a_last_page_is_read_from_the_first(stream: Stream) -> None:
    stream.manifest("a"), stream.manifest("b")
    url = stream.publish([stream.activity("Create", "a", 1)], [stream.activity("Create", "b", 2)])
    made: Any = stream.server.answers["/stream.json"]
    made.body["first"] = stream.server.url("/page-0.json")
    del made.body["last"]
    first: Any = stream.server.answers["/page-0.json"]
    first.body["next"] = stream.server.url("/page-1.json")
    harvest(url)
    assert states() == {"a": "published", "b": "published"}


def test_what_joins_or_leaves_another_stream_is_not_our_business(stream: Stream) -> None:
    stream.manifest("a"), stream.manifest("b")
    other = {"id": "https://elsewhere.example/stream", "type": "OrderedCollection"}
    added = stream.activity("Add", "b", 2, target=other)
    pages = [[stream.activity("Create", "a", 1), added]]
    harvest(stream.publish(*pages))
    pages.append([stream.activity("Remove", "a", 3, origin=other)])
    harvest(stream.publish(*pages))
    assert states() == {"a": "published"}


# -- what moves ---------------------------------------------------------------------------------


def move(stream: Stream, old: str, new: str, day: int) -> dict[str, Any]:
    target = {"id": stream.server.url(f"/{new}.json"), "type": "Manifest"}
    return stream.activity("Move", old, day, target=target)


@pytest.fixture
def key(stream: Stream) -> str:
    """Of a manifest that is harvested as a, and is at a no more."""
    stream.manifest("a")
    harvest(stream.publish([stream.activity("Create", "a", 1)]))
    del stream.server.answers["/a.json"]
    return Manifest.objects.get().key


def test_what_is_said_of_the_new_address_is_said_of_what_moved(stream: Stream, key: str) -> None:
    stream.manifest("b", title="Moved")
    pages = [move(stream, "a", "b", 2)], [stream.activity("Update", "b", 3)]
    run = harvest(stream.publish(*pages))
    assert (run.state, run.failed, run.found) == ("done", 0, 2)
    manifest = Manifest.objects.get()
    assert (manifest.key, manifest.title, states()) == (key, "Moved", {"b": "published"})


def test_what_moved_and_was_deleted_then_is_gone(stream: Stream, key: str) -> None:
    harvest(stream.publish([move(stream, "a", "b", 2), stream.activity("Delete", "b", 3)]))
    assert states() == {"b": "gone"}
    assert Manifest.objects.get().key == key


def test_what_moved_twice(stream: Stream, key: str) -> None:
    stream.manifest("c")
    run = harvest(stream.publish([move(stream, "a", "b", 2)], [move(stream, "b", "c", 3)]))
    assert (states(), run.failed) == ({"c": "published"}, 0)
    assert Manifest.objects.get().key == key


@pytest.mark.parametrize("at_once", [True, False])
def test_something_new_where_something_moved_from(stream: Stream, key: str, at_once: bool) -> None:
    stream.manifest("b")
    moves = [move(stream, "a", "b", 2)]
    if not at_once:
        harvest(stream.publish(moves))
    stream.manifest("a", title="Another")
    for _ in range(2):
        run = harvest(stream.publish(moves, [stream.activity("Create", "a", 4)]))
        assert run.failed == 0
        assert states() == {"a": "published", "b": "published"}
    assert Manifest.objects.get(url__endswith="/b.json").key == key
    assert Manifest.objects.get(url__endswith="/a.json").title == "Another"


def test_what_moved_to_where_it_was_harvested_before(stream: Stream, key: str) -> None:
    stream.manifest("b")
    harvest(stream.server.url("/b.json"))
    harvest(stream.publish([move(stream, "a", "b", 2)]))
    assert states() == {"a": "gone", "b": "published"}
    kept = Activity.objects.filter(key=key).values_list("type", flat=True)
    assert list(kept) == ["Create", "Delete"]


# -- when it was --------------------------------------------------------------------------------


def test_a_moment_of_the_far_future_counts_for_nothing(stream: Stream) -> None:
    stream.manifest("a"), stream.manifest("b")
    odd = {**stream.activity("Create", "a", 1), "endTime": "2999-01-01T00:00:00Z"}
    run = harvest(stream.publish([odd]))
    assert run.source.read_to is None
    Source.objects.update(read_to="2999-01-01T00:00:00Z")  # as it was noted once
    run = harvest(stream.publish([stream.activity("Create", "b", 5), odd]))
    assert states() == {"a": "published", "b": "published"}
    assert run.source.read_to.day == 5


def test_a_day_that_is_not_over_is_read_again(stream: Stream) -> None:
    stream.manifest("a"), stream.manifest("b")
    today = timezone.now().date().isoformat()
    first = {**stream.activity("Create", "a", 1), "endTime": today}
    run = harvest(stream.publish([first]))
    assert run.source.read_to <= timezone.now()
    now = (timezone.now() + timedelta(seconds=1)).isoformat()
    harvest(stream.publish([first, {**stream.activity("Create", "b", 1), "endTime": now}]))
    assert states() == {"a": "published", "b": "published"}


def test_a_full_harvest_reads_all_of_a_stream(stream: Stream) -> None:
    stream.manifest("a"), stream.manifest("b")
    pages = [stream.activity("Create", "a", 1)], [stream.activity("Create", "b", 5)]
    harvest(stream.publish(*pages))
    before = len(stream.server.log)
    run = harvest(stream.url, full=True)
    assert run.updated == 2
    assert {"/a.json", "/b.json", "/page-0.json"} <= set(asked(stream.server)[before:])


# -- what failed --------------------------------------------------------------------------------


def test_what_failed_does_not_hide_what_the_stream_says_since(stream: Stream) -> None:
    stream.manifest("a")
    page = [stream.activity("Create", "a", 1)]
    harvest(stream.publish(page))
    stream.server.set("/a.json", b"", status=500)
    page.append(stream.activity("Update", "a", 2))
    assert harvest(stream.publish(page)).failed == 1
    page.append(stream.activity("Delete", "a", 3))
    harvest(stream.publish(page))
    assert states() == {"a": "gone"}


def test_what_failed_is_not_forgotten_with_a_run_in_between(stream: Stream) -> None:
    stream.manifest("b")
    pages = [[stream.activity("Create", "a", 1)], [stream.activity("Create", "b", 2)]]
    assert harvest(stream.publish(*pages)).failed == 1
    page = stream.server.answers.pop("/page-1.json")
    assert harvest(stream.url).items.filter(is_page=True, outcome="failed").exists()
    stream.server.answers["/page-1.json"] = page
    cancel(request(stream.url, queue=False))
    stream.manifest("a")
    harvest(stream.url)
    assert states() == {"a": "published", "b": "published"}


def test_a_collection_that_was_deleted_is_gone_and_may_come_back(stream: Stream) -> None:
    thing = {"id": stream.server.url("/c.json"), "type": "Collection"}
    stream.server.set("/c.json", collection_3(stream.server.base, "c", [stream.manifest("a")]))
    page = [stream.activity("Create", "", 1, object=thing)]
    harvest(stream.publish(page))
    page.append(stream.activity("Delete", "", 2, object=thing))
    harvest(stream.publish(page))
    collection = Collection.objects.get()
    assert (collection.state, states()) == ("gone", {"a": "published"})
    page.append(stream.activity("Create", "", 3, object=thing))
    harvest(stream.publish(page))
    assert Collection.objects.get().state == "published"
    told = Activity.objects.filter(key=collection.key).values_list("type", flat=True)
    assert list(told) == ["Create", "Delete", "Create"]
