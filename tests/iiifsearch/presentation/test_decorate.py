"""Decorating harvested manifests."""

from __future__ import annotations

import copy
import json
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iiifsearch.presentation.decorate import DecorationIds, decorate
from iiifsearch.presentation.public_urls import PublicURLs
from iiifsearch.presentation.services import is_search_service, service_block

URLS = PublicURLs("https://paintings.example.org")
IDS = DecorationIds.of(URLS, "m1")
SOURCE = "https://museum.example.org/manifest.json"
BLOCK = service_block(IDS.search2, IDS.autocomplete2, IDS.search1, IDS.autocomplete1)

FOREIGN: list[Any] = [
    {"profile": "http://iiif.io/api/search/0/search", "@id": "https://museum.example.org/s"},
    {"@context": "http://iiif.io/api/search/1/context.json", "@id": "x"},
    {"profile": ["https://iiif.io/api/search/1/search", {"a": 1}], "@id": "x"},
    {"type": "SearchService2", "id": "x"},
    {"@type": "SearchService1", "@id": "x"},
    {"@type": "search:SearchService", "@id": "x"},
    {"type": ["AutoCompleteService2"], "id": "x"},
    "http://iiif.io/api/search/1/search",
]
KEPT: list[Any] = [
    {"profile": "http://iiif.io/api/auth/1/login", "@id": "x"},
    {"@context": "http://iiif.io/api/annex/services/physdim/1/context.json"},
    {"type": "ImageService3", "id": "https://museum.example.org/search/1"},
    "https://museum.example.org/service",
    {},
    None,
    7,
]


def run(
    raw: dict[str, Any],
    version: Literal[2, 3] = 3,
    canvas_ids: tuple[str, ...] = (),
    pages: dict[str, str] | None = None,
) -> dict[str, Any]:
    return decorate(
        raw,
        version,
        ids=IDS,
        canvas_ids=canvas_ids,
        annotation_pages=pages or {},
        sanitise=lambda text: "CLEAN",
    )


def test_the_service_block_is_the_one_all_viewers_read() -> None:
    first, second = BLOCK
    assert list(first) == ["id", "type", "service"]
    assert first["type"] == "SearchService2"
    assert first["service"][0]["type"] == "AutoCompleteService2"
    assert "profile" not in first
    assert second["@context"] == "http://iiif.io/api/search/1/context.json"
    assert second["profile"] == "http://iiif.io/api/search/1/search"
    assert second["service"][0]["profile"] == "http://iiif.io/api/search/1/autocomplete"
    assert not any("?" in str(service.get("id") or service["@id"]) for service in BLOCK)
    assert all(is_search_service(service) for service in BLOCK)


@pytest.mark.parametrize("service", FOREIGN)
@pytest.mark.parametrize("listed", [True, False])
def test_foreign_search_services_go(service: Any, listed: bool) -> None:
    raw = {"id": SOURCE, "service": [service] if listed else service, "services": [service]}
    done = run(raw)
    assert done["service"] == BLOCK
    assert "services" not in done


@pytest.mark.parametrize("service", KEPT)
def test_other_services_stay(service: Any) -> None:
    done = run({"service": [FOREIGN[0], service], "services": [service, FOREIGN[3]]})
    assert done["service"] == [*BLOCK, service]
    assert done["services"] == [service]


@pytest.mark.parametrize("service", [None, "", []])
def test_no_service_at_all(service: Any) -> None:
    assert run({"service": service})["service"] == BLOCK


def test_search_services_of_a_canvas_go_and_image_services_stay() -> None:
    image = {"@id": "https://museum.example.org/image/1", "profile": "level2"}
    done = run({"items": [{"id": "c", "service": FOREIGN[0], "thumbnail": [{"service": image}]}]})
    assert done["items"][0] == {"id": "c", "thumbnail": [{"service": image}]}


def test_version_3_names_its_source() -> None:
    done = run({"id": SOURCE, "seeAlso": ["https://museum.example.org/record"]})
    assert (done["id"], done["type"]) == (IDS.manifest, "Manifest")
    assert done["@context"] == "http://iiif.io/api/presentation/3/context.json"
    assert done["seeAlso"] == [
        {"id": "https://museum.example.org/record", "type": "Dataset"},
        {
            "id": SOURCE,
            "type": "Dataset",
            "label": {"en": ["Original manifest"]},
            "format": "application/ld+json",
            "profile": "http://iiif.io/api/presentation/3/context.json",
        },
    ]


