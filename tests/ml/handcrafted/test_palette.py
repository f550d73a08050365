"""Palettes: of pictures, of chosen colours, and in words."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml.errors import BadInput
from ml.handcrafted import palette

NAMES = palette.names()


def picture(*columns):
    """(1, 3, 8, 8 * n): columns of those colours, in 0..255."""
    row = np.repeat(np.float32(columns), 8, axis=0) / 255
    return np.broadcast_to(row.T[None, :, None, :], (1, 3, 8, len(row)))


@pytest.mark.parametrize("name", NAMES)
def test_a_swatch_is_mostly_itself(name):
    found = palette.shares(picture(palette.SWATCHES[name]))[0]
    assert found[NAMES.index(name)] > 0.8


def test_two_halves():
    found = palette.describe(picture(palette.SWATCHES["turquoise"], palette.SWATCHES["orange"]))[0]
    (first, _, one), (second, _, other), *_ = palette.describe_names(found)
    assert {first, second} == {"turquoise", "orange"}
    np.testing.assert_allclose([one, other], 0.5, atol=0.01)


@pytest.mark.parametrize(
    ("rgb", "name"),
    [
        ((255, 255, 255), "white"),
        ((0, 0, 0), "black"),
        ((255, 0, 0), "vermilion"),
        ((0, 200, 0), "leaf green"),
        ((0, 0, 255), "cobalt blue"),
        ((255, 255, 0), "lemon yellow"),
        ((130, 130, 130), "grey"),
    ],
)
def test_any_colour_has_a_name(rgb, name):
    assert palette.describe_names(palette.palette_vector([(rgb, 1)]))[0][0] == name


@given(
    colours=st.lists(st.tuples(*[st.integers(0, 255)] * 3), min_size=1, max_size=5),
)
def test_shares_sum_to_one_and_order_does_not_count(colours):
    found = palette.shares(picture(*colours))
    assert (found >= 0).all()
    np.testing.assert_allclose(found.sum(), 1, rtol=1e-5)
    np.testing.assert_allclose(palette.shares(picture(*colours[::-1])), found, atol=1e-5)


def test_chosen_colours_are_what_a_picture_of_them_is():
    red, blue = (190, 60, 50), (40, 90, 170)
    chosen = palette.palette_vector([(red, 3), (blue, 1)])
    assert chosen.dtype == np.float32
    expected = palette.describe(picture(red, red, red, blue))[0]
    np.testing.assert_allclose(chosen, expected, atol=1e-5)
    np.testing.assert_allclose(np.linalg.norm(chosen), 1, rtol=1e-6)


def test_colours_may_be_written_in_hex_and_shares_in_any_unit():
    expected = palette.palette_vector([((255, 0, 16), 0.25), ((1, 2, 3), 0.75)])
    found = palette.palette_vector([("#ff0010", 25), ("#010203", 75)])
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_for_one_colour_the_similarity_is_the_root_of_its_share():
    rose, white = palette.SWATCHES["rose"], (255, 255, 255)
    query = palette.palette_vector([(rose, 1)])
    similarity = palette.describe(picture(rose, white, white, white))[0] @ query
    assert similarity == pytest.approx(0.25**0.5, abs=0.01)


def test_a_stored_vector_tells_its_colours():
    stored = palette.palette_vector([("#181615", 2), ("#f4f2ec", 1)]).astype(np.float16)
    told = palette.describe_names(stored)
    assert len(told) == len(NAMES)
    assert told[0][:2] == ("black", (24, 22, 21))
    assert told[1][0] == "white"
    assert sum(share for *_, share in told) == pytest.approx(1)


@pytest.mark.parametrize(
    "colours",
    [
        [],
        [("#fff", 1)],
        [("red", 1)],
        [("#gg0000", 1)],
        [((1, 2), 1)],
        [((1, 2, 256), 1)],
        [((0, 0, 0), 0)],
        [((0, 0, 0), 2), ((9, 9, 9), -1)],
        [((0, 0, 0), float("nan"))],
    ],
)
def test_what_is_no_palette_is_refused(colours):
    with pytest.raises(BadInput):
        palette.palette_vector(colours)
