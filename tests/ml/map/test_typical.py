"""What is typical, where one sees it with the naked eye."""

from __future__ import annotations

import pytest

from ml.map.typical import typical

SEA = {"seascape": 30, "oil on canvas": 35, "boats": 20, "Aivazovsky": 2}
HEADS = {"portrait": 38, "oil on canvas": 36, "boats": 1, "portrait of a man": 12}


def test_what_one_group_has_and_the_other_has_not():
    sea, heads = typical([SEA, HEADS], [40, 40])
    assert sea == ["seascape", "boats"], "and not what both have, nor what two bear"
    assert heads[0] == "portrait"


def test_what_says_nothing_more_is_left_out():
    group = {"Rembrandt van Rijn": 30, "rembrandt": 29, "van": 25}
    assert typical([group, {"dog": 3}], [30, 60])[0] == ["Rembrandt van Rijn"]


def test_no_more_than_are_wanted():
    group = {f"tag {number}": 20 for number in range(9)}
    assert len(typical([group, {}], [20, 50], most=3)[0]) == 3


@pytest.mark.parametrize("sizes", [[0, 0], [40, 0]])
def test_nothing_beside_which_it_would_be_typical(sizes: list[int]):
    counts = {"portrait": sizes[0]} if sizes[0] else {}
    assert typical([counts, {}], sizes) == [[], []]


def test_one_group_alone():
    assert typical([SEA], [40]) == [[]]


def test_lengths_differ():
    with pytest.raises(ValueError, match="zip"):
        typical([SEA], [])
