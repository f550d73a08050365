"""The edge histogram, worked out by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml.handcrafted import edge_histogram as eh

SIZE = 240  # sub-images of 60 pixels, blocks of 6, quarters of 3


def tiled(top_left, top_right, bottom_left, bottom_right):
    """(1, 240, 240): every block has these four grey levels."""
    block = np.array([[top_left, top_right], [bottom_left, bottom_right]], np.float32)
    return np.tile(block.repeat(3, axis=0).repeat(3, axis=1), (40, 40))[None]


@pytest.mark.parametrize(("side", "block"), [(240, 6), (256, 6), (100, 2), (512, 14), (8, 2)])
def test_about_1100_blocks_fill_a_picture(side, block):
    assert eh.block_size(side, side) == block


@pytest.mark.parametrize(
    ("quarters", "kind"),
    [
        ((0, 255, 0, 255), 0),  # 510, diagonals 361
        ((0, 0, 255, 255), 1),
        ((255, 128, 128, 0), 2),  # 361, vertical and horizontal 255
        ((128, 255, 0, 128), 3),
        ((255, 0, 0, 255), 4),  # 1020, all others 0
    ],
)
def test_a_picture_of_like_blocks_is_all_of_one_kind(quarters, kind):
    local = eh.local_bins(tiled(*quarters))[0]
    np.testing.assert_array_equal(local, np.tile(np.eye(5)[kind], (16, 1)))


def test_a_weak_edge_is_none():
    # Vertical: 2 * 5 = 10 is no edge, 2 * 6 = 12 is one; the threshold is 11.
    assert eh.bins(tiled(100, 105, 100, 105)).sum() == 0
    assert eh.bins(tiled(100, 106, 100, 106)).sum() > 0


def test_edges_in_one_sub_image():
    picture = np.full((1, SIZE, SIZE), 50, np.float32)
    picture[:, :60, 180:] = tiled(0, 255, 0, 255)[:, :60, :60]  # the last of the first row
    vertical = eh.bins(picture)[0].reshape(30, 5)[:, 0]
    expected = np.zeros(30)
    expected[0] = 5 / 16  # global, times 5
    expected[1 + 3] = 1  # local
    # Semi-global: the fourth column, the first row, the top right corner.
    expected[[17 + 3, 17 + 4, 17 + 9]] = 1 / 4
    np.testing.assert_allclose(vertical, expected)
    np.testing.assert_array_equal(eh.bins(picture)[0].reshape(30, 5)[:, 1:], 0)


def test_half_of_the_blocks():
    picture = tiled(0, 255, 0, 255)
    picture[:, :30] = 0  # the upper half of the upper row of sub-images
    local = eh.local_bins(picture)[0, :, 0]
    np.testing.assert_allclose(local, [0.5] * 4 + [1] * 12)


@given(level=st.floats(0, 255, width=32))
def test_a_flat_picture_has_no_edges(level):
    assert not eh.bins(np.full((1, 24, 24), level, np.float32)).any()


@given(seed=st.integers(0, 1000))
def test_a_negative_has_the_same_edges_and_a_mirror_image_the_mirrored_ones(seed):
    grey = np.random.default_rng(seed).integers(0, 256, (1, 24, 24)).astype(np.float32)
    local = eh.local_bins(grey)
    np.testing.assert_array_equal(eh.local_bins(255 - grey), local)
    mirrored = local.reshape(4, 4, 5)[:, ::-1][..., [0, 1, 3, 2, 4]].reshape(1, 16, 5)
    np.testing.assert_array_equal(eh.local_bins(grey[..., ::-1]), mirrored)


def test_the_vector_of_a_flat_picture_and_of_stripes():
    flat = np.full((3, 240, 240), 0.5, np.float32)
    stripes = np.repeat(tiled(0, 1, 0, 1), 3, axis=0)
    vectors = eh.describe(np.stack([flat, stripes])).reshape(2, 30, 5, 2)
    # A bin is two pieces; the five global bins come first and weigh the root of 5.
    weight = np.array([5**0.5] + [1] * 29)[:, None]
    np.testing.assert_allclose(vectors[0], np.broadcast_to(-weight[..., None], (30, 5, 2)))
    np.testing.assert_allclose(vectors[1, :, 0], np.broadcast_to(weight, (30, 2)), rtol=1e-6)
    np.testing.assert_allclose(vectors[1, :, 1:], vectors[0, :, 1:])
