"""What is measured, with a model that reads the answers or none of them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from ml.crossmodal.protocol import measure
from ml.crossmodal.semart import Painting

NAMES = ["Ada", "Berta", "Clara"]
PAINTINGS = [
    Painting(
        Path(f"{n}.jpg"), f"{NAMES[n % 3]} painted number {n}.", NAMES[n % 3], f"No {n}", type="x"
    )
    for n in range(30)
]
PICTURES = np.eye(30, 40, dtype=np.float32)


class Reads:
    """Finds the number that a text names; or the painter."""

    def __init__(self, by_name: bool = False) -> None:
        self.by_name = by_name

    def pictures(self, pictures):
        raise NotImplementedError

    def scores(self, texts, pictures, titles=()):
        wanted = np.zeros((len(texts), 40), np.float32)
        for row, text in zip(wanted, texts, strict=True):
            if self.by_name:
                for place, name in enumerate(NAMES):
                    row[place:30:3] = name in text
            else:
                row[int(text.rstrip(".").rpartition(" ")[2])] = 1
        return wanted @ pictures.T


def test_the_right_answers():
    told = measure(Reads(), PAINTINGS, PICTURES)
    assert told["gallery"] == told["queries"] == 30
    for way in ("comment", "title_and_comment", "author_masked"):
        assert told[way]["text_to_image"]["r_at_1"] == 1
        assert told[way]["image_to_text"]["median_rank"] == 1
    assert told["ten_way"]["easy"] == {"right": 1, "asked": 30}
    json.dumps(told, allow_nan=False)


def test_a_name_that_is_masked_helps_no_more():
    told = measure(Reads(by_name=True), PAINTINGS, PICTURES)
    assert told["comment"]["text_to_image"]["median_rank"] == 10
    assert told["author_masked"]["text_to_image"]["median_rank"] == 30


def test_distractors_are_in_the_gallery_and_asked_nothing():
    others = np.repeat(PICTURES[:5], 4, axis=0)
    told = measure(Reads(), PAINTINGS, PICTURES, others)
    assert told["gallery"] == 50 and told["queries"] == 30
    assert told["comment"]["text_to_image"]["r_at_1"] == pytest.approx(25 / 30, abs=1e-4)
    assert told["comment"]["text_to_image"]["r_at_5"] == 1
    assert told["comment"]["image_to_text"]["r_at_1"] == 1


def test_too_few_for_ten_ways():
    told = measure(Reads(), PAINTINGS[:4], PICTURES[:4])
    assert told["ten_way"]["difficult"] == {"right": None, "asked": 0}
