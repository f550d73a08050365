"""Homographies that are known are found again, and nothing is found where nothing is."""

import cv2
import numpy as np
import pytest

from ml.local import compact, geometry
from ml.local.geometry import Verification, corners, plausible, project, verify
from ml.local.keypoints import detect, mirrored
from tests.ml.local.drawn import features, flat, one_hot, painting

WIDTH, HEIGHT = 400, 300
CORNERS = np.array([[0, 0], [WIDTH, 0], [WIDTH, HEIGHT], [0, HEIGHT]], np.float32)


def rotation(degrees, scale=1.0):
    turn = np.eye(3)
    turn[:2] = cv2.getRotationMatrix2D((WIDTH / 2, HEIGHT / 2), degrees, scale)
    return turn


def perspective(*moved):
    target = CORNERS + np.array(moved, np.float32)
    return cv2.getPerspectiveTransform(CORNERS, target)


def warped(image, homography):
    """As if photographed; what is beside the picture is grey."""
    size = image.shape[1::-1]
    # OpenCV counts from the centre of the first pixel.
    centred = np.array([[1, 0, 0.5], [0, 1, 0.5], [0, 0, 1]])
    return cv2.warpPerspective(
        image,
        np.linalg.inv(centred) @ homography @ centred,
        size,
        flags=cv2.INTER_LINEAR,
        borderValue=(128, 128, 128),
    )


def points(image, kind="rootsift"):
    found = detect(image, kind, count=600)
    return compact.compact(found) if kind == "rootsift" else found


@pytest.fixture(scope="module")
def original():
    return points(painting(3))


HOMOGRAPHIES = {
    "the same": np.eye(3),
    "turned a little": rotation(12),
    "turned much": rotation(-100),
    "upside down": rotation(180),
    "smaller": rotation(0, 0.6),
    "a detail": rotation(0, 2.0),
    "turned and smaller": rotation(40, 0.7),
    "from the left": perspective((0, 0), (-60, 30), (-60, -40), (0, 0)),
    "from below": perspective((50, 10), (-70, 0), (0, 0), (0, 0)),
}


@pytest.mark.parametrize("homography", HOMOGRAPHIES.values(), ids=HOMOGRAPHIES)
def test_a_known_homography_is_found(homography, original):
    found = verify(original, points(warped(painting(3), homography)))
    assert found.inliers > 30
    expected = cv2.perspectiveTransform(CORNERS[:, None], homography)[:, 0]
    np.testing.assert_allclose(found.outline * WIDTH, expected, atol=1)
    assert found.matches >= len(found.ours) == len(found.theirs) >= found.inliers


def test_by_orb_too():
    image, turned = painting(3), warped(painting(3), rotation(20))
    found = verify(points(image, "orb"), points(turned, "orb"))
    assert found.inliers > 15
    expected = cv2.perspectiveTransform(CORNERS[:, None], rotation(20))[:, 0]
    np.testing.assert_allclose(found.outline * WIDTH, expected, atol=4)


def test_in_another_size_and_shape(original):
    """A picture on a wall, photographed upright: units are those of each one's long side."""
    wall = np.full((800, 600, 3), 128, np.uint8)
    wall[300:450, 100:300] = cv2.resize(painting(3), (200, 150), interpolation=cv2.INTER_AREA)
    found = verify(original, points(wall))
    expected = np.array([[100, 300], [300, 300], [300, 450], [100, 450]]) / 800
    np.testing.assert_allclose(found.outline, expected, atol=0.005)


def test_the_mirror_image(original):
    seen = detect(np.ascontiguousarray(painting(3)[:, ::-1]), count=600)
    assert verify(original, compact.compact(seen)).inliers == 0
    found = verify(original, compact.compact(mirrored(seen)))
    assert found.inliers > 100
    np.testing.assert_allclose(found.outline, corners(original), atol=0.005)


def test_inliers_are_pairs_that_the_homography_explains(original):
    theirs = points(warped(painting(3), rotation(12)))
    found = verify(original, theirs)
    landed = project(found.homography, original.points[found.ours])
    apart = np.linalg.norm(landed - theirs.points[found.theirs], axis=1)
    assert apart.max() < 0.02
    assert np.median(apart) < 0.002


@pytest.mark.parametrize("kind", ["rootsift", "orb"])
def test_different_pictures_do_not_agree(kind):
    found = [points(painting(seed), kind) for seed in range(10, 16)]
    for first in found:
        for second in found:
            if first is not second:
                assert verify(first, second).inliers == 0


def test_nothing_found_says_how_many_were_tried(original):
    found = verify(original, points(painting(10)))
    assert found == Verification(0, found.matches)
    assert found.homography is None
    assert found.outline is None


@pytest.mark.parametrize("ours_flat", [True, False])
def test_a_flat_picture(ours_flat, original):
    nothing = points(flat())
    pair = (nothing, original) if ours_flat else (original, nothing)
    assert verify(*pair) == Verification(0, 0)