def test_version_2_names_its_source() -> None:
    done = run({"@id": SOURCE, "@type": "sc:Manifest"}, 2)
    assert (done["@id"], done["@type"]) == (IDS.manifest, "sc:Manifest")
    assert done["seeAlso"]["@id"] == SOURCE
    other = {"@id": "https://museum.example.org/record"}
    assert run({"@id": SOURCE, "seeAlso": other}, 2)["seeAlso"][0] == other


def test_an_id_in_the_other_spelling_does_not_stay() -> None:
    done = run({"id": SOURCE, "@type": "sc:Manifest"}, 2)
    assert "id" not in done
    assert done["seeAlso"]["@id"] == SOURCE


def test_the_harvested_address_wins_over_the_raw_id() -> None:
    ids = DecorationIds.of(URLS, "m1", original="https://museum.example.org/real")
    done = decorate(
        {"id": "manifest.json"}, 3, ids=ids, canvas_ids=(), annotation_pages={}, sanitise=str
    )
    assert done["seeAlso"][0]["id"] == "https://museum.example.org/real"


@pytest.mark.parametrize("raw_id", [None, 7, "", "https://paintings.example.org/iiif/manifest/m1"])
def test_without_another_address_there_is_no_source_to_name(raw_id: Any) -> None:
    assert "seeAlso" not in run({"id": raw_id})


def test_contexts_and_everything_else_stay() -> None:
    raw = {"@context": ["a", "b"], "id": SOURCE, "type": "Manifest", "rights": "r", "x": [1, None]}
    done = run(raw)
    assert (done["@context"], done["rights"], done["x"]) == (["a", "b"], "r", [1, None])


def test_canvases_of_version_3() -> None:
    body = {"id": "i", "type": "Image"}
    raw = {
        "items": [
            {"id": "https://museum.example.org/c1", "type": "Canvas", "width": "300", "height": 2},
            {"type": "Canvas", "items": [{"items": [{"body": body}, 5]}, None]},
            {"id": "c3", "annotations": {"id": "theirs", "type": "AnnotationPage"}},
        ]
    }
    ids = ("https://other.example.org/c1", "https://museum.example.org/made/2", "c3")
    pages = {"https://museum.example.org/c1": "p1", ids[1]: "p2", "c3": "p3"}
    first, second, third = run(raw, 3, ids, pages)["items"]
    assert first["id"] == "https://museum.example.org/c1"
    assert (first["width"], first["height"]) == (300, 2)
    assert first["annotations"] == [{"id": "p1", "type": "AnnotationPage"}]
    assert second["id"] == ids[1]
    assert second["items"][0]["items"][0] == {"body": body, "target": ids[1]}
    assert third["annotations"] == [
        {"id": "theirs", "type": "AnnotationPage"},
        {"id": "p3", "type": "AnnotationPage"},
    ]


@pytest.mark.parametrize("as_objects", [True, False])
def test_canvases_of_version_2(as_objects: bool) -> None:
    canvas: dict[str, Any] = {"images": {"resource": {}} if as_objects else [{"resource": {}}]}
    sequence = {"canvases": canvas if as_objects else [canvas]}
    raw = {"sequences": sequence if as_objects else [sequence]}
    done = run(raw, 2, ("made",), {"made": "list"})
    sequence = done["sequences"] if as_objects else done["sequences"][0]
    found = sequence["canvases"] if as_objects else sequence["canvases"][0]
    image = found["images"] if as_objects else found["images"][0]
    assert found["@id"] == "made"
    assert image["on"] == "made"
    assert found["otherContent"] == [{"@id": "list", "@type": "sc:AnnotationList"}]


def test_ids_find_their_canvases_where_readers_left_some_out() -> None:
    raw = {"items": [{"id": "c1"}, {"type": "Scene", "id": "s"}, {"type": "Canvas"}]}
    assert run(raw, 3, ("c1", "made"))["items"][2]["id"] == "made"


@pytest.mark.parametrize(
    ("given_size", "size"),
    [("300", 300), (" 300 px", 300), ("12.5", 12), (300.0, 300), (12.5, 12.5), ("wide", "wide")],
)
def test_sizes_become_whole_numbers(given_size: Any, size: Any) -> None:
    assert run({"items": [{"width": given_size}]})["items"][0]["width"] == size


