"""The graphs of the shipped space compute what it was learned to be."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn

from ml.crossmodal.joint import Joint, unit
from ml.encoders import joint as graphs
from ml.encoders.joint import BLOCKS
from ml.encoders.learn_joint import Floor, learned, texts_of


def drawn() -> Joint:
    """Of 7 pooled numbers, sentence vectors of 6, 4 known pieces of 20."""
    chance = np.random.default_rng(0)

    def some(*shape: int) -> np.ndarray:
        return chance.normal(size=shape).astype(np.float32)

    return Joint(
        pooled_mean=some(7),
        sense=some(7, 3),
        words=some(7, 2),
        read_mean=some(6),
        read=some(6, 3),
        pieces=np.array([3, 5, 8, 13], np.int32),
        piece_vectors=some(4, 2),
        weight=np.array([1.3], np.float32),
    )


class Fixed(nn.Module):
    """Gives a row of its own for each input."""

    def __init__(self, rows: np.ndarray) -> None:
        super().__init__()
        self.rows = torch.from_numpy(rows)

    def forward(self, *inputs: Tensor) -> Tensor:
        return self.rows[: len(inputs[0])]


def test_pictures() -> None:
    told = drawn()
    pooled = np.random.default_rng(1).normal(size=(4, 7)).astype(np.float32)
    made = graphs.Pictures(Fixed(pooled), told)(torch.zeros(4, 1))
    assert np.allclose(made.numpy(), told.of_pictures(pooled), atol=1e-5)


def test_texts() -> None:
    told = drawn()
    read = np.random.default_rng(2).normal(size=(2, 6)).astype(np.float32)
    ids = torch.tensor([[1, 3, 3, 8, 2], [1, 7, 2, 5, 5]])
    mask = torch.tensor([[1, 1, 1, 1, 1], [1, 1, 1, 0, 0]])  # what is padded is no word
    made = graphs.Texts(Fixed(read), told, 20)(ids, mask, torch.zeros_like(ids))
    expected = told.of_texts(unit(read), [[3, 3, 8], [7]])
    assert np.allclose(made.numpy(), expected, atol=1e-5)


def test_what_is_said_of_a_painting() -> None:
    known = {"title": "the sower 2", "author": "vincent van gogh", "date": "1888"}
    assert texts_of({**known, "style": "Post_Impressionism", "genre": "landscape"}) == [
        "the sower",
        "Vincent Van Gogh painted the sower in 1888.",
        "A landscape: the sower.",
        "A landscape, Post-Impressionism, 19th century, by Vincent Van Gogh.",
        "This landscape by Vincent Van Gogh shows the sower.",
    ]
    little = {"title": "", "author": "eugã¨ne grasset", "date": "", "style": "", "genre": ""}
    assert texts_of(little)[1] == "Eugène Grasset painted untitled."


class Vocabulary:
    """Reads a text as the one number that it is."""

    def __init__(self, vectors: np.ndarray) -> None:
        self.vectors = vectors

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        return self.vectors[[int(text) for text in texts]]


class Reading:
    """Stands for `learn_joint.Readers`."""

    def __init__(self, vectors: np.ndarray) -> None:
        self.sense = Vocabulary(vectors)

    def tokens(self, texts: Sequence[str]) -> list[list[int]]:
        return [[3] for _ in texts]


def test_what_was_learned_is_measured_as_it_is() -> None:
    made, chance = drawn(), np.random.default_rng(3)
    vectors = unit(chance.normal(size=(5, 6)).astype(np.float32))
    model = learned(made, Reading(vectors))  # type: ignore[arg-type]
    pooled = chance.normal(size=(4, 7)).astype(np.float32)
    expected = unit(made.of_texts(vectors[[2]], [[3]])) @ unit(made.of_pictures(pooled)).T
    assert np.allclose(model.scores(["2"], model.pictures(pooled)), expected, atol=1e-5)


def test_the_floor_learns() -> None:
    """Pairs that a linear projection can bring together, found among those it never saw."""
    chance = np.random.default_rng(4)
    cause = chance.normal(size=(400, 8))
    pooled = (cause @ chance.normal(size=(8, BLOCKS[-1]))).astype(np.float32)
    sense = unit((cause @ chance.normal(size=(8, 32))).astype(np.float32))
    floor = Floor(pooled[:300], sense[:300, None], Reading(sense)).space()  # type: ignore[arg-type]
    scores = floor.scores([str(n) for n in range(300, 400)], floor.pictures(pooled[300:]))
    assert (scores.argmax(axis=1) == np.arange(100)).mean() > 0.5  # chance is .01


def test_deviations_are_of_each_channel() -> None:
    channels = torch.tensor([[[[1.0, 3.0]], [[5.0, 5.0]]]])
    mean, deviation = graphs._mean_and_deviation(channels)
    assert mean.tolist() == [[2.0, 5.0]] and deviation.tolist() == [[1.0, 0.0]]
