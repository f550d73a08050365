"""Every oddity by itself: read all the same, with a warning that says so."""

from __future__ import annotations

import copy

import pytest

from catalog.geometry import Rect
from catalog.iiif.reader import read
from tests.catalog.iiif import samples


def codes(found):
    return {w.code for w in found.warnings}


def read_value(value, url=samples.URL):
    return read(samples.data(value), url)


def with_canvas2(**changes):
    manifest = samples.manifest2()
    manifest["sequences"][0]["canvases"][0].update(changes)
    return manifest


def with_canvas3(**changes):
    manifest = samples.manifest3()
    manifest["items"][0].update(changes)
    return manifest


def with_resource(resource):
    painting = samples.painting2()
    painting["resource"] = resource
    return with_canvas2(images=[painting])


def with_body(body, **changes):
    painting = {**samples.painting3(), "body": body, **changes}
    return with_canvas3(items=[{"type": "AnnotationPage", "items": [painting]}])


def image_of(value):
    (image,) = read_value(value).canvases[0].images
    return image


# --- the document


@pytest.mark.parametrize(
    ("change", "version", "code"),
    [
        ({"@context": None}, 2, "context-missing"),
        ({"@context": "http://www.w3.org/ns.anno.jsonld"}, 2, "context-unknown"),
        ({"@context": "http://iiif.io/api/presentation/3/context.json"}, 2, "context-mismatch"),
        ({"@context": "http://www.shared-canvas.org/ns/context.json"}, 2, None),
        ({"@context": ["http://a", "http://iiif.io/api/presentation/2/context.json"]}, 2, None),
        ({"@type": None}, 2, "type-missing"),
        ({"@type": ["sc:Manifest"]}, 2, None),
        ({"@type": "http://www.shared-canvas.org/ns/Manifest"}, 2, None),
        ({"@id": None}, 2, "id-missing"),
        ({"@id": 42}, 2, "relative-id"),
        ({"label": None}, 2, "label-missing"),
    ],
)
def test_heads_of_version_2(change, version, code):
    found = read_value({**samples.manifest2(), **change})
    assert found.version == version and len(found.canvases[0].images) == 1
    assert codes(found) == ({code} if code else set())


@pytest.mark.parametrize(
    ("change", "version", "code"),
    [
        ({"@context": None}, 3, "context-missing"),
        ({"@context": "http://iiif.io/api/presentation/2/context.json"}, 3, "context-mismatch"),
        ({"@context": "https://iiif.io/api/presentation/4/context.json"}, 4, None),
        ({"type": None, "@type": "sc:Manifest"}, 3, None),
        ({"id": None, "@id": samples.URL}, 3, None),
        ({"id": "//example.org/m.json"}, 3, "relative-id"),
    ],
)
def test_heads_of_version_3(change, version, code):
    found = read_value({**samples.manifest3(), **change})
    assert found.version == version and len(found.canvases[0].images) == 1
    assert codes(found) == ({code} if code else set())


def test_a_missing_id_is_the_url_and_a_protocol_relative_one_takes_its_scheme():
    manifest = samples.manifest3()
    del manifest["id"]
    assert read_value(manifest).id == samples.URL
    manifest["id"] = "//other.example.org/m.json"
    assert read_value(manifest).id == "https://other.example.org/m.json"


def test_sequences_as_object_and_images_as_object():
    manifest = with_canvas2(images=samples.painting2())
    manifest["sequences"] = manifest["sequences"][0]
    found = read_value(manifest)
    assert len(found.canvases[0].images) == 1
    assert codes(found) == {"list-expected"}


def test_only_the_first_sequence_is_read():
    manifest = samples.manifest2()
    manifest["sequences"] += [*copy.deepcopy(manifest["sequences"]), "https://example.org/seq/3"]
    found = read_value(manifest)
    assert len(found.canvases) == 1
    assert codes(found) == {"several-sequences", "sequence-by-reference"}


def test_an_empty_first_sequence_is_passed_over():
    manifest = samples.manifest2()
    manifest["sequences"].insert(0, {"@type": "sc:Sequence"})
    found = read_value(manifest)
    assert len(found.canvases) == 1 and codes(found) == {"sequence-empty"}


