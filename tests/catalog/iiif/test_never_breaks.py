"""Whatever the bytes are: a value, or an `IIIFError`; never anything else."""

from __future__ import annotations

import copy
import json
import time
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalog.iiif.errors import IIIFError
from catalog.iiif.facts import facts
from catalog.iiif.html import sanitise
from catalog.iiif.identity import is_absolute, normalise_uri
from catalog.iiif.image_api import parse_info, plan
from catalog.iiif.reader import read, read_annotation_page
from catalog.iiif.types import (
    ParsedActivityPage,
    ParsedCollection,
    ParsedManifest,
    ParsedStream,
)
from tests.catalog.iiif import samples
from tests.catalog.iiif.test_discovery import activity, page, stream

STREAMS = [
    stream(),
    stream(first=page(activity()), last=None, orderedItems=[activity("Delete")]),
    page(
        activity("Create", 1, "2024-02-03T04:05:06Z"),
        activity(
            "Move", 2, "2024-02-04", target={"id": "https://example.org/m", "type": "Manifest"}
        ),
        {"type": "Refresh", "startTime": "2024-02-05T00:00:00Z"},
        activity("Remove", 3, 1707000000, origin="https://example.org/activity/all"),
    ),
]
SOURCES = [
    samples.manifest2(),
    samples.manifest3(),
    {
        "@context": "http://iiif.io/api/presentation/3/context.json",
        "id": "https://example.org/c",
        "type": "Collection",
        "items": [{"id": "https://example.org/m", "type": "Manifest", "label": {"en": ["One"]}}],
        "next": {"id": "https://example.org/c?page=2"},
        "total": 7,
    },
    {
        "@context": "http://iiif.io/api/presentation/2/context.json",
        "@id": "https://example.org/c",
        "@type": "sc:Collection",
        "members": [{"@id": "https://example.org/m", "@type": "sc:Manifest"}],
        "manifests": [samples.manifest2()],
        "collections": [
            {
                "@id": "https://example.org/c/2",
                "@type": "sc:Collection",
                "manifests": [{"@id": "https://example.org/m"}],
                "collections": [{"@id": "https://example.org/c/3", "members": ["m"]}],
            }
        ],
    },
    *STREAMS,
    samples.canvas3()["annotations"][0],
    {
        "@context": "http://iiif.io/api/image/2/context.json",
        "@id": samples.SERVICE,
        "protocol": "http://iiif.io/api/image",
        "width": 3000,
        "height": 2000,
        "sizes": [{"width": 300, "height": 200}],
        "tiles": [{"width": 256, "scaleFactors": [1, 2, 4]}],
        "profile": ["http://iiif.io/api/image/2/level0.json", {"maxWidth": 500}],
    },
]
scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=20),
    st.sampled_from(
        ["", " ", "http://[", "//x", "#xywh=1,2,3,4", "xywh=percent:1,2,3", "sc:Manifest", "Choice",
         "Update", "Refresh", "2024-01-01", "9999-12-31T23:59:59-14:00",
         "OrderedCollection", "1e999", "\ud800", "\x00", "-1",
         "https://e.org/full/full/0/default.jpg", "<p>", "level9"]
    ),
)  # fmt: skip
junk = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from(["@id", "id", "type", "@type", "items", "item", "full", "source",
                             "selector", "value", "@value", "label", "service", "default", "body",
                             "on", "target", "resource", "width", "profile", "en", "",
                             "object", "endTime", "orderedItems", "first", "last", "prev",
                             "members", "manifests", "collections", "services"]),
            inner,
            max_size=4,
        ),
    ),
    max_leaves=8,
)  # fmt: skip


def places(node, path=()):
    yield path
    children = (
        node.items()
        if isinstance(node, dict)
        else enumerate(node)
        if isinstance(node, list)
        else ()
    )
    for key, child in children:
        yield from places(child, (*path, key))


@st.composite
def mutated(draw, sources):
    value = copy.deepcopy(draw(sources))
    for _ in range(draw(st.integers(1, 5))):
        path = draw(st.sampled_from([p for p in places(value) if p] or [()]))
        if not path:
            break
        holder = value
        for key in path[:-1]:
            holder = holder[key]
        last, action = path[-1], draw(st.sampled_from(["delete", "replace", "wrap", "unwrap"]))
        if action == "delete":
            del holder[last]
        elif action == "wrap":
            holder[last] = [holder[last]]
        elif action == "unwrap" and isinstance(holder[last], list) and holder[last]:
            holder[last] = holder[last][0]
        else:
            holder[last] = draw(junk)
    return value


def check(data: bytes) -> None:
    try:
        found = read(data, samples.URL)
    except IIIFError as error:
        assert error.url == samples.URL and error.fix and str(error)
    else:
        assert found.id
        assert found == read(data, samples.URL)
        if isinstance(found, ParsedStream | ParsedActivityPage):
            check_activities(found)
        elif isinstance(found, ParsedCollection):
            check_members(found)
        else:
            assert isinstance(found, ParsedManifest)
        if isinstance(found, ParsedManifest):
            facts(found.label, found.metadata)
            ids = [normalise_uri(c.id) for c in found.canvases]
            assert len(set(ids)) == len(ids)
            for canvas in found.canvases:
                assert (canvas.kind == "image") == bool(canvas.images)
                assert (canvas.skipped_reason is None) == bool(canvas.images)
                hash((canvas.images, canvas.annotations))
            # What was read can be stored.
            json.dumps(found.raw, ensure_ascii=False).encode()
            str(found.warnings).encode()
    try:
        read_annotation_page(data, samples.URL)
    except IIIFError as error:
        assert error.url == samples.URL


