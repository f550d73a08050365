"""PCA whitening on numbers that can be checked by hand."""

import numpy as np
import pytest

from ml import registry, resources
from ml.whitening import Whitening, apply, learn, read, save

# Mean (1, 2, 0); variances with N - 1 = 3: 32/3 along x, 2/3 along y, 0 along z.
CROSS = np.array([[5, 2, 0], [-3, 2, 0], [1, 3, 0], [1, 1, 0]], np.float32)


def test_learn_by_hand():
    whitening = learn(CROSS, 2)
    np.testing.assert_allclose(whitening.mean, [1, 2, 0])
    expected = [[(3 / 32) ** 0.5, 0], [0, (3 / 2) ** 0.5], [0, 0]]
    np.testing.assert_allclose(whitening.projection, expected, atol=1e-6)


def test_apply_by_hand():
    whitening = Whitening(np.float32([1, 2]), np.float32([[2], [3]]))
    np.testing.assert_allclose(apply(whitening, np.array([[2, 4], [1, 2]])), [[8], [0]])


def test_a_whitened_sample_has_unit_covariance():
    rng = np.random.default_rng(0)
    sample = rng.normal(size=(500, 6)) @ rng.normal(size=(6, 6)) + 10
    whitened = apply(learn(sample, 4), sample)
    np.testing.assert_allclose(np.cov(whitened, rowvar=False), np.eye(4), atol=1e-3)
    np.testing.assert_allclose(whitened.mean(axis=0), 0, atol=1e-3)


@pytest.mark.parametrize("dim", [3, 4])
def test_directions_that_the_sample_lacks_are_refused(dim):
    with pytest.raises(ValueError, match="does not span"):
        learn(CROSS, dim)


def test_saved_in_half_precision(tmp_path):
    path = tmp_path / "whitening.safetensors"
    whitening = learn(CROSS, 2)
    save(whitening, path)
    found = read(path)
    np.testing.assert_array_equal(found.mean, whitening.mean)
    np.testing.assert_allclose(found.projection, whitening.projection, rtol=1e-3)
    assert found.projection.dtype == np.float32


@pytest.mark.parametrize(
    ("name", "width"), [("efficientnet-lite0", 1280), ("efficientnet-lite0-shallow", 672)]
)
def test_what_is_shipped_is_small_and_fits_its_encoder(name, width):
    spec = registry.get(name)
    path = resources.verified(spec.whitening)
    assert path.stat().st_size <= 1_000_000
    assert read(path).projection.shape == (width, spec.dim)
    assert path.with_suffix(".md").exists()
