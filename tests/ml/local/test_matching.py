"""Which points belong together, by descriptors made by hand."""

import numpy as np
import pytest

from ml.local.matching import Matches, agreeing, match, squared_distances
from tests.ml.local.drawn import features, one_hot


def pairs(matches):
    return list(zip(matches.ours.tolist(), matches.theirs.tolist(), strict=True))


def test_the_same_in_another_order():
    found = match(features(one_hot(0, 1, 2)), features(one_hot(2, 0, 1)))
    assert pairs(found) == [(0, 1), (1, 2), (2, 0)]


def test_what_has_no_partner_is_left_out():
    # (3, 4) is as near to one as to the other; (9) has none.
    found = match(features(one_hot(0, 1, 9)), features(one_hot(1, 0, 50)))
    assert pairs(found) == [(0, 1), (1, 0)]


def test_both_must_be_each_others_nearest():
    ours, theirs = one_hot(0, 0, 5), one_hot(0, 7)
    ours[1, 0] = 90  # near to theirs[0] too, but ours[0] is nearer
    assert pairs(match(features(ours), features(theirs))) == [(0, 0)]


@pytest.mark.parametrize(("distance", "kept"), [(79, True), (81, False)])
def test_clearly_nearer_than_the_next(distance, kept):
    ours = one_hot(0, 50)
    theirs = np.zeros((2, 128), np.uint8)
    theirs[0, 0], theirs[1, 0] = 100 + distance, 200  # distances from ours[0]: this, and 100
    assert (len(match(features(ours), features(theirs))) == 1) is kept


def test_a_ratio_of_ones_own():
    ours, theirs = one_hot(0, 50), np.zeros((2, 128), np.uint8)
    theirs[:, 0] = 150, 200  # half as far
    assert len(match(features(ours), features(theirs), ratio=0.6)) == 1
    assert len(match(features(ours), features(theirs), ratio=0.4)) == 0


@pytest.mark.parametrize(("first", "second"), [(0, 0), (0, 5), (5, 0), (1, 5), (5, 1)])
def test_too_few_points(first, second):
    found = match(features(one_hot(*range(first))), features(one_hot(*range(second))))
    assert len(found) == 0
    assert found.ours.dtype == found.theirs.dtype == np.intp


def test_squared_distances_by_hand():
    first = np.array([[3, 0, 0], [0, -4, 0]], np.int8)
    second = np.array([[0, 0, 0], [3, 0, 0], [0, 4, 0]], np.int8)
    assert squared_distances(first, second).tolist() == [[9, 0, 25], [16, 25, 64]]


def test_bytes_do_not_overflow():
    first, second = np.full((1, 128), 255, np.uint8), np.zeros((1, 128), np.uint8)
    assert squared_distances(first, second).item() == 128 * 255**2


def test_squared_distances_of_bits():
    first = np.zeros((1, 32), np.uint8)
    second = np.zeros((3, 32), np.uint8)
    second[1, 3], second[2] = 0b101, 255
    assert squared_distances(first, second).tolist() == [[0, 4, 256**2]]


def test_bits_are_matched_too():
    chance = np.random.default_rng(0)
    ours = chance.integers(0, 256, (20, 32)).astype(np.uint8)
    theirs = ours[::-1].copy()
    theirs[:, 0] ^= 0b11
    assert pairs(match(features(ours), features(theirs))) == [(n, 19 - n) for n in range(20)]


def all_of(count):
    return Matches(np.arange(count), np.arange(count))


def agreed(angles, sizes):
    """Of points that have turned by these angles and become larger by these factors."""
    count = len(angles)
    ours = features(one_hot(*range(count)), angles=np.full(count, 350.0))
    theirs = features(
        one_hot(*range(count)),
        angles=(np.array(angles) + 350) % 360,
        sizes=0.02 * np.array(sizes, np.float32),
    )
    return agreeing(all_of(count), ours, theirs).ours.tolist()


def test_those_that_turn_alike_agree():
    assert agreed([0, 5, 90, 180, 270, 355], [1] * 6) == [0, 1, 5]
    assert agreed([175, 180, 190, 0, 60], [1] * 5) == [0, 1, 2]
    assert agreed([0, 19, 21], [1] * 3) == [0, 1, 2]  # all of them agree with the second


def test_those_that_scale_alike_agree():
    # 0.6 octaves are a factor of 1.516.
    assert agreed([0] * 5, [2, 2.9, 0.5, 4.5, 1]) == [0, 1]
    assert agreed([0] * 4, [0.5, 0.5, 1, 4]) == [0, 1]


def test_turn_and_scale_together():
    assert agreed([0, 0, 90, 90, 90], [1, 1, 1, 1, 4]) == [0, 1]
    assert agreed([0, 0, 90, 90, 90], [1, 4, 2, 2, 2]) == [2, 3, 4]


@pytest.mark.parametrize("count", [0, 1])
def test_too_few_to_agree(count):
    assert agreed([0] * count, [1] * count) == list(range(count))


def test_agreeing_keeps_pairs_together():
    ours, theirs = features(one_hot(0, 1, 2)), features(one_hot(0, 1, 2), angles=[0, 90, 0])
    matches = Matches(np.array([2, 1, 0]), np.array([0, 1, 2]))
    assert pairs(agreeing(matches, ours, theirs)) == [(2, 0), (0, 2)]
