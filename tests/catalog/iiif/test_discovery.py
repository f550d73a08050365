"""Streams of Change Discovery 1.0: as they should be, and as they are."""

from __future__ import annotations

import copy
from datetime import UTC, datetime

import pytest

from catalog.iiif.errors import NotIIIF
from catalog.iiif.reader import read
from catalog.iiif.types import (
    ParsedActivity,
    ParsedActivityPage,
    ParsedCollection,
    ParsedStream,
)
from tests.catalog.iiif import samples

STREAM = "https://example.org/activity/all"
PAGE = "https://example.org/activity/page-1"
CONTEXT = "http://iiif.io/api/discovery/1/context.json"


def stream(**changes):
    return {
        "@context": CONTEXT,
        "id": STREAM,
        "type": "OrderedCollection",
        "totalItems": 21,
        "seeAlso": [{"id": "https://example.org/dcat.jsonld", "type": "Dataset"}],
        "partOf": [{"id": "https://example.org/everything", "type": "OrderedCollection"}],
        "first": {"id": "https://example.org/activity/page-0", "type": "OrderedCollectionPage"},
        "last": {"id": PAGE, "type": "OrderedCollectionPage"},
        **changes,
    }


def activity(kind="Update", number=1, end="2024-02-03T04:05:06Z", **changes):
    thing = {"id": f"https://example.org/iiif/{number}/manifest", "type": "Manifest"}
    return {"type": kind, "object": thing, "endTime": end, **changes}


def page(*activities, **changes):
    return {
        "@context": CONTEXT,
        "id": PAGE,
        "type": "OrderedCollectionPage",
        "startIndex": 20,
        "partOf": {"id": STREAM, "type": "OrderedCollection"},
        "prev": {"id": "https://example.org/activity/page-0", "type": "OrderedCollectionPage"},
        "next": {"id": "https://example.org/activity/page-2", "type": "OrderedCollectionPage"},
        "orderedItems": list(activities) or [activity()],
        **changes,
    }


def read_value(value, url=PAGE):
    return read(samples.data(value), url)


def codes(found):
    return {w.code for w in found.warnings}


def only(value):
    (found,) = read_value(page(value)).activities
    return found


def at(*parts):
    return datetime(*parts, tzinfo=UTC)


def test_a_stream():
    assert read_value(stream(), STREAM) == ParsedStream(
        id=STREAM, first="https://example.org/activity/page-0", last=PAGE, total=21
    )


def test_a_page():
    assert read_value(page()) == ParsedActivityPage(
        id=PAGE,
        prev="https://example.org/activity/page-0",
        next="https://example.org/activity/page-2",
        part_of=STREAM,
        activities=(
            ParsedActivity(
                "update",
                "https://example.org/iiif/1/manifest",
                "manifest",
                "Manifest",
                end_time=at(2024, 2, 3, 4, 5, 6),
            ),
        ),
    )


@pytest.mark.parametrize(
    ("change", "first", "last", "code"),
    [
        ({"last": PAGE}, "page-0", "page-1", None),
        ({"last": "page-1"}, "page-0", "page-1", "relative-id"),
        ({"last": ["page-1"]}, "page-0", "page-1", "relative-id"),
        ({"last": None}, "page-0", None, "stream-without-last"),
        ({"first": None}, None, "page-1", None),
        ({"first": None, "last": None}, None, None, "stream-empty"),
        ({"type": ["OrderedCollection"]}, "page-0", "page-1", None),
        ({"type": None, "@type": "as:OrderedCollection"}, "page-0", "page-1", None),
        ({"type": "Collection"}, "page-0", "page-1", "type-odd"),
        ({"type": None}, "page-0", "page-1", "type-odd"),
        ({"@context": CONTEXT.replace("http:", "https:")}, "page-0", "page-1", None),
        ({"@context": None}, "page-0", "page-1", None),
        ({"@context": ["https://www.w3.org/ns/activitystreams", CONTEXT]},
         "page-0", "page-1", None),
        ({"id": None}, "page-0", "page-1", "id-missing"),
    ],
)  # fmt: skip
def test_odd_streams(change, first, last, code):
    found = read_value(stream(**change), STREAM)
    assert isinstance(found, ParsedStream) and found.id == STREAM
    ends = [url and url.rpartition("/")[2] for url in (found.first, found.last)]
    assert ends == [first, last]
    assert codes(found) == ({code} if code else set())


