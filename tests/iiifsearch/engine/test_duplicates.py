"""Is this picture here already?"""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from catalog.models import Canvas, State
from catalog.withdrawal import withdraw
from iiifsearch.engine.duplicates import accepted, same_picture
from tests.iiifsearch.conftest import Library
from tests.iiifsearch.rich import Array, hang, mirrored, painted


@pytest.fixture
def library(rich_pictures: None, library: Library) -> Library:
    return library


def grey(array: Array) -> Array:
    one = cv2.cvtColor(array, cv2.COLOR_RGB2GRAY)
    return np.repeat(np.asarray(one, np.uint8)[..., None], 3, axis=2)


def framed(array: Array) -> Array:
    made = cv2.copyMakeBorder(array, 40, 40, 40, 40, cv2.BORDER_CONSTANT, value=(70, 40, 20))
    return np.asarray(made, np.uint8)


def on_its_side(array: Array) -> Array:
    return np.ascontiguousarray(np.rot90(array))


def cropped(array: Array) -> Array:
    return np.ascontiguousarray(array[40:330, 60:450])


def test_a_changed_copy_is_the_same_picture(library: Library) -> None:
    for change in (grey, framed, on_its_side, cropped, mirrored):
        found = accepted(same_picture(change(painted(2))))
        assert [same.match.canvas_id for same in found] == [library.canvas("letter").pk], change
        assert found[0].match.mirrored is (change is mirrored)


def test_a_mirror_image_of_ornament_is_told(library: Library) -> None:
    """Which agrees with the picture itself, too, but for what is on one side alone."""
    half = painted(11)[:, :240]
    ornament = np.ascontiguousarray(np.hstack([half, mirrored(half)]))
    ornament[120:240, 40:140] = painted(12)[120:240, 40:140]
    canvas = hang(library, "ornament", ornament)
    for picture, turned_over in ((ornament, False), (mirrored(ornament), True)):
        best = same_picture(picture)[0].match
        assert (best.canvas_id, best.mirrored) == (canvas.pk, turned_over)
        assert best.accepted and best.inliers > 100


def test_another_picture_is_not(library: Library) -> None:
    assert accepted(same_picture(painted(9))) == ()


def test_what_is_not_public_never_appears(library: Library) -> None:
    letter = library.canvas("letter")
    Canvas.objects.filter(pk=letter.pk).update(state=State.DRAFT)
    assert letter.pk not in {same.match.canvas_id for same in same_picture(painted(2))}
    Canvas.objects.filter(pk=letter.pk).update(state=State.PUBLISHED)
    assert accepted(same_picture(painted(2)))
    withdraw(letter.key, reason="by order of a court")
    assert letter.pk not in {same.match.canvas_id for same in same_picture(painted(2))}
