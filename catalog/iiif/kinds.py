"""What a thing that is painted on a canvas is: an image, sound, a video, a model, a text.

Sources: Presentation API 2.1, section 5.5 (``dctypes``); 3.0, section 3.2 (types of content
resources); 4.0 (release candidate): containers, lights, cameras and sounds in a Scene.
"""

from __future__ import annotations

import re
from typing import Any

from catalog.iiif.reading import Reading
from catalog.iiif.shapes import first_text, id_of
from catalog.iiif.types import CanvasKind

_KIND_BY_TYPE: dict[str, CanvasKind] = {
    "image": "image",
    "stillimage": "image",
    "photo": "image",
    "video": "video",
    "movingimage": "video",
    "sound": "audio",
    "audio": "audio",
    "model": "3d",
    "physicalobject": "3d",
    "interactiveresource": "3d",
    "3dobject": "3d",
    "perspectivecamera": "3d",
    "orthographiccamera": "3d",
    "ambientlight": "3d",
    "directionallight": "3d",
    "pointlight": "3d",
    "spotlight": "3d",
    "ambientaudio": "audio",
    "pointaudio": "audio",
    "spotaudio": "audio",
    "text": "text",
    "textualbody": "text",
    "contentastext": "text",
    "dataset": "text",
    "document": "text",
}
#: The containers of Presentation 4 that are no Canvas, and what there is besides as a body.
_CONTAINERS: dict[str, tuple[CanvasKind, str]] = {
    "scene": ("3d", "a Scene: three-dimensional content is not read"),
    "timeline": ("audio", "a Timeline: sound is not read"),
}
WITHIN: dict[str, tuple[CanvasKind, str]] = {
    "canvas": ("unknown", "another Canvas, which is not followed"),
    "manifest": ("unknown", "a Manifest, which is not followed"),
}
_EXTENSIONS: tuple[tuple[re.Pattern[str], CanvasKind], ...] = (
    (re.compile(r"\.(jpe?g|png|gif|tiff?|jp2|webp|avif|bmp)([?#].*)?$", re.I), "image"),
    (re.compile(r"\.(mp3|wav|ogg|flac|m4a|aac)([?#].*)?$", re.I), "audio"),
    (re.compile(r"\.(mp4|webm|mov|m3u8|mpd|ogv|mkv)([?#].*)?$", re.I), "video"),
    (re.compile(r"\.(glb|gltf|obj|stl|ply|usdz)([?#].*)?$", re.I), "3d"),
    (re.compile(r"\.(pdf|txt|html?|xml)([?#].*)?$", re.I), "text"),
)


def container_of(types: tuple[str, ...]) -> tuple[CanvasKind, str] | None:
    """What a container shows that is not read, and what it is, in words; None for others."""
    return next((_CONTAINERS[name] for name in types if name in _CONTAINERS), None)


def kind_of(
    element: dict[str, Any], types: tuple[str, ...], reading: Reading, path: str
) -> CanvasKind:
    for name in types:
        if name in _KIND_BY_TYPE:
            return _KIND_BY_TYPE[name]
    media = first_text(element, "format").lower()
    if media.startswith("image/"):
        return "image"
    if media.startswith("video/"):
        return "video"
    if media.startswith("audio/"):
        return "audio"
    if media.startswith("model/"):
        return "3d"
    if media.startswith(("text/", "application/pdf")):
        return "text"
    by_extension = kind_by_extension(id_of(element))
    if types and by_extension is None and "service" not in element:
        reading.warn("body-type-unknown", f"A body of type {types[0]!r} is not an image.", path)
        return "unknown"
    if not types:
        reading.warn("body-without-type", "The body does not say what it is.", path)
    return by_extension or "image"


def kind_by_extension(url: str) -> CanvasKind | None:
    return next((kind for pattern, kind in _EXTENSIONS if pattern.search(url)), None)
