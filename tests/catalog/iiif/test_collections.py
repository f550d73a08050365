"""Collections: what they list, name, hold within them, and where they go on."""

from __future__ import annotations

import copy

import pytest

from catalog.iiif.reader import read
from tests.catalog.iiif import samples

URL = "https://example.org/c"


def read_value(value, url=URL):
    return read(samples.data(value), url)


def codes(found):
    return {w.code for w in found.warnings}


def collection3(*items, **changes):
    return {
        "@context": "http://iiif.io/api/presentation/3/context.json",
        "id": URL,
        "type": "Collection",
        "label": {"en": ["Works"]},
        "items": list(items),
        **changes,
    }


def collection2(**changes):
    return {
        "@context": "http://iiif.io/api/presentation/2/context.json",
        "@id": URL,
        "@type": "sc:Collection",
        "label": "Works",
        **changes,
    }


def part(number, *items, **changes):
    return {
        "id": f"https://example.org/c/{number}",
        "type": "Collection",
        "label": {"en": [f"Part {number}"]},
        **({"items": list(items)} if items else {}),
        **changes,
    }


def work(number):
    return {"id": f"https://example.org/m/{number}", "type": "Manifest", "label": {"en": ["A"]}}


def everything(found):
    """All manifests that a collection names, at any depth."""
    for member in found.members:
        if member.kind == "manifest":
            yield member.id.rpartition("/")[2]
        if member.embedded:
            yield from everything(member.embedded)


def test_what_is_only_named_has_nothing_embedded():
    found = read_value(collection3(work(1), part(2), part(3, items=[])))
    assert [(m.embedded, m.manifest) for m in found.members] == [(None, None)] * 3


def test_collections_within_collections_keep_their_members_at_any_depth():
    deep = part(3, work(5), part(4, work(6), work(7)))
    found = read_value(collection3(work(1), part(2, work(2), deep), part(8)))
    assert list(everything(found)) == ["1", "2", "5", "6", "7"]
    second = found.members[1]
    assert (second.kind, second.id, second.label) == (
        "collection",
        "https://example.org/c/2",
        {"en": ["Part 2"]},
    )
    assert (second.embedded.id, second.embedded.label) == (second.id, second.label)
    assert second.embedded.raw["items"] and not second.id_synthesised
    assert not found.warnings


def test_very_deep_collections():
    inner = work(1)
    for number in range(60):
        inner = part(number, inner)
    assert list(everything(read_value(collection3(inner)))) == ["1"]


def test_embedded_collections_of_version_2():
    inner = {
        "@id": "c/2",
        "@type": "sc:Collection",
        "label": "Part",
        "manifests": [{"@id": "m/1", "@type": "sc:Manifest"}],
        "collections": [{"@id": "c/3", "members": [{"@id": "m/2", "@type": "Manifest"}]}],
    }
    found = read_value(collection2(collections=[inner]))
    assert sorted(everything(found)) == ["1", "2"]
    assert found.members[0].embedded.raw_id == "c/2"
    assert {w.path for w in found.warnings if w.code == "relative-id"} == {
        "collections[0]",
        "collections[0].manifests[0]",
        "collections[0].collections[0]",
        "collections[0].collections[0].members[0]",
    }


def test_an_embedded_collection_without_id_is_named_by_its_place():
    value = collection3(part(2, work(1), id=None), part(3, work(2), id=None))
    found = read_value(value)
    one, other = found.members
    assert one.id_synthesised and one.id.startswith(f"{URL}#member-") and one.id != other.id
    assert one.embedded.id == one.id and one.embedded.raw_id is None
    assert list(everything(found)) == ["1", "2"] and codes(found) == {"member-without-id"}
    assert [m.id for m in read_value(value).members] == [one.id, other.id]


@pytest.mark.parametrize("manifest", [samples.manifest2(), samples.manifest3()])
def test_an_embedded_manifest_is_read_as_well(manifest):
    key = "@id" if "@id" in manifest else "id"
    whole = collection2(manifests=[manifest]) if key == "@id" else collection3(manifest)
    (member,) = read_value(whole).members
    assert (member.kind, member.id, member.embedded) == ("manifest", samples.URL, None)
    assert member.manifest == read(samples.data(manifest), samples.URL)
    # One without id is still there.
    nameless = copy.deepcopy(whole)
    (nameless.get("items") or nameless["manifests"])[0].pop(key)
    (member,) = read_value(nameless).members
    assert member.id_synthesised and member.manifest.id == member.id and member.manifest.canvases


