"""Every door of the engine, asked once, and what it answered in a form that can be compared."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import numpy as np
from django.test import Client

from catalog.geometry import Rect
from catalog.models import Collection, CollectionCanvas
from iiifsearch.engine import (
    classes,
    duplicates,
    meaning,
    nearest,
    recognise,
    regions,
    search,
    stored,
    suggest,
    words,
)
from iiifsearch.engine import map as library_map
from iiifsearch.engine.filters import WorkFilter
from iiifsearch.engine.fold import fold
from iiifsearch.engine.hits import Answer
from iiifsearch.engine.query import Example, Query
from iiifsearch.engine.said import Tagged, says
from iiifsearch.engine.scope import CommentFilter, Scope
from iiifsearch.index import ann, scales
from iiifsearch.index.guesses import find_guesses
from iiifsearch.index.map import make_map
from iiifsearch.rules import fill
from iiifsearch.rules.rule import Rule
from ml import registry
from tests.iiifsearch.conftest import Library
from tests.iiifsearch.rich import painted, photo

Door = Callable[[Library], Any]

_LONG_AGO, _SOME_DAY = datetime(1900, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)


def _told(answer: Answer) -> list[tuple[int, float, tuple[str, ...]]]:
    return [(hit.canvas_id, round(hit.score, 4), hit.why) for hit in answer.hits]


def _harvested() -> Collection:
    return Collection.objects.exclude(uri="").get()


def scopes(library: Library) -> dict[str, Scope]:
    boats = library.canvas("boats")
    return {
        "library": Scope(),
        "manifest": Scope(manifest_id=library.manifest("boats").pk),
        "collection": Scope(collection_id=_harvested().pk),
        "maker": Scope(works=WorkFilter(maker="vento")),
        "exactly": Scope(works=WorkFilter(maker="Ada Vento", maker_exact=True)),
        "type and years": Scope(works=WorkFilter(object_type="painting", years=(1500, 2000))),
        "rights": Scope(works=WorkFilter(rights="open")),
        "said": Scope(also=(says('boats -moon "fishing boats"'), says("boats"))),
        "tagged": Scope(also=(Tagged("oil on canvas"), Tagged("oil on canvas", "technique"))),
        "comments": Scope(
            comments=CommentFilter(("describing",), ((_LONG_AGO, _SOME_DAY),), ("somebody",))
        ),
        "non-painting": Scope(comments=CommentFilter(("non-painting",))),
        "without": Scope(without=(boats.pk,)),
    }


def _words(library: Library) -> Any:
    asked = ("boats", "boat -moon", '"fishing boats"', "A woman. She reads a letter.", "月")
    return [
        (query, name, _told(search.by_words(query, scope)))
        for query in asked
        for name, scope in scopes(library).items()
    ]


def _holding(library: Library) -> Any:
    terms, _ = words.parse("moon boats")
    return words.holding(terms, [library.canvas(name).pk for name in ("boats", "letter")])


def _canvas(library: Library) -> Any:
    boats = library.canvas("boats")
    region = Rect(0, 0, 400, 300)
    return [
        (name, _told(search.by_canvas(boats, scope)), _told(search.by_canvas(boats, scope, region)))
        for name, scope in scopes(library).items()
    ]


def _picture(library: Library) -> Any:
    return _told(search.by_picture(painted(2)))


def _examples(library: Library) -> Any:
    boats, letter = library.canvas("boats"), library.canvas("letter")
    query = Query([Example(canvas=boats), Example(canvas=letter, minus=True)])
    return _told(search.by_query(query)), search.likeness(boats, None, letter)


def _drawn(library: Library) -> Any:
    red = Query(palette=[((200, 40, 30), 1.0)])
    return _told(search.by_query(red))


def _random(library: Library) -> Any:
    return [_told(search.at_random(scope, 3, 5)) for scope in scopes(library).values()]


def _same(library: Library) -> Any:
    return [same.match.canvas_id for same in duplicates.same_picture(painted(1))]


def _details(library: Library) -> Any:
    found = regions.by_detail_of(library.canvas("boats"), Rect(160, 120, 480, 360))
    return [(one.canvas_id, round(one.similarity, 3)) for one in found.found]


def _recognised(library: Library) -> Any:
    found = recognise.recognise(photo((1, 100, 100, 420)))
    return [one.match.canvas_id for one in found.found]


def _suggested(library: Library) -> Any:
    boats = library.canvas("boats")
    return (
        [(one.comment.pk, round(one.similarity, 4)) for one in suggest.comments(boats, 10)],
        [(one.tag, round(one.score, 4)) for one in suggest.tags(boats, 10)],
        meaning.shown("boats on the shore", boats.pk),
    )


def _classes(library: Library) -> Any:
    said = {"title": "A class", "teaches": True}
    one, made = Collection.objects.get_or_create(key="class", defaults=said)
    if made:
        CollectionCanvas.objects.create(collection=one, canvas=library.canvas("boats"))
    taught = classes.taught()
    of = classes.of(library.canvas("boats"))
    near = classes.candidates(taught, 0, 3) if taught else []
    return of and of.canvas_id, [one.canvas_id for one in near]


def _map(library: Library) -> Any:
    make_map(always=True)
    made = library_map.current()
    assert made is not None
    areas = library_map.areas(made)
    small = next(area for area in areas if area.within is not None)
    return (
        len(library_map.version(made)),
        library_map.places(made),
        areas,
        library_map.in_area(made, small),
        library_map.examples(made, 2),
        library_map.titles(made, 0),
        library_map.sheets(made),
        library_map.stale(made),
    )


def _folded(library: Library) -> Any:
    return _told(fold(search.by_words("boats")))


def _graph(library: Library) -> Any:
    """Each statement of the neighbours by itself, whatever the plan is for so few."""
    boats, spec = library.canvas("boats"), registry.get("efficientnet-lite0")
    vector = stored.stored_vectors([spec], boats.pk)[spec]
    text = registry.get("minilm")
    spoken = np.ones(text.dim, np.float32) / np.sqrt(text.dim)
    found = []
    for kind, one in ((spec, vector), (text, spoken)):
        index = ann.ann_index(kind)
        for scope in scopes(library).values():
            found += [
                nearest._run(nearest.walk_sql(index, one, scope, 40), 40, "off"),
                nearest._run(nearest.graph_sql(index, one, scope, 10), 40, "relaxed_order"),
                nearest.nearest(kind, one, scope, 10).rows,
            ]
    return [[(row.canvas_id, round(row.similarity, 4), row.part) for row in rows] for rows in found]


def _each(library: Library) -> Any:
    ids = [library.canvas(name).pk for name in ("boats", "letter")]
    return nearest.nearest_of_each(registry.get("efficientnet-lite0"), ids, Scope(), 3)


def _rules(library: Library) -> Any:
    rule = Rule(words="boats")
    collection = _harvested()
    compared = fill.compare(rule, collection)
    return compared, fill.first_found(rule, collection, 5)


def _services(library: Library) -> Any:
    """Content Search 1 and 2, for the library, a collection and a manifest, with autocomplete."""
    client = Client()
    manifest, collection = library.manifest("boats").key, _harvested().key
    uri = library.canvas("boats").raw_id
    found = []
    for version in (1, 2):
        for where in ("/library", f"/collection/{collection}", f"/manifest/{manifest}"):
            for question in (
                {"q": "boats"},
                {"q": uri},
                {"q": f"{uri}#xywh=0,0,400,300"},
                {"q": "boats", "motivation": "describing"},
                {},
            ):
                path = f"/iiif/search/{version}{where}"
                found.append(_answer(client, path, question))
            path = f"/iiif/autocomplete/{version}{where}"
            found += [_answer(client, path, {"q": typed}) for typed in ("b", "fishing bo")]
    return found


def _answer(client: Client, path: str, question: dict[str, str]) -> Any:
    response = client.get(path, question)
    assert response.status_code == 200, (path, response.status_code, response.content[:300])
    return response.json()


def _scales(library: Library) -> Any:
    spec = registry.get("efficientnet-lite0")
    return sorted(round(float(row.sum()), 3) for row in scales.sample(spec))


def _guesses(library: Library) -> Any:
    return find_guesses()


DOORS: dict[str, Door] = {
    "words": _words,
    "holding": _holding,
    "canvas": _canvas,
    "picture": _picture,
    "examples": _examples,
    "drawn": _drawn,
    "random": _random,
    "same picture": _same,
    "details": _details,
    "recognised": _recognised,
    "suggested": _suggested,
    "classes": _classes,
    "map": _map,
    "folded": _folded,
    "graph": _graph,
    "each": _each,
    "rules": _rules,
    "services": _services,
    "scales": _scales,
    "guesses": _guesses,
}
