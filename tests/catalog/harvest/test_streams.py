"""Change streams: read backwards, each object once, and again from where it was."""

from __future__ import annotations

from typing import Any

import pytest

from catalog.harvest.run import perform, request
from catalog.models import Activity, Comment, HarvestItem, HarvestRun, Manifest, Source, State
from tests.manifests import manifest_3
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


def harvest(url: str) -> HarvestRun:
    run = perform(request(url, queue=False))
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
