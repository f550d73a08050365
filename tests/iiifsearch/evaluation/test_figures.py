"""Figures from outcomes, distortions and details, without a database."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from iiifsearch.evaluation import duplicates, recognition, regions
from iiifsearch.evaluation.distortions import DISTORTIONS
from tests.iiifsearch.rich import painted


def photo(answers: str, *found: str, group: str = "a") -> recognition.Outcome:
    right = frozenset(answers.split())
    asked = recognition.Photo(Path("q.jpg"), group, right, not right)
    return recognition.Outcome(asked, tuple((name,) for name in found), 1.0)


def test_figures_of_recognition() -> None:
    outcomes = [
        photo("x", "x"),
        photo("x y", "y", "x"),
        photo("x y", "x"),  # not all of them
        photo("x", "z", "x"),  # something else first
        photo("x"),
        photo("", "z"),
        photo(""),
    ]
    figures = recognition.summary(outcomes)
    assert figures["sets"]["a"] == {
        "queries": 5,
        "r_at_1": 0.6,
        "r_at_5": 0.8,
        "all_found": 0.4,
        "mean_seconds": 1.0,
        "p95_seconds": 1.0,
    }
    assert figures["distractors"] == {"queries": 2, "false_accepts": 1}
    assert len(figures["wrong"]) == 4


def asked(
    name: str, inliers: int, *, right: bool = True, accepted: bool = True
) -> duplicates.Asked:
    return duplicates.Asked(name, right, accepted, (0.99, inliers), 0.1)


def test_figures_of_duplicates() -> None:
    figures = duplicates.summary(
        [
            asked("crop", 50),
            asked("crop", 9),  # accepted, but less sure than the stranger
            asked("blur", 30),
            asked("blur", 3, accepted=False),
            asked("mirrored", 40, right=False),  # found, but not told as mirrored
            asked(duplicates.STRANGER, 20, right=False),
            duplicates.Asked(duplicates.STRANGER, False, False, (0.0, 0), 0.1),
        ]
    )
    assert (figures["queries"], figures["recall"]) == (4, 0.75)
    # That of the mirrored picture is the right one, and counts among the mirrored.
    assert figures["threshold"]["surest_false_answer"] == {"probability": 0.99, "inliers": 20}
    assert figures["recall_at_full_precision"] == 0.5
    assert figures["false_accepts"] == 1
    assert figures["distortions"]["mirrored"]["false_accepts"] == 1
    assert figures["distortions"]["mirrored"]["recall_at_full_precision"] == 0
    assert figures["never_seen"]["false_accepts"] == 1
    assert figures["distortions"]["crop"]["recall"] == 1


@pytest.mark.parametrize("name", DISTORTIONS)
def test_a_distortion_gives_a_picture_and_is_seeded(name: str) -> None:
    picture, distort = painted(1), DISTORTIONS[name]
    before = picture.copy()
    one, same = (distort(picture, np.random.default_rng(3)) for _ in range(2))
    assert one.dtype == np.uint8
    assert one.ndim == 3
    np.testing.assert_array_equal(one, same)
    np.testing.assert_array_equal(picture, before)
    assert one.shape != picture.shape or (one != picture).any()


def test_a_crop_keeps_what_it_says() -> None:
    for seed in range(50):
        height, width = DISTORTIONS["crop"](painted(0), np.random.default_rng(seed)).shape[:2]
        assert 0.48 < height * width / (480 * 360) <= 0.91


def test_where_a_detail_was() -> None:
    picture = painted(2)
    drawn = regions.detail(picture, np.random.default_rng(0))
    assert drawn is not None
    pixels, (x, y, w, h) = drawn
    assert 0.04 < w * h < 0.21
    assert 0 <= x <= x + w <= 1
    assert 0 <= y <= y + h <= 1
    assert pixels.shape[0] / pixels.shape[1] == pytest.approx(h * 360 / (w * 480), rel=0.1)


def test_a_flat_picture_has_no_details() -> None:
    flat = np.full((200, 200, 3), 90, np.uint8)
    assert regions.detail(flat, np.random.default_rng(0)) is None


def test_overlap_of_boxes() -> None:
    assert regions.overlap((0, 0, 1, 1), (0, 0, 1, 1)) == 1
    assert regions.overlap((0, 0, 0.5, 1), (0.5, 0, 0.5, 1)) == 0
    assert regions.overlap((0, 0, 0.5, 1), (0.25, 0, 0.5, 1)) == pytest.approx(1 / 3)
