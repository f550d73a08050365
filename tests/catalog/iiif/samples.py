"""Small manifests with invented values, from which the odd ones are made."""

from __future__ import annotations

import json
from typing import Any

URL = "https://example.org/iiif/work/manifest.json"
CANVAS = "https://example.org/iiif/work/canvas/1"
SERVICE = "https://images.example.org/iiif/work-1"


def service2(level: int = 2) -> dict[str, Any]:
    return {
        "@context": "http://iiif.io/api/image/2/context.json",
        "@id": SERVICE,
        "profile": f"http://iiif.io/api/image/2/level{level}.json",
    }


def service3() -> dict[str, Any]:
    return {"id": SERVICE, "type": "ImageService3", "profile": "level1"}


def image2() -> dict[str, Any]:
    return {
        "@id": f"{SERVICE}/full/full/0/default.jpg",
        "@type": "dctypes:Image",
        "format": "image/jpeg",
        "width": 3000,
        "height": 2000,
        "service": service2(),
    }


def painting2() -> dict[str, Any]:
    return {
        "@type": "oa:Annotation",
        "motivation": "sc:painting",
        "resource": image2(),
        "on": CANVAS,
    }


def canvas2() -> dict[str, Any]:
    return {
        "@id": CANVAS,
        "@type": "sc:Canvas",
        "label": "recto",
        "width": 3000,
        "height": 2000,
        "images": [painting2()],
        "otherContent": [
            {
                "@id": "https://example.org/iiif/work/list/1",
                "@type": "sc:AnnotationList",
                "resources": [
                    {
                        "@id": "https://example.org/iiif/work/anno/1",
                        "@type": "oa:Annotation",
                        "motivation": ["oa:commenting", "oa:tagging"],
                        "resource": [
                            {"@type": "cnt:ContentAsText", "chars": "A red boat.",
                             "format": "text/plain", "language": "en"},
                            {"@type": "oa:Tag", "chars": "boat"},
                        ],
                        "on": f"{CANVAS}#xywh=100,200,300,400",
                    }
                ],
            },
            {"@id": "https://example.org/iiif/work/list/2", "@type": "sc:AnnotationList"},
        ],
    }  # fmt: skip


def manifest2() -> dict[str, Any]:
    return {
        "@context": "http://iiif.io/api/presentation/2/context.json",
        "@id": URL,
        "@type": "sc:Manifest",
        "label": "Boats at Low Tide",
        "description": [{"@value": "Three boats.", "@language": "en"}],
        "metadata": [
            {"label": "Artist", "value": "Berthe Example"},
            {"label": [{"@value": "Datum", "@language": "de"}], "value": ["c. 1871–1873"]},
        ],
        "attribution": "Example Museum",
        "license": "http://creativecommons.org/publicdomain/zero/1.0/",
        "logo": "https://example.org/logo.png",
        "related": {"@id": "https://example.org/work", "format": "text/html"},
        "seeAlso": "https://example.org/work.rdf",
        "thumbnail": {"@id": f"{SERVICE}/full/200,/0/default.jpg", "service": service2()},
        "sequences": [{"@type": "sc:Sequence", "canvases": [canvas2()]}],
    }


def body3() -> dict[str, Any]:
    return {
        "id": f"{SERVICE}/full/max/0/default.jpg",
        "type": "Image",
        "format": "image/jpeg",
        "width": 3000,
        "height": 2000,
        "service": [service3()],
    }


def painting3() -> dict[str, Any]:
    return {
        "id": f"{CANVAS}/painting/1",
        "type": "Annotation",
        "motivation": "painting",
        "body": body3(),
        "target": CANVAS,
    }


def canvas3() -> dict[str, Any]:
    return {
        "id": CANVAS,
        "type": "Canvas",
        "label": {"none": ["recto"]},
        "width": 3000,
        "height": 2000,
        "items": [{"id": f"{CANVAS}/page", "type": "AnnotationPage", "items": [painting3()]}],
        "annotations": [
            {
                "id": "https://example.org/iiif/work/page/1",
                "type": "AnnotationPage",
                "items": [
                    {
                        "id": "https://example.org/iiif/work/anno/1",
                        "type": "Annotation",
                        "motivation": "commenting",
                        "body": {"type": "TextualBody", "value": "<p>A red boat.</p>",
                                 "format": "text/html", "language": "en"},
                        "target": {
                            "type": "SpecificResource",
                            "source": {"id": CANVAS, "type": "Canvas"},
                            "selector": {"type": "FragmentSelector",
                                         "value": "xywh=percent:10,10,20,20"},
                        },
                        "creator": {"name": "A. Curator"},
                        "created": "2024-02-03T04:05:06Z",
                    }
                ],
            },
            {"id": "https://example.org/iiif/work/page/2", "type": "AnnotationPage"},
        ],
    }  # fmt: skip


def manifest3() -> dict[str, Any]:
    return {
        "@context": "http://iiif.io/api/presentation/3/context.json",
        "id": URL,
        "type": "Manifest",
        "label": {"en": ["Boats at Low Tide"], "fr": ["Bateaux à marée basse"]},
        "summary": {"en": ["Three boats."]},
        "metadata": [
            {"label": {"en": ["Artist"]}, "value": {"none": ["Berthe Example"]}},
            {"label": {"en": ["Date"]}, "value": {"none": ["c. 1871–1873"]}},
        ],
        "rights": "http://creativecommons.org/publicdomain/zero/1.0/",
        "requiredStatement": {
            "label": {"en": ["Attribution"]},
            "value": {"en": ["Example Museum"]},
        },
        "homepage": [
            {"id": "https://example.org/work", "type": "Text", "label": {"en": ["The work"]}}
        ],
        "provider": [
            {
                "id": "https://example.org/about",
                "type": "Agent",
                "label": {"en": ["Example Museum"]},
                "logo": [{"id": "https://example.org/logo.png", "type": "Image"}],
            }
        ],
        "thumbnail": [{"id": f"{SERVICE}/full/200,133/0/default.jpg", "type": "Image"}],
        "seeAlso": [{"id": "https://example.org/work.rdf", "type": "Dataset"}],
        "items": [canvas3()],
    }


def data(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()
