"""Answers against the golden files, the schemas and random findings."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given

from iiifsearch.content_search.annotations import (
    FoundAnnotation,
    TextQuote,
    item_1,
    item_2,
    to_annotation_1,
    to_annotation_2,
)
from iiifsearch.content_search.paging import ResultPage
from iiifsearch.content_search.responses1 import search_list
from iiifsearch.content_search.responses2 import search_page
from iiifsearch.content_search.schemas import problems
from iiifsearch.content_search.terms import Term, term_list_1, term_page_2
from tests.iiifsearch.content_search.golden_cases import BOATS, FOLDER, LIKE, WHOLE, cases
from tests.iiifsearch.content_search.strategies import FOUND, PAGES

#: What Universal Viewer accepts as a target: anything else is a TypeError there.
ON = re.compile(r"^.+#xywh=\d+,\d+,\d+,\d+$")
SERVICE = "https://paintings.example.org/iiif/search/2/library"

SCHEMAS = {
    "search1": "search1",
    "search2": "search2",
    "terms1": "term_list1",
    "terms2": "term_page2",
    "annotation1": "annotation1",
    "annotation2": "annotation2",
}


def page(*items: FoundAnnotation, **changes: Any) -> ResultPage:
    return ResultPage(SERVICE, {"q": "boat"}, items, **changes)


@pytest.mark.parametrize("name", sorted(cases()))
def test_golden_files_are_what_we_answer(name: str) -> None:
    stored = (FOLDER / f"{name}.json").read_text(encoding="utf-8")
    assert json.dumps(cases()[name], indent=2, ensure_ascii=False) + "\n" == stored


def test_no_golden_file_is_left_over() -> None:
    assert {path.stem for path in FOLDER.glob("*.json")} == set(cases())


@pytest.mark.parametrize(
    ("name", "schema"),
    [(name, SCHEMAS[name.split("-")[0]]) for name in cases() if name.split("-")[0] in SCHEMAS],
)
def test_golden_files_obey_the_schemas(name: str, schema: str) -> None:
    assert problems(schema, cases()[name]) == []


@given(PAGES)
def test_any_findings_give_a_valid_version_1_response(found: ResultPage) -> None:
    response = search_list(found)
    assert problems("search1", response) == []
    assert all(ON.match(resource["on"]) for resource in response["resources"])
    assert len(response["hits"]) == len(response["resources"])


@given(PAGES)
def test_any_findings_give_a_valid_version_2_response(found: ResultPage) -> None:
    assert problems("search2", search_page(found)) == []


@given(FOUND)
def test_any_annotation_is_valid_at_its_own_url(found: FoundAnnotation) -> None:
    assert problems("annotation1", to_annotation_1(found)) == []
    assert problems("annotation2", to_annotation_2(found)) == []


@pytest.mark.parametrize(
    ("region", "fragment"),
    [
        (None, "xywh=0,0,4000,3000"),
        ((1, 2, 3, 4), "xywh=1,2,3,4"),
        ((-10, -10, 30, 30), "xywh=0,0,20,20"),
        ((3990, 2990, 100, 100), "xywh=3990,2990,10,10"),
        ((9000, 9000, 5, 5), "xywh=0,0,4000,3000"),
        ((5, 5, 0, 9), "xywh=0,0,4000,3000"),
    ],
)
def test_a_region_is_whole_numbers_within_the_canvas(
    region: tuple[int, int, int, int] | None, fragment: str
) -> None:
    found = replace(BOATS, region=region)
    assert found.fragment == fragment
    assert item_1(found)["on"] == f"{BOATS.canvas_id}#{fragment}"
    assert item_2(found)["target"]["selector"]["value"] == fragment


def test_canvas_ids_are_untouched() -> None:
    assert item_1(WHOLE)["on"].startswith("https://museum.example.org/iiif/regatta/canvas#1#xywh=")
    assert item_2(LIKE)["target"]["source"]["id"] == LIKE.canvas_id


def test_another_manifest_is_named_where_a_client_may_not_know_it() -> None:
    target = item_2(LIKE, cross_manifest=True)["target"]
    assert target["partOf"] == {
        "id": LIKE.manifest_id,
        "type": "Manifest",
        "label": {"en": ["Moonrise"]},
    }
    assert isinstance(item_1(LIKE, cross_manifest=True)["on"], str)
    assert "partOf" not in item_2(LIKE)["target"]


def test_the_collection_of_all_pages_stands_in_an_array() -> None:
    """Clover's parser calls ``partOf.map`` and shows nothing where that fails."""
    (collection,) = search_page(page(BOATS, total=2))["partOf"]
    assert (collection["type"], collection["total"]) == ("AnnotationCollection", 2)


def test_words_are_quoted_and_likeness_is_outlined() -> None:
    matches = search_page(page(BOATS, LIKE, total=2))["annotations"][0]["items"]
    kinds = [match["target"]["selector"][0]["type"] for match in matches]
    assert kinds == ["TextQuoteSelector", "TextQuoteSelector", "FragmentSelector"]


