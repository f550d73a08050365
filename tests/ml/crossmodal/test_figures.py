"""Ranks and recall by hand, and what holds for any."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from ml.crossmodal.figures import figures, ranks, ten_way

SQUARE = st.integers(1, 30).flatmap(
    lambda n: arrays(np.float32, (n, n), elements=st.integers(-3, 3).map(float))
)


def test_ranks_by_hand():
    scores = np.array([[0.9, 0.1, 0.3], [0.5, 0.4, 0.6], [0.2, 0.7, 0.2]], np.float32)
    np.testing.assert_array_equal(ranks(scores), [1, 3, 3])  # the last one shares its place
    np.testing.assert_array_equal(ranks(scores, np.array([1, 2, 1])), [3, 1, 1])


@given(SQUARE)
def test_ranks_are_those_of_sorting(scores):
    found = ranks(scores)
    for query, rank in enumerate(found):
        assert rank == sum(scores[query] >= scores[query, query])
        assert 1 <= rank <= len(scores)


def test_a_model_that_says_nothing_finds_nothing():
    np.testing.assert_array_equal(ranks(np.zeros((4, 9), np.float32)), [9] * 4)


def test_figures_by_hand():
    told = figures(np.array([1, 2, 6, 30]))
    assert told.recall == {1: 0.25, 5: 0.5, 10: 0.75}
    assert told.median_rank == 4
    low, high = told.recall_interval[5]
    assert low <= 0.5 <= high and (low, high) != (0.5, 0.5)
    assert told.json()["r_at_10"] == 0.75
    assert told.json() == figures(np.array([1, 2, 6, 30])).json()


@given(st.lists(st.integers(1, 500), min_size=1, max_size=60))
def test_figures_of_any_ranks(found):
    told = figures(np.array(found))
    assert 0 <= told.recall[1] <= told.recall[5] <= told.recall[10] <= 1
    assert min(found) <= told.median_interval[0] <= told.median_interval[1] <= max(found)
    for k, (low, high) in told.recall_interval.items():
        assert 0 <= low <= high <= 1, k


def test_the_interval_is_that_of_the_binomial():
    told = figures(np.repeat([1, 50], [40, 60]))  # 100 queries, .4: a standard error of .049
    low, high = told.recall_interval[10]
    assert low == pytest.approx(0.4 - 1.96 * 0.049, abs=0.015)
    assert high == pytest.approx(0.4 + 1.96 * 0.049, abs=0.015)


def test_no_figures_of_nothing():
    with pytest.raises(ValueError, match="no query"):
        figures(np.zeros(0, np.intp))


def test_ten_ways():
    assert ten_way(np.eye(20, dtype=np.float32)) == (1.0, 20)
    assert ten_way(-np.eye(20, dtype=np.float32)) == (0.0, 20)
    chance = np.random.default_rng(1).random((600, 600)).astype(np.float32)
    assert ten_way(chance)[0] == pytest.approx(0.1, abs=0.04)


def test_ten_ways_among_the_like():
    # Every text fits all pictures of its own kind: easy among all, no better than chance within.
    kinds = [f"kind {n}" for n in range(6) for _ in range(12)] + ["study"] * 3
    codes = np.array([kind == np.array(kinds) for kind in kinds])
    scores = codes.astype(np.float32)
    scores += np.random.default_rng(2).random(scores.shape, np.float32) / 10
    assert ten_way(scores)[0] > 0.4
    right, asked = ten_way(scores, kinds)
    assert asked == 72 and right < 0.25
    assert np.isnan(ten_way(scores[72:, 72:])[0])
