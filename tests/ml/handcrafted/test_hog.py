"""Oriented gradients, by hand."""

import numpy as np

from ml.handcrafted import hog


def test_stripes_have_one_direction():
    columns = np.arange(80) // 4 % 2 * 255
    upright = np.broadcast_to(columns, (80, 80)).astype(np.float32)
    found = hog.gradients(np.stack([upright, upright.T])).reshape(2, 64, 8)
    # Four cells to a block, all alike: a half each. Grey changes across, 0 degrees, or down, 90.
    for stripes, direction in zip(found, (0, 4), strict=True):
        np.testing.assert_allclose(stripes[:, direction], 0.5, atol=1e-3)
        np.testing.assert_allclose(np.delete(stripes, direction, axis=1), 0, atol=1e-3)


def test_blocks_are_of_norm_one_and_those_of_a_flat_picture_are_zero():
    rng = np.random.default_rng(0)
    grey = np.stack([rng.uniform(0, 255, (80, 80)), np.full((80, 80), 90)]).astype(np.float32)
    norms = np.linalg.norm(hog.gradients(grey).reshape(2, 16, 32), axis=2)
    np.testing.assert_allclose(norms[0], 1, rtol=1e-3)
    np.testing.assert_allclose(norms[1], 0)


def test_a_negative_has_the_same_shapes():
    grey = np.random.default_rng(1).uniform(0, 255, (1, 80, 80)).astype(np.float32)
    np.testing.assert_allclose(hog.gradients(255 - grey), hog.gradients(grey), atol=0.02)


def test_the_vector_of_a_flat_picture_is_a_place_of_its_own():
    vector = hog.describe(np.full((1, 3, 80, 80), 0.3, np.float32))
    np.testing.assert_allclose(vector, -0.08, rtol=1e-6)