def test_canvases_without_sequence():
    manifest = samples.manifest2()
    manifest["canvases"] = manifest.pop("sequences")[0]["canvases"]
    found = read_value(manifest)
    assert len(found.canvases) == 1 and codes(found) == {"sequence-missing"}


# --- canvases


def test_a_canvas_by_reference_is_kept_as_skipped():
    manifest = samples.manifest2()
    manifest["sequences"][0]["canvases"].append("https://example.org/canvas/2")
    canvas = read_value(manifest).canvases[1]
    assert canvas.id == "https://example.org/canvas/2"
    assert canvas.kind == "unknown" and "refers" in canvas.skipped_reason


def test_a_canvas_without_id_is_named_and_marked():
    found = read_value(with_canvas2(**{"@id": None}))
    canvas = found.canvases[0]
    assert canvas.id_synthesised and canvas.raw_id is None
    assert canvas.id.startswith(f"{samples.URL}#canvas-1-")
    assert codes(found) == {"canvas-without-id"}
    # What hangs on it is still about it: annotations that name another id keep that.
    assert read_value(with_canvas2(**{"@id": None})).canvases[0].id == canvas.id


def test_two_canvases_under_one_id():
    manifest = samples.manifest2()
    other = samples.canvas2()
    other["images"][0]["resource"]["service"]["@id"] = "https://images.example.org/iiif/work-2"
    manifest["sequences"][0]["canvases"] += [samples.canvas2(), other]
    found = read_value(manifest)
    assert [c.position for c in found.canvases] == [0, 2]
    assert found.canvases[1].id_synthesised and found.canvases[1].raw_id == samples.CANVAS
    assert codes(found) >= {"canvas-repeated", "canvas-id-taken"}


def test_canvases_that_differ_in_their_fragment_are_different():
    manifest = samples.manifest3()
    manifest["items"] = [{**samples.canvas3(), "id": f"{samples.URL}#/canvas/{n}"} for n in (1, 2)]
    assert len(read_value(manifest).canvases) == 2


@pytest.mark.parametrize(
    ("value", "expected", "code"),
    [
        ("3000", 3000, "number-as-text"),
        ("3000px", 3000, "number-as-text"),
        (0, None, "size-not-positive"),
        (-3, None, "size-not-positive"),
        (True, None, "not-a-number"),
        ("wide", None, "not-a-number"),
        ([], None, "not-a-number"),
        (1e300, None, "not-a-number"),
        (None, None, "canvas-without-size"),
    ],
)
def test_widths(value, expected, code):
    found = read_value(with_canvas2(width=value))
    assert found.canvases[0].width == expected and code in codes(found)


def test_nulls_everywhere():
    canvas = dict.fromkeys(samples.canvas2()) | {"images": [dict.fromkeys(samples.painting2())]}
    manifest = samples.manifest2()
    for key in ("label", "metadata", "license", "logo", "related", "seeAlso", "thumbnail"):
        manifest[key] = None
    manifest["sequences"][0]["canvases"] = [canvas, None]
    found = read_value(manifest)
    assert [c.kind for c in found.canvases] == ["empty"]
    assert found.canvases[0].skipped_reason == "Nothing is painted on it."


def test_version_2_canvas_in_version_3_manifest_and_the_other_way_round():
    manifest = samples.manifest3()
    manifest["items"] = [samples.canvas2()]
    found = read_value(manifest)
    assert len(found.canvases[0].images) == 1 and codes(found) == {"mixed-versions"}
    manifest = samples.manifest2()
    manifest["sequences"][0]["canvases"] = [samples.canvas3()]
    found = read_value(manifest)
    assert len(found.canvases[0].images) == 1 and codes(found) == {"mixed-versions"}


@pytest.mark.parametrize(
    ("items", "code"),
    [
        ([samples.painting3()], None),
        (samples.painting3(), None),
        ([samples.body3()], "image-without-annotation"),
        ([{"type": "AnnotationPage", "items": samples.painting3()}], None),
        ([[{"type": "AnnotationPage", "items": [[samples.painting3()]]}]], None),
    ],
)
def test_items_nested_one_level_too_few_or_too_many(items, code):
    found = read_value(with_canvas3(items=items))
    assert len(found.canvases[0].images) == 1
    assert codes(found) == ({code} if code else set())


