"""Votes counted by hand, and classes on a circle."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml.tags import guess, taught

FREQUENCY = {"landscape": 499, "portrait": 99, "harbour": 9}


def test_votes_by_hand():
    found = guess(
        [0.8, 0.4, 0.4],
        [{"landscape", "harbour"}, {"landscape"}, {"portrait"}],
        FREQUENCY,
        999,
        sharpness=1,
    )
    assert [one.tag for one in found] == ["harbour", "portrait", "landscape"]
    harbour, portrait, landscape = found
    assert harbour.relevance == pytest.approx(0.5)
    assert harbour.score == pytest.approx(0.5 * math.log(100))
    assert portrait.relevance == pytest.approx(0.25)
    assert landscape.relevance == pytest.approx(0.75)
    assert landscape.vouchers == (0, 1) and harbour.vouchers == (0,)


def test_without_rarity_the_larger_share_wins():
    tags = [{"harbour"}, {"landscape"}, {"landscape"}]
    found = guess([0.5, 0.5, 0.5], tags, FREQUENCY, 999, rarity=0)
    assert [one.tag for one in found] == ["landscape", "harbour"]


def test_a_nearer_neighbour_says_more():
    found = guess([0.9, 0.6, 0.6], [{"a"}, {"b"}, {"b"}], {}, 0, rarity=0)
    assert found[0].tag == "a"
    assert found[0].relevance == pytest.approx(0.9**4 / (0.9**4 + 2 * 0.6**4))


def test_who_bears_none_or_is_unlike_has_no_say():
    found = guess([0.9, 0.5, -0.5], [set(), {"a"}, {"b"}], {}, 10)
    assert [(one.tag, one.relevance) for one in found] == [("a", 1.0)]
    assert guess([0.9], [set()], {}, 10) == guess([], [], {}, 10) == []
    with pytest.raises(ValueError, match="argument"):
        guess([0.9], [], {}, 10)


@given(
    st.lists(st.tuples(st.floats(-1, 1), st.sets(st.sampled_from("abcd"))), min_size=1, max_size=20)
)
def test_any_votes(neighbours):
    cosines, tags = [one[0] for one in neighbours], [one[1] for one in neighbours]
    found = guess(cosines, tags, dict.fromkeys("abcd", 5), 100)
    for one in found:
        assert 0 < one.relevance <= 1 + 1e-9
        assert all(one.tag in neighbours[place][1] for place in one.vouchers)
    assert [one.score for one in found] == sorted((one.score for one in found), reverse=True)


def on_circle(*degrees: float) -> np.ndarray:
    angles = np.radians(degrees)
    return np.column_stack([np.cos(angles), np.sin(angles)]).astype(np.float32)


def test_classes_and_none_of_them():
    strangers = on_circle(*np.random.default_rng(0).uniform(0, 360, 4000))
    classes = taught({"east": on_circle(-1, 1), "north": on_circle(88, 92)}, strangers, share=0.1)
    np.testing.assert_allclose(classes.centres, on_circle(0, 90), atol=1e-6)
    # A tenth of all directions lies within 18 degrees.
    np.testing.assert_allclose(np.degrees(np.arccos(classes.least)), 18, atol=1.5)
    found = classes.classify(on_circle(5, -12, 80, 45, 180, 110))
    assert found == ["east", "east", "north", None, None, None]


def test_a_class_that_is_common_is_as_wide_as_its_examples():
    # A fifth of what is drawn by chance is of the class, within 20 degrees of its middle.
    chance = np.random.default_rng(0)
    degrees = np.concatenate([chance.uniform(-20, 20, 800), chance.uniform(60, 300, 3200)])
    classes = taught({"east": on_circle(-15, -5, 5, 15)}, on_circle(*degrees))
    found = np.degrees(np.arccos(classes.least))
    # Ten in a hundred lie within 10 degrees: no more are let in, however wide its examples lie.
    np.testing.assert_allclose(found, 10, atol=1)
    classes = taught({"east": on_circle(-3, 0, 3)}, on_circle(*degrees))
    np.testing.assert_allclose(np.degrees(np.arccos(classes.least)), 4.5, atol=0.1)


def test_nothing_to_teach():
    with pytest.raises(ValueError, match="has no example"):
        taught({"a": np.zeros((0, 2), np.float32)}, on_circle(0))
    with pytest.raises(ValueError, match="no strangers"):
        taught({"a": on_circle(0)}, np.zeros((0, 2), np.float32))
