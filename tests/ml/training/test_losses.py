"""Losses worked out on paper."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import nn

from ml.crossmodal.transformations import Matcher
from ml.training.losses import (
    UNKNOWN,
    BothAttributes,
    Contrast,
    Foretell,
    GraphAttribute,
    ImageAttribute,
    Margin,
    Pairs,
    classified,
    contrast,
    cosine_margin,
    labels,
)

EAST, NORTH = [1.0, 0.0], [0.0, 1.0]
PAIR = [0.6, 0.8]
KNOWN = np.array([0, 1, UNKNOWN])


def test_cosine_margin():
    text = torch.tensor([EAST, EAST, EAST])
    picture = torch.tensor([PAIR, PAIR, NORTH])
    found = cosine_margin(text, picture, torch.tensor([True, False, False]), 0.1)
    assert found.item() == pytest.approx((0.4 + 0.5 + 0) / 3, abs=1e-6)


def test_contrast():
    text, picture = torch.tensor([EAST, NORTH]), torch.tensor([EAST, PAIR])
    there = math.log(1 + math.exp(2 * (0.6 - 1))) + math.log(1 + math.exp(2 * (0 - 0.8)))
    back = math.log(1 + math.exp(2 * (0 - 1))) + math.log(1 + math.exp(2 * (0.6 - 0.8)))
    found = contrast(text, picture, torch.tensor(2.0))
    assert found.item() == pytest.approx((there + back) / 4, abs=1e-6)


def test_what_is_unknown_teaches_nothing():
    scores = torch.tensor([[0.0, 0.0], [5.0, 1.0]], requires_grad=True)
    assert classified(scores, torch.tensor([1, UNKNOWN])).item() == pytest.approx(math.log(2))
    none = classified(scores, torch.tensor([UNKNOWN, UNKNOWN]))
    none.backward()
    assert none.item() == 0 and scores.grad is not None and not scores.grad.any()


def test_labels():
    classes, found = labels(["portrait", "", "genre", "portrait"])
    assert classes == ["genre", "portrait"]
    assert found.tolist() == [1, UNKNOWN, 0, 1]


@pytest.fixture
def matcher():
    """Gives back what it is given, as a direction."""
    made = Matcher(nn.Identity(), 2, 2, 2, squash=False)
    with torch.no_grad():
        for layer in (made.of_text, made.of_picture):
            layer.weight.copy_(torch.eye(2))
            layer.bias.zero_()
    return made


def level(layer: nn.Linear) -> None:
    """All classes the same."""
    with torch.no_grad():
        layer.weight.zero_()
        layer.bias.zero_()


def loss(lesson, matcher, rows: list[int], others: list[int]) -> float:
    texts, pictures = torch.tensor([EAST] * len(rows)), torch.tensor([PAIR] * len(rows))
    pairs = Pairs((texts,), pictures, torch.tensor(rows), torch.tensor(others))
    return lesson(matcher, pairs).item()


def test_margin(matcher):
    lesson = Margin(0.1, 0.2)
    assert loss(lesson, matcher, [0], [0]) == pytest.approx(0.4, abs=1e-6)
    assert loss(lesson, matcher, [0], [1]) == pytest.approx(0.5, abs=1e-6)


def test_an_attribute_of_both(matcher):
    lesson = BothAttributes(0.1, 0.2, 0.25, 2, KNOWN)
    level(lesson.of_text)
    level(lesson.of_picture)
    log2 = math.log(2)
    assert loss(lesson, matcher, [0], [0]) == pytest.approx(0.5 * 0.4 + 0.5 * log2, abs=1e-6)
    # Of painting 2 nothing is known: the text alone tells.
    assert loss(lesson, matcher, [1], [2]) == pytest.approx(0.5 * 0.5 + 0.25 * log2, abs=1e-6)


def test_an_attribute_of_the_picture(matcher):
    lesson = ImageAttribute(0.1, 0.2, 0.25, 2, KNOWN)
    level(lesson.of_picture)
    found = loss(lesson, matcher, [0], [0])
    assert found == pytest.approx(0.75 * 0.4 + 0.25 * math.log(2), abs=1e-6)


def test_the_graph(matcher):
    nodes = np.array([[0.5, 3.0], [0, 0], [0, 0]], np.float32)
    lesson = GraphAttribute(0.1, 0.2, 0.25, 2, KNOWN, nodes)
    level(lesson.of_picture)
    level(lesson.of_node)
    smooth = (0.5 * 0.5**2 + (3 - 0.5)) / 2
    hand = 0.5 * 0.4 + 0.25 * math.log(2) + 0.25 * smooth
    assert loss(lesson, matcher, [0], [0]) == pytest.approx(hand, abs=1e-6)


def test_contrast_learns_its_temperature_within_bounds(matcher):
    lesson = Contrast(0.5)
    texts, pictures = (torch.eye(2),), torch.tensor([EAST, PAIR])
    pairs = Pairs(texts, pictures, torch.arange(2), torch.arange(2))
    found = lesson(matcher, pairs)
    torch.testing.assert_close(found, contrast(texts[0], pictures, torch.tensor(2.0)))
    found.backward()
    assert lesson.scale.grad is not None and lesson.scale.grad != 0
    with torch.no_grad():
        lesson.scale.fill_(50.0)
    assert torch.isfinite(lesson(matcher, pairs))


def test_foretelling_the_picture(matcher):
    lesson = Foretell(2, np.array([[1.0, 3.0]], np.float32))
    level(lesson.of_text)
    assert loss(lesson, matcher, [0], [0]) == pytest.approx((1 + 9) / 2)
