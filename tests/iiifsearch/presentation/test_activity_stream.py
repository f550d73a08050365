"""Our stream of changes: valid, complete, cheap, and the same for ever where it is full."""

from __future__ import annotations

import copy
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.core.cache import cache
from django.db import transaction
from django.test import Client
from jsonschema import Draft202012Validator

from catalog import activities
from catalog.models import Activity
from iiifsearch.presentation.activity_stream import PAGE
from tests.catalog.admin.conftest import make_collection, make_manifest

pytestmark = pytest.mark.django_db

BASE = "http://testserver/iiif"
ALL = "/iiif/activity/all-changes"
CREATE, UPDATE, DELETE = Activity.Type.CREATE, Activity.Type.UPDATE, Activity.Type.DELETE
MANIFEST, COLLECTION = Activity.Kind.MANIFEST, Activity.Kind.COLLECTION


def link(type: str, path: str) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {"id": {"type": "string", "pattern": path}, "type": {"const": type}},
        "required": ["id", "type"],
        "additionalProperties": False,
    }


CONTEXT = {"const": "http://iiif.io/api/discovery/1/context.json"}
STREAM_LINK = link("OrderedCollection", f"^{BASE}/activity/all-changes$")
PAGE_LINK = link("OrderedCollectionPage", f"^{BASE}/activity/page/[1-9][0-9]*$")
ACTIVITY = {
    "type": "object",
    "properties": {
        "type": {"enum": ["Create", "Update", "Delete"]},
        "object": {
            "oneOf": [
                link("Manifest", f"^{BASE}/manifest/[a-z2-7]{{16}}$"),
                link("Collection", f"^{BASE}/collection/[a-z2-7]{{16}}$"),
            ]
        },
        "endTime": {
            "type": "string",
            "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$",
        },
    },
    "required": ["type", "object", "endTime"],
    "additionalProperties": False,
}
SCHEMAS: dict[str, dict[str, Any]] = {
    "OrderedCollection": {
        "type": "object",
        "properties": {
            "@context": CONTEXT,
            "id": {"const": f"{BASE}/activity/all-changes"},
            "type": {"const": "OrderedCollection"},
            "totalItems": {"type": "integer", "minimum": 0},
            "first": PAGE_LINK,
            "last": PAGE_LINK,
        },
        "required": ["@context", "id", "type", "totalItems", "first", "last"],
        "additionalProperties": False,
    },
    "OrderedCollectionPage": {
        "type": "object",
        "properties": {
            "@context": CONTEXT,
            "id": PAGE_LINK["properties"]["id"],
            "type": {"const": "OrderedCollectionPage"},
            "partOf": STREAM_LINK,
            "prev": PAGE_LINK,
            "next": PAGE_LINK,
            "orderedItems": {"type": "array", "items": ACTIVITY, "maxItems": PAGE},
        },
        "required": ["@context", "id", "type", "partOf", "orderedItems"],
        "additionalProperties": False,
    },
}


def is_valid(document: dict[str, Any]) -> bool:
    """By the schema, and in the order of time."""
    schema = SCHEMAS.get(document.get("type", ""))
    if schema is None or next(iter(document)) != "@context":
        return False
    moments = [item.get("endTime", "") for item in document.get("orderedItems", [])]
    return Draft202012Validator(schema).is_valid(document) and moments == sorted(moments)


@pytest.fixture(autouse=True)
def nothing_counted() -> None:
    cache.clear()


def write(count: int, type: Activity.Type = CREATE) -> None:
    for _ in range(count):
        activities.record(type, MANIFEST, "a" * 16)


def get(client: Client, url: str) -> dict[str, Any]:
    response = client.get(urlsplit(url).path)
    assert response.status_code == 200, response.content[:300]
    body: dict[str, Any] = response.json()
    assert is_valid(body)
    return body


def read_backwards(client: Client) -> list[dict[str, Any]]:
    """As section 3.5 has it: from the last page to the first, each page from its end."""
    found = []
    page = get(client, ALL)["last"]
    while page is not None:
        body = get(client, page["id"])
        found += reversed(body["orderedItems"])
        page = body.get("prev")
    return found


def test_a_consumer_that_reads_backwards_gets_everything(client: Client) -> None:
    write(5)
    activities.record(UPDATE, COLLECTION, "b" * 16)
    activities.record(DELETE, MANIFEST, "a" * 16)
    write(2 * PAGE)
    found = read_backwards(client)
    assert len(found) == get(client, ALL)["totalItems"] == 7 + 2 * PAGE
    assert [item["type"] for item in found[-7:]] == ["Delete", "Update"] + ["Create"] * 5
    assert found[-6]["object"] == {"id": f"{BASE}/collection/{'b' * 16}", "type": "Collection"}
    assert found[-1]["object"] == {"id": f"{BASE}/manifest/{'a' * 16}", "type": "Manifest"}
    moments = [item["endTime"] for item in found]
    assert moments == sorted(set(moments), reverse=True)
    served = datetime.fromisoformat(moments[-1])
    assert served == Activity.objects.earliest("id").at, "what is served is what is stored"


def test_forwards_and_backwards_are_the_same(client: Client) -> None:
    write(3 * PAGE)
    forwards, page = [], get(client, ALL)["first"]
    while page is not None:
        body = get(client, page["id"])
        forwards += body["orderedItems"]
        page = body.get("next")
    assert forwards == read_backwards(client)[::-1]


