"""The same picture once in an answer: by what curators said, and by nothing else."""

from __future__ import annotations

from itertools import pairwise

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalog.models import Canvas
from iiifsearch.engine import fold as folding
from iiifsearch.engine.fold import fold
from iiifsearch.engine.hits import Answer, Hit
from iiifsearch.models import Duplicate

pytestmark = pytest.mark.django_db


@pytest.fixture
def pks() -> list[int]:
    made = [
        Canvas.objects.create(key=f"c{n}", uri=f"urn:{n}", raw_id=f"urn:{n}", state="published")
        for n in range(8)
    ]
    return [canvas.pk for canvas in made]


def pair(first: int, second: int, decision: str) -> None:
    Duplicate.objects.create(
        first_id=first, second_id=second, decision=decision, inliers=900, probability=1.0
    )


def answer(*pks: int) -> Answer:
    hits = tuple(Hit(pk, 1 - place / 10, {}, ()) for place, pk in enumerate(pks))
    return Answer(hits, ("Told before.",))


def folded(told: Answer) -> list[tuple[int, ...]]:
    return [(hit.canvas_id, *(one.canvas_id for one in hit.same)) for hit in told.hits]


def test_the_best_hit_holds_the_others(pks: list[int]) -> None:
    a, b, c, d, e, f, g, _ = pks
    pair(a, b, "same-work"), pair(a, c, "copy"), pair(d, e, "copy")
    told = fold(answer(f, c, e, a, d, b, g))
    assert folded(told) == [(f,), (c, a, b), (e, d), (g,)]
    assert told.notices == ("Told before.", "Folded into others that show the same picture: 3.")
    assert [hit.score for hit in told.hits] == sorted((h.score for h in told.hits), reverse=True)


@pytest.mark.parametrize("decision", ["", "detail", "variant", "unrelated"])
def test_what_nobody_called_the_same_is_not_folded(pks: list[int], decision: str) -> None:
    pair(pks[0], pks[1], decision)
    assert fold(answer(*pks)) == answer(*pks)


def test_two_are_joined_by_a_third_that_was_not_found(pks: list[int]) -> None:
    a, b, c, d, e, *_ = pks
    pair(a, c, "copy"), pair(b, c, "same-work"), pair(b, d, "copy"), pair(c, e, "unrelated")
    assert folded(fold(answer(d, e, a))) == [(d, a), (e,)]


def test_it_is_one_query_whatever_there_is(pks: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    for first, second in pairwise(pks):
        pair(first, second, "copy")
    with CaptureQueriesContext(connection) as captured:
        told = fold(answer(*pks[:3], pks[7]))
    assert len(captured) == 1 and folded(told) == [(*pks[:3], pks[7])]
    assert fold(answer()).hits == ()
    monkeypatch.setattr(folding, "MOST_PAIRS", 2)
    assert "Only 2 pairs were looked at to fold by." in fold(answer(*pks)).notices
