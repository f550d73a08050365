"""The colour descriptor, checked by hand."""

import numpy as np
import pytest

from ml import registry
from ml.handcrafted import colour
from ml.preprocessing import to_batch
from tests.ml.fakes import solid

PREPROCESSING = registry.get("colour").preprocessing


def describe(*images):
    """(N, 5 blocks, L, a, b), squared: the shares."""
    found = colour.describe(to_batch(images, PREPROCESSING))
    return (found**2).reshape(len(images), 5, 4, 4, 4)


@pytest.mark.parametrize(
    ("rgb", "lab"),
    [
        ((0, 0, 0), (0, 0, 0)),
        ((1, 1, 1), (100, 0, 0)),
        ((1, 0, 0), (53.24, 80.09, 67.20)),
        ((0, 1, 0), (87.73, -86.18, 83.18)),
        ((0, 0, 1), (32.30, 79.19, -107.86)),
    ],
)
def test_cielab_of_the_textbook(rgb, lab):
    np.testing.assert_allclose(colour.to_lab(np.float32(rgb)), lab, atol=0.03)


def test_white_lies_between_the_four_neutral_bins():
    shares = describe(solid(255, 255, 255))[0, 0]
    # L* = 100 is beyond the last centre; a* = b* = 0 is half-way between -8 and 8.
    np.testing.assert_allclose(shares[3, 1:3, 1:3], 0.25, atol=2e-3)
    assert shares.sum() == pytest.approx(1)


def test_a_dark_grey_is_shared_by_its_two_neighbours_in_lightness():
    shares = describe(solid(59, 59, 59))[0, 0].sum(axis=(1, 2))
    # sRGB 59 is L* = 24.87: (24.87 - 12.5) / 25 = .495 of it goes to the upper bin.
    np.testing.assert_allclose(shares, [0.505, 0.495, 0, 0], atol=1e-3)


def test_pure_red_lies_in_the_corner():
    shares = describe(solid(255, 0, 0))[0, 0]
    # L* = 53.24: (53.24 - 37.5) / 25 = .63 go to the third bin; a* and b* are beyond the last.
    np.testing.assert_allclose([shares[1, 3, 3], shares[2, 3, 3]], [0.37, 0.63], atol=1e-3)


def test_quarters_come_in_reading_order():
    picture = np.zeros((64, 64, 3), np.uint8)
    picture[:32, 32:] = 255  # top right
    blocks = describe(picture)[0]
    white = blocks[:, 3].sum(axis=(1, 2))
    np.testing.assert_allclose(white, [0.25, 0, 1, 0, 0], atol=1e-6)


def test_a_mirrored_picture_has_the_same_colours_in_other_places():
    picture = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    picture[:, :32] //= 4
    blocks, mirrored = describe(picture, picture[:, ::-1])
    np.testing.assert_allclose(blocks[0], mirrored[0], atol=1e-5)
    np.testing.assert_allclose(blocks[[2, 1, 4, 3]], mirrored[1:], atol=1e-5)
