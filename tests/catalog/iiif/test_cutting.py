"""Taking canvases out of manifests: nothing that speaks of them stays, all the rest does."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.iiif.cutting import cut_out, without_canvases

HOST = "https://museum.example"
C1, C2, C3 = (f"{HOST}/canvas/{number}" for number in (1, 2, 3))


def image(name: str, width: str = "max") -> dict[str, Any]:
    service = {"id": f"{HOST}/image/{name}", "type": "ImageService3", "profile": "level2"}
    url = f"{HOST}/image/{name}/full/{width}/0/default.jpg"
    return {"id": url, "type": "Image", "service": [service]}


def canvas_3(uri: str, name: str) -> dict[str, Any]:
    painting = {"type": "Annotation", "motivation": "painting", "body": image(name), "target": uri}
    page = {"id": f"{uri}/page", "type": "AnnotationPage", "items": [painting]}
    return {"id": uri, "type": "Canvas", "label": {"en": [f"Words of {name}"]}, "items": [page]}


def manifest_3() -> dict[str, Any]:
    """Everywhere that a canvas may be named in Presentation 3."""
    said = [
        {"id": "said-1", "type": "Annotation", "target": f"{C1}#xywh=1,2,3,4"},
        {
            "id": "said-2",
            "type": "Annotation",
            "target": {"type": "SpecificResource", "source": C1},
        },
        {"id": "said-3", "type": "Annotation", "target": [{"id": C1, "type": "Canvas"}, C2]},
        {"id": "said-4", "type": "Annotation", "target": C2},
    ]
    return {
        "id": f"{HOST}/manifest",
        "type": "Manifest",
        "label": {"en": ["The whole"]},
        "thumbnail": [image("one", "90,")],
        "start": {"id": C1.replace("https", "http"), "type": "Canvas"},
        "accompanyingCanvas": canvas_3(C1, "one"),
        "items": [canvas_3(C1, "one"), canvas_3(C2, "two"), canvas_3(C3, "three")],
        "annotations": [{"id": "page", "type": "AnnotationPage", "items": said}],
        "structures": [
            {
                "id": "range-0",
                "type": "Range",
                "start": {"type": "SpecificResource", "source": C1},
                "items": [
                    {
                        "id": "range-1",
                        "type": "Range",
                        "label": {"en": ["Words of one"]},
                        "items": [
                            {"id": C1, "type": "Canvas"},
                            {"type": "SpecificResource", "source": {"id": C1}},
                        ],
                    },
                    {"id": C2, "type": "Canvas"},
                ],
            },
            {"id": "range-2", "type": "Range", "items": [{"id": "range-1", "type": "Range"}]},
        ],
    }


def canvas_2(uri: str, name: str) -> dict[str, Any]:
    picture = {"@id": f"{HOST}/image/{name}.jpg", "@type": "dctypes:Image"}
    painting = {"@type": "oa:Annotation", "resource": picture, "on": uri}
    return {"@id": uri, "@type": "sc:Canvas", "label": f"Words of {name}", "images": [painting]}


def manifest_2() -> dict[str, Any]:
    return {
        "@id": f"{HOST}/manifest",
        "@type": "sc:Manifest",
        "thumbnail": f"{HOST}/image/one.jpg",
        "sequences": [
            {
                "@type": "sc:Sequence",
                "startCanvas": C1,
                "canvases": [canvas_2(C1, "one"), canvas_2(C2, "two")],
            },
            {"@type": "sc:Sequence", "canvases": [C2, f"{C1}#xywh=0,0,9,9"]},
        ],
        "structures": [
            {
                "@id": "range-1",
                "@type": "sc:Range",
                "label": "Words of one",
                "canvases": [f"{C1}#xywh=0,0,5,5"],
            },
            {"@id": "range-2", "@type": "sc:Range", "canvases": [C1, C2], "ranges": ["range-1"]},
            {
                "@id": "range-3",
                "@type": "sc:Range",
                "members": [{"@id": C1, "@type": "sc:Canvas"}, {"@id": C2, "@type": "sc:Canvas"}],
            },
        ],
        "otherContent": {
            "@type": "sc:AnnotationList",
            "resources": [{"@id": "said", "on": {"full": C1, "@type": "oa:SpecificResource"}}],
        },
    }


@pytest.mark.parametrize("spelling", [C1, C1.replace("https", "http"), f"{C1}#xywh=1,1,1,1"])
def test_nothing_of_a_canvas_stays_in_version_3(spelling: str) -> None:
    left = without_canvases(manifest_3(), [spelling])
    text = json.dumps(left)
    assert C1 not in text.replace("http:", "https:")
    assert "one" not in text
    assert [canvas["id"] for canvas in left["items"]] == [C2, C3]
    assert {"start", "thumbnail", "accompanyingCanvas"}.isdisjoint(left)
    assert left["structures"] == [
        {"id": "range-0", "type": "Range", "items": [{"id": C2, "type": "Canvas"}]}
    ]
    (page,) = left["annotations"]
    assert [(said["id"], said["target"]) for said in page["items"]] == [
        ("said-3", [C2]),
        ("said-4", C2),
    ]


def test_nothing_of_a_canvas_stays_in_version_2() -> None:
    left = without_canvases(manifest_2(), [C1])
    text = json.dumps(left)
    assert C1 not in text
    assert "one" not in text
    first, second = left["sequences"]
    assert [canvas["@id"] for canvas in first["canvases"]] == [C2]
    assert second["canvases"] == [C2]
    assert {"thumbnail", "startCanvas"}.isdisjoint({**left, **first})
    assert [(part["@id"], part.get("canvases")) for part in left["structures"]] == [
        ("range-2", [C2]),
        ("range-3", None),
    ]
    assert "ranges" not in left["structures"][0]


def test_a_picture_that_another_canvas_shows_stays() -> None:
    manifest = manifest_3()
    manifest["items"][1] = canvas_3(C2, "one")
    left = without_canvases(manifest, [C1])
    assert left["thumbnail"] == [image("one", "90,")]
    assert left["items"][0] == canvas_3(C2, "one")


@pytest.mark.parametrize("manifest", [manifest_2(), manifest_3()])
def test_the_rest_is_as_it_was(manifest: dict[str, Any]) -> None:
    before = copy.deepcopy(manifest)
    assert without_canvases(manifest, []) == before
    assert without_canvases(manifest, [f"{HOST}/canvas/9"]) == before
    without_canvases(manifest, [C1, C2])
    cut_out(manifest, {0: C1})
    assert manifest == before


def test_cutting_out_leaves_the_place() -> None:
    left = cut_out(manifest_3(), {0: C1})
    assert left["items"][0] == {"id": C1, "type": "Canvas"}
    assert left["items"][1:] == manifest_3()["items"][1:]
    del left["items"][0]
    assert left == without_canvases(manifest_3(), [C1])
    left = cut_out(manifest_2(), {0: C1})
    assert left["sequences"][0]["canvases"][0] == {"@id": C1, "@type": "sc:Canvas"}


@pytest.mark.parametrize("version", [2, 3])
def test_a_canvas_without_an_id_is_known_by_its_place(version: int) -> None:
    manifest = manifest_2() if version == 2 else manifest_3()
    key, canvases = (
        ("id", manifest["items"]) if version == 3 else ("@id", manifest["sequences"][0]["canvases"])
    )
    del canvases[1][key]
    left = cut_out(manifest, {1: "made-up"})
    held = left["items"] if version == 3 else left["sequences"][0]["canvases"]
    assert set(held[1]) == {key, key.replace("id", "type")}
    assert held[1][key] == "made-up"
    assert "two" not in json.dumps(held)


KEYS = st.sampled_from(
    [
        *("id", "@id", "type", "@type", "items", "canvases", "sequences", "structures", "target"),
        *("on", "source", "thumbnail", "service", "label", "ranges", "members", "start"),
    ]
)
JSON = st.recursive(
    st.one_of(
        st.none(), st.integers(), st.text(max_size=4), st.sampled_from([C1, C2, "Range", "Canvas"])
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(KEYS, inner, max_size=5)),
    max_leaves=30,
)


@given(st.dictionaries(KEYS, JSON))
def test_no_json_object_breaks_it_and_none_is_changed(manifest: dict[str, Any]) -> None:
    before = copy.deepcopy(manifest)
    left = without_canvases(manifest, [C1])
    cut_out(manifest, {0: C1, 7: "x"})
    assert manifest == before
    assert without_canvases(left, [C1]) == left


def test_what_nests_without_end_is_cut_off() -> None:
    deep: Any = []
    for _ in range(900):
        deep = [deep]
    assert without_canvases({"structures": deep}, [C1]) != {}
