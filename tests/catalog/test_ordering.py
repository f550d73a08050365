"""Putting things in other places."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from catalog.ordering import placed

orders = st.lists(st.integers(1, 50), unique=True, max_size=20)
places = st.dictionaries(st.integers(1, 60), st.integers(1, 10**9), max_size=10)


def test_one_or_several() -> None:
    assert placed([1, 2, 3, 4, 5], {5: 2}) == [1, 5, 2, 3, 4]
    assert placed([1, 2, 3, 4, 5], {1: 5}) == [2, 3, 4, 5, 1]
    assert placed([1, 2, 3, 4, 5], {5: 1, 4: 2}) == [5, 4, 1, 2, 3]
    assert placed([1, 2, 3], {1: 99, 2: 99}) == [3, 1, 2]
    assert placed([1, 2, 3], {9: 1}) == [1, 2, 3]
    assert placed([], {9: 1}) == []


@given(orders, places)
def test_nobody_is_lost_and_the_others_keep_their_order(
    current: list[int], wanted: dict[int, int]
) -> None:
    after = placed(current, wanted)
    assert sorted(after) == sorted(current)
    others = [pk for pk in current if pk not in wanted]
    assert [pk for pk in after if pk not in wanted] == others


@given(st.data())
def test_places_that_there_are_are_reached_exactly(data: st.DataObject) -> None:
    current = data.draw(orders)
    moved = data.draw(st.lists(st.sampled_from(current), unique=True)) if current else []
    numbers = data.draw(st.permutations(range(1, len(current) + 1)))
    wanted = dict(zip(moved, numbers, strict=False))
    after = placed(current, wanted)
    assert all(after[place - 1] == pk for pk, place in wanted.items())
