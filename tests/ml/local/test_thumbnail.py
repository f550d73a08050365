"""Whether two pictures look alike where one is laid upon the other."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from ml.local.decide import AGREEMENT, AGREEMENT_OF_MANY, MANY, contradicted
from ml.local.thumbnail import SIDE, agreement, correlation, grey, thumbnail
from tests.ml.local.drawn import flat, painting

Array = NDArray[np.uint8]


def shares(source: Array, *corners: tuple[float, float]) -> NDArray[np.float64]:
    """The homography that takes the corners of a picture, from top left and clockwise, to places
    in shares of another's sides."""
    unit = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], np.float32)
    made = cv2.getPerspectiveTransform(unit, np.array(corners, np.float32))
    return np.asarray(made, np.float64)


SAME = np.eye(3)


def test_grey_keeps_the_shape() -> None:
    assert grey(np.zeros((300, 600, 3), np.uint8)).shape == (64, 128)
    assert grey(np.zeros((1, 900, 3), np.uint8)).shape == (1, 128)


def test_the_same_picture_agrees_whatever_its_light() -> None:
    one = painting(1)
    darker = np.asarray(one * 0.5 + 20, np.uint8)
    for seen in (one, darker):
        assert agreement(grey(seen), SAME, thumbnail(one)) > 0.97
    assert correlation(thumbnail(darker), thumbnail(one)) > 0.97


def test_another_does_not() -> None:
    found = [agreement(grey(painting(n)), SAME, thumbnail(painting(1))) for n in range(2, 8)]
    assert max(found) < 0.5


def test_what_lies_askew_and_small_is_laid_upon() -> None:
    one = painting(1)
    height, width = one.shape[:2]
    corners = [(0.3, 0.2), (0.7, 0.25), (0.65, 0.7), (0.25, 0.6)]
    wall = np.full((900, 1200, 3), 120, np.uint8)
    pixels = np.array(corners, np.float32) * [1200, 900]
    source = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    warp = cv2.getPerspectiveTransform(source, pixels.astype(np.float32))
    photo = np.asarray(
        cv2.warpPerspective(one, warp, (1200, 900), wall, borderMode=cv2.BORDER_TRANSPARENT),
        np.uint8,
    )
    assert agreement(grey(photo), shares(one, *corners), thumbnail(one)) > 0.9
    assert agreement(grey(photo), SAME, thumbnail(one)) < 0.5


def test_a_crop_is_compared_where_it_is() -> None:
    one = painting(1)
    height, width = one.shape[:2]
    crop = np.ascontiguousarray(one[height // 4 :, width // 4 :])
    corners = [(-1 / 3, -1 / 3), (1, -1 / 3), (1, 1), (-1 / 3, 1)]
    assert agreement(grey(crop), shares(one, *corners), thumbnail(one)) > 0.95


def test_a_label_that_both_bear_is_not_enough_and_text_over_one_does_no_harm() -> None:
    one, other = painting(1), painting(3)
    strip = slice(4 * len(one) // 5, None)
    other[strip] = one[strip]
    assert agreement(grey(other), SAME, thumbnail(one)) < 0.5
    covered = one.copy()
    covered[strip] = 255
    assert agreement(grey(covered), SAME, thumbnail(one)) > 0.95


@pytest.mark.parametrize(
    ("picture", "homography"),
    [
        (grey(painting(1)), shares(painting(1), (5, 5), (6, 5), (6, 6), (5, 6))),
        (grey(painting(1)), shares(painting(1), (-9, -9), (1, -9), (1, 1), (-9, 1))),
    ],
)
def test_too_little_in_common_tells_nothing(
    picture: Array, homography: NDArray[np.float64]
) -> None:
    assert agreement(picture, homography, thumbnail(painting(1))) is None


def test_a_flat_picture() -> None:
    assert agreement(grey(painting(1)), SAME, np.full((SIDE, SIDE), 7, np.uint8)) is None
    assert agreement(grey(flat()), SAME, thumbnail(painting(1))) == 0


@pytest.mark.parametrize(
    ("inliers", "found", "expected"),
    [
        (MANY - 1, AGREEMENT, False),
        (MANY - 1, AGREEMENT - 0.01, True),
        (MANY, AGREEMENT_OF_MANY, False),
        (500, AGREEMENT_OF_MANY - 0.01, True),
        (9, None, False),
    ],
)
def test_when_points_are_contradicted(inliers: int, found: float | None, expected: bool) -> None:
    assert contradicted(inliers, found) is expected