@pytest.mark.parametrize("key", ["orderedItems", "items"])
def test_activities_in_the_stream_itself(key):
    value = stream(first=None, last=None, **{key: [activity(number=1), activity(number=2)]})
    found = read_value(value, STREAM)
    assert [a.object_id[-10:] for a in found.activities] == ["1/manifest", "2/manifest"]
    assert codes(found) == (set() if key == "orderedItems" else {"items-unordered"})


def test_a_page_in_the_stream_without_an_id():
    embedded = page(prev={"id": "https://example.org/activity/page-0"})
    del embedded["id"]
    found = read_value(stream(first=None, last=embedded), STREAM)
    assert found.last == "https://example.org/activity/page-0" and len(found.activities) == 1
    # The only page is the first and the last: its activities are there once.
    del embedded["prev"], embedded["next"]
    found = read_value(stream(first=embedded, last=copy.deepcopy(embedded)), STREAM)
    assert len(found.activities) == 1 and found.last is None


def test_what_is_told_of_a_stream():
    assert read_value(stream(label={"en": ["Changes"]}), STREAM).label == {"en": ["Changes"]}
    assert read_value(stream(name="Changes"), STREAM).label == {"none": ["Changes"]}


@pytest.mark.parametrize(
    "change",
    [
        {"type": ["OrderedCollectionPage"]},
        {"type": "CollectionPage"},
        {"type": "OrderedCollection"},
        {"type": None},
        {"items": page()["orderedItems"], "orderedItems": None},
        {"orderedItems": page()["orderedItems"][0]},
        {"partOf": STREAM, "prev": "https://example.org/activity/page-0"},
        {"partOf": [{"id": STREAM}]},
        {"@context": None},
    ],
)
def test_odd_pages(change):
    found = read_value(page(**change))
    assert isinstance(found, ParsedActivityPage)
    assert (found.part_of, len(found.activities)) == (STREAM, 1)
    assert found.prev == "https://example.org/activity/page-0"


def test_a_page_that_follows_itself_ends():
    found = read_value(page(prev=PAGE, next=PAGE.replace("https", "http")))
    assert (found.prev, found.next) == (None, None) and codes(found) == {"page-cycle"}


def test_activities_are_oldest_first():
    days = ["2024-02-03T00:00:00Z", "2024-02-02T00:00:00Z", "2024-02-01T00:00:00Z"]
    found = read_value(page(*[activity(number=n, end=day) for n, day in enumerate(days)]))
    assert [a.object_id[-10] for a in found.activities] == ["2", "1", "0"]
    assert codes(found) == {"activities-backwards"}
    # A refresh has a beginning only.
    refresh = {"type": "Refresh", "startTime": "2024-02-02T12:00:00Z"}
    shuffled = [
        activity(end=days[1]),
        activity(number=3, end=days[0]),
        activity(end=days[2]),
        refresh,
    ]
    found = read_value(page(*shuffled))
    assert [(a.end_time or a.start_time).day for a in found.activities] == [1, 2, 2, 3]
    assert found.activities[2].type == "refresh" and codes(found) == {"activities-unordered"}


def test_lists_without_times_keep_their_order():
    bare = [{k: v for k, v in activity(number=n).items() if k != "endTime"} for n in (3, 1, 2)]
    found = read_value(page(*bare))
    assert [a.object_id[-10] for a in found.activities] == ["3", "1", "2"]
    assert not found.warnings


def test_each_type_of_activity():
    place = {"id": "https://example.org/new/manifest", "type": "Manifest"}
    here = {"id": STREAM, "type": "OrderedCollection"}
    assert only(activity("Move", target=place)).target_id == place["id"]
    assert only(activity("Move", target=place["id"])).target_id == place["id"]
    assert only(activity("Add", target=here)).target_id == STREAM
    assert only(activity("Remove", origin=here, target=place)).target_id == STREAM
    assert only(activity("Remove", target=STREAM)).target_id == STREAM
    assert (
        only(activity("Delete")).type == "delete" and only(activity("as:Create")).type == "create"
    )
    refresh = only({"type": "Refresh", "startTime": "2024-02-03T04:05:06Z"})
    assert (refresh.type, refresh.object_id) == ("refresh", "")
    assert refresh.start_time == at(2024, 2, 3, 4, 5, 6)
    assert codes(read_value(page(activity("Move")))) == {"move-without-target"}


