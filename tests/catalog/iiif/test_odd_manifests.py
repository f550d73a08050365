"""Every oddity of a manifest by itself: read all the same, with a warning that says so."""

from __future__ import annotations

import copy

import pytest

from tests.catalog.iiif import samples
from tests.catalog.iiif.odd import codes, read_value, with_canvas2


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


def test_version_2_canvas_in_version_3_manifest_and_the_other_way_round():
    manifest = samples.manifest3()
    manifest["items"] = [samples.canvas2()]
    found = read_value(manifest)
    assert len(found.canvases[0].images) == 1 and codes(found) == {"mixed-versions"}
    manifest = samples.manifest2()
    manifest["sequences"][0]["canvases"] = [samples.canvas3()]
    found = read_value(manifest)
    assert len(found.canvases[0].images) == 1 and codes(found) == {"mixed-versions"}


def test_nulls_everywhere():
    canvas = dict.fromkeys(samples.canvas2()) | {"images": [dict.fromkeys(samples.painting2())]}
    manifest = samples.manifest2()
    for key in ("label", "metadata", "license", "logo", "related", "seeAlso", "thumbnail"):
        manifest[key] = None
    manifest["sequences"][0]["canvases"] = [canvas, None]
    found = read_value(manifest)
    assert [c.kind for c in found.canvases] == ["empty"]
    assert found.canvases[0].skipped_reason == "Nothing is painted on it."


def test_endless_repeats_are_summed_up():
    manifest = samples.manifest3()
    manifest["items"] = [
        {"id": f"https://example.org/c/{n}", "type": "Canvas", "items": [samples.painting3()]}
        for n in range(80)
    ]
    found = read_value(manifest)
    sized = [w for w in found.warnings if w.code == "canvas-without-size"]
    assert len(sized) == 51 and "30 more" in sized[-1].message