def test_a_page_of_annotations_in_the_place_of_a_canvas():
    manifest = samples.manifest3()
    manifest["items"] = samples.canvas3()["items"]
    found = read_value(manifest)
    assert len(found.canvases[0].images) == 1 and "items-nested" in codes(found)


def test_canvases_within_ranges():
    manifest = samples.manifest3()
    manifest["items"] = [{"type": "Range", "items": [samples.canvas3()]}]
    found = read_value(manifest)
    assert len(found.canvases) == 1 and "items-nested" in codes(found)


def test_scenes_and_timelines_are_recorded_with_their_reason():
    manifest = samples.manifest3()
    manifest["@context"] = "http://iiif.io/api/presentation/4/context.json"
    manifest["items"] += [
        {"id": "https://example.org/scene", "type": "Scene", "label": {"en": ["A vase"]}},
        {"id": "https://example.org/time", "type": "Timeline", "duration": 30},
    ]
    found = read_value(manifest)
    assert found.version == 4
    assert [c.kind for c in found.canvases] == ["image", "3d", "audio"]
    assert found.canvases[1].label == {"en": ["A vase"]}
    assert "three-dimensional" in found.canvases[1].skipped_reason


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ({"id": "https://example.org/a.mp4", "type": "Video"}, "video"),
        ({"id": "https://example.org/a.mp3", "type": "Sound", "duration": 3}, "audio"),
        ({"id": "https://example.org/a.glb", "type": "Model"}, "3d"),
        ({"id": "https://example.org/a.mp4", "format": "video/mp4"}, "video"),
        ({"type": "TextualBody", "value": "words"}, "text"),
        ({"id": "https://example.org/c9", "type": "Canvas", "items": []}, "unknown"),
        ({"id": "https://example.org/c9", "type": "Sculpture"}, "unknown"),
        (None, "empty"),
    ],
)
def test_what_is_no_image_is_told(body, kind):
    canvas = read_value(with_body(body)).canvases[0]
    assert canvas.kind == kind and canvas.skipped_reason and not canvas.images


def test_side_canvases_are_told():
    found = read_value(with_canvas3(accompanyingCanvas=samples.canvas3()))
    assert len(found.canvases) == 1 and codes(found) == {"side-canvas"}


def test_what_is_not_a_painting_in_items_is_an_annotation():
    words = {
        "type": "Annotation",
        "motivation": "supplementing",
        "body": {"type": "TextualBody", "value": "a caption"},
        "target": samples.CANVAS,
    }
    found = read_value(
        with_canvas3(items=[{"type": "AnnotationPage", "items": [samples.painting3(), words]}])
    )
    assert len(found.canvases[0].images) == 1
    assert found.canvases[0].annotations[0].bodies[0].value == "a caption"
    assert found.canvases[0].annotations[0].id_synthesised


def test_a_version_2_head_over_version_3_items():
    manifest = samples.manifest2()
    del manifest["sequences"]
    model = {"id": "https://example.org/a.glb", "type": "Model", "format": "model/gltf-binary"}
    page = {"type": "AnnotationPage", "items": [{**samples.painting3(), "body": model}]}
    manifest["items"] = [samples.canvas3(), {"id": f"{samples.CANVAS}-2", "type": "Canvas",
                                             "items": [page]}]  # fmt: skip
    page["items"][0]["target"] = f"{samples.CANVAS}-2"
    found = read_value(manifest)
    assert [c.kind for c in found.canvases] == ["image", "3d"]
    assert found.summary == {"en": ["Three boats."]} and found.rights
    assert codes(found) == {"context-mismatch"}


# --- images


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


# --- collections


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


def test_endless_repeats_are_summed_up():
    manifest = samples.manifest3()
    manifest["items"] = [
        {"id": f"https://example.org/c/{n}", "type": "Canvas", "items": [samples.painting3()]}
        for n in range(80)
    ]
    found = read_value(manifest)
    sized = [w for w in found.warnings if w.code == "canvas-without-size"]
    assert len(sized) == 51 and "30 more" in sized[-1].message
