"""The files in ``fixtures/odd``: each reads to what its README says."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from catalog.iiif.errors import IIIFError, NotJSON, Truncated
from catalog.iiif.reader import read
from catalog.iiif.types import ParsedActivityPage, ParsedCollection, ParsedManifest, ParsedStream

FOLDER = Path(__file__).parents[3] / "fixtures" / "odd"
FETCHED_FROM = "https://example.org/iiif/fetched.json"


@dataclass(frozen=True)
class Expected:
    """The kinds of all canvases, how many images have a service, the codes of all warnings."""

    kinds: tuple[str, ...]
    services: int
    codes: frozenset[str] = frozenset()


def expected(kinds, services, *codes):
    return Expected(tuple(kinds.split()), services, frozenset(codes))


MANIFESTS = {
    "v2-auth-1-by-reference": expected("image image", 2, "login-service"),
    "v2-image-without-service": expected("image image", 1, "service-as-text", "url-not-encoded"),
    "v2-missing-canvas-ids": expected("image image", 2, "canvas-without-id"),
    "v2-no-sequences": expected("", 0, "no-canvases"),
    "v2-profile-level3": expected("image image", 2, "level-unknown"),
    "v2-profile-typos": expected("image image image image image", 5),
    "v2-protocol-relative-ids": expected("image", 1, "relative-id"),
    "v2-sequences-as-object": expected("image", 1, "list-expected"),
    "v2-sizes-as-strings": expected(
        "image image", 2, "number-as-text", "size-not-positive", "canvas-without-size"
    ),
    "v2-unencoded-addresses": expected("image image", 1, "url-not-encoded"),
    "v2-windows-1252": expected("image", 1, "not-utf8"),
    "v3-at-none-language": expected("image", 1, "at-none"),
    "v3-auth-2-in-services": expected("image image image", 3, "login-service"),
    "v3-boolean-in-language-map": expected("image", 1, "value-not-text"),
    "v3-byte-order-mark": expected("image", 1, "byte-order-mark"),
    "v3-canvases-sharing-one-id": expected("image image", 2, "canvas-id-taken"),
    "v3-choice-of-images": expected("image", 1),
    "v3-mixed-id-and-at-type": expected("image", 1),
    "v3-null-id": expected("image", 1, "id-missing"),
    "v3-relative-ids": expected("image", 1, "relative-id"),
    "v3-sound-video-model": expected("audio video 3d text image", 1),
    "v4-scene-and-timeline": expected(
        "image 3d audio 3d", 1, "canvas-skipped", "container-as-body"
    ),
}
OTHERS = {
    "html-instead-of-json": NotJSON,
    "plain-text": NotJSON,
    "v3-truncated": Truncated,
    "stream-first-only": ParsedStream,
    "stream-page-newest-first": ParsedActivityPage,
    "stream-without-pages": ParsedStream,
    "v2-collection-duplicates": ParsedCollection,
    "v3-collection-nested": ParsedCollection,
    "v3-collection-next-page": ParsedCollection,
}


def read_file(name):
    return read((FOLDER / f"{name}.json").read_bytes(), FETCHED_FROM)


def images(found):
    return [image for canvas in found.canvases for image in canvas.images]


def test_no_file_is_forgotten():
    assert {p.stem for p in FOLDER.glob("*.json")} == set(MANIFESTS) | set(OTHERS)
    told = (FOLDER / "README.md").read_text()
    assert all(f"`{name}.json`" in told for name in (*MANIFESTS, *OTHERS))


@pytest.mark.parametrize("name", MANIFESTS)
def test_each_manifest(name):
    found = read_file(name)
    assert isinstance(found, ParsedManifest) and found.label
    seen = Expected(
        tuple(c.kind for c in found.canvases),
        sum(image.service is not None for image in images(found)),
        frozenset(w.code for w in found.warnings),
    )
    assert seen == MANIFESTS[name]
    assert all((c.skipped_reason is None) == (c.kind == "image") for c in found.canvases)


@pytest.mark.parametrize("name", OTHERS)
def test_each_other_file(name):
    what = OTHERS[name]
    if issubclass(what, IIIFError):
        with pytest.raises(what):
            read_file(name)
    else:
        assert isinstance(read_file(name), what)


def test_profiles_with_typing_mistakes():
    found = read_file("v2-profile-typos")
    assert [image.service.level for image in images(found)] == [2, 1, 2, 0, 1]
    assert [image.service.version for image in images(found)] == ["2", "2", "2", "2", "1.1"]


def test_addresses():
    found = read_file("v2-unencoded-addresses")
    assert found.id.startswith("https://example.org/iiif/ال")
    first, second = images(found)
    assert first.url == "https://example.org//iiif//image/harbour%20[left]%201.jpg"
    assert first.service.id.startswith("https://example.org//iiif/image/%D9%84")
    assert second.url == "https://example.org/iiif/image/a%20b%2Fc%7Cd.jpg"


def test_containers_are_named_in_the_reason():
    found = read_file("v4-scene-and-timeline")
    reasons = [c.skipped_reason for c in found.canvases]
    assert found.version == 4 and reasons[0] is None
    assert ["Scene" in reasons[1], "Timeline" in reasons[2], "Scene" in reasons[3]] == [True] * 3
    assert "https://example.org/iiif/scene/1" in reasons[3]
    assert found.canvases[1].label == {"en": ["The jug"]}


def test_who_may_see_what():
    found = read_file("v2-auth-1-by-reference")
    assert [(i.restricted, i.probe) for i in images(found)] == [(True, ""), (False, "")]
    assert all("login" not in i.service.id for i in images(found))
    found = read_file("v3-auth-2-in-services")
    probe = "https://login.example.org/probe/1"
    assert [(i.restricted, i.probe) for i in images(found)] == [
        (True, probe),
        (True, probe),
        (False, ""),
    ]


def test_collections():
    found = read_file("v3-collection-nested")
    first, room = found.members
    one, wall = room.embedded.members
    assert [m.label["en"][0] for m in (first, one, *wall.embedded.members)] == ["A", "B", "C", "D"]
    assert wall.id_synthesised and not room.id_synthesised
    found = read_file("v3-collection-next-page")
    assert len(found.members) == 2 and found.next_page.endswith("?page=2")
    found = read_file("v2-collection-duplicates")
    assert len({m.id for m in found.members}) == len(found.members) == 5


def test_streams():
    found = read_file("stream-first-only")
    assert (found.first.rpartition("/")[2], found.last, found.total) == ("page-0.json", None, 3)
    found = read_file("stream-without-pages")
    assert [a.type for a in found.activities] == ["create", "delete"]
    found = read_file("stream-page-newest-first")
    assert [a.type for a in found.activities] == ["update", "refresh", "move"]
    assert found.activities[0].end_time.isoformat() == "2024-02-03T08:00:00+00:00"
    assert found.activities[2].target_id == "https://example.org/iiif/c2/manifest.json"
    assert found.prev == "https://example.org/iiif/page-0.json"
