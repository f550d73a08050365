"""Annotations of two generations, and what publishers make of them."""

from __future__ import annotations

import pytest

from catalog.geometry import Rect
from catalog.iiif.reader import read_annotation_page
from catalog.iiif.svg import svg_bounds
from tests.catalog.iiif import samples

CANVAS = samples.CANVAS
URL = "https://example.org/annotations/1"


def read(annotation, sizes=None):
    page = {"id": URL, "type": "AnnotationPage", "items": [annotation]}
    return read_annotation_page(samples.data(page), URL, sizes=sizes)


def anno(**changes):
    return {
        "id": f"{URL}/a",
        "type": "Annotation",
        "motivation": "commenting",
        "body": {"type": "TextualBody", "value": "words"},
        "target": CANVAS,
        **changes,
    }


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("words", [("words", "text/plain", None)]),
        ({"value": "words", "format": "text/plain", "language": ["en"]},
         [("words", "text/plain", "en")]),
        ({"@type": "cnt:ContentAsText", "chars": "<p>x</p>"}, [("<p>x</p>", "text/html", None)]),
        ({"@type": "cnt:ContentAsText", "cnt:chars": "x", "dc:format": "text/html"},
         [("x", "text/html", None)]),
        ([{"value": "a"}, {"value": "b"}], [("a", "text/plain", None), ("b", "text/plain", None)]),
        ({"type": "Choice", "items": [{"value": "a", "language": "en"},
                                      {"value": "b", "language": "fr"}]},
         [("a", "text/plain", "en"), ("b", "text/plain", "fr")]),
        ({"type": "TextualBody", "value": {"en": ["a"], "fr": ["b"]}},
         [("a", "text/plain", "en"), ("b", "text/plain", "fr")]),
        ({"type": "SpecificResource", "source": {"value": "a"}}, [("a", "text/plain", None)]),
        ({"value": 1888}, [("1888", "text/plain", None)]),
        ("https://example.org/text.html", []),
        ({"id": "https://example.org/a.jpg", "type": "Image"}, []),
        (None, []),
    ],
)  # fmt: skip
def test_bodies(body, expected):
    page = read(anno(body=body))
    (found,) = page.annotations
    assert [(b.value, b.format, b.language) for b in found.bodies] == expected
    if not expected:
        assert "annotation-without-text" in {w.code for w in page.warnings}


def test_body_value():
    found = read(anno(body=None, bodyValue="words")).annotations[0]
    assert found.bodies[0].value == "words"


@pytest.mark.parametrize(
    ("motivation", "expected"),
    [
        ("oa:commenting", ("commenting",)),
        ("sc:painting", ("painting",)),
        (["oa:commenting", "tagging"], ("commenting", "tagging")),
        ("http://www.w3.org/ns/oa#describing", ("describing",)),
        ({"@id": "oa:tagging"}, ("tagging",)),
        (None, ()),
        (7, ("7",)),
    ],
)
def test_motivations(motivation, expected):
    assert read(anno(motivation=motivation)).annotations[0].motivations == expected


SVG = "<svg><path d='M10,20 L110,20 l0,50 h-100 z'/></svg>"


@pytest.mark.parametrize(
    ("target", "rect"),
    [
        (CANVAS, None),
        (f"{CANVAS}#xywh=1,2,3,4", (1, 2, 3, 4)),
        (f"{CANVAS}#xywh=pixel:1,2,3,4", (1, 2, 3, 4)),
        (f"{CANVAS}#xywh=percent:10,10,50,50", (100, 50, 500, 250)),
        (f"{CANVAS}#t=1,2", None),
        (f"{CANVAS}#xywh=junk", None),
        ([f"{CANVAS}#xywh=1,2,3,4"], (1, 2, 3, 4)),
        ({"@type": "oa:SpecificResource", "full": CANVAS,
          "selector": {"@type": "oa:FragmentSelector", "value": "xywh=1,2,3,4"}}, (1, 2, 3, 4)),
        ({"full": {"@id": CANVAS, "@type": "sc:Canvas"}, "selector": {"value": "xywh=1,2,3,4"}},
         (1, 2, 3, 4)),
        ({"full": CANVAS, "selector": {"@type": "oa:Choice",
          "default": {"@type": "oa:FragmentSelector", "value": "xywh=1,2,3,4"},
          "item": {"@type": "oa:SvgSelector", "value": SVG}}}, (1, 2, 3, 4)),
        ({"full": CANVAS, "selector": {"@type": "oa:SvgSelector", "value": SVG}},
         (10, 20, 100, 50)),
        ({"source": CANVAS, "selector": [{"type": "SvgSelector", "value": SVG}]},
         (10, 20, 100, 50)),
        ({"source": CANVAS, "selector": {"type": "PointSelector", "x": 5, "y": 6}}, (5, 6, 1, 1)),
        ({"id": CANVAS, "type": "Canvas", "partOf": [{"id": "https://example.org/m"}]}, None),
        ({"@id": f"{CANVAS}#xywh=1,2,3,4", "within": "https://example.org/m"}, (1, 2, 3, 4)),
        ({"type": "List", "items": [f"{CANVAS}#xywh=1,2,3,4"]}, (1, 2, 3, 4)),
        ({"source": CANVAS, "selector": "xywh=1,2,3,4"}, (1, 2, 3, 4)),
    ],
)  # fmt: skip
@pytest.mark.parametrize("key", ["target", "on"])
def test_targets(key, target, rect):
    annotation = anno()
    del annotation["target"]
    (found,) = read({**annotation, key: target}, {CANVAS: (1000, 500)}).annotations
    assert found.target_canvas == CANVAS
    assert (found.target and found.target.as_tuple()) == rect


