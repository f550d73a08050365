"""The order by cosine is that of the distance each descriptor's source compares by."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ml import runtime
from tests.ml.handcrafted.distances import STANDARD, rank_correlation


def painted(rng):
    """uint8 (200, 160, 3): strokes of one direction and of all sizes over patches of colour.

    Like paintings, the more of a scale the larger it is.
    """
    rows, columns = np.fft.fftfreq(200)[:, None], np.fft.fftfreq(160)[None]
    frequency = np.maximum(np.hypot(rows, columns), 1 / 200)
    turn = rng.uniform(0, np.pi)
    along = ((columns * np.cos(turn) + rows * np.sin(turn)) / frequency) ** 2
    gain = (1 + rng.uniform(0, 3) * along) / frequency ** rng.uniform(1, 1.6)
    relief = np.fft.ifft2(np.fft.fft2(rng.normal(size=(200, 160))) * gain).real
    relief *= rng.uniform(15, 45) / relief.std()

    cells = rng.integers(2, 6)
    patches = rng.normal(rng.uniform(60, 190, 3), rng.uniform(10, 60), (cells, cells, 3))
    ground = Image.fromarray(np.clip(patches, 0, 255).astype(np.uint8))
    ground = np.asarray(ground.resize((160, 200), Image.Resampling.BICUBIC), float)
    return np.clip(ground + relief[..., None], 0, 255).astype(np.uint8)


@pytest.fixture(scope="module")
def pictures():
    rng = np.random.default_rng(0)
    return [painted(rng) for _ in range(40)]


@pytest.mark.parametrize("name", STANDARD)
def test_the_cosine_orders_as_the_distance_does(name, pictures):
    vectors = runtime.load(name, cache_dir=Path()).encode(pictures)
    assert rank_correlation(name, pictures, vectors) > 0.85


@pytest.mark.parametrize("name", STANDARD)
def test_half_floats_keep_a_picture_nearest_to_itself(name, pictures):
    vectors = runtime.load(name, cache_dir=Path()).encode(pictures)
    stored = vectors.astype(np.float16).astype(np.float32)
    stored /= np.linalg.norm(stored, axis=1, keepdims=True)
    np.testing.assert_array_equal((vectors @ stored.T).argmax(axis=1), np.arange(len(pictures)))
