"""A probability that grows with what agrees, and the classic rule's table."""

import pytest

from iiifsearch.conf import SearchOptions
from ml.local.decide import ClassicRule, probability
from ml.local.geometry import FEWEST


def test_nothing_agrees():
    assert probability(0) == 0


def test_more_is_surer():
    said = [probability(n) for n in range(FEWEST, 30)]
    assert said == sorted(said)
    assert len(set(said)) == len(said)
    assert all(0 < p < 1 for p in said)


def test_few_are_a_guess_and_nine_are_accepted():
    assert probability(FEWEST) < 0.5
    fewest = next(n for n in range(100) if probability(n) >= SearchOptions.accept_probability)
    assert fewest == 9


def test_very_many():
    assert probability(10_000) == 1


@pytest.mark.parametrize(
    ("cosine", "points", "inliers", "expected"),
    [
        (0.91, 0, 0, True),  # by the cosine alone
        (0.95, 500, 0, True),
        (0.1, 500, 500, False),
        (-0.2, 500, 500, False),
        (0.5, 9, 500, None),  # too few points
        (0.5, 10, 20, True),
        (0.5, 500, 20, True),
        (0.5, 500, 19, None),
        (0.5, 500, 11, None),
        (0.5, 500, 10, False),
        (0.5, 500, 0, False),
        (0.909, 500, 300, True),
        (0.101, 10, 10, False),
    ],
)
def test_the_classic_rule(cosine, points, inliers, expected):
    assert ClassicRule().decide(cosine, points, inliers) is expected


def test_thresholds_of_ones_own():
    strict = ClassicRule(accept=0.99, accept_matches=50, reject_matches=40)
    assert strict.decide(0.95, 500, 45) is None
    assert strict.decide(0.95, 500, 50) is True
