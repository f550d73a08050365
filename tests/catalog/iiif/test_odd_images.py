"""Images in every shape: as body or resource, chosen, cut, turned, captioned."""

from __future__ import annotations

import pytest

from catalog.geometry import Rect
from tests.catalog.iiif import samples
from tests.catalog.iiif.odd import (
    codes,
    image_of,
    read_value,
    with_body,
    with_canvas2,
    with_resource,
)


def test_the_target_of_a_painting_is_in_canvas_units():
    target = f"{samples.CANVAS}#xywh=percent:50,0,50,100"
    assert image_of(with_body(samples.body3(), target=target)).target == Rect(1500, 0, 1500, 2000)
    whole = f"{samples.CANVAS}#xywh=0,0,3000,2000"
    assert image_of(with_body(samples.body3(), target=whole)).target is None


@pytest.mark.parametrize(
    "body",
    [
        [samples.body3()],
        {"type": "SpecificResource", "source": samples.body3()},
        {"source": samples.body3()},
        {"type": "Choice", "items": [samples.body3()]},
        {"items": [samples.body3()]},
        {**samples.body3(), "type": "dctypes:Image"},
        {**samples.body3(), "type": None},
        {"@id": samples.body3()["id"], "type": ["Image"], "service": samples.service2()},
        {**samples.body3(), "service": samples.service3()},
        {**samples.body3(), "service": [[samples.service3()]]},
    ],
)
def test_bodies_in_other_shapes(body):
    image = image_of(with_body(body))
    assert image.url == samples.body3()["id"] and image.service.id == samples.SERVICE
    assert image.is_default and image.region is None


def test_a_bare_uri_is_an_image_without_service():
    found = read_value(with_body("https://example.org/a.jpg"))
    (image,) = found.canvases[0].images
    assert (image.url, image.service) == ("https://example.org/a.jpg", None)
    assert "body-as-text" in codes(found)


def test_a_choice_of_version_3():
    items = [
        {**samples.body3(), "id": f"https://example.org/{n}.jpg", "label": {"en": [n]}}
        for n in ("visible", "infrared", "visible")
    ]
    found = read_value(with_body({"type": "Choice", "items": items}))
    images = found.canvases[0].images
    # The same image twice is one choice.
    assert [(i.choice_label, i.is_default) for i in images] == [
        ("visible", True),
        ("infrared", False),
    ]


def test_a_choice_of_version_2_with_one_item_and_nil():
    resource = {
        "@type": "oa:Choice",
        "default": {**samples.image2(), "label": "natural light"},
        "item": {**samples.image2(), "@id": "https://example.org/uv.jpg", "label": "UV"},
    }
    images = read_value(with_resource(resource)).canvases[0].images
    assert [(i.choice_label, i.is_default) for i in images] == [
        ("natural light", True),
        ("UV", False),
    ]
    resource["item"] = "rdf:nil"
    assert len(read_value(with_resource(resource)).canvases[0].images) == 1


def test_an_image_selector_gives_region_and_rotation():
    body = {
        "type": "SpecificResource",
        "source": samples.body3(),
        "selector": {"type": "ImageApiSelector", "region": "10,20,300,400", "rotation": "90"},
    }
    image = image_of(with_body(body))
    assert image.region == Rect(10, 20, 300, 400) and image.rotation == 90


@pytest.mark.parametrize(
    ("region", "expected"),
    [("full", None), ("square", "square"), ("pct:1,2,3,4", "pct:1,2,3,4"), ("nonsense", None)],
)
def test_regions_in_words(region, expected):
    body = {"full": samples.image2(), "selector": {"@type": "iiif:ImageApiSelector",
                                                   "region": region}}  # fmt: skip
    assert image_of(with_resource(body)).region == expected


def test_a_region_in_the_url_of_the_image_counts():
    resource = {**samples.image2(), "@id": f"{samples.SERVICE}/5,6,70,80/full/0/default.jpg"}
    found = read_value(with_resource(resource))
    assert found.canvases[0].images[0].region == Rect(5, 6, 70, 80)
    assert codes(found) == {"region-in-url"}


def test_an_image_by_itself_in_images():
    found = read_value(with_canvas2(images=[samples.image2()]))
    assert len(found.canvases[0].images) == 1
    assert codes(found) == {"image-without-annotation"}


def test_spaces_in_urls_are_encoded_and_told():
    service = {**samples.service2(), "@id": " https://images.example.org/iiif/a b "}
    found = read_value(with_resource({**samples.image2(), "service": service}))
    assert found.canvases[0].images[0].service.id == "https://images.example.org/iiif/a%20b"
    assert codes(found) == {"url-not-encoded"}


def test_the_caption_of_a_painting_is_a_description():
    said = {"label": {"en": ["Sketch"]}, "summary": {"en": ["Drawn in an afternoon."]}}
    target = f"{samples.CANVAS}#xywh=10,20,300,400"
    canvas = read_value(with_body(samples.body3(), target=target, **said)).canvases[0]
    caption = canvas.annotations[0]
    assert [b.value for b in caption.bodies] == ["Sketch", "Drawn in an afternoon."]
    assert (caption.target_canvas, caption.target) == (samples.CANVAS, Rect(10, 20, 300, 400))
    assert caption.motivations == ("describing",) and caption.id_synthesised
