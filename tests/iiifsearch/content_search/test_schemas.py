"""The schemas refuse wrong responses: each case spoils one golden response in one place."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from iiifsearch.content_search.schemas import NAMES, load_schema, problems
from tests.iiifsearch.content_search.golden_cases import cases

Spoil = Callable[[dict[str, Any]], object]


def put(*path: str | int, to: Any) -> Spoil:
    """Set what lies at ``path``."""

    def spoil(response: dict[str, Any]) -> None:
        holder: Any = response
        for step in path[:-1]:
            holder = holder[step]
        holder[path[-1]] = to

    return spoil


def drop(*path: str | int) -> Spoil:
    """Take away what lies at ``path``."""

    def spoil(response: dict[str, Any]) -> None:
        holder: Any = response
        for step in path[:-1]:
            holder = holder[step]
        del holder[path[-1]]

    return spoil


CANVAS = "https://museum.example.org/c1"
URL = "https://paintings.example.org/iiif/annotation/other"

WRONG_1: dict[str, Spoil] = {
    "contexts the other way round": lambda r: r["@context"].reverse(),
    "one context only": put("@context", to="http://iiif.io/api/search/1/context.json"),
    "a float in on": put("resources", 0, "on", to=f"{CANVAS}#xywh=1.5,2,3,4"),
    "a percentage in on": put("resources", 0, "on", to=f"{CANVAS}#xywh=percent:1,2,3,4"),
    "a negative number in on": put("resources", 0, "on", to=f"{CANVAS}#xywh=-1,2,3,4"),
    "on without a region": put("resources", 0, "on", to=CANVAS),
    "on as an object": put("resources", 0, "on", to={"@id": f"{CANVAS}#xywh=1,2,3,4"}),
    "no layer": drop("within"),
    "a layer without its type": drop("within", "@type"),
    "a layer without a total": drop("within", "total"),
    "ignored at the top": put("ignored", to=["user"]),
    "ignored and empty": put("within", "ignored", to=[]),
    "next as an object": put("next", to={"@id": URL}),
    "no start index": drop("startIndex"),
    "several resources in one annotation": put("resources", 0, "resource", to=[]),
    "no text": drop("resources", 0, "resource", "chars"),
    "an annotation without an id": drop("resources", 0, "@id"),
    "a hit without match": drop("hits", 0, "match"),
    "a hit with match null": put("hits", 0, "match", to=None),
    "a hit with before null": put("hits", 0, "before", to=None),
    "a hit without after": drop("hits", 0, "after"),
    "a hit without its type": drop("hits", 0, "@type"),
    "a hit of nothing": put("hits", 0, "annotations", to=[]),
    "a hit of an annotation elsewhere": put("hits", 0, "annotations", to=[URL]),
    "two hits with one first annotation": lambda r: r["hits"].append(r["hits"][0]),
    "one annotation twice": lambda r: r["resources"].append(r["resources"][0]),
    "a motivation with a wrong prefix": put("resources", 0, "motivation", to="sc:commenting"),
    "items of version 2": put("items", to=[]),
}

WRONG_2: dict[str, Spoil] = {
    "the search context first": lambda r: r["@context"].reverse(),
    "another context last": put("@context", 1, to="http://iiif.io/api/presentation/3/context.json"),
    "a context after the last": lambda r: r["@context"].append({}),
    "another type": put("type", to="AnnotationCollection"),
    "no collection": drop("partOf"),
    "the collection by itself": lambda r: r.update(partOf=r["partOf"][0]),
    "a collection without its first page": drop("partOf", 0, "first"),
    "next as a string": put("next", to=URL),
    "next without its type": drop("next", "type"),
    "ignored as a string": put("ignored", to="user"),
    "two pages of matches": lambda r: r["annotations"].append(copy.deepcopy(r["annotations"][0])),
    "matches as an object": put("annotations", to={}),
    "no matches": drop("annotations"),
    "a match of an annotation elsewhere": put(
        "annotations", 0, "items", 0, "target", "source", to=URL
    ),
    "a match without a selector": drop("annotations", 0, "items", 0, "target", "selector"),
    "a match that comments": put("annotations", 0, "items", 0, "motivation", to="commenting"),
    "a quote without its words": drop(
        "annotations", 0, "items", 0, "target", "selector", 0, "exact"
    ),
    "the collection is the page": lambda r: put("partOf", 0, "id", to=r["id"])(r),
    "an annotation by reference": put("items", 0, to=URL),
    "an annotation without a body": drop("items", 0, "body"),
    "a manifest without a type": drop("items", 0, "target", "source", "partOf", 0, "type"),
    "a target without a manifest": drop("items", 0, "target", "source", "partOf"),
    "a float in the region": put("items", 0, "target", "selector", "value", to="xywh=1,2,3.5,4"),
    "a prefix on a motivation": put("items", 0, "motivation", to="oa:commenting"),
    "a label as a string": put("items", 0, "label", to="Boats"),
    "a score above one": put("items", 0, "score", to=1.5),
    "an unknown property": put("items", 0, "relevance", to=1),
    "resources of version 1": put("resources", to=[]),
}

WRONG_TERMS_1: dict[str, Spoil] = {
    "a term without match": drop("terms", 0, "match"),
    "a term without url": drop("terms", 0, "url"),
    "a count of nothing": put("terms", 0, "count", to=0),
    "ignored as a string": put("ignored", to="user"),
    "another type": put("@type", to="TermPage"),
    "no id": drop("@id"),
}

WRONG_TERMS_2: dict[str, Spoil] = {
    "a term without value": drop("items", 0, "value"),
    "a term with a type": put("items", 0, "type", to="Term"),
    "a count as a string": put("items", 0, "total", to="3"),
    "a service without a type": put("items", 0, "service", to=[{"id": URL}]),
    "terms of version 1": put("terms", to=[]),
    "another type": put("type", to="TermList"),
    "no items": drop("items"),
    "no id": drop("id"),
}

WRONG = [
    pytest.param(schema, golden, spoil, id=f"{schema}: {what}")
    for schema, golden, wrong in (
        ("search1", "search1-first-page", WRONG_1),
        ("search2", "search2-first-page", WRONG_2),
        ("term_list1", "terms1", WRONG_TERMS_1),
        ("term_page2", "terms2", WRONG_TERMS_2),
        ("annotation1", "annotation1", {"no context": drop("@context")}),
        ("annotation2", "annotation2", {"no context": drop("@context")}),
        (
            "annotation2",
            "annotation2-likeness",
            {
                "the context of IIIF first": lambda r: r["@context"].reverse(),
                "a score that no context explains": lambda r: put("@context", to=r["@context"][-1])(
                    r
                ),
                "id without partOf": drop("target", "partOf"),
            },
        ),
    )
    for what, spoil in wrong.items()
]


@pytest.mark.parametrize(("schema", "golden", "spoil"), WRONG)
def test_what_is_wrong_is_refused(schema: str, golden: str, spoil: Spoil) -> None:
    response = copy.deepcopy(cases()[golden])
    assert problems(schema, response) == []
    spoil(response)
    assert problems(schema, response) != []


@pytest.mark.parametrize("name", NAMES)
def test_the_schemas_are_schemas(name: str) -> None:
    from jsonschema import Draft202012Validator

    Draft202012Validator.check_schema(load_schema(name))


def test_an_unknown_schema_names_the_known_ones() -> None:
    with pytest.raises(KeyError, match="search1, search2"):
        load_schema("search3")
