"""The golden responses in ``fixtures/golden/``: what we answer, held fast.

The viewer's tests read the same files. To write them anew after a wanted change, and then to
review the difference line by line against the specifications:

    python -m tests.iiifsearch.content_search.golden_cases
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from iiifsearch.content_search.annotations import (
    FoundAnnotation,
    TextQuote,
    to_annotation_1,
    to_annotation_2,
    to_annotation_list,
    to_annotation_page,
)
from iiifsearch.content_search.paging import ResultPage
from iiifsearch.content_search.responses1 import search_list
from iiifsearch.content_search.responses2 import search_page
from iiifsearch.content_search.terms import Term, term_list_1, term_page_2
from iiifsearch.presentation.collections import CollectionEntry, ManifestEntry, collection
from iiifsearch.presentation.decorate import DecorationIds, decorate
from iiifsearch.presentation.public_urls import PublicURLs
from iiifsearch.presentation.services import service_block

FOLDER = Path(__file__).resolve().parents[3] / "fixtures" / "golden"

URLS = PublicURLs("https://paintings.example.org")
SOURCE = "https://museum.example.org/iiif"

BOATS = FoundAnnotation(
    id=URLS.annotation("a-boats"),
    motivation="describing",
    text="Two boats lie in the harbour; the moon stands over the boats.",
    language="en",
    label="Harbour by Moonlight",
    canvas_id=f"{SOURCE}/harbour/canvas/1",
    canvas_label="Harbour by Moonlight",
    width=4000,
    height=3000,
    region=(200, 1500, 1200, 800),
    manifest_id=URLS.manifest("m-harbour"),
    manifest_label={"en": ["Harbour by Moonlight"], "de": ["Hafen im Mondschein"]},
    thumbnail=URLS.thumbnail("c-harbour"),
    creator="https://people.example.org/anna",
    created="2024-05-01T09:30:00Z",
    rights="http://creativecommons.org/publicdomain/mark/1.0/",
    required_statement={"label": {"en": ["Credit"]}, "value": {"en": ["Example Museum"]}},
    score=0.9241,
    shares={"words": 0.7, "comments": 0.2241},
    why='matched "boats" in the description',
    quotes=(
        TextQuote("Two ", "boats", " lie in the harbour"),
        TextQuote("the moon stands over the ", "boats", "."),
    ),
)
WHOLE = FoundAnnotation(
    id=URLS.annotation("a-regatta"),
    motivation="commenting",
    text="<p>A race of small <b>boats</b>.</p>",
    format="text/html",
    label="Regatta",
    canvas_id=f"{SOURCE}/regatta/canvas#1",
    canvas_label="recto",
    width=2400,
    height=1800,
    manifest_id=URLS.manifest("m-harbour"),
    manifest_label="Harbour by Moonlight",
    creator="Anna Example",
    score=0.5,
    shares={"words": 0.5},
    why='matched "boats" in a comment',
    quotes=(TextQuote("A race of small ", "boats", "."),),
)
LIKE = FoundAnnotation(
    id=URLS.likeness("q-1", "h-1"),
    motivation="linking",
    text="A full moon over a quiet sea.",
    language="en",
    label="Moonrise",
    canvas_id=f"{SOURCE}/view?object=moonrise&canvas=1",
    canvas_label="Moonrise",
    width=5000,
    height=3500,
    region=(3100, 250, 700, 700),
    manifest_id=URLS.manifest("m-moonrise"),
    manifest_label={"en": ["Moonrise"]},
    thumbnail=URLS.thumbnail("c-moonrise"),
    score=0.8765,
    shares={"efficientnet-lite0": 0.75, "colour": 0.1265},
    why="looks like the region you chose",
)
SERVICE = {version: URLS.search(version, "manifest", "m-harbour") for version in (1, 2)}
LIBRARY = {version: URLS.search(version, "library") for version in (1, 2)}
COMPLETE = {version: URLS.autocomplete(version, "manifest", "m-harbour") for version in (1, 2)}


def _pages(version: int) -> dict[str, ResultPage]:
    words = {"q": "boats", "motivation": "describing commenting"}
    first = ResultPage(
        SERVICE[version],
        words,
        (BOATS, WHOLE),
        page_size=2,
        total=3,
        notices=("cut off below relevance 0.2",),
    )
    last_item = replace(WHOLE, id=URLS.annotation("a-third"), region=(0, 0, 10, 10))
    likeness = {"q": f"{SOURCE}/harbour/canvas/1#xywh=200,300,600,600"}
    return {
        "first-page": first,
        "last-page": replace(first, items=(last_item,), page=2),
        "empty": ResultPage(SERVICE[version], {"q": "zeppelin"}, ()),
        "ignored": ResultPage(
            SERVICE[version], {"q": "race"}, (WHOLE,), total=1, ignored=("date", "user")
        ),
        "likeness": ResultPage(LIBRARY[version], likeness, (LIKE,), total=1, cross_manifest=True),
    }


def _terms(version: int) -> list[Term]:
    search = f"{SERVICE[version]}?q="
    return [
        Term("moonlight", 1, f"{search}moonlight", "en"),
        Term("Mond", 3, f"{search}Mond", "de"),
        Term("moon", 2, f"{search}moon"),
    ]


def _manifest(version: int) -> dict[str, Any]:
    foreign = {
        "@context": "http://iiif.io/api/search/1/context.json",
        "@id": f"{SOURCE}/search",
        "profile": "http://iiif.io/api/search/1/search",
    }
    if version == 2:
        return {
            "@context": "http://iiif.io/api/presentation/2/context.json",
            "@id": f"{SOURCE}/harbour/manifest.json",
            "@type": "sc:Manifest",
            "label": "Harbour by Moonlight",
            "attribution": "<b>Example Museum</b><script>alert(1)</script>",
            "service": foreign,
            "sequences": [
                {
                    "@type": "sc:Sequence",
                    "canvases": [
                        {
                            "@id": f"{SOURCE}/harbour/canvas/1",
                            "@type": "sc:Canvas",
                            "label": "recto",
                            "width": "4000",
                            "height": 3000,
                            "images": [],
                        },
                        {"@type": "sc:Canvas", "label": "verso", "width": 10, "height": 10},
                    ],
                }
            ],
        }
    return {
        "@context": "http://iiif.io/api/presentation/3/context.json",
        "id": f"{SOURCE}/harbour/manifest.json",
        "type": "Manifest",
        "label": {"en": ["Harbour by Moonlight"]},
        "service": [foreign, {"id": f"{SOURCE}/scale", "type": "PhysicalDimensions"}],
        "items": [
            {
                "id": f"{SOURCE}/harbour/canvas/1",
                "type": "Canvas",
                "width": 4000,
                "height": 3000,
                "items": [],
            }
        ],
    }


def _decorated(version: int) -> dict[str, Any]:
    canvas = f"{SOURCE}/harbour/canvas/1"
    canvas_ids = [canvas, f"{SOURCE}/harbour/manifest.json/canvas/2"][: 2 if version == 2 else 1]
    url = URLS.annotation_list if version == 2 else URLS.annotation_page
    return decorate(
        _manifest(version),
        2 if version == 2 else 3,
        ids=DecorationIds.of(URLS, "m-harbour"),
        canvas_ids=canvas_ids,
        annotation_pages={canvas: url("c-harbour")},
        sanitise=lambda text: text.replace("<script>alert(1)</script>", ""),
    )


def _collection() -> dict[str, Any]:
    return collection(
        URLS.collection(),
        {"en": ["Paintings"]},
        [
            ManifestEntry(
                URLS.manifest("m-harbour"),
                BOATS.manifest_label,
                URLS.thumbnail("c-harbour"),
            ),
            CollectionEntry(URLS.collection("seascapes"), {"en": ["Seascapes"]}),
        ],
        service=service_block(
            LIBRARY[2],
            URLS.autocomplete(2, "library"),
            LIBRARY[1],
            URLS.autocomplete(1, "library"),
        ),
    )


def cases() -> dict[str, dict[str, Any]]:
    """File name without ``.json`` -> response."""
    found: dict[str, dict[str, Any]] = {}
    for name, page in _pages(1).items():
        found[f"search1-{name}"] = search_list(page)
    for name, page in _pages(2).items():
        found[f"search2-{name}"] = search_page(page)
    query, ignored = {"q": "mo"}, ("motivation",)
    found["terms1"] = term_list_1(COMPLETE[1], query, _terms(1), ignored)
    found["terms2"] = term_page_2(COMPLETE[2], query, _terms(2), ignored)
    found["terms1-empty"] = term_list_1(COMPLETE[1], {"q": "zz"}, [])
    found["terms2-empty"] = term_page_2(COMPLETE[2], {"q": "zz"}, [])
    stored = replace(BOATS, score=None, shares={}, why="", quotes=())
    found["annotation1"] = to_annotation_1(stored)
    found["annotation2"] = to_annotation_2(stored)
    found["annotation2-likeness"] = to_annotation_2(LIKE)
    found["annotation-list"] = to_annotation_list(URLS.annotation_list("c-harbour"), [stored])
    found["annotation-page"] = to_annotation_page(URLS.annotation_page("c-harbour"), [stored])
    found["manifest2"], found["manifest3"] = _decorated(2), _decorated(3)
    found["collection"] = _collection()
    return found


def write() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, response in cases().items():
        text = json.dumps(response, indent=2, ensure_ascii=False) + "\n"
        (FOLDER / f"{name}.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write()
