"""A good manifest of each version reads to exactly this."""

from __future__ import annotations

from catalog.geometry import Rect
from catalog.iiif.reader import read, read_annotation_page
from catalog.iiif.types import (
    MetadataEntry,
    ParsedAnnotation,
    ParsedCanvas,
    ParsedImage,
    ParsedManifest,
    ServiceRef,
    TextBody,
)
from tests.catalog.iiif import samples


def test_presentation_2():
    raw = samples.manifest2()
    assert read(samples.data(raw), samples.URL) == ParsedManifest(
        id=samples.URL,
        raw_id=samples.URL,
        version=2,
        label={"none": ["Boats at Low Tide"]},
        summary={"en": ["Three boats."]},
        metadata=(
            MetadataEntry({"none": ["Artist"]}, {"none": ["Berthe Example"]}),
            MetadataEntry({"de": ["Datum"]}, {"none": ["c. 1871–1873"]}),
        ),
        rights="http://creativecommons.org/publicdomain/zero/1.0/",
        required_statement=MetadataEntry({"en": ["Attribution"]}, {"none": ["Example Museum"]}),
        homepage=({"id": "https://example.org/work", "label": {}, "format": "text/html"},),
        provider=({"id": "", "label": {}, "homepage": [], "logo": "https://example.org/logo.png"},),
        thumbnail=f"{samples.SERVICE}/full/200,/0/default.jpg",
        see_also=({"id": "https://example.org/work.rdf"},),
        canvases=(
            ParsedCanvas(
                id=samples.CANVAS,
                raw_id=samples.CANVAS,
                id_synthesised=False,
                position=0,
                label={"none": ["recto"]},
                width=3000,
                height=2000,
                kind="image",
                images=(
                    ParsedImage(
                        url=f"{samples.SERVICE}/full/full/0/default.jpg",
                        format="image/jpeg",
                        width=3000,
                        height=2000,
                        service=ServiceRef(
                            samples.SERVICE, "2", 2, "http://iiif.io/api/image/2/level2.json"
                        ),
                    ),
                ),
                annotations=(
                    ParsedAnnotation(
                        id="https://example.org/iiif/work/anno/1",
                        motivations=("commenting", "tagging"),
                        bodies=(
                            TextBody("A red boat.", "text/plain", "en"),
                            TextBody("boat", "text/plain", None, "tagging"),
                        ),
                        target_canvas=samples.CANVAS,
                        target=Rect(100, 200, 300, 400),
                        raw_id="https://example.org/iiif/work/anno/1",
                    ),
                ),
                annotation_refs=("https://example.org/iiif/work/list/2",),
            ),
        ),
        warnings=(),
        raw=raw,
    )


def test_presentation_3():
    raw = samples.manifest3()
    assert read(samples.data(raw), samples.URL) == ParsedManifest(
        id=samples.URL,
        raw_id=samples.URL,
        version=3,
        label={"en": ["Boats at Low Tide"], "fr": ["Bateaux à marée basse"]},
        summary={"en": ["Three boats."]},
        metadata=(
            MetadataEntry({"en": ["Artist"]}, {"none": ["Berthe Example"]}),
            MetadataEntry({"en": ["Date"]}, {"none": ["c. 1871–1873"]}),
        ),
        rights="http://creativecommons.org/publicdomain/zero/1.0/",
        required_statement=MetadataEntry({"en": ["Attribution"]}, {"en": ["Example Museum"]}),
        homepage=(
            {"id": "https://example.org/work", "label": {"en": ["The work"]}, "type": "Text"},
        ),
        provider=(
            {
                "id": "https://example.org/about",
                "label": {"en": ["Example Museum"]},
                "type": "Agent",
                "homepage": [],
                "logo": "https://example.org/logo.png",
            },
        ),
        thumbnail=f"{samples.SERVICE}/full/200,133/0/default.jpg",
        see_also=({"id": "https://example.org/work.rdf", "label": {}, "type": "Dataset"},),
        canvases=(
            ParsedCanvas(
                id=samples.CANVAS,
                raw_id=samples.CANVAS,
                id_synthesised=False,
                position=0,
                label={"none": ["recto"]},
                width=3000,
                height=2000,
                kind="image",
                images=(
                    ParsedImage(
                        url=f"{samples.SERVICE}/full/max/0/default.jpg",
                        format="image/jpeg",
                        width=3000,
                        height=2000,
                        service=ServiceRef(samples.SERVICE, "3", 1, "level1"),
                    ),
                ),
                annotations=(
                    ParsedAnnotation(
                        id="https://example.org/iiif/work/anno/1",
                        motivations=("commenting",),
                        bodies=(TextBody("<p>A red boat.</p>", "text/html", "en"),),
                        target_canvas=samples.CANVAS,
                        target=Rect(300, 200, 600, 400),
                        creator="A. Curator",
                        created="2024-02-03T04:05:06Z",
                        raw_id="https://example.org/iiif/work/anno/1",
                    ),
                ),
                annotation_refs=("https://example.org/iiif/work/page/2",),
            ),
        ),
        warnings=(),
        raw=raw,
    )


def test_a_page_of_its_own_reads_as_it_does_embedded():
    canvas = samples.canvas3()
    embedded = read(samples.data(samples.manifest3()), samples.URL).canvases[0].annotations
    page = read_annotation_page(
        samples.data(canvas["annotations"][0]),
        "https://example.org/iiif/work/page/1",
        sizes={samples.CANVAS: (3000, 2000)},
    )
    assert page.annotations == embedded
    assert page.next_page is None and page.warnings == ()
