"""``fold=duplicates`` over REST: each picture once, in counts and pages, too."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from catalog.models import Canvas
from iiifsearch.decisions.pairs import add
from tests.iiifsearch.conftest import Library
from tests.iiifsearch.rich import hang, painted


@pytest.fixture
def library(rich_pictures: None, library: Library) -> Library:
    """Two more of the boats, and a letter that names them."""
    for name in ("print", "photograph"):
        hang(library, name, painted(1), title="Boats at Rest")
    ada = User.objects.create_user("ada")
    for name in ("print", "photograph"):
        add(library.canvas("boats"), library.canvas(name), "copy", by=ada)
    return library


def ask(path: str, **asked: Any) -> Any:
    answer = Client().get(f"/api/{path}/", asked)
    assert answer.status_code == 200, answer.content
    return answer.json()


def uris(answer: Any) -> list[str]:
    return [hit["canvas"] for hit in answer["hits"]]


def test_the_same_picture_comes_once(library: Library) -> None:
    plain = ask("search", q="boats at rest")
    folded = ask("search", q="boats at rest", fold="duplicates")
    boats = {library.canvas(name).raw_id for name in ("boats", "print", "photograph")}
    assert plain["total"] == folded["total"] + 2 and boats <= set(uris(plain))
    assert all("same" not in hit for hit in plain["hits"])
    best = folded["hits"][0]
    assert best["canvas"] == uris(plain)[0]
    assert {best["canvas"], *(one["canvas"] for one in best["same"])} == boats
    first = best["same"][0]
    assert first["rights"] and first["required_statement"] and 0 < first["score"] <= best["score"]
    assert "Folded into others that show the same picture: 2." in folded["notices"]
    # What is left keeps its order, and pages of it follow upon each other.
    assert uris(folded) == [uri for uri in uris(plain) if uri not in boats - {best["canvas"]}]
    pages = [
        ask("search", q="boats at rest", fold="duplicates", limit=1, offset=offset)
        for offset in range(folded["total"])
    ]
    assert [uri for page in pages for uri in uris(page)] == uris(folded)


def test_by_likeness_too(library: Library) -> None:
    asked = {"canvas": library.canvas("print").raw_id}
    plain, folded = ask("similar", **asked), ask("similar", **asked, fold="duplicates")
    assert plain["total"] == folded["total"] + 1
    assert len(folded["hits"][0]["same"]) == 1
    checked = ask("similar", **asked, fold="duplicates", verify="true")
    assert checked["hits"][0]["verification"]["same"] and checked["hits"][0]["same"]


def test_drafts_are_not_told_of(library: Library) -> None:
    Canvas.objects.filter(pk=library.canvas("print").pk).update(state="draft")
    folded = ask("search", q="boats at rest", fold="duplicates")
    told = [one["canvas"] for hit in folded["hits"] for one in (hit, *hit.get("same", []))]
    assert library.canvas("print").raw_id not in told
    assert library.canvas("photograph").raw_id in told


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("path", "asked"),
    [
        ("search", {"q": "boats", "fold": "everything"}),
        ("similar", {"canvas": "urn:x#xywh=0,0,9,9", "fold": "duplicates", "detail": "true"}),
    ],
)
def test_what_cannot_be_folded(path: str, asked: dict[str, str]) -> None:
    answer = Client().get(f"/api/{path}/", asked)
    assert answer.status_code == 400 and "fold" in answer.content.decode()
