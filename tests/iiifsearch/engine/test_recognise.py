"""Photos of paintings: which they are, where they hang, and that they are none of ours."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest

from catalog.models import Canvas, State
from catalog.withdrawal import withdraw
from iiifsearch.engine.filters import WorkFilter
from iiifsearch.engine.recognise import Recognition, SwitchedOff, recognise
from iiifsearch.engine.scope import Scope
from tests.iiifsearch.conftest import Library
from tests.iiifsearch.rich import hang, painted, photo


@pytest.fixture
def library(rich_pictures: None, library: Library) -> Library:
    return library


def names(library: Library, answer: Recognition) -> set[str]:
    ids = {library.canvas(name).pk: name for name in library.urls if name != "c"}
    return {ids[one.match.canvas_id] for one in answer.found}


TWO = ((1, 60, 80, 400), (2, 560, 320, 360))


def test_two_paintings_in_one_photo(library: Library) -> None:
    answer = recognise(photo(*TWO))
    assert names(library, answer) == {"boats", "letter"}
    assert answer.confidence > 0.9 and answer.candidates == 4
    assert answer.notices == ()
    wanted = {
        "boats": (0.06, 80 / 700, 0.46, 380 / 700),
        "letter": (0.56, 320 / 700, 0.92, 590 / 700),
    }
    for one in answer.found:
        name = "boats" if one.match.canvas_id == library.canvas("boats").pk else "letter"
        left, top, right, bottom = wanted[name]
        corners = [[left, top], [right, top], [right, bottom], [left, bottom]]
        assert np.abs(np.array(one.match.outline) - corners).max() < 0.01
        assert one.also == ()


def test_a_photo_taken_from_the_side(library: Library) -> None:
    seen = photo((3, 200, 100, 560))
    corners = np.array([[0, 0], [999, 0], [999, 699], [0, 699]], np.float32)
    moved = np.array([[60, 90], [999, 0], [960, 699], [20, 560]], np.float32)
    warp = cv2.getPerspectiveTransform(corners, moved)
    taken = np.asarray(
        cv2.warpPerspective(seen, warp, (1000, 700), borderValue=(160,) * 3), np.uint8
    )
    assert names(library, recognise(taken)) == {"jardin"}
    turned = np.ascontiguousarray(np.rot90(taken))
    assert names(library, recognise(turned)) == {"jardin"}


def test_none_of_ours(library: Library) -> None:
    for answer in (recognise(photo()), recognise(photo((9, 200, 100, 500)))):
        assert answer.found == () and answer.confidence > 0.9


def test_two_records_of_one_painting_are_one(library: Library) -> None:
    again = hang(library, "again", painted(1))
    (one,) = recognise(photo((1, 200, 100, 500))).found
    both = {library.canvas("boats").pk, again.pk}
    assert {one.match.canvas_id, *one.also} == both


def test_what_is_not_public_never_appears(library: Library) -> None:
    withdraw(library.canvas("boats").key, reason="by order of a court")
    Canvas.objects.filter(pk=library.canvas("letter").pk).update(state=State.DRAFT)
    answer = recognise(photo(*TWO))
    assert answer.found == () and answer.candidates == 2


def test_filters(library: Library) -> None:
    scope = Scope(works=WorkFilter(maker="Bekker"))
    answer = recognise(photo(*TWO), scope)
    assert names(library, answer) == {"letter"} and answer.candidates == 1


@pytest.mark.parametrize("left_out", [{"local_features": False}, {"image_encoders": ("colour",)}])
def test_where_it_is_switched_off_it_says_so(left_out: Any, db: None, settings: Any) -> None:
    settings.IIIFSEARCH = {**settings.IIIFSEARCH, **left_out}
    with pytest.raises(SwitchedOff, match="local_features"):
        recognise(photo())