@pytest.mark.parametrize(
    ("thing", "kind", "raw", "code"),
    [
        ({"id": "/m", "type": "Manifest"}, "manifest", "Manifest", "relative-id"),
        ({"@id": "https://example.org/m", "@type": "sc:Manifest"}, "manifest", "sc:Manifest", None),
        ("https://example.org/m", "manifest", "", "object-without-type"),
        ({"id": "https://example.org/m"}, "manifest", "", "object-without-type"),
        ([{"id": "https://example.org/m", "type": "Collection"}], "collection", "Collection", None),
        ({"id": "https://example.org/m", "type": ["Canvas"]}, "other", "Canvas", None),
        ({"id": "https://example.org/m", "type": "OrderedCollection"}, "other",
         "OrderedCollection", None),
        ({"id": " https://example.org/m ", "type": "Manifest", "canonical": 3,
          "seeAlso": {"id": "https://example.org/a.json"}, "provider": "x"},
         "manifest", "Manifest", None),
    ],
)  # fmt: skip
def test_objects(thing, kind, raw, code):
    found = read_value(page(activity(object=thing)))
    (one,) = found.activities
    assert one.object_id == "https://example.org/m"
    assert (one.object_kind, one.object_type_raw) == (kind, raw)
    assert codes(found) == ({code} if code else set())


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (activity("Like"), "activity-unknown"),
        (activity(None), "activity-unknown"),
        (activity(object=None), "activity-without-object"),
        (activity(object={"type": "Manifest"}), "activity-without-object"),
        ("https://example.org/activity/1", "activity-not-object"),
        (7, "activity-not-object"),
    ],
)
def test_what_cannot_be_read_is_left_out_with_a_warning(value, code):
    found = read_value(page(value, activity()))
    assert len(found.activities) == 1 and codes(found) == {code}


@pytest.mark.parametrize(
    ("text", "moment", "code"),
    [
        ("2024-02-03T04:05:06.789Z", at(2024, 2, 3, 4, 5, 6, 789000), None),
        ("2024-02-03T04:05:06+02:00", at(2024, 2, 3, 2, 5, 6), None),
        ("2024-02-03T04:05:06.123456789+00:00", at(2024, 2, 3, 4, 5, 6, 123456), None),
        ({"@value": "2024-02-03T04:05:06Z"}, at(2024, 2, 3, 4, 5, 6), None),
        ("2024-02-03T04:05:06", at(2024, 2, 3, 4, 5, 6), "time-odd"),
        ("2024-02-03 04:05:06Z", at(2024, 2, 3, 4, 5, 6), None),
        # What happened on that day is rather read twice than missed.
        ("2024-02-03", at(2024, 2, 3, 23, 59, 59, 999999), "time-odd"),
        (1706933106, at(2024, 2, 3, 4, 5, 6), "time-odd"),
        (1706933106000, at(2024, 2, 3, 4, 5, 6), "time-odd"),
        ("yesterday", None, "time-unknown"),
        ("0001-01-01T00:00:00+14:00", None, "time-unknown"),
        (1e30, None, "time-unknown"),
        (True, None, "time-unknown"),
        ([], None, None),
        (None, None, None),
    ],
)  # fmt: skip
def test_times(text, moment, code):
    found = read_value(page(activity(end=text)))
    assert found.activities[0].end_time == moment
    assert codes(found) == ({code} if code else set())


def test_what_is_no_stream():
    collection = {"@context": "http://iiif.io/api/presentation/3/context.json",
                  "type": "Collection", "id": "https://example.org/c",
                  "items": [{"id": "/m", "type": "Manifest"}],
                  "next": "/c?page=2", "partOf": [{"id": "https://example.org/all"}]}  # fmt: skip
    assert isinstance(read_value(collection), ParsedCollection)
    with pytest.raises(NotIIIF):
        read_value(activity())