def test_a_likeness_shows_its_picture_first() -> None:
    types = [body["type"] for body in item_2(LIKE)["body"]]
    assert types == ["Image", "TextualBody"]
    assert item_2(replace(LIKE, score=None))["body"]["type"] == "TextualBody"


def test_a_hit_is_never_null_and_says_why() -> None:
    hits = search_list(page(LIKE, replace(LIKE, id=BOATS.id, why="")))["hits"]
    assert [hit["match"] for hit in hits] == [LIKE.why, "Moonrise (88 %)"]
    assert [(hit["before"], hit["after"]) for hit in hits] == [("", "")] * 2


def test_an_annotation_without_text_shows_its_label() -> None:
    silent = replace(LIKE, text=" ", format="text/html")
    assert item_1(silent)["resource"]["chars"] == "Moonrise"
    assert item_1(silent)["resource"]["format"] == "text/plain"


@pytest.mark.parametrize(
    ("given_name", "version_1", "version_2"),
    [
        ("painting", "sc:painting", "painting"),
        ("oa:commenting", "oa:commenting", "commenting"),
        (
            "supplementing",
            "http://iiif.io/api/presentation/3#supplementing",
            "supplementing",
        ),
        ("https://x.example.org/m", "https://x.example.org/m", "https://x.example.org/m"),
    ],
)
def test_motivations_have_prefixes_in_version_1_only(
    given_name: str, version_1: str, version_2: str
) -> None:
    found = replace(BOATS, motivation=given_name)
    assert item_1(found)["motivation"] == version_1
    assert item_2(found)["motivation"] == version_2


class TestPaging:
    def test_links_repeat_the_parameters_and_the_first_has_no_page(self) -> None:
        found = ResultPage(SERVICE, {"q": "a b&c#d", "page": "7"}, (), page=2, page_size=1, total=3)
        assert found.first == f"{SERVICE}?q=a+b%26c%23d"
        assert found.prev == found.first
        assert parse_qs(urlsplit(found.next or "").query) == {"q": ["a b&c#d"], "page": ["3"]}
        assert found.last == found.next
        assert found.start_index == 1

    def test_without_parameters_the_page_is_the_service(self) -> None:
        assert ResultPage(SERVICE, {}, ()).url == SERVICE

    def test_the_ends(self) -> None:
        assert page(page=1, page_size=10, total=10).next is None
        assert page(page=1).prev is None
        beyond = page(page=9, page_size=10, total=25)
        assert beyond.prev == beyond.last
        assert beyond.next is None

    def test_an_annotation_found_twice_is_listed_once_with_all_quotes(self) -> None:
        more = TextQuote("over the ", "moon", "")
        (item,) = page(BOATS, replace(BOATS, quotes=(BOATS.quotes[0], more))).items
        assert item.quotes == (*BOATS.quotes, more)

    @pytest.mark.parametrize("changes", [{"page": 0}, {"page_size": 0}, {"total": -1}])
    def test_nonsense_is_refused(self, changes: dict[str, int]) -> None:
        with pytest.raises(ValueError, match="count"):
            page(**changes)

    def test_a_service_has_no_query_string(self) -> None:
        with pytest.raises(ValueError, match="service"):
            ResultPage("https://x.example.org/search?as=iiif", {}, ())


class TestTerms:
    def test_ascending_with_accents_beside_their_letters(self) -> None:
        terms = [Term(value, 1, SERVICE) for value in ("zebra", "éclair", "East", "ebb")]
        listed = term_page_2(SERVICE, {"q": "e"}, terms)["items"]
        assert [term["value"] for term in listed] == ["East", "ebb", "éclair", "zebra"]

    def test_a_value_that_is_no_query_has_its_search_as_service(self) -> None:
        term = Term("moon (Luna)", 2, f"{SERVICE}?q=moon", is_query=False)
        response = term_page_2(SERVICE, {"q": "m"}, [term])
        assert response["items"][0]["service"] == [
            {"id": f"{SERVICE}?q=moon", "type": "SearchService2"}
        ]
        assert problems("term_page2", response) == []

    def test_ignored_stands_at_the_top_in_both(self) -> None:
        assert term_list_1(SERVICE, {}, [], ("user",))["ignored"] == ["user"]
        assert term_page_2(SERVICE, {}, [], ("user",))["ignored"] == ["user"]


def test_a_hit_by_meaning_begins_with_the_comment_after_why_it_was_found() -> None:
    told = "A young woman reads a letter by the window. " * 8
    found = replace(BOATS, quotes=(), text=told, why="the comment means something alike (0.61)")
    hit = search_list(page(found))["hits"][0]
    assert hit["before"] == "the comment means something alike (0.61): "
    assert hit["match"].startswith("A young woman reads a letter") and len(hit["match"]) <= 150
    assert hit["match"].endswith(" …") and hit["after"] == ""