def test_always_the_same(original):
    theirs = points(warped(painting(3), HOMOGRAPHIES["from the left"]))
    first, again = verify(original, theirs), verify(original, theirs)
    assert first.inliers == again.inliers
    np.testing.assert_array_equal(first.homography, again.homography)
    np.testing.assert_array_equal(first.ours, again.ours)


def test_the_same_whatever_was_asked_before(original):
    theirs = points(warped(painting(3), rotation(12)))
    first = verify(original, theirs)
    cv2.setRNGSeed(99)
    verify(original, points(warped(painting(3), rotation(40))))
    np.testing.assert_array_equal(verify(original, theirs).homography, first.homography)


def grid(count, moved=0.0):
    """Points on a line in distinct places, or so many of them as fit."""
    places = np.array([(0.1 + 0.2 * (n % 4), 0.1 + 0.2 * (n // 4)) for n in range(count)])
    return features(one_hot(*range(count)), points=places + moved)


def test_five_places_are_needed():
    assert geometry.FEWEST == 5
    assert verify(grid(4), grid(4)).inliers == 0
    found = verify(grid(8), grid(8, moved=0.05))
    assert found.inliers == 8
    np.testing.assert_allclose(
        found.outline, [[0.05, 0.05], [1.05, 0.05], [1.05, 1.05], [0.05, 1.05]], atol=0.002
    )


def test_points_of_one_blob_are_one_place():
    # Twelve points, three at each of four places.
    places = np.repeat([(0.155, 0.155), (0.855, 0.155), (0.855, 0.855), (0.155, 0.855)], 3, axis=0)
    places = places + np.tile([(0, 0), (0.002, 0), (0, 0.002)], (4, 1))
    crowded = features(one_hot(*range(12)), points=places)
    assert verify(crowded, crowded).inliers == 0


def test_places_are_counted_where_there_are_fewer():
    apart = np.float32([[0.05, 0.05], [0.25, 0.05], [0.45, 0.05]])
    together = np.float32([[0.051, 0.051], [0.052, 0.052], [0.45, 0.05]])
    assert geometry._places(apart, together) == geometry._places(together, apart) == 2
    assert geometry._places(apart, apart) == 3


def test_corners():
    wide = features(one_hot(0), width=1.0, height=0.5)
    assert corners(wide).tolist() == [[0, 0], [1, 0], [1, 0.5], [0, 0.5]]


def test_project_by_hand():
    moved = np.array([[2.0, 0, 1], [0, 1, -1], [0, 0, 1]])
    assert project(moved, np.float32([[0, 0], [1, 3]])).tolist() == [[1, -1], [3, 2]]
    askew = np.array([[1.0, 0, 0], [0, 1, 0], [1, 0, 1]])  # divided by 1 + x
    assert project(askew, np.float32([[1, 1], [3, 2]])).tolist() == [[0.5, 0.5], [0.75, 0.5]]


@pytest.mark.parametrize(
    ("outline", "expected"),
    [
        ([(0, 0), (1, 0), (1, 1), (0, 1)], True),
        ([(2, 3), (2, 4), (1, 4), (1, 3)], True),  # a quarter turn
        ([(0, 0), (0.01, 0), (0.01, 0.01), (0, 0.01)], True),  # small
        ([(0.2, 0), (0.8, 0), (1, 1), (0, 1)], True),  # seen from below
        ([(0, 0), (2.9, 0), (2.9, 1), (0, 1)], True),
        ([(0, 0), (3.1, 0), (3.1, 1), (0, 1)], False),  # too wide
        ([(0.4, 0), (0.6, 0), (1, 1), (0, 1)], False),  # the top is a fifth of the bottom
        ([(1, 0), (0, 0), (0, 1), (1, 1)], False),  # mirrored
        ([(0, 0), (1, 1), (1, 0), (0, 1)], False),  # crosses itself
        ([(0, 0), (1, 0), (0.3, 0.3), (0, 1)], False),  # dented
        ([(0, 0), (1, 0), (2, 0), (3, 0)], False),  # a line
        ([(0, 0), (0, 0), (0, 0), (0, 0)], False),  # a point
        ([(0, 0), (60, 0), (60, 60), (0, 60)], False),  # too far off
        ([(0, 0), (float("nan"), 0), (1, 1), (0, 1)], False),
        ([(0, 0), (float("inf"), 0), (1, 1), (0, 1)], False),
    ],
)
def test_plausible(outline, expected):
    square = features(one_hot(0))
    assert plausible(np.array(outline, np.float32), square) is expected


def test_plausible_is_about_the_pictures_own_shape():
    wide = features(one_hot(0), width=1.0, height=0.25)
    assert plausible(np.float32([(0, 0), (1, 0), (1, 0.25), (0, 0.25)]), wide)
    assert not plausible(np.float32([(0, 0), (1, 0), (1, 1), (0, 1)]), wide)
