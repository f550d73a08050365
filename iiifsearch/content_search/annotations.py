"""Found annotations, and how one of them is written in Presentation 3 and in Presentation 2.

Pure: frozen values in, JSON objects out. `item_2` and `item_1` are what stands inside a response;
`to_annotation_2` and `to_annotation_1` are the same at the annotation's own URL, with a context;
`to_annotation_page` and `to_annotation_list` are all annotations of one canvas.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from catalog.geometry import Rect
from iiifsearch.content_search.params import strip_motivation
from iiifsearch.presentation.language import LanguageMap, language_map, plain

PRESENTATION_2 = "http://iiif.io/api/presentation/2/context.json"
PRESENTATION_3 = "http://iiif.io/api/presentation/3/context.json"
MEDIA_FRAGMENTS = "http://www.w3.org/TR/media-frags/"

#: What IIIF has no word for: how sure we are and why. No specification defines a score, so these
#: are terms of our own, and their context stands before the one of the specification.
OWN_CONTEXT: dict[str, Any] = {
    "score": {
        "@id": "urn:iiifsearch:score",
        "@type": "http://www.w3.org/2001/XMLSchema#double",
    },
    "shares": {"@id": "urn:iiifsearch:shares", "@type": "@json"},
    "why": {"@id": "urn:iiifsearch:why"},
    "notices": {"@id": "urn:iiifsearch:notices", "@container": "@set"},
}

#: The motivations of Open Annotation, which version 1 writes with their prefix.
_OPEN_ANNOTATION = re.compile(
    "bookmarking|classifying|commenting|describing|editing|highlighting|identifying|linking"
    "|moderating|questioning|replying|tagging"
)

Region = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class TextQuote:
    """Where a query matched inside a text: ``exact``, and a little before and after it."""

    prefix: str
    exact: str
    suffix: str


@dataclass(frozen=True, slots=True)
class FoundAnnotation:
    """One annotation that a search found, with everything a response says of it.

    ``id`` is absolute and can be dereferenced. ``text`` is sanitised already. ``canvas_id`` is
    the source's own, untouched; ``width`` and ``height`` are the canvas's. ``region`` is
    (x, y, w, h) in canvas units, None for the whole canvas. ``manifest_id`` is the URL of our
    decorated manifest. ``score`` is 0 to 1; ``shares`` says what each channel gave to it.
    ``quotes`` is empty for a hit by likeness or by meaning.
    """

    id: str
    motivation: str
    text: str
    canvas_id: str
    width: int
    height: int
    manifest_id: str
    format: str = "text/plain"
    language: str | None = None
    label: str = ""
    canvas_label: str = ""
    region: Region | None = None
    manifest_label: str | LanguageMap = ""
    thumbnail: str | None = None
    creator: str | None = None
    created: str | None = None
    modified: str | None = None
    rights: str | None = None
    required_statement: Mapping[str, Any] | None = None
    score: float | None = None
    shares: Mapping[str, float] = field(default_factory=dict)
    why: str = ""
    quotes: tuple[TextQuote, ...] = ()

    @property
    def fragment(self) -> str:
        """``xywh=x,y,w,h``: whole, non-negative, within the canvas; all of it without a region.

        Viewers fail on anything else, so what lies outside the canvas is cut off here.
        """
        whole = Rect.of_size(max(1, self.width), max(1, self.height))
        if self.region is None or self.region[2] <= 0 or self.region[3] <= 0:
            return whole.to_fragment()
        region = Rect(*self.region)
        if self.width <= 0 or self.height <= 0:
            return region.to_fragment()
        return (region.intersection(whole) or whole).to_fragment()

    @property
    def title(self) -> str:
        """What a list of hits shows: the label, and the score for people to read."""
        name = self.label or self.canvas_label
        if self.score is None:
            return name
        return f"{name} ({round(min(1.0, max(0.0, self.score)) * 100)} %)".strip()

    @property
    def shown(self) -> tuple[str, str]:
        """(text, format): a hit without a text of its own shows what it is called."""
        if self.text.strip():
            return self.text, self.format
        return self.label or self.canvas_label or self.why, "text/plain"


def item_2(found: FoundAnnotation, *, cross_manifest: bool = False) -> dict[str, Any]:
    """An Annotation inside a version 2 response.

    The target is a SpecificResource whose source names canvas and manifest, which viewers read
    in either scope. Where the canvas may lie in a manifest the client has not loaded, it also
    has the ``id`` and ``partOf`` of Content Search 2.0 section 4.2.3.
    """
    annotation: dict[str, Any] = {
        "id": found.id,
        "type": "Annotation",
        "motivation": strip_motivation(found.motivation),
    }
    if found.title:
        annotation["label"] = language_map(found.title)
    annotation["body"] = _body_2(found)
    annotation["target"] = _target_2(found, cross_manifest)
    if found.thumbnail:
        annotation["thumbnail"] = [_image(found.thumbnail)]
    if found.creator:
        annotation["creator"] = found.creator if "://" in found.creator else {"name": found.creator}
    if found.created:
        annotation["created"] = found.created
    if found.modified:
        annotation["modified"] = found.modified
    if found.rights and "://" in found.rights:
        # A URI or nothing (Presentation 3.0 section 3.1).
        annotation["rights"] = found.rights
    statement = found.required_statement or {}
    label, value = language_map(statement.get("label")), language_map(statement.get("value"))
    if value:
        # Both are required in Presentation 3, section 3.1.
        annotation["requiredStatement"] = {
            "label": label or {"en": ["Attribution"]},
            "value": value,
        }
    return annotation | _own_terms(found)


def item_1(found: FoundAnnotation, *, cross_manifest: bool = False) -> dict[str, Any]:
    """An oa:Annotation inside a version 1 response.

    ``on`` is always a plain string with whole numbers: Mirador and Universal Viewer fail on the
    objects that Content Search 1.0 section 3.3.3 has for canvases of other manifests. So the
    manifest is named by ``within`` of the annotation itself.
    """
    text, media_type = found.shown
    resource: dict[str, Any] = {
        "@type": "cnt:ContentAsText",
        "format": media_type,
        "chars": text,
        "label": found.title,
    }
    if found.language:
        resource["language"] = found.language
    annotation: dict[str, Any] = {
        "@id": found.id,
        "@type": "oa:Annotation",
        "motivation": _motivation_1(found.motivation),
        "resource": resource,
        "on": f"{found.canvas_id}#{found.fragment}",
    }
    if cross_manifest:
        annotation["within"] = {
            "@id": found.manifest_id,
            "@type": "sc:Manifest",
            "label": plain(found.manifest_label),
        }
    if found.thumbnail:
        annotation["thumbnail"] = found.thumbnail
    if found.creator:
        annotation["dcterms:creator"] = found.creator
    if found.created:
        annotation["dcterms:created"] = found.created
    if found.modified:
        annotation["dcterms:modified"] = found.modified
    if found.rights:
        annotation["license"] = found.rights
    attribution = plain((found.required_statement or {}).get("value"))
    if attribution:
        annotation["attribution"] = attribution
    return annotation


def to_annotation_2(found: FoundAnnotation) -> dict[str, Any]:
    """One annotation at its own URL, Presentation 3; its context stands last."""
    annotation = item_2(found, cross_manifest=True)
    own = any(term in annotation for term in OWN_CONTEXT)
    return {"@context": [OWN_CONTEXT, PRESENTATION_3] if own else PRESENTATION_3} | annotation


def to_annotation_1(found: FoundAnnotation) -> dict[str, Any]:
    """One annotation at its own URL, Presentation 2."""
    return {"@context": PRESENTATION_2} | item_1(found, cross_manifest=True)


def to_annotation_page(url: str, annotations: Iterable[FoundAnnotation]) -> dict[str, Any]:
    """All annotations of one canvas at ``url`` (Presentation 3.0, section 5.5)."""
    items = [item_2(found) for found in annotations]
    own = any(term in item for item in items for term in OWN_CONTEXT)
    return {
        "@context": [OWN_CONTEXT, PRESENTATION_3] if own else PRESENTATION_3,
        "id": url,
        "type": "AnnotationPage",
        "items": items,
    }


def to_annotation_list(url: str, annotations: Iterable[FoundAnnotation]) -> dict[str, Any]:
    """All annotations of one canvas at ``url`` (Presentation 2.1, section 5.6)."""
    return {
        "@context": PRESENTATION_2,
        "@id": url,
        "@type": "sc:AnnotationList",
        "resources": [item_1(found) for found in annotations],
    }


def fragment_selector(found: FoundAnnotation) -> dict[str, str]:
    """The region as a Web Annotation FragmentSelector."""
    return {
        "type": "FragmentSelector",
        "conformsTo": MEDIA_FRAGMENTS,
        "value": found.fragment,
    }


def _body_2(found: FoundAnnotation) -> dict[str, Any] | list[dict[str, Any]]:
    """The text; for a hit by likeness the picture comes first.

    Clover draws a body by the first format it meets: with the picture first it shows the picture
    and the text below it, with the text first only the text.
    """
    text, media_type = found.shown
    textual: dict[str, Any] = {"type": "TextualBody", "value": text, "format": media_type}
    if found.language:
        textual["language"] = found.language
    if found.quotes or found.score is None or not found.thumbnail:
        return textual
    return [_image(found.thumbnail), textual]


def _target_2(found: FoundAnnotation, cross_manifest: bool) -> dict[str, Any]:
    manifest: dict[str, Any] = {"id": found.manifest_id, "type": "Manifest"}
    if label := language_map(found.manifest_label):
        manifest["label"] = label
    source: dict[str, Any] = {"id": found.canvas_id, "type": "Canvas"}
    if found.canvas_label:
        source["label"] = language_map(found.canvas_label)
    source["partOf"] = [manifest]
    target: dict[str, Any] = {
        "type": "SpecificResource",
        "source": source,
        "selector": fragment_selector(found),
    }
    if cross_manifest:
        target = {"id": f"{found.canvas_id}#{found.fragment}"} | target | {"partOf": dict(manifest)}
    return target


def _image(url: str) -> dict[str, str]:
    return {"id": url, "type": "Image", "format": "image/jpeg"}


def _own_terms(found: FoundAnnotation) -> dict[str, Any]:
    terms: dict[str, Any] = {}
    if found.score is not None:
        terms["score"] = round(min(1.0, max(0.0, found.score)), 4)
    if found.shares:
        terms["shares"] = {name: round(share, 4) for name, share in found.shares.items()}
    if found.why:
        terms["why"] = found.why
    return terms


def _motivation_1(motivation: str) -> str:
    """Presentation 2 writes prefixes, and knows nothing of Presentation 3's "supplementing"."""
    name = strip_motivation(motivation)
    if name == "painting":
        return "sc:painting"
    if name == "supplementing":
        return "http://iiif.io/api/presentation/3#supplementing"
    return f"oa:{name}" if _OPEN_ANNOTATION.fullmatch(name) else name
