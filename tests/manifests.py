"""Small manifests for tests, with invented values."""

from __future__ import annotations

from typing import Any


def manifest_3(
    base: str,
    name: str = "m1",
    *,
    title: str = "Boats at Rest",
    maker: str = "Ada Vento",
    canvases: int = 1,
    comments: tuple[str, ...] = (),
    language: str = "en",
    image: str = "/pictures/a.jpg",
) -> dict[str, Any]:
    """A Presentation 3 manifest at ``base``/``name``.json whose images have no service."""
    uri = f"{base}/{name}"
    items = []
    for number in range(1, canvases + 1):
        canvas = f"{uri}/canvas/{number}"
        body = {"id": f"{base}{image}", "type": "Image", "format": "image/jpeg"}
        painting = {"id": f"{canvas}/a", "type": "Annotation", "motivation": "painting"}
        painting |= {"body": body | {"width": 400, "height": 300}, "target": canvas}
        said = [
            {
                "id": f"{canvas}/comment/{index}",
                "type": "Annotation",
                "motivation": "commenting",
                "body": {"type": "TextualBody", "value": text, "language": language},
                "target": f"{canvas}#xywh=10,20,30,40",
            }
            for index, text in enumerate(comments)
        ]
        item = {
            "id": canvas,
            "type": "Canvas",
            "label": {"none": [f"{number}"]},
            "width": 800,
            "height": 600,
            "items": [{"id": f"{canvas}/p", "type": "AnnotationPage", "items": [painting]}],
        }
        if said:
            page = {"id": f"{canvas}/comments", "type": "AnnotationPage", "items": said}
            item["annotations"] = [page]
        items.append(item)
    return {
        "@context": "http://iiif.io/api/presentation/3/context.json",
        "id": f"{uri}.json",
        "type": "Manifest",
        "label": {language: [title]},
        "metadata": [
            {"label": {"en": ["Artist"]}, "value": {language: [maker]}},
            {"label": {"en": ["Date"]}, "value": {"none": ["1712"]}},
        ],
        "rights": "http://creativecommons.org/publicdomain/zero/1.0/",
        "requiredStatement": {
            "label": {"en": ["Courtesy"]},
            "value": {"en": ["The Example House"]},
        },
        "items": items,
    }


def collection_3(base: str, name: str, manifests: list[str]) -> dict[str, Any]:
    return {
        "@context": "http://iiif.io/api/presentation/3/context.json",
        "id": f"{base}/{name}.json",
        "type": "Collection",
        "label": {"en": [f"The {name} collection"]},
        "items": [{"id": uri, "type": "Manifest", "label": {"en": ["One"]}} for uri in manifests],
    }
