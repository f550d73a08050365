"""JSON Schemas (draft 2020-12) of what we answer, stricter than the specifications.

They hold every MUST of Content Search 1.0 and 2.0, and what viewers need beyond it, and they
refuse properties they do not know. The official schema of Presentation 3 cannot take their
place: it refuses valid Content Search responses. What a schema cannot say, that one part of a
response refers to another, `problems` says.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib.resources import files
from typing import Any

NAMES = ("annotation1", "annotation2", "search1", "search2", "term_list1", "term_page2")


def load_schema(name: str) -> dict[str, Any]:
    """One of `NAMES`. The schemas refer to each other by their ``$id``."""
    if name not in NAMES:
        raise KeyError(f"No schema is called {name!r}; there are {', '.join(NAMES)}.")
    schema: dict[str, Any] = json.loads(
        files(__package__).joinpath(f"{name}.json").read_text(encoding="utf-8")
    )
    return schema


def problems(name: str, response: Any) -> list[str]:
    """What is wrong with a response, in words; empty where nothing is.

    Needs ``jsonschema``, which serves tests only and so is no dependency of the product.
    """
    from jsonschema import Draft202012Validator
    from referencing import Registry, Resource

    schemas = [load_schema(known) for known in NAMES]
    registry: Registry[Any] = Registry().with_resources(
        (schema["$id"], Resource.from_contents(schema)) for schema in schemas
    )
    validator = Draft202012Validator(load_schema(name), registry=registry)
    found = [f"{error.json_path}: {error.message}" for error in validator.iter_errors(response)]
    if not found and name == "search1":
        found.extend(_wrong_references_1(response))
    if not found and name == "search2":
        found.extend(_wrong_references_2(response))
    return found


def _wrong_references_1(response: dict[str, Any]) -> Iterator[str]:
    ids = [annotation["@id"] for annotation in response["resources"]]
    yield from _repeated(ids)
    hit_ids = [hit["annotations"] for hit in response["hits"]]
    for listed in hit_ids:
        for annotation_id in listed:
            if annotation_id not in ids:
                yield f"A hit refers to {annotation_id}, which is not in this page."
    # Mirador tells hits apart by their first annotation.
    yield from _repeated([listed[0] for listed in hit_ids])


def _wrong_references_2(response: dict[str, Any]) -> Iterator[str]:
    ids = [annotation["id"] for annotation in response["items"]]
    pages = response.get("annotations", [])
    matches = [match for page in pages for match in page["items"]]
    everything = [response["id"], *(page["id"] for page in [*response["partOf"], *pages])]
    yield from _repeated([*everything, *ids, *(match["id"] for match in matches)])
    sources = [match["target"]["source"] for match in matches]
    for source in sources:
        if source not in ids:
            yield f"A match refers to {source}, which is not in this page."
    for annotation_id in ids:
        if annotation_id not in sources:
            yield f"No match tells why {annotation_id} was found."


def _repeated(ids: list[str]) -> Iterator[str]:
    for repeated in sorted({one for one in ids if ids.count(one) > 1}):
        yield f"The id {repeated} is there more than once."