def test_texts_that_look_like_html_are_cleaned_and_others_untouched() -> None:
    markup = "<img src=x onerror=alert(1)>"
    raw = {
        "label": {"en": [markup, "1 < 2 & 3"]},
        "summary": markup,
        "metadata": [{"label": "Size", "value": [{"@value": markup, "@language": "en"}]}],
        "requiredStatement": {"label": {"en": ["By"]}, "value": {"en": [markup]}},
        "provider": [{"homepage": [{"label": {"en": [markup]}}]}],
        "items": [{"label": markup, "annotations": [{"items": [{"body": None}]}]}],
        "homepage": [{"id": "https://museum.example.org/<a>"}],
        "annotations": [
            {"type": "TextualBody", "value": markup},
            {"type": "SvgSelector", "value": "<svg/>"},
            {"@type": "cnt:ContentAsText", "chars": markup},
            {"@type": ["oa:SvgSelector", "cnt:ContentAsText"], "chars": "<svg/>"},
        ],
    }
    done = run(raw)
    assert done["label"] == {"en": ["CLEAN", "1 < 2 & 3"]}
    assert done["summary"] == "CLEAN"
    assert done["metadata"] == [
        {"label": "Size", "value": [{"@value": "CLEAN", "@language": "en"}]}
    ]
    assert done["requiredStatement"]["value"] == {"en": ["CLEAN"]}
    assert done["provider"][0]["homepage"][0]["label"] == {"en": ["CLEAN"]}
    assert done["items"][0]["label"] == "CLEAN"
    assert done["homepage"][0]["id"] == "https://museum.example.org/<a>"
    assert [part.get("value") or part.get("chars") for part in done["annotations"]] == [
        "CLEAN",
        "<svg/>",
        "CLEAN",
        "<svg/>",
    ]


def test_what_nests_without_end_is_cut_off() -> None:
    deep: Any = []
    for _ in range(900):
        deep = [deep]
    assert run({"structures": deep})["id"] == IDS.manifest


@pytest.mark.parametrize("version", [2, 3])
def test_canvases_that_are_not_shown_leave_nothing(version: Literal[2, 3]) -> None:
    canvases = [{"id": "c1"}, {}, {"id": "c3"}]
    ranges = [{"type": "Range", "id": "r", "items": ["made"]}, {"id": "s", "canvases": ["c3#t=1"]}]
    raw = {"start": {"id": "c1"}, "structures": ranges}
    raw |= {"items": canvases} if version == 3 else {"sequences": [{"canvases": canvases}]}
    done = decorate(
        raw,
        version,
        ids=IDS,
        canvas_ids=("c1", "made", "c3"),
        annotation_pages={"c1": "page-1", "c3": "page-3"},
        sanitise=str,
        without=["c1", "made"],
    )
    assert "start" not in done
    assert done["structures"] == [ranges[1]]
    held = done["items"] if version == 3 else done["sequences"][0]["canvases"]
    assert [canvas["id"] for canvas in held] == ["c3"]
    assert "page-1" not in json.dumps(done)


KEYS = st.sampled_from(
    [
        *("@context", "@id", "id", "type", "@type", "service", "services", "items", "sequences"),
        *("canvases", "images", "label", "metadata", "seeAlso", "annotations", "otherContent"),
        *("width", "height", "value", "chars", "profile", "x"),
    ]
)
JSON = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(allow_nan=False),
        st.text(max_size=9),
        st.sampled_from(["<b>", "300", "TextualBody", "SearchService2"]),
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(KEYS, inner, max_size=5)),
    max_leaves=25,
)


@given(
    st.dictionaries(KEYS, JSON), st.sampled_from([2, 3]), st.lists(st.text(max_size=3), max_size=4)
)
def test_no_json_object_breaks_it_and_none_is_changed(
    raw: dict[str, Any], version: Literal[2, 3], canvas_ids: list[str]
) -> None:
    before = copy.deepcopy(raw)
    done = run(raw, version, tuple(canvas_ids), dict.fromkeys(canvas_ids, "page"))
    assert raw == before
    assert done["id" if version == 3 else "@id"] == IDS.manifest
    assert done["service"][:2] == BLOCK
    assert not any(is_search_service(service) for service in done["service"][2:])
    json.dumps(done)
