"""VLAD: sums of what points differ by from their words, by hand and on drawn pictures."""

import weakref

import numpy as np
import pytest

from ml.local import keypoints, vlad
from ml.local.compact import DIM, SCALE
from ml.local.keypoints import LocalFeatures, detect, detect_once
from tests.iiifsearch.rich import painted


def features(descriptors):
    count = len(descriptors)
    places = np.zeros((count, 2), np.float32)
    flat = np.zeros(count, np.float32)
    return LocalFeatures(places, flat, flat, np.array(descriptors, np.int8).reshape(-1, DIM), 1, 1)


def unit(place, value):
    row = np.zeros(DIM)
    row[place] = value
    return row


def test_two_words_and_three_points_by_hand():
    words = np.stack([unit(0, 0), unit(1, 100)]).astype(np.float32)
    found = vlad.aggregate(features([unit(0, 10), unit(0, 10), unit(1, 90)]), words)
    # Of the first word 2 x 10 / SCALE along axis 0, of the second -10 / SCALE along axis 1; each
    # brought to 1, then both together.
    expected = np.concatenate([unit(0, 1), unit(1, -1)]) / np.sqrt(2)
    np.testing.assert_allclose(found, expected, atol=1e-6)
    assert SCALE > 0


def test_no_points_are_no_error():
    assert not vlad.aggregate(features([]), np.zeros((2, DIM), np.float32)).any()
    flat = np.full((40, 60, 3), 90, np.uint8)
    assert np.isfinite(vlad.describe([flat])).all()


def test_a_turned_picture_has_the_same_and_another_has_not():
    one, other = painted(1), painted(2)
    turned = np.ascontiguousarray(np.rot90(one))
    found = vlad.describe([one, turned, other])
    found /= np.linalg.norm(found, axis=1, keepdims=True)
    assert found[0] @ found[1] > 0.8 > 0.5 > found[0] @ found[2]


def test_points_of_one_array_are_looked_for_once(monkeypatch: pytest.MonkeyPatch):
    image, calls = painted(3), []
    monkeypatch.setattr(keypoints, "detect", lambda array: calls.append(1) or detect(array))
    assert detect_once(image) is detect_once(image)
    assert len(calls) == 1
    gone = weakref.ref(image)
    del image
    assert gone() is None  # nothing holds the pixels
    detect_once(painted(3))
    assert len(calls) == 2


def test_what_fails_fails_again(monkeypatch: pytest.MonkeyPatch):
    def broken(array):
        raise ValueError("no")

    monkeypatch.setattr(keypoints, "detect", broken)
    image = painted(4)
    for _ in range(2):
        with pytest.raises(ValueError, match="no"):
            detect_once(image)
