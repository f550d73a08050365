"""Points where they are drawn, in units of the long side, and what is told of them."""

import cv2
import numpy as np
import pytest

from ml.local.keypoints import LARGEST_ENLARGEMENT, detect, mirrored, root
from tests.ml.local.drawn import flat, painting


def blob(width=500, height=250, centre=(350, 100), sigma=12.0):
    """A soft dark spot on grey."""
    rows, columns = np.mgrid[0:height, 0:width] + 0.5
    squares = (columns - centre[0]) ** 2 + (rows - centre[1]) ** 2
    grey = 160 - 120 * np.exp(-squares / (2 * sigma**2))
    return np.repeat(grey[..., None], 3, axis=2).astype(np.uint8)


@pytest.mark.parametrize("kind", ["rootsift", "orb"])
def test_shapes_and_units(kind):
    found = detect(painting(0), kind, count=200)
    count = len(found)
    assert 50 < count <= 200
    assert (found.width, found.height) == (1.0, 0.75)
    assert found.points.shape == (count, 2)
    assert found.sizes.shape == found.angles.shape == (count,)
    assert found.descriptors.shape == (count, 128 if kind == "rootsift" else 32)
    assert found.descriptors.dtype == np.uint8
    for each in (found.points, found.sizes, found.angles):
        assert each.dtype == np.float32
    assert (found.points >= 0).all()
    assert (found.points <= [1, 0.75]).all()
    assert (found.sizes > 0).all()
    assert (found.sizes < 1).all()
    assert (found.angles >= 0).all()
    assert (found.angles <= 360).all()


@pytest.mark.parametrize("turned", [False, True])
def test_a_blob_is_found_where_it_is(turned):
    image, place = blob(), [350 / 500, 100 / 500]
    if turned:
        image, place = np.ascontiguousarray(image.transpose(1, 0, 2)), place[::-1]
    found = detect(image)
    np.testing.assert_allclose(found.points[0], place, atol=0.0005)
    # OpenCV's diameter of a point is twice its sigma.
    assert found.sizes[0] == pytest.approx(2 * 12 / 500, rel=0.3)


def test_units_do_not_depend_on_pixels():
    large, small = detect(blob()), detect(cv2.resize(blob(), (250, 125)))
    np.testing.assert_allclose(small.points[0], large.points[0], atol=0.002)
    assert small.sizes[0] == pytest.approx(large.sizes[0], rel=0.2)


def test_a_small_picture_is_enlarged_so_far(monkeypatch):
    seen = []
    create = cv2.SIFT.create

    class Watched:
        def detectAndCompute(self, grey, mask):
            seen.append(grey.shape)
            return create().detectAndCompute(grey, mask)

    monkeypatch.setattr(cv2.SIFT, "create", lambda **given: Watched())
    for width, height in ((100, 50), (400, 200), (512, 256), (1024, 512), (3000, 1)):
        detect(flat(width, height))
    detect(flat(1024, 512), long_side=1024)
    assert seen == [(125, 250), (256, 512), (256, 512), (256, 512), (1, 512), (512, 1024)]
    assert LARGEST_ENLARGEMENT == 2.5


@pytest.mark.parametrize("kind", ["rootsift", "orb"])
@pytest.mark.parametrize("size", [(60, 40), (1, 1), (1, 300), (300, 1)])
def test_a_flat_picture_has_none(kind, size):
    found = detect(flat(*size), kind)
    assert len(found) == 0
    assert found.points.shape == (0, 2)
    assert found.descriptors.shape == (0, 128 if kind == "rootsift" else 32)
    assert found.descriptors.dtype == np.uint8


def test_the_strongest_are_kept_and_come_first():
    image = blob()
    image[:, :250] = blob(250, 250, (125, 125)) // 4 + 120  # the same, weaker
    strongest = detect(image, count=1)
    assert len(strongest) == 1
    np.testing.assert_allclose(strongest.points[0], detect(image).points[0])
    np.testing.assert_allclose(strongest.points[0], [0.7, 0.2], atol=0.002)


def test_always_the_same():
    first, again = detect(painting(1)), detect(painting(1))
    np.testing.assert_array_equal(first.points, again.points)
    np.testing.assert_array_equal(first.descriptors, again.descriptors)


def test_the_picture_is_left_as_it_was():
    image = painting(1)
    detect(image)
    np.testing.assert_array_equal(image, painting(1))


def test_only():
    found = detect(painting(0), count=10)
    some = found.only(np.arange(len(found)) < 3)
    assert len(some) == 3
    np.testing.assert_array_equal(some.points, found.points[:3])
    np.testing.assert_array_equal(some.descriptors, found.descriptors[:3])
    assert (some.width, some.height) == (found.width, found.height)


def test_the_strongest_alone():
    found = detect(painting(0), count=50)
    few = found.strongest(20)
    assert len(few) == 20 and (few.points == found.points[:20]).all()
    assert found.strongest(50) is found and len(found.strongest(0)) == 0


def test_root_by_hand():
    sift = np.zeros((3, 128), np.float32)
    sift[0, :4] = 25  # a quarter each: the root is a half, 256 of 512, which a byte does not hold
    sift[1, :2] = 1, 15  # roots of 1/16 and 15/16
    sift[1, 2:18] = 0
    sift[2] = 2  # 1/128 each: .0884 * 512
    found = root(sift)
    assert found.dtype == np.uint8
    assert found[0, :5].tolist() == [255, 255, 255, 255, 0]
    assert found[1, :3].tolist() == [128, 255, 0]
    assert set(found[2].tolist()) == {45}


def test_root_of_nothing_is_nothing():
    assert not root(np.zeros((2, 128), np.float32)).any()
    assert root(np.zeros((0, 128), np.float32)).shape == (0, 128)


def test_mirrored_is_what_is_found_in_the_mirror_image():
    image = painting(2)
    told, found = mirrored(detect(image)), detect(np.ascontiguousarray(image[:, ::-1]))
    apart = np.linalg.norm(told.points[:, None] - found.points[None], axis=2)
    turn = np.abs((told.angles[:, None] - found.angles[None] + 180) % 360 - 180)
    cost = apart / 0.004 + turn / 10
    nearest = cost.argmin(axis=1)
    same = cost[range(len(told)), nearest] < 1
    assert same.mean() > 0.8
    theirs = found.descriptors[nearest[same]].astype(float)
    ours = told.descriptors[same].astype(float)
    cosines = (ours * theirs).sum(axis=1) / np.linalg.norm(ours, axis=1)
    cosines /= np.linalg.norm(theirs, axis=1)
    assert np.median(cosines) > 0.97


def test_mirrored_twice_is_the_same():
    found = detect(painting(2), count=50)
    again = mirrored(mirrored(found))
    np.testing.assert_allclose(again.points, found.points, atol=1e-6)
    np.testing.assert_allclose(again.angles, found.angles % 360, atol=1e-4)
    np.testing.assert_array_equal(again.descriptors, found.descriptors)
