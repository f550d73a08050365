"""Rectangles, transforms and media fragments."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.geometry import Rect, Transform, parse_xywh

coordinates = st.floats(-1e5, 1e5)
lengths = st.floats(0.01, 1e5)
rects = st.builds(Rect, coordinates, coordinates, lengths, lengths)
scales = st.floats(1e-3, 1e3)
transforms = st.builds(Transform, scales, scales, coordinates, coordinates)


def close(one: Rect, other: Rect) -> bool:
    return all(
        math.isclose(a, b, rel_tol=1e-6, abs_tol=1e-3)
        for a, b in zip(one.as_tuple(), other.as_tuple(), strict=True)
    )


@pytest.mark.parametrize(
    ("text", "size", "expected"),
    [
        ("xywh=1,2,3,4", None, (1, 2, 3, 4)),
        ("xywh=pixel:1,2,3,4", None, (1, 2, 3, 4)),
        ("1,2,3,4", None, (1, 2, 3, 4)),
        ("https://example.org/c1#xywh=1.5,2,3,4", None, (1.5, 2, 3, 4)),
        ("https://example.org/c1#t=1,2&xywh=1,2,3,4", None, (1, 2, 3, 4)),
        ("#xywh=1,2,3,4&t=5", None, (1, 2, 3, 4)),
        ("xywh=percent:10,20,50,25", (200, 400), (20, 80, 100, 100)),
        ("xywh=pct:10,20,50,25", (200, 400), (20, 80, 100, 100)),
        ("xywh=-5,0,10,10", None, (-5, 0, 10, 10)),
        ("xywh=percent:10,20,50,25", None, None),
        ("xywh=1,2,0,4", None, None),
        ("xywh=1,2,-3,4", None, None),
        ("xywh=1,2,3", None, None),
        ("xywh=NaN,NaN,NaN,NaN", None, None),
        ("xywh=1,2,1e400,4", None, None),
        ("https://example.org/c1", None, None),
        ("", None, None),
    ],
)
def test_fragments(text, size, expected):
    found = parse_xywh(text, size)
    assert (found.as_tuple() if found else None) == expected


def test_a_fragment_is_integers_and_never_negative():
    assert Rect(1.2, 2.9, 3.0, 4.0).to_fragment() == "xywh=1,2,4,5"
    assert Rect(-5, -5, 10, 20).to_fragment() == "xywh=0,0,5,15"
    assert Rect(10.0000000001, 0, 5, 5).to_fragment() == "xywh=10,0,5,5"


def test_rectangles_by_hand():
    a, b = Rect(0, 0, 10, 10), Rect(5, 5, 10, 10)
    assert a.intersection(b) == Rect(5, 5, 5, 5)
    assert a.iou(b) == pytest.approx(25 / 175)
    assert a.contains(Rect(0, 0, 10, 10)) and not a.contains(b)
    assert a.intersection(Rect(10, 0, 1, 1)) is None
    assert a.scaled(2, 3) == Rect(0, 0, 20, 30)
    assert a.translated(1, -1) == Rect(1, -1, 10, 10)
    assert a.area == 100


@pytest.mark.parametrize("bad", [(0, 0, -1, 1), (math.nan, 0, 1, 1), (0, 0, math.inf, 1)])
def test_impossible_rectangles_are_refused(bad):
    with pytest.raises(ValueError, match="rectangle"):
        Rect(*bad)


def test_impossible_transforms_are_refused():
    with pytest.raises(ValueError, match="scales"):
        Transform(0, 1)
    with pytest.raises(ValueError, match="empty"):
        Transform.between(Rect(0, 0, 0, 1), Rect(0, 0, 1, 1))


@given(rects)
def test_a_fragment_covers_what_it_was_made_from(rect):
    visible = rect.intersection(Rect(0, 0, 1e6, 1e6))
    read = parse_xywh(rect.to_fragment())
    assert read is not None
    if visible is not None:
        assert read.contains(visible)


@given(rects)
def test_a_fragment_read_and_written_stays(rect):
    once = rect.to_fragment()
    assert parse_xywh(once).to_fragment() == once


@given(transforms, rects)
def test_there_and_back(transform, rect):
    assert close(transform.invert().apply(transform.apply(rect)), rect)


@given(transforms, transforms, rects)
def test_composed_is_one_after_the_other(first, second, rect):
    assert close(first.compose(second).apply(rect), second.apply(first.apply(rect)))


@given(rects, rects)
def test_between_lays_one_over_the_other(src, dst):
    found = Transform.between(src, dst).apply(src)
    assert all(
        math.isclose(a, b, rel_tol=1e-6, abs_tol=1e-3 * max(1, dst.w / src.w, dst.h / src.h))
        for a, b in zip(found.as_tuple(), dst.as_tuple(), strict=True)
    )


@given(rects, rects)
def test_overlap_is_symmetric_and_bounded(a, b):
    assert a.iou(b) == pytest.approx(b.iou(a))
    assert 0 <= a.iou(b) <= 1
    shared = a.intersection(b)
    if shared is not None:
        assert a.contains(shared) and b.contains(shared)
