"""One picture laid upon another: by four corners, and by the places that agree."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from catalog import kept
from catalog.models import Picture
from iiifsearch.engine import overlay
from iiifsearch.engine.overlay import PointsGone, agreement, square_onto
from iiifsearch.models import Duplicate, LocalFeatures
from tests.iiifsearch.conftest import Library
from tests.iiifsearch.rich import Array, hang, mirrored, painted

SQUARE = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], np.float64)
numbers = st.floats(-3, 3, allow_nan=False)


def through(matrix: Any, points: Any) -> Any:
    made = np.hstack([points, np.ones((len(points), 1))]) @ matrix.T
    return made[:, :2] / made[:, 2:]


@given(st.lists(st.tuples(numbers, numbers), min_size=4, max_size=4))
def test_the_corners_come_where_they_are_told(corners: list[tuple[float, float]]) -> None:
    """Or there is no way: three of them lie on a line, or they are no convex quadrilateral."""
    matrix = square_onto(corners)
    points = np.array(corners)
    sides = np.roll(points, -1, axis=0) - points
    after = np.roll(sides, -1, axis=0)
    turns = sides[:, 0] * after[:, 1] - sides[:, 1] * after[:, 0]
    convex = (turns > 0).all() or (turns < 0).all()
    if matrix is None:
        assert not convex or np.abs(turns).min() < 1e-8
        return
    assert convex
    assume(np.abs(turns).min() > 1e-3)
    assert np.abs(through(matrix, SQUARE) - points).max() < 1e-6
    # Nothing of the square lies behind who looks: a browser would turn it inside out.
    assert (np.hstack([SQUARE, np.ones((4, 1))]) @ matrix[2] > 0).all()
    # Clockwise stays clockwise; what is mirrored turns over.
    assert (np.linalg.det(matrix) > 0) == bool((turns > 0).all())


@given(
    st.lists(st.floats(-0.25, 0.25), min_size=8, max_size=8),
    st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=1, max_size=5),
)
def test_it_is_the_homography_that_the_outline_is_of(
    noise: list[float], points: list[tuple[float, float]]
) -> None:
    """Corners made by a homography lead back to it, between the corners, too."""
    one = np.eye(3) + np.array([*noise, 0.0]).reshape(3, 3)
    assume(np.linalg.det(one) > 0.05)
    made = square_onto(through(one, SQUARE))
    assert made is not None
    inside = np.array(points)
    assert np.abs(through(made, inside) - through(one, inside)).max() < 1e-6


@pytest.mark.parametrize(
    "corners",
    [
        [],
        [[0, 0]] * 4,
        [[0, 0], [1, 0], [1, 1]],
        [[0, 0], [1, 0], [2, 0], [3, 0]],
        [[0, 0], [1, 1], [1, 0], [0, 1]],  # crossed over
        [[0, 0], [1, 0], [0.1, 0.1], [0, 1]],  # a corner bent in
        [[0, 0], [1, 0], [1, float("nan")], [0, 1]],
        [[0, 0], [1, 0], [1, float("inf")], [0, 1]],
    ],
)
def test_corners_that_span_nothing(corners: list[list[float]]) -> None:
    assert square_onto(corners) is None


# -- places that agree --------------------------------------------------------------------------


@pytest.fixture
def library(rich_pictures: None, library: Library) -> Library:
    return library


def cropped(array: Array) -> Array:
    """Its middle: from an eighth to seven eighths."""
    return np.ascontiguousarray(array[45:315, 60:420])


def pair(library: Library, other: Any, name: str = "boats", **values: Any) -> Duplicate:
    first = library.canvas(name)
    assert first.pk < other.pk
    return Duplicate.objects.create(first=first, second=other, **values)


MEASURED = {"similarity": 0.8, "inliers": 40, "probability": 0.99}


def test_lines_lead_from_a_place_to_the_same_place(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = pair(library, hang(library, "crop", cropped(painted(1))), **MEASURED)
    found = agreement(row)
    lines = np.array(found.lines)
    assert len(lines) == overlay.MOST_LINES < found.total and not found.mirrored
    assert np.abs((lines[:, :2] - 0.125) / 0.75 - lines[:, 2:]).max() < 0.03
    assert np.abs(np.array(found.outline) - (SQUARE - 0.125) / 0.75).max() < 0.03
    monkeypatch.setattr(overlay, "MOST_LINES", 10)
    few = agreement(row)
    assert len(few.lines) == 10 and few.total == found.total
    LocalFeatures.objects.filter(canvas=row.second).delete()
    with pytest.raises(PointsGone) as gone:
        agreement(row)
    assert gone.value.canvas_ids == (row.second_id,)


def test_of_a_mirror_image_either_picture_will_do(library: Library) -> None:
    copy = hang(library, "mirror", mirrored(cropped(painted(2))))
    row = pair(library, copy, "letter", mirrored=True, **MEASURED)
    unmeasured = Duplicate(first=row.first, second=copy)
    outline = (SQUARE - 0.125) / 0.75
    outline[:, 0] = 1 - outline[:, 0]
    for one in (row, unmeasured):
        found = agreement(one)
        lines = np.array(found.lines)
        assert found.mirrored and found.total > 30
        assert np.abs(1 - (lines[:, 0] - 0.125) / 0.75 - lines[:, 2]).max() < 0.03
        assert np.abs(np.array(found.outline) - outline).max() < 0.05
        kept.drop(Picture.objects.get(canvas=copy))  # the other one is kept still
    kept.drop(Picture.objects.get(canvas=row.first))
    assert agreement(row).total == 0


def test_strangers_agree_in_nothing(library: Library) -> None:
    row = pair(library, library.canvas("letter"))
    found = agreement(row)
    assert (found.lines, found.total, found.outline) == ((), 0, None)