def check_activities(found: ParsedStream | ParsedActivityPage) -> None:
    times = [a.end_time or a.start_time for a in found.activities]
    known = [t for t in times if t is not None]
    assert known == sorted(known) and all(t.utcoffset() == timedelta(0) for t in known)
    for one in found.activities:
        assert is_absolute(one.object_id) == (one.type != "refresh")
        assert one.target_id == "" or is_absolute(one.target_id)
    hash(found.activities)
    str(found).encode()


def check_members(found: ParsedCollection) -> None:
    keys = [normalise_uri(m.id) for m in found.members]
    assert len(set(keys)) == len(keys)
    for member in found.members:
        assert is_absolute(member.id)
        assert (member.embedded is None or member.kind == "collection") and (
            member.manifest is None or member.kind == "manifest"
        )
        for inner in (member.embedded, member.manifest):
            assert inner is None or normalise_uri(inner.id) == normalise_uri(member.id)
        if member.embedded is not None:
            check_members(member.embedded)


@given(mutated(st.sampled_from(STREAMS)))
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_mutated_streams(value):
    check(json.dumps(value).encode())


@pytest.mark.parametrize("source", [samples.manifest2(), samples.manifest3()])
def test_nothing_is_lost_in_silence(source):
    whole = read(samples.data(source), samples.URL)
    for path in [p for p in places(source) if p]:
        for odd in (True, 7, "x", ["x"], {"x": 1}, [[7]]):
            value = copy.deepcopy(source)
            holder = value
            for key in path[:-1]:
                holder = holder[key]
            holder[path[-1]] = odd
            try:
                found = read(samples.data(value), samples.URL)
            except IIIFError:
                continue
            assert found.warnings or amounts(found) == amounts(whole), (path, odd)


def amounts(found: ParsedManifest) -> list[object]:
    """How much of each thing a manifest holds."""
    images = [image for canvas in found.canvases for image in canvas.images]
    return [
        len(found.canvases),
        len(images),
        sum(image.service is not None for image in images),
        sum(len(c.annotations) + len(c.annotation_refs) for c in found.canvases),
        len(found.metadata),
        bool(found.label) and bool(found.summary),
    ]


@given(mutated(st.sampled_from(SOURCES)))
@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_mutated_documents(value):
    check(json.dumps(value).encode())
    try:
        service = parse_info(value, "https://images.example.org/1")
        for request in plan(service, None, 512).requests:
            assert request.url.isascii() and request.width > 0 and request.height > 0
    except IIIFError:
        pass


@given(st.one_of(st.binary(max_size=200), junk.map(lambda v: json.dumps(v).encode())))
@settings(max_examples=300, deadline=None)
def test_random_documents(data):
    check(data)


@given(st.sampled_from([json.dumps(s).encode() for s in SOURCES]), st.data())
@settings(max_examples=150, deadline=None)
def test_damaged_documents(data, draw):
    position = draw.draw(st.integers(0, len(data) - 1))
    damage = draw.draw(st.binary(max_size=4))
    check(data[:position])
    check(data[:position] + damage + data[position + 1 :])


@pytest.mark.parametrize(
    "data",
    [
        b'{"@type":"sc:Manifest","sequences":' + b"[" * 5000,
        b'{"type":"Manifest","items":' + b"[" * 140 + b"]" * 140 + b"}",
        json.dumps({"type": "Manifest", "label": "\ud800"}).encode(),
        b'{"type":"Manifest","items":[{"type":"Canvas","width":1e999,"height":-1e999}]}',
        b'{"type":"Manifest","id":"http://[::"}',
        b"\x00" * 64,
        b"\xff\xfe\x00",
        b"\xfe\xff" + b"\xd8\x00" * 3,
        b'{"id": "' + b'\\"' * 100_000 + b"\\",
        b'{"a": [1,], "b": "' + b'\\"' * 100_000,
    ],
)
def test_hostile_documents(data):
    check(data)


LONG = 60_000
SLOW = {
    "spaces": " " * LONG + "x",
    "fragment": "https://e.org/#xywh=1,2,3,4" + " " * LONG + "x",
    "number": "1" + " " * LONG + "x",
    "hashes": "#t=" * LONG,
    "brackets": "(" * LONG,
    "svg": "<svg><path " + "a" * LONG,
    "paths": "<path" * LONG,
    "auth": "AuthToken" * (LONG // 9),
    "slashes": "https://e.org" + "/1,1" * LONG,
    "centuries": "1" + " " * 3000 + "x" + "19 " * LONG,
    "markup": "<br" * LONG,
}


@pytest.mark.parametrize("text", SLOW.values(), ids=SLOW)
def test_long_hostile_texts_take_no_time(text):
    started = time.perf_counter()
    manifest = samples.manifest3()
    canvas = manifest["items"][0]
    annotation = canvas["annotations"][0]["items"][0]
    annotation["target"] = {
        "source": text,
        "selector": [text, {"type": "SvgSelector", "value": text}],
    }
    annotation["body"] = {"value": text}
    canvas["width"] = text
    canvas["items"][0]["items"][0]["body"] = {"id": text, "type": "Image",
                                              "service": {"id": text, "profile": text}}  # fmt: skip
    manifest["label"] = text
    manifest["metadata"] = [{"label": label, "value": text} for label in ("Date", text)]
    check(samples.data(manifest))
    sanitise(text)
    assert time.perf_counter() - started < 2
