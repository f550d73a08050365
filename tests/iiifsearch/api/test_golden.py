"""The answers that the viewer's tests read are of the kind that is given."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from django.core.cache import cache
from django.test import Client

from iiifsearch.conf import options
from tests.iiifsearch.conftest import Library

GOLDEN = Path(__file__).resolve().parents[3] / "fixtures" / "golden" / "rest"
#: Names that are data: of features, channels, languages.
NAMED = {"shares", "similarities", "plans", "cut_offs", "features", "label", "value", "sentences"}


def shape(value: Any, name: str = "") -> Any:
    """Fields and types of a JSON value; of lists, and of dicts of ``NAMED``, by the first entry."""
    if isinstance(value, dict):
        if name in NAMED:
            return {"…": shape(next(iter(value.values()), None))}
        return {key: shape(value[key], key) for key in sorted(value)}
    if isinstance(value, list):
        return [shape(value[0], name)] if value else []
    return "number" if isinstance(value, int | float) else type(value).__name__


def agree(ours: Any, golden: Any, where: str = "") -> list[str]:
    """Where two shapes differ; what is null or empty on one side agrees with anything."""
    if isinstance(ours, dict) and isinstance(golden, dict):
        both = ours.keys() & golden.keys()
        found = [e for key in sorted(both) for e in agree(ours[key], golden[key], f"{where}.{key}")]
        return found + [f"{where}.{key}: on one side only" for key in ours.keys() ^ golden.keys()]
    if isinstance(ours, list) and isinstance(golden, list):
        return agree(ours[0], golden[0], f"{where}[]") if ours and golden else []
    return [] if "NoneType" in (ours, golden) or ours == golden else [f"{where}: {ours}, {golden}"]


@pytest.fixture
def asked(library: Library) -> dict[str, str]:
    def escaped(text: str) -> str:
        return quote(text, safe="")

    boats = escaped(f"{library.canvas('boats').raw_id}#xywh=100,100,400,300")
    return {
        "library": f"/api/library/?manifest={escaped(library.manifest('boats').uri)}",
        "words": "/api/search/?q=boats+moon",
        "detail": f"/api/similar/?detail=true&canvas={boats}",
    }


@pytest.mark.parametrize("name", ["library", "words", "detail"])
def test_golden_answers_are_of_the_kind_we_give(
    name: str, rich_pictures: None, asked: dict[str, str], client: Client
) -> None:
    cache.clear()
    ours = client.get(asked[name]).json()
    golden = json.loads((GOLDEN / f"{name}.json").read_text())
    assert ours.get("hits", True) and golden.get("hits", True)
    assert agree(shape(ours), shape(golden)) == []
    if name == "library":
        assert {one["name"] for one in golden["features"]} == set(options.image_encoders)
        assert [p["name"] for p in golden["presets"]] == [p["name"] for p in ours["presets"]]


def test_no_golden_answer_is_left_over() -> None:
    assert {path.stem for path in GOLDEN.glob("*.json")} == {"library", "words", "detail"}
