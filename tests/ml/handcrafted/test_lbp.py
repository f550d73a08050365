"""Local binary patterns, by hand and beside scikit-image's."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from skimage.feature import local_binary_pattern

from ml.handcrafted import lbp


@pytest.mark.parametrize("radius", lbp.RADII)
def test_patterns_are_those_of_scikit_image(radius):
    grey = np.random.default_rng(0).integers(0, 256, (40, 30), np.uint8)
    expected = local_binary_pattern(grey, lbp.POINTS, radius, "uniform")
    found = lbp.patterns(grey[None].astype(np.float32), radius)[0]
    inside = expected[radius:-radius, radius:-radius]
    # Ties aside: here a point a hundredth darker still counts as no darker.
    assert (found == inside).mean() > 0.999


def test_a_spot_by_hand():
    grey = np.zeros((1, 3, 3), np.float32)
    grey[0, 1, 1] = 100
    assert lbp.patterns(grey, 1).item() == 0  # all around is darker
    assert lbp.patterns(100 - grey, 1).item() == 8
    grey[0, 0] = 200  # above: three points in a row are lighter
    assert lbp.patterns(grey, 1).item() == 3
    grey[0, 2, 1] = 200  # and one below: four changes
    assert lbp.patterns(grey, 1).item() == 9


@given(level=st.floats(0, 255, width=32))
def test_a_flat_picture_is_all_of_one_pattern(level):
    for radius in lbp.RADII:
        found = lbp.shares(np.full((1, 12, 12), level, np.float32), radius)
        np.testing.assert_array_equal(found, np.tile(np.eye(10)[8], (1, 10, 1)))


@given(seed=st.integers(0, 1000))
def test_turns_and_other_contrasts_keep_the_shares_of_the_whole(seed):
    grey = np.random.default_rng(seed).integers(0, 100, (1, 20, 20)).astype(np.float32)
    found = lbp.shares(grey, 1)
    np.testing.assert_allclose(found.sum(axis=2), 1)
    np.testing.assert_allclose(lbp.shares(np.rot90(grey, axes=(1, 2)), 1)[:, 0], found[:, 0])
    # A few points between pixels are darker by less than the tie.
    np.testing.assert_allclose(lbp.shares(2 * grey + 40, 1)[:, 0], found[:, 0], atol=0.02)


def test_cells_come_in_reading_order():
    grey = np.zeros((1, 32, 32), np.float32)
    grey[0, :10, -10:] = np.indices((10, 10)).sum(axis=0) % 2 * 255  # top right
    flat = lbp.shares(grey, 1)[0, 1:, 8]
    assert (np.delete(flat, 2) == 1).sum() >= 6
    assert flat.argmin() == 2
