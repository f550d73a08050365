"""Searches by likeness of every kind, and how several features make one score."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from catalog.decode import decode
from catalog.geometry import Rect
from iiifsearch.engine.query import MINUS, BadQuery, Example, Query, combined
from iiifsearch.engine.search import by_canvas, by_query, likeness
from iiifsearch.index.everything import index_everything
from ml import registry
from tests.iiifsearch.conftest import Library
from tests.pictures import picture

DEEP, COLOUR = registry.get("efficientnet-lite0"), registry.get("colour")


def pixels(seed: int) -> Any:
    return decode(picture(seed), max_pixels=10**7)


def direction(*numbers: float) -> np.ndarray[Any, Any]:
    vector = np.zeros(COLOUR.dim, np.float32)
    vector[: len(numbers)] = numbers
    return vector


def example(*numbers: float, **more: Any) -> Example:
    return Example(vectors={COLOUR: direction(*numbers)}, **more)


def test_plus_and_minus_make_one_vector() -> None:
    vector = combined([example(1.0), example(0.0, 1.0)], [COLOUR])[COLOUR]
    assert vector == pytest.approx(direction(0.5**0.5, 0.5**0.5), abs=1e-6)
    vector = combined([example(1.0), example(0.0, 1.0, minus=True)], [COLOUR])[COLOUR]
    assert vector == pytest.approx(direction(1, -MINUS) / (1 + MINUS**2) ** 0.5, abs=1e-6)
    heavier = combined([example(1.0, weight=3.0), example(0.0, 1.0)], [COLOUR])[COLOUR]
    assert heavier == pytest.approx(direction(3, 1) / 10**0.5, abs=1e-6)


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        (Query(), "nothing to look for"),
        (Query([example(1.0, minus=True)], {"colour": 1}), "unwanted"),
        (Query([example(1.0)], {"colour": 0}), "above 0"),
        (Query([example(1.0, weight=-1)], {"colour": 1}), "above 0"),
        (Query([example(1.0)], {"minilm": 1}), "no live feature"),
        (Query([example(1.0)], {"nonsense": 1}), "no live feature"),
        (Query([Example()]), "an example needs"),
        (Query([example(1.0), example(2.0, minus=True)], {"colour": 1}), "cancel"),
        (
            Query([Example(pixels=np.zeros((9, 9, 3), np.uint8), region=Rect(9, 9, 5, 5))]),
            "outside",
        ),
    ],
)
def test_what_cannot_be_looked_for_is_said(db: None, query: Query, reason: str) -> None:
    with pytest.raises(BadQuery, match=f"(?i){reason}"):
        query.vectors()


def test_the_same_picture_scores_one(library: Library) -> None:
    hit = by_query(Query([Example(pixels=pixels(2))])).hits[0]
    assert hit.canvas_id == library.canvas("letter").pk
    assert hit.score == pytest.approx(1.0, abs=5e-3)
    assert sum(hit.shares.values()) == pytest.approx(hit.score)
    assert hit.similarities["colour"] == pytest.approx(1.0, abs=5e-3)
    assert "of the score" in hit.why[0]


def test_features_count_as_they_are_weighed(library: Library) -> None:
    query = Query([Example(pixels=pixels(2))], {"colour": 3, "efficientnet-lite0": 1})
    shares = by_query(query).hits[0].shares
    assert shares["colour"] / shares["efficientnet-lite0"] == pytest.approx(3, rel=0.02)
    alone = by_query(Query([Example(pixels=pixels(2))], {"colour": 1}))
    assert alone.hits[0].shares.keys() == alone.plans.keys() == alone.cut_offs.keys() == {"colour"}


def test_several_examples_find_what_is_like_either_and_not_the_unwanted(library: Library) -> None:
    wanted = [Example(pixels=pixels(1)), Example(pixels=pixels(2))]
    both = {"boats", "letter"}
    answer = by_query(Query(wanted, {"efficientnet-lite0": 1}))
    assert {hit.canvas_id for hit in answer.hits[:2]} == {library.canvas(n).pk for n in both}
    query = Query([*wanted, Example(pixels=pixels(1), minus=True)], {"efficientnet-lite0": 1})
    hits = by_query(query).hits
    assert hits[0].canvas_id == library.canvas("letter").pk


def test_examples_of_the_library_are_left_out(library: Library) -> None:
    boats, letter = library.canvas("boats"), library.canvas("letter")
    query = Query([Example(canvas=boats), Example(canvas=letter, minus=True)])
    assert not {boats.pk, letter.pk} & {hit.canvas_id for hit in by_query(query).hits}


def test_a_rectangle_of_a_picture(library: Library) -> None:
    whole, part = pixels(3), np.zeros((600, 800, 3), np.uint8)
    part[100:400, 50:450] = whole
    query = Query([Example(pixels=part, region=Rect(50, 100, 400, 300))])
    hit = by_query(query).hits[0]
    assert (hit.canvas_id, round(hit.score, 2)) == (library.canvas("jardin").pk, 1.0)


def test_what_no_feature_speaks_for_is_left_out(library: Library) -> None:
    answer = by_query(Query([Example(canvas=library.canvas("boats"))], {"colour": 1}))
    assert len(answer.hits) < 3
    assert all(hit.similarities["colour"] >= COLOUR.min_similarity for hit in answer.hits)
    assert any("left out" in notice for notice in answer.notices)
    assert answer.cut_offs["colour"] == COLOUR.min_similarity
    assert "too few canvases" in answer.plans["colour"]


def test_a_likeness_is_told_as_it_was_found(library: Library) -> None:
    boats = library.canvas("boats")
    for hit in by_canvas(boats).hits:
        other = type(boats).objects.get(pk=hit.canvas_id)
        assert likeness(boats, None, other) == hit.why


def test_a_canvas_without_a_vector_of_one_feature_is_found_by_the_other(library: Library) -> None:
    from iiifsearch.models import CanvasVector

    letter = library.canvas("letter")
    CanvasVector.objects.filter(canvas_id=letter.pk, encoder=COLOUR.key).delete()
    hit = by_query(Query([Example(pixels=pixels(2))])).hits[0]
    assert (hit.canvas_id, hit.shares.keys()) == (letter.pk, {DEEP.name})


@pytest.fixture
def coloured(library: Library, settings: Any) -> Library:
    live = ("efficientnet-lite0", "colour", "palette", "colour-layout")
    settings.IIIFSEARCH = {**settings.IIIFSEARCH, "image_encoders": live}
    index_everything()
    return library


def test_a_palette(coloured: Library) -> None:
    array = pixels(4).reshape(-1, 3)
    colours, counts = np.unique(array // 32 * 32 + 16, axis=0, return_counts=True)
    named = [
        ("#" + bytes(colour.tolist()).hex(), 1.0 * n)
        for colour, n in zip(colours, counts, strict=True)
    ]
    query = Query(palette=named)
    answer = by_query(query)
    assert answer.hits[0].canvas_id == coloured.canvas("tsuki").pk
    assert answer.hits[0].shares.keys() == {"palette"}
    with pytest.raises(BadQuery, match="palette"):
        by_query(Query(palette=[("#zzzzzz", 1.0)]))


def test_a_sketch(coloured: Library) -> None:
    sketch = pixels(3)[19::38, 25::50]  # 8 x 8 colours
    answer = by_query(Query(sketch=sketch))
    assert answer.hits[0].canvas_id == coloured.canvas("jardin").pk
    assert answer.hits[0].shares.keys() == {"colour-layout"}


def test_like_this_but_in_these_colours(coloured: Library) -> None:
    query = Query([Example(pixels=pixels(1))], palette=[("#ffffff", 1.0)])
    assert {spec.name for spec in query.vectors()} == {"efficientnet-lite0", "colour", "palette"}