@pytest.mark.parametrize(
    "canvas",
    ["https://e.org/?canvas=n2&t=1&n1=", "https://e.org/m#/canvas/1", "https://e.org/c?xywh=1"],
)
def test_a_canvas_id_with_a_query_or_fragment_of_its_own_stays_whole(canvas):
    for target, rect in ((canvas, None), (f"{canvas}#xywh=1,2,3,4", Rect(1, 2, 3, 4))):
        found = read(anno(target=target)).annotations[0]
        assert (found.target_canvas, found.target) == (canvas, rect)


def test_several_targets_are_several_annotations():
    found = read(anno(target=[f"{CANVAS}#xywh=1,2,3,4", f"{CANVAS}#xywh=5,6,7,8"])).annotations
    assert [a.id for a in found] == [f"{URL}/a", f"{URL}/a#target-2"]
    assert [a.target for a in found] == [Rect(1, 2, 3, 4), Rect(5, 6, 7, 8)]
    assert {a.raw_id for a in found} == {f"{URL}/a"}


def test_percentages_without_a_size_are_told():
    page = read(anno(target=f"{CANVAS}#xywh=percent:1,2,3,4"))
    assert page.annotations[0].target is None
    assert "percent of a canvas of unknown size" in page.warnings[0].message


def test_a_missing_id_is_made_from_the_content():
    one, two = anno(id=None), anno(id=None, body={"value": "other"})
    page = {"id": URL, "type": "AnnotationPage", "items": [one, two]}
    found = read_annotation_page(samples.data(page), URL).annotations
    turned = read_annotation_page(samples.data({**page, "items": [two, one]}), URL).annotations
    assert found[0].id_synthesised and found[0].id != found[1].id
    assert {a.id for a in found} == {a.id for a in turned}


def test_creator_and_dates():
    found = read(anno(creator=[{"label": "A. Curator"}], modified="2024-05-06")).annotations[0]
    assert (found.creator, found.created, found.modified) == ("A. Curator", None, "2024-05-06")
    found = read(anno(**{"dcterms:creator": "https://e.org/p", "oa:annotatedAt":
                         {"@value": "2020-01-02"}})).annotations[0]  # fmt: skip
    assert (found.creator, found.created) == ("https://e.org/p", "2020-01-02")


@pytest.mark.parametrize(
    ("document", "count", "next_page"),
    [
        ({"@type": "sc:AnnotationList", "resources": [anno(), anno()]}, 2, None),
        ([anno(), anno()], 2, None),
        (anno(), 1, None),
        ({"type": "AnnotationPage", "items": []}, 0, None),
        ({"type": "AnnotationPage", "items": [anno()], "next": "?page=2"}, 1, f"{URL}?page=2"),
        ({"type": "AnnotationPage", "items": [anno()], "next": {"id": f"{URL}?p=2"}}, 1,
         f"{URL}?p=2"),
        ({"type": "AnnotationPage", "items": [anno()], "next": URL}, 1, None),
        ({"type": "AnnotationCollection", "first": f"{URL}/p1"}, 0, f"{URL}/p1"),
        ({"resources": [anno()]}, 1, None),
        ({"type": "AnnotationPage", "items": anno()}, 1, None),
        ({"type": "AnnotationPage", "items": [None, "x", 7, anno()]}, 1, None),
    ],
)  # fmt: skip
def test_documents(document, count, next_page):
    page = read_annotation_page(samples.data(document), URL)
    assert (len(page.annotations), page.next_page) == (count, next_page)


@pytest.mark.parametrize(
    ("svg", "expected"),
    [
        ("<svg><rect x='1' y='2' width='3' height='4'/></svg>", (1, 2, 3, 4)),
        ("<svg><polygon points='1,2 4,2 4,6'/></svg>", (1, 2, 3, 4)),
        ("<svg><circle cx='10' cy='10' r='5'/></svg>", (5, 5, 10, 10)),
        ("<svg><ellipse cx='10' cy='10' rx='5' ry='2'/></svg>", (5, 8, 10, 4)),
        ("<svg><path d='M10 10 C 10 10 20 0 30 10 v20 H10 z'/></svg>", (10, 0, 20, 30)),
        ("<svg><path d='m10,10 10,0 0,10 z m5,5 l1,1'/></svg>", (10, 10, 10, 10)),
        ("<svg/>", None),
        ("junk", None),
        ("<path d='M'/>", None),
    ],
)
def test_outlines(svg, expected):
    found = svg_bounds(svg)
    assert (found and found.as_tuple()) == expected
