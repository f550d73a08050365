"""Pictures in the plane: neighbours stay neighbours, and few rows are no trouble."""

from __future__ import annotations

import numpy as np
import pytest

from ml.map.layout import FEWEST, framed, layout

GROUPS, EACH = 3, 30


def groups(seed: int = 0) -> np.ndarray:
    """float32 (90, 8): three groups, far apart."""
    chance = np.random.default_rng(seed)
    centres = np.eye(8)[:GROUPS] * 10
    vectors = np.repeat(centres, EACH, axis=0) + chance.normal(size=(GROUPS * EACH, 8))
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def test_groups_lie_apart_and_the_same_again():
    vectors = groups()
    places = layout(vectors, seed=3)
    assert places.shape == (GROUPS * EACH, 2) and places.dtype == np.float32
    assert places.min() >= 0 and places.max() <= 1
    assert np.ptp(places, axis=0).max() == pytest.approx(1)
    parts = places.reshape(GROUPS, EACH, 2)
    middles = parts.mean(axis=1)
    within = np.linalg.norm(parts - middles[:, None], axis=2).mean()
    between = min(np.linalg.norm(middles[i] - middles[i - 1]) for i in range(GROUPS))
    assert between > 2 * within
    np.testing.assert_array_equal(places, layout(vectors, seed=3))
    assert not np.array_equal(places, layout(vectors, seed=4))


@pytest.mark.parametrize("count", [0, 1, 2, 3, FEWEST - 1, FEWEST, FEWEST + 1])
def test_few_rows(count: int):
    places = layout(groups()[:count])
    assert places.shape == (count, 2)
    assert ((places >= 0) & (places <= 1)).all()
    if count == 1:
        assert places.tolist() == [[0.5, 0.5]]


@pytest.mark.parametrize("count", [2, 40])
def test_all_the_same(count: int):
    places = layout(np.ones((count, 8), np.float32))
    assert places.shape == (count, 2) and np.isfinite(places).all()


@pytest.mark.parametrize("wrong", [np.ones(3), np.full((3, 3), np.nan)])
def test_no_table_of_numbers(wrong: np.ndarray):
    with pytest.raises(ValueError, match="finite numbers"):
        layout(wrong.astype(np.float32))


def test_the_shorter_side_is_in_the_middle():
    places = framed(np.array([[0, 0], [4, 1]], np.float32))
    assert places.tolist() == [[0, 0.375], [1, 0.625]]
