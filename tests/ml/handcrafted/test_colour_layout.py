"""The colour layout, worked out by hand, and queries from sketches."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.fft import dctn

from ml import registry, runtime
from ml.errors import BadInput
from ml.handcrafted import colour_layout as cl


def picture(rgb):
    """(1, 3, 64, 64) of one colour, given in 0..255."""
    return np.broadcast_to(np.float32(rgb)[:, None, None] / 255, (1, 3, 64, 64))


@pytest.mark.parametrize(
    ("rgb", "ycbcr"),
    [
        ((0, 0, 0), (16, 128, 128)),
        ((255, 255, 255), (235, 128, 128)),
        ((255, 0, 0), (81.48, 90.2, 240)),
        ((0, 0, 255), (40.97, 240, 109.79)),
    ],
)
def test_one_colour_has_its_mean_and_no_contrast(rgb, ycbcr):
    found = cl.coefficients(picture(rgb))[0]
    np.testing.assert_allclose(found[[0, 21, 27]] / 8, ycbcr, atol=0.01)
    np.testing.assert_allclose(np.delete(found, [0, 21, 27]), 0, atol=1e-4)


def test_black_beside_white():
    halves = np.zeros((1, 3, 64, 64), np.float32)
    halves[..., 32:] = 1
    found = cl.coefficients(halves)[0]
    # 8 times the mean of 16 and 235; chroma is neutral.
    np.testing.assert_allclose(found[[0, 21, 27]], [1004, 1024, 1024], atol=1e-3)
    # -109.5 in four columns, 109.5 in four: -sqrt(8) * 109.5 * sum of cos(k pi / 16), k = 1 3 5 7.
    np.testing.assert_allclose(found[1], -793.76, atol=0.05)
    # The second across in zigzag is the fifth, and even about the middle: nothing.
    np.testing.assert_allclose(found[[2, 3, 4, 5]], 0, atol=1e-4)


def test_zigzag():
    rows, columns = cl._ZIGZAG
    assert list(rows * 8 + columns)[:10] == [0, 1, 8, 16, 9, 2, 3, 10, 17, 24]


@given(seed=st.integers(0, 1000))
def test_the_transform_is_the_cosine_transform(seed):
    block = np.random.default_rng(seed).normal(size=(8, 8))
    own = cl._COSINES @ block @ cl._COSINES.T
    np.testing.assert_allclose(own, dctn(block, norm="ortho"), atol=1e-12)


def test_levels_at_the_corners_of_the_curves():
    coefficients = np.zeros((3, 33))
    coefficients[:, 0] = 8 * np.array([64, 128, 192])
    coefficients[:, 21] = 8 * np.array([0, 128, 255])
    coefficients[:, 1] = 2 * np.array([-300, 0, 128])  # halved, and limited
    coefficients[:, 22] = [-64, 32, 64]
    found = cl.levels(coefficients)
    np.testing.assert_allclose(found[:, 0], [8, 32, 56])
    np.testing.assert_allclose(found[:, 21], [0, 32, 64])
    np.testing.assert_allclose(found[:, 1], [0, 16, 28])
    np.testing.assert_allclose(found[:, 22], [8, 20, 24])


def test_channels_weigh_alike_in_the_vector():
    vector = cl.describe(picture((200, 30, 40)))[0]
    norms = [np.linalg.norm(part) for part in np.split(vector, [22, 29])]
    np.testing.assert_allclose(norms, 1, rtol=1e-6)


SKETCH = np.array([[[40, 60, 160], [230, 220, 190]], [[90, 60, 30], [60, 110, 40]]], np.uint8)


def test_a_sketch_is_the_picture_it_is_stretched_to():
    stretched = SKETCH.repeat(50, axis=0).repeat(70, axis=1)
    encoder = runtime.load("colour-layout", cache_dir=Path())
    vector = cl.sketch_vector(SKETCH)
    assert vector.dtype == np.float32
    np.testing.assert_allclose(vector, encoder.encode([stretched])[0], atol=1e-6)


def test_a_sketch_finds_the_picture_it_was_made_after():
    noise = np.random.default_rng(0).integers(-40, 41, (60, 80, 3))
    after = np.clip(SKETCH.repeat(30, axis=0).repeat(40, axis=1) + noise, 0, 255).astype(np.uint8)
    others = [after[::-1], after[:, ::-1], 255 - after]
    encoder = runtime.load("colour-layout", cache_dir=Path())
    similarity = encoder.encode([after, *others]) @ cl.sketch_vector(SKETCH)
    assert similarity[0] > 0.99
    assert similarity[0] > similarity[1:].max() + 0.05


@pytest.mark.parametrize("shape", [(1, 1, 3), (4, 4, 3), (3, 5, 3), (8, 8, 3), (100, 1, 3)])
def test_sketches_of_any_size(shape):
    grid = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    vector = cl.sketch_vector(grid)
    assert vector.shape == (registry.get("colour-layout").dim,)
    np.testing.assert_allclose(np.linalg.norm(vector), 1, rtol=1e-6)


@pytest.mark.parametrize(
    "grid",
    [np.zeros((4, 4), np.uint8), np.zeros((4, 4, 3)), np.zeros((0, 4, 3), np.uint8)],
)
def test_what_is_no_sketch_is_refused(grid):
    with pytest.raises(BadInput, match="sketch"):
        cl.sketch_vector(grid)