def test_gaps_are_stepped_over(client: Client) -> None:
    write(1)
    first = Activity.objects.get()
    far = Activity.objects.create(
        id=first.pk + 5 * PAGE, type=CREATE, kind=MANIFEST, key="c" * 16, at=first.at
    )
    assert len(read_backwards(client)) == 2
    number = (far.pk - 1) // PAGE + 1
    assert client.get(f"/iiif/activity/page/{number - 1}").status_code == 404
    assert get(client, ALL)["totalItems"] == 2


@pytest.mark.parametrize("number", ["0", "999999999", "9" * 40, "-1", "x"])
def test_pages_that_are_none(client: Client, number: str) -> None:
    write(1)
    assert client.get(f"/iiif/activity/page/{number}").status_code == 404


def test_a_page_with_a_next_one_is_never_changed_again(client: Client) -> None:
    write(PAGE + 1)
    first = get(client, ALL)["first"]["id"]
    before = client.get(urlsplit(first).path)
    write(PAGE, UPDATE)
    after = client.get(urlsplit(first).path)
    assert before.json()["next"]
    assert before.content == after.content
    assert before["ETag"] == after["ETag"]


def test_before_anything_was_published(client: Client) -> None:
    body = get(client, ALL)
    assert body["totalItems"] == 0
    assert body["first"] == body["last"]
    assert get(client, body["last"]["id"])["orderedItems"] == []
    assert client.get("/iiif/activity/page/2").status_code == 404


@pytest.mark.parametrize("path", ["all-changes", "page/{last}"])
def test_it_is_open_to_all_and_cached(client: Client, path: str) -> None:
    write(1)
    path = "/iiif/activity/" + path.format(last=get(client, ALL)["last"]["id"].rsplit("/", 1)[1])
    answer = client.get(path)
    assert answer["Content-Type"] == f'application/ld+json;profile="{CONTEXT["const"]}"'
    assert answer["Access-Control-Allow-Origin"] == "*"
    assert client.head(path).status_code == 200
    assert client.head(path)["ETag"] == answer["ETag"]
    assert client.get(path, headers={"If-None-Match": answer["ETag"]}).status_code == 304
    assert client.post(path).status_code == 405
    assert client.get(path, headers={"Accept": "application/json"})["Content-Type"] == (
        "application/json"
    )


def test_queries_do_not_grow(client: Client, django_assert_num_queries: Any) -> None:
    write(2 * PAGE)
    last = urlsplit(get(client, ALL)["last"]["id"]).path
    with django_assert_num_queries(1):  # counted before
        client.get(ALL)
    write(1)
    with django_assert_num_queries(2):
        assert client.get(ALL).json()["totalItems"] == 2 * PAGE + 1
    with django_assert_num_queries(3):
        client.get(last)


def test_another_database_is_counted_anew(client: Client) -> None:
    with transaction.atomic():
        write(3)
        assert get(client, ALL)["totalItems"] == 3
        transaction.set_rollback(True)
    assert get(client, ALL)["totalItems"] == 0


def test_the_top_collection_announces_it(client: Client) -> None:
    (entry,) = client.get("/iiif/collection/top").json()["seeAlso"]
    assert get(client, entry["id"])["type"] == "OrderedCollection"
    assert entry["type"] == "Dataset"


def wrong_ones(stream: dict[str, Any], page: dict[str, Any]) -> list[dict[str, Any]]:
    def changed(document: dict[str, Any], path: list[Any], value: Any) -> dict[str, Any]:
        document = copy.deepcopy(document)
        *way, last = path
        holder: Any = document
        for step in way:
            holder = holder[step]
        if value is None:
            del holder[last]
        else:
            holder[last] = value
        return document

    item = ["orderedItems", 0]
    return [
        changed(stream, ["@context"], "http://www.w3.org/ns/activitystreams"),
        changed(stream, ["last"], None),
        changed(stream, ["last"], f"{BASE}/activity/page/1"),
        changed(stream, ["last", "type"], "OrderedCollection"),
        changed(stream, ["totalItems"], -1),
        changed(stream, ["type"], "Collection"),
        changed(stream, ["orderedItems"], []),
        changed(page, ["orderedItems"], None),
        changed(page, ["partOf"], [page["partOf"]]),
        changed(page, [*item, "endTime"], None),
        changed(page, [*item, "endTime"], "2026-11-21"),
        changed(page, [*item, "endTime"], "2099-01-01T00:00:00.000Z"),
        changed(page, [*item, "type"], "Created"),
        changed(page, [*item, "object", "type"], "Collection"),
        changed(page, [*item, "object", "id"], "/iiif/manifest/x"),
        changed(page, [*item, "object"], None),
        {"id": page["id"], **page},
    ]


def test_the_schema_refuses_what_is_wrong(client: Client) -> None:
    write(2)
    stream = get(client, ALL)
    page = get(client, stream["last"]["id"])
    wrong = wrong_ones(stream, page)
    assert [index for index, document in enumerate(wrong) if is_valid(document)] == []


@pytest.mark.parametrize(
    ("state", "status", "word"),
    [("withdrawn", 410, "was withdrawn"), ("gone", 410, "no longer published"), ("draft", 404, "")],
)
def test_what_is_no_longer_public_says_so(
    client: Client, state: str, status: int, word: str
) -> None:
    for path, thing in (
        ("manifest", make_manifest(state=state)),
        ("collection", make_collection(state=state)),
    ):
        answer = client.get(f"/iiif/{path}/{thing.key}")
        assert answer.status_code == status
        assert word in answer.json()["detail"]
        assert answer["Access-Control-Allow-Origin"] == "*"
