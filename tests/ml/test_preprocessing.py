"""From pictures to batches, checked by hand."""

from dataclasses import replace

import numpy as np
import pytest

from ml.preprocessing import to_batch
from ml.specs import ImagePreprocessing
from tests.ml.fakes import solid

LETTERBOX = ImagePreprocessing(
    size=8, fit="letterbox", resample="bicubic", mean=(0.5, 0.5, 0.5), std=(0.5, 0.5, 0.25)
)
SQUASH = replace(LETTERBOX, fit="squash")


def test_channels_come_first_and_are_scaled():
    batch = to_batch([solid(255, 0, 255)], LETTERBOX)
    assert batch.shape == (1, 3, 8, 8)
    assert batch.dtype == np.float32
    np.testing.assert_allclose(batch[0, :, 3, 3], [1, -1, 2], atol=1e-6)


def test_a_wide_picture_is_padded_above_and_below_with_the_mean():
    batch = to_batch([solid(255, 255, 255, (10, 20))], LETTERBOX)[0, 0]
    np.testing.assert_allclose(batch[:2], 0)
    np.testing.assert_allclose(batch[2:6], 1, atol=1e-6)
    np.testing.assert_allclose(batch[6:], 0)


def test_a_tall_picture_is_padded_left_and_right():
    batch = to_batch([solid(255, 255, 255, (400, 100))], LETTERBOX)[0, 0]
    np.testing.assert_allclose(batch[:, 3:5], 1, atol=1e-6)
    np.testing.assert_allclose(batch[:, [0, 1, 2, 5, 6, 7]], 0)


def test_a_squashed_picture_fills_the_square():
    np.testing.assert_allclose(
        to_batch([solid(255, 255, 255, (10, 20))], SQUASH)[0, 0], 1, atol=1e-6
    )


@pytest.mark.parametrize("shape", [(1, 5000), (5000, 1)])
def test_the_thinnest_picture_keeps_one_pixel(shape):
    assert (to_batch([solid(255, 255, 255, shape)], LETTERBOX)[0, 0] > 0.99).sum() == 8


def test_box_resampling_is_the_mean():
    halves = np.concatenate([solid(255, 0, 0, (2, 1)), solid(0, 0, 0, (2, 1))], axis=1)
    box = ImagePreprocessing(1, "squash", "box", (0, 0, 0), (1, 1, 1))
    np.testing.assert_allclose(to_batch([halves], box).ravel(), [128 / 255, 0, 0], atol=1 / 255)
