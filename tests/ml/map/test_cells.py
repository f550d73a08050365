"""A cell for each picture: its own, near its place, whatever the places."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml.map.cells import cells, in_patches


def neighbours(places: np.ndarray, count: int = 8) -> list[set[int]]:
    far = np.linalg.norm(places[:, None] - places[None], axis=2)
    return [set(row) for row in far.argsort(axis=1)[:, 1 : count + 1].tolist()]


@given(st.integers(0, 120), st.integers(0, 5))
def test_no_two_are_the_same(count: int, seed: int):
    chance = np.random.default_rng(seed)
    places = chance.choice([0, 0.1, 0.5, 1], (count, 2)).astype(np.float32)  # many in one place
    found, side = cells(places)
    assert found.shape == (count, 2)
    assert len({tuple(cell) for cell in found.tolist()}) == count
    assert count == 0 or (found.min() >= 0 and found.max() == side - 1)


def test_neighbours_stay_neighbours():
    chance = np.random.default_rng(0)
    crowded = chance.normal(0.3, 0.02, (200, 2))
    loose = chance.uniform(0, 1, (200, 2))
    places = np.concatenate([crowded, loose]).clip(0, 1).astype(np.float32)
    found, side = cells(places)
    before, after = neighbours(places), neighbours(found)
    kept = np.mean([len(a & b) / len(a) for a, b in zip(before, after, strict=True)])
    assert kept > 0.5
    assert len(places) / side**2 > 0.2, "and the square is not mostly empty"


def test_thousands_in_one_place_make_a_disc():
    found, side = cells(np.full((3000, 2), 0.5, np.float32))
    far = np.linalg.norm(found - found.mean(axis=0), axis=1)
    assert side < 80 and far.max() < 1.6 * np.sqrt(3000 / np.pi)


def test_what_follows_each_other_lies_together():
    square = np.indices((16, 16)).reshape(2, -1).T.astype(np.int32)
    patch = square[in_patches(square)][:64]
    assert np.ptp(patch, axis=0).tolist() == [7, 7]
    assert sorted(in_patches(square).tolist()) == list(range(256))


@pytest.mark.parametrize("count", [1, 2, 5])
def test_few(count: int):
    found, side = cells(np.linspace(0, 1, 2 * count, dtype=np.float32).reshape(-1, 2))
    assert len(found) == count and side <= 2 * count
