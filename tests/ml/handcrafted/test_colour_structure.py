"""The colour structure, worked out by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml.handcrafted import colour_structure as cs

BLACK, WHITE = 0, 7  # of the eight greys


@pytest.mark.parametrize(
    ("rgb", "colour"),
    [
        ((0, 0, 0), BLACK),
        ((255, 255, 255), WHITE),
        ((128, 128, 128), 4),  # 128 * 8 / 255 = 4.02
        ((128, 125, 124), 3),  # diff 4: a grey, of sum 126
        ((255, 0, 0), 56),  # diff 255: the fifth zone, the first of eight hues, one lightness
        ((0, 255, 0), 58),  # hue 120 * 8 / 360 = 2.67
        ((0, 0, 255), 61),  # hue 240: 5.33
        ((255, 0, 2), 63),  # hue 359.5
        ((200, 120, 120), 41),  # diff 80: the fourth zone; sum 160: (160 - 30) * 2 / 195 = 1.33
        ((110, 100, 100), 9),  # diff 10: the second zone; sum 105: (105 - 3) * 4 / 249 = 1.6
    ],
)
def test_colours_of_pixels(rgb, colour):
    pixels = np.float32(rgb).reshape(1, 3, 1, 1) / 255
    assert cs.quantised(pixels).item() == colour


@pytest.mark.parametrize(
    ("width", "height", "every"),
    [(256, 256, 1), (64, 64, 1), (512, 512, 2), (300, 400, 1), (1000, 1000, 4)],
)
def test_large_pictures_are_subsampled(width, height, every):
    assert cs.step(width, height) == every


def shares(colours):
    return cs.structure(np.array(colours, np.uint8)[None])[0]


def test_a_checkerboard_has_both_colours_everywhere():
    found = shares(np.indices((32, 32)).sum(axis=0) % 2 * WHITE)
    assert found[[BLACK, WHITE]].tolist() == [1, 1]
    assert found.sum() == 2


def test_two_halves_have_each_at_half_of_the_places_and_a_few():
    halves = np.full((256, 256), BLACK)
    halves[:, 128:] = WHITE
    # Of 249 places across, 128 begin in the left half.
    np.testing.assert_allclose(shares(halves)[[BLACK, WHITE]], 128 / 249)


def test_one_pixel_is_seen_from_64_places():
    colours = np.full((32, 32), 5)
    colours[16, 16] = 63
    found = shares(colours)
    np.testing.assert_allclose(found[[5, 63]], [1, 64 / 25**2])


def test_every_colour_has_its_own_bin():
    for colour in range(cs.COLOURS):
        assert shares(np.full((8, 8), colour)).nonzero()[0].tolist() == [colour]


def test_subsampling_takes_every_other_pixel():
    colours = np.random.default_rng(0).integers(0, 64, (256, 256)).astype(np.uint8)
    twice = colours.repeat(2, axis=0).repeat(2, axis=1)
    np.testing.assert_array_equal(shares(twice), shares(colours))


def test_small_shares_are_told_apart_finely():
    found = cs.amplitudes(np.array([[0, 1e-6, 0.037, 0.08, 0.195, 0.32, 0.66, 1]]))[0]
    np.testing.assert_allclose(found, [0, 1, 26, 46, 81, 116, 186, 255], atol=0.01)


@given(seed=st.integers(0, 1000), colours=st.integers(1, 64))
def test_turned_and_mirrored_pictures_have_the_same_structure(seed, colours):
    picture = np.random.default_rng(seed).integers(0, colours, (20, 14)).astype(np.uint8)
    found = shares(picture)
    assert 1 <= found.sum() <= 64
    np.testing.assert_allclose(shares(picture[::-1]), found)
    np.testing.assert_allclose(shares(picture.T), found)


def test_the_vector_of_black():
    vector = cs.describe(np.zeros((1, 3, 64, 64), np.float32)).reshape(64, 4)
    np.testing.assert_allclose(vector[BLACK], 1.4, rtol=1e-6)
    np.testing.assert_allclose(np.delete(vector, BLACK, axis=0), -0.6, rtol=1e-6)
