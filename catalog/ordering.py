"""Orders that somebody changes by saying places. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence


def placed(current: Sequence[int], places: Mapping[int, int]) -> list[int]:
    """``current`` with some of it put in other places.

    ``places``: id -> place, from 1; a place beyond an end is that end. The others keep their
    order around them. Where several are to be in one place, they follow each other in the order
    that they are given in. Ids that are not in ``current`` are left out; none of it is lost.

    >>> placed([7, 8, 9], {9: 1})
    [9, 7, 8]
    """
    there = set(current)
    moved = sorted((pk for pk in places if pk in there), key=lambda pk: places[pk])
    others = iter([pk for pk in current if pk not in places])
    result: list[int] = []
    for pk in moved:
        # What is left before its place is filled with the others, as far as they go.
        while len(result) < places[pk] - 1:
            other = next(others, None)
            if other is None:
                break
            result.append(other)
        result.append(pk)
    return [*result, *others]
