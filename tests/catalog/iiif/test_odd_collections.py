"""Every oddity of a collection by itself, and where it goes on."""

from __future__ import annotations

from tests.catalog.iiif.odd import codes, read_value


def collection(**changes):
    return {
        "@context": "http://iiif.io/api/presentation/3/context.json",
        "id": "https://example.org/c",
        "type": "Collection",
        "label": {"en": ["Works"]},
        "items": [
            {"id": "https://example.org/m1", "type": "Manifest", "label": {"en": ["One"]}},
            {"id": "https://example.org/c2", "type": "Collection"},
        ],
        **changes,
    }


def test_collections_of_version_3():
    found = read_value(collection())
    assert [(m.kind, m.id) for m in found.members] == [
        ("manifest", "https://example.org/m1"),
        ("collection", "https://example.org/c2"),
    ]
    assert found.next_page is None and not found.warnings


def test_next_pages_in_every_shape():
    for value in ("https://example.org/c?p=2", {"id": "https://example.org/c?p=2"}, ["c?p=2"]):
        assert read_value(collection(next=value), "https://example.org/c").next_page == (
            "https://example.org/c?p=2"
        )


def test_a_pseudo_page_is_the_next_page():
    items = [*collection()["items"], {"id": "https://example.org/c?page=2", "type": "Collection",
                                      "label": {"none": ["Next page"]}}]  # fmt: skip
    found = read_value(collection(items=items))
    assert found.next_page == "https://example.org/c?page=2" and len(found.members) == 2
    assert codes(found) == {"pseudo-page"}


def test_a_page_that_follows_itself_ends():
    found = read_value(collection(next="http://example.org/c"), "https://example.org/c")
    assert found.next_page is None and codes(found) == {"page-cycle"}


def test_members_of_version_2_by_list():
    found = read_value(
        {
            "@context": "http://iiif.io/api/presentation/2/context.json",
            "@id": "https://example.org/c",
            "@type": "sc:Collection",
            "label": "Works",
            "manifests": [{"@id": "https://example.org/m1", "label": "One"}, "m2", {}],
            "collections": {"@id": "https://example.org/c2"},
            "total": "3",
        }
    )
    assert [(m.kind, m.id) for m in found.members] == [
        ("collection", "https://example.org/c2"),
        ("manifest", "https://example.org/m1"),
        ("manifest", "https://example.org/iiif/work/m2"),
    ]
    assert found.total == 3
    assert codes(found) == {"relative-id", "member-without-id"}
