"""Areas: every picture is in one, small ones within large ones."""

from __future__ import annotations

import numpy as np
import pytest

from ml.map.areas import IN_AN_AREA, MOST_LARGE, areas
from ml.map.draw import draw


@pytest.mark.parametrize("count", [0, 1, 5, 90, 2000])
def test_every_picture_is_in_one(count: int):
    places = np.random.default_rng(0).uniform(0, 1, (count, 2)).astype(np.float32)
    found = areas(places)
    used = np.unique(found.small)
    assert len(found.small) == count
    assert used.tolist() == list(range(len(found.large)))
    assert len(found.large) == max(round(count / IN_AN_AREA), min(count, 1))
    assert len(np.unique(found.large)) <= MOST_LARGE
    again = areas(places)
    np.testing.assert_array_equal(again.small, found.small)
    np.testing.assert_array_equal(again.large, found.large)


def test_patches_are_told_apart():
    chance = np.random.default_rng(1)
    middles = np.array([[0.1, 0.1], [0.9, 0.1], [0.5, 0.9]])
    places = np.repeat(middles, 20, axis=0) + chance.normal(0, 0.01, (60, 2))
    found = areas(places.astype(np.float32))
    assert [len(set(part)) for part in found.small.reshape(3, 20).tolist()] == [1, 1, 1]


def test_all_in_one_place():
    found = areas(np.full((200, 2), 0.5, np.float32))
    assert set(found.small.tolist()) == {0} and len(found.large) == 1


@pytest.mark.parametrize("count", [0, 1, 12])
def test_a_whole_map(count: int):
    vectors = np.random.default_rng(0).normal(size=(count, 16)).astype(np.float32)
    drawn = draw(vectors)
    assert drawn.cells.shape == (count, 2) and len(drawn.areas.small) == count
    assert drawn.side >= int(np.ceil(np.sqrt(count)))
