"""Canonical correlation against a known sample, and against scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_matrix
from sklearn.cross_decomposition import CCA

from ml.crossmodal import cca
from ml.errors import BadData


def applied(projection: cca.Projection, sample) -> np.ndarray:
    return np.asarray(sample @ projection.weight + projection.bias)


@pytest.fixture
def sample():
    """Two sides with two directions in common, the first one more than the second."""
    chance = np.random.default_rng(0)
    common = chance.normal(size=(400, 2))
    left = np.concatenate([common, chance.normal(size=(400, 3))], axis=1)
    right = common + chance.normal(size=(400, 2)) * (0.1, 0.8)
    turned = chance.normal(size=(5, 5))
    return (left @ turned + 3).astype(np.float32), (right @ chance.normal(size=(2, 2))).astype(
        np.float32
    )


def test_as_scikit_learn_has_it(sample):
    left, right = sample
    theirs = CCA(n_components=2, scale=False, max_iter=5000, tol=1e-10).fit(left, right)
    x, y = theirs.transform(left, right)
    expected = [np.corrcoef(x[:, k], y[:, k])[0, 1] for k in range(2)]
    ours = cca.learn(left, right, 2, regularisation=0)
    np.testing.assert_allclose(ours.correlations, expected, atol=1e-4)
    for k in range(2):
        same = np.corrcoef(applied(ours.left, left)[:, k], x[:, k])[0, 1]
        assert abs(same) == pytest.approx(1, abs=1e-3)


def test_what_it_finds_is_white_and_correlated(sample):
    left, right = sample
    ours = cca.learn(left, right, 2, regularisation=0)
    x, y = applied(ours.left, left), applied(ours.right, right)
    np.testing.assert_allclose(x.mean(axis=0), 0, atol=1e-4)
    np.testing.assert_allclose(np.cov(x.T, bias=True), np.eye(2), atol=1e-3)
    np.testing.assert_allclose(np.cov(y.T, bias=True), np.eye(2), atol=1e-3)
    np.testing.assert_allclose(x.T @ y / len(x), np.diag(ours.correlations), atol=1e-3)


def test_as_many_directions_as_there_are(sample):
    left, right = sample
    assert cca.learn(left, right, 128, 0.1).left.weight.shape == (5, 2)


def test_regularised_it_claims_less(sample):
    left, right = sample
    plain, careful = cca.learn(left, right, 2, 0), cca.learn(left, right, 2, 1.0)
    assert (careful.correlations < plain.correlations).all()


def test_more_dimensions_than_rows_and_a_constant_one():
    chance = np.random.default_rng(1)
    left = chance.normal(size=(10, 30)).astype(np.float32)
    left[:, 3] = 5
    found = cca.learn(left, left[:, :8], 4, 0.01)
    assert np.isfinite(found.left.weight).all()
    assert (found.correlations <= 1).all()


def test_sparse_and_reduced_it_finds_the_same(sample):
    left, right = sample
    wide = np.concatenate([left, left[:, :3] * 2], axis=1)  # of five directions still
    plain = cca.learn(left, right, 2, 0)
    narrowed = cca.learn(csr_matrix(wide), right, 2, 0, widest=6)
    np.testing.assert_allclose(narrowed.correlations, plain.correlations, atol=1e-5)
    x, same = applied(narrowed.left, wide), applied(plain.left, left)
    for k in range(2):
        assert abs(np.corrcoef(x[:, k], same[:, k])[0, 1]) == pytest.approx(1, abs=1e-4)


def test_what_does_not_vary():
    flat = np.ones((5, 3), np.float32)
    with pytest.raises(BadData, match="does not vary"):
        cca.learn(flat, np.eye(5, 3, dtype=np.float32), 2, 0.1)
    with pytest.raises(BadData, match="all the same vector"):
        cca.principal(flat, 2)


def test_principal_components():
    chance = np.random.default_rng(2)
    sample = (chance.normal(size=(200, 3)) * (5, 1, 0.1) + 7).astype(np.float32)
    found = cca.principal(sample, 2)
    assert found.shape == (200, 2)
    assert abs(np.corrcoef(found[:, 0], sample[:, 0])[0, 1]) > 0.99
    assert found.var(axis=0).mean() == pytest.approx(1, abs=1e-3)
    assert cca.principal(sample, 9).shape == (200, 3)
