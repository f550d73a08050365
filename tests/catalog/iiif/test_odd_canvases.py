"""Every oddity of a canvas by itself: read all the same, with a warning that says so."""

from __future__ import annotations

import pytest

from tests.catalog.iiif import samples
from tests.catalog.iiif.odd import codes, read_value, with_body, with_canvas2, with_canvas3


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
