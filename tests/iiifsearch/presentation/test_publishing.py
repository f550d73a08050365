"""Public URLs, language maps, collections and content states."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iiifsearch.presentation.collections import CollectionEntry, ManifestEntry, collection
from iiifsearch.presentation.content_state import content_state, decode, encode
from iiifsearch.presentation.language import language_map, plain
from iiifsearch.presentation.public_urls import PublicURLs
from iiifsearch.presentation.services import service_block

BASE = "https://paintings.example.org/app"
URLS = PublicURLs(f"{BASE}/")


class TestPublicURLs:
    def test_paths(self) -> None:
        assert URLS.manifest("k") == f"{BASE}/iiif/manifest/k"
        assert URLS.collection() == f"{BASE}/iiif/collection/top"
        assert URLS.search(1, "manifest", "k") == f"{BASE}/iiif/search/1/manifest/k"
        assert URLS.search(2, "collection", "k") == f"{BASE}/iiif/search/2/collection/k"
        assert URLS.search(2, "library") == f"{BASE}/iiif/search/2/library"
        assert URLS.autocomplete(1, "library") == f"{BASE}/iiif/autocomplete/1/library"
        assert URLS.autocomplete(2, "manifest", "k") == f"{BASE}/iiif/autocomplete/2/manifest/k"
        assert URLS.annotation("k") == f"{BASE}/iiif/annotation/k"
        assert URLS.annotation_page("k") == f"{BASE}/iiif/annotations/k"
        assert URLS.annotation_list("k") == f"{BASE}/iiif/annotations/k/2"
        assert URLS.likeness("q", "h") == f"{BASE}/iiif/likeness/q/h"
        assert URLS.thumbnail("k") == f"{BASE}/iiif/thumbnail/k.jpg"
        assert URLS.activities() == f"{BASE}/iiif/activity/all-changes"
        assert URLS.activity_page(7) == f"{BASE}/iiif/activity/page/7"
        assert URLS.painting("k") == f"{BASE}/painting/k/"

    def test_a_key_is_one_segment_and_makes_no_query(self) -> None:
        assert URLS.manifest("a/b?c#d") == f"{BASE}/iiif/manifest/a%2Fb%3Fc%23d"

    @pytest.mark.parametrize("base", ["paintings.example.org", "https://x.example.org/?a", ""])
    def test_a_base_is_an_address(self, base: str) -> None:
        with pytest.raises(ValueError, match="public base URL"):
            PublicURLs(base)

    @pytest.mark.parametrize(
        ("version", "scope", "key"),
        [
            (3, "library", None),
            (1, "canvas", "k"),
            (1, "library", "k"),
            (1, "manifest", None),
            (1, "manifest", ""),
        ],
    )
    def test_no_service_of_nothing(self, version: int, scope: str, key: str | None) -> None:
        with pytest.raises(ValueError, match=r"version|scope|key"):
            URLS.search(version, scope, key)  # type: ignore[arg-type]

    def test_no_empty_key(self) -> None:
        with pytest.raises(ValueError, match="empty"):
            URLS.manifest("")


class TestLanguage:
    def test_maps(self) -> None:
        assert language_map(None) == {}
        assert language_map("Moon") == {"none": ["Moon"]}
        assert language_map({"de": "Mond", "en": ["Moon", "", None], "fr": []}) == {
            "de": ["Mond"],
            "en": ["Moon"],
        }

    def test_one_string(self) -> None:
        assert plain({"de": ["Mond"], "en-GB": ["Moon"]}) == "Moon"
        assert plain({"de": ["Mond"]}) == "Mond"
        assert plain({"de": ["Mond"], "fr": ["Lune"]}, ("fr",)) == "Lune"
        assert plain("Moon") == "Moon"
        assert plain(None) == ""


class TestCollections:
    def test_manifests_and_collections_are_listed(self) -> None:
        block = service_block(
            URLS.search(2, "collection", "c"),
            URLS.autocomplete(2, "collection", "c"),
            URLS.search(1, "collection", "c"),
            URLS.autocomplete(1, "collection", "c"),
        )
        made = collection(
            URLS.collection("c"),
            "Seascapes",
            [
                ManifestEntry(URLS.manifest("m"), {"en": ["Harbour"]}, URLS.thumbnail("c")),
                CollectionEntry(URLS.collection("d"), ""),
            ],
            service=block,
            summary="By the sea",
            part_of=[CollectionEntry(URLS.collection(), "Paintings")],
        )
        assert made["@context"] == "http://iiif.io/api/presentation/3/context.json"
        assert made["label"] == {"none": ["Seascapes"]}
        assert made["service"] == block
        assert made["summary"] == {"none": ["By the sea"]}
        assert made["partOf"][0]["id"] == URLS.collection()
        assert made["items"] == [
            {
                "id": URLS.manifest("m"),
                "type": "Manifest",
                "label": {"en": ["Harbour"]},
                "thumbnail": [{"id": URLS.thumbnail("c"), "type": "Image", "format": "image/jpeg"}],
            },
            {"id": URLS.collection("d"), "type": "Collection", "label": {"en": ["Untitled"]}},
        ]

    def test_a_collection_may_be_empty(self) -> None:
        assert collection(URLS.collection("c"), "Nothing yet", [])["items"] == []


class TestContentState:
    def test_the_example_of_the_specification(self) -> None:
        """Content State 1.0, section 6.3.2."""
        encoded = content_state(
            "https://example.org/object1/canvas7",
            (1000, 2000, 1000, 2000),
            "https://example.org/object1/manifest",
        )
        assert encoded == (
            "JTdCJTIyaWQlMjIlM0ElMjJodHRwcyUzQSUyRiUyRmV4YW1wbGUub3JnJTJGb2JqZWN0MSUyRmNhbnZhczcl"
            "MjN4eXdoJTNEMTAwMCUyQzIwMDAlMkMxMDAwJTJDMjAwMCUyMiUyQyUyMnR5cGUlMjIlM0ElMjJDYW52YXMl"
            "MjIlMkMlMjJwYXJ0T2YlMjIlM0ElNUIlN0IlMjJpZCUyMiUzQSUyMmh0dHBzJTNBJTJGJTJGZXhhbXBsZS5v"
            "cmclMkZvYmplY3QxJTJGbWFuaWZlc3QlMjIlMkMlMjJ0eXBlJTIyJTNBJTIyTWFuaWZlc3QlMjIlN0QlNUQl"
            "N0Q"
        )

    def test_a_whole_canvas_has_no_fragment(self) -> None:
        state = decode(content_state("https://m.example.org/c#1", None, "https://p.example.org/m"))
        assert state["id"] == "https://m.example.org/c#1"

    @given(st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), st.integers()))
    def test_there_and_back(self, state: dict[str, int]) -> None:
        encoded = encode(state)
        assert decode(encoded) == state
        assert not set("+/=%") & set(encoded)

    @pytest.mark.parametrize("broken", ["", "*", "JTdC", "MQ", "é", "https://m.example.org/c"])
    def test_what_is_no_content_state_is_refused(self, broken: str) -> None:
        with pytest.raises(ValueError, match="Not an encoded content state"):
            decode(broken)