def test_members_listed_twice_keep_what_either_says():
    full = {"@id": "https://example.org/c/2", "@type": "sc:Collection", "label": "Part",
            "manifests": [{"@id": "https://example.org/m/1"}]}  # fmt: skip
    found = read_value(
        collection2(
            members=[{"@id": "http://example.org/c/2", "@type": "sc:Collection"}],
            collections=[full, {"@id": "https://example.org/c/2", "label": "Again"}],
            manifests=[{"@id": "https://example.org/m/1"}, "https://example.org/m/1"],
        )
    )
    assert [(m.kind, m.label) for m in found.members] == [
        ("collection", {"none": ["Part"]}),
        ("manifest", {}),
    ]
    assert list(everything(found)) == ["1", "1"] and codes(found) == {"member-repeated"}


@pytest.mark.parametrize(
    ("member", "kind", "code"),
    [
        ({"@id": "https://example.org/m", "@type": "sc:Manifest"}, "manifest", None),
        ({"@id": "https://example.org/m", "@type": ["sc:Manifest", "x"]}, "manifest", None),
        ({"@id": "https://example.org/m", "@type": "Manifest"}, "manifest", None),
        ({"id": "https://example.org/m", "type": "manifest"}, "manifest", None),
        (
            {"@id": "https://example.org/m",
             "@type": "http://iiif.io/api/presentation/2#Collection"}, "collection", None),
        ("https://example.org/m", "manifest", "member-without-type"),
        ({"@id": "https://example.org/m"}, "manifest", "member-without-type"),
        ({"@id": "https://example.org/m", "manifests": ["https://example.org/x"]},
         "collection", "member-without-type"),
        ({"@id": "//example.org/m", "@type": "sc:Manifest"}, "manifest", "relative-id"),
        ({"@id": "/m", "@type": "sc:Manifest"}, "manifest", "relative-id"),
    ],
)  # fmt: skip
def test_members_in_every_spelling(member, kind, code):
    found = read_value(collection2(members=[member]))
    (one,) = found.members
    assert (one.kind, one.id) == (kind, "https://example.org/m")
    assert codes(found) == ({code} if code else set())


@pytest.mark.parametrize("member", [None, "", " ", 7, {}, {"@type": "sc:Manifest"}])
def test_members_that_lead_nowhere_are_left_out(member):
    found = read_value(collection2(members=[member, "https://example.org/m"]))
    assert [m.id for m in found.members] == ["https://example.org/m"]


def test_a_range_is_no_member_but_a_wrong_type_in_a_list_of_manifests_is():
    odd = {"@id": "https://example.org/r", "@type": "sc:Range"}
    assert codes(read_value(collection2(members=[odd]))) == {"member-unknown", "collection-empty"}
    found = read_value(collection2(manifests=[odd]))
    assert found.members[0].kind == "manifest" and codes(found) == {"member-type-odd"}


def test_addresses_are_fit_to_be_fetched():
    found = read_value(collection3({**work(1), "id": "https://example.org/a b/ä"}))
    assert found.members[0].id == "https://example.org/a%20b/%C3%A4"
    assert codes(found) == {"url-not-encoded"}


@pytest.mark.parametrize(
    ("changes", "following"),
    [
        ({"first": "/c?p=1", "last": "/c?p=9", "total": 90}, "/c?p=1"),
        ({"first": {"@id": "/c?p=1", "@type": "sc:Collection"}}, "/c?p=1"),
        ({"manifests": ["/m"], "next": "/c?p=3", "prev": "/c?p=1", "first": "/c?p=1"}, "/c?p=3"),
        ({"manifests": ["/m"], "prev": "/c?p=1", "first": "/c?p=1"}, None),
        ({"manifests": ["/m"], "next": {"@id": "/c?p=3"}, "startIndex": 0}, "/c?p=3"),
        ({"manifests": [], "next": ["/c?p=3"]}, "/c?p=3"),
    ],
)
def test_paging_of_version_2(changes, following):
    found = read_value(collection2(**changes))
    assert found.next_page == (following and f"https://example.org{following}")


@pytest.mark.parametrize(
    ("label", "following"),
    [
        ({"none": ["Next page"]}, True),
        ({"en": ["Next Page"], "fr": ["Page suivante"]}, True),
        ({"none": ["Next page »"]}, True),
        ({"none": ["Next generation"]}, False),
    ],
)
def test_pseudo_pages(label, following):
    last = part(9, id=f"{URL}?page=3", label=label)
    previous = part(8, id=f"{URL}?page=1", label={"none": ["« Previous page"]})
    found = read_value(collection3(previous, work(1), last))
    assert found.next_page == (f"{URL}?page=3" if following else None)
    assert len(found.members) == (1 if following else 2)
    assert codes(found) == {"pseudo-page"}


def test_a_collection_may_lack_everything_else():
    found = read_value({"type": "Collection", "items": [{"id": "/m", "type": "Manifest"}]})
    assert found.id == URL and len(found.members) == 1 and found.label == {}
