"""The graphs of the shipped space compute what it was learned to be."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from ml.crossmodal.joint import Joint
from ml.encoders import joint as graphs
from ml.encoders.learn_joint import texts_of


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
    learned = drawn()
    pooled = np.random.default_rng(1).normal(size=(4, 7)).astype(np.float32)
    made = graphs.Pictures(Fixed(pooled), learned)(torch.zeros(4, 1))
    assert np.allclose(made.numpy(), learned.of_pictures(pooled), atol=1e-5)


def test_texts() -> None:
    learned = drawn()
    read = np.random.default_rng(2).normal(size=(2, 6)).astype(np.float32)
    ids = torch.tensor([[1, 3, 3, 8, 2], [1, 7, 2, 5, 5]])
    mask = torch.tensor([[1, 1, 1, 1, 1], [1, 1, 1, 0, 0]])  # what is padded is no word
    made = graphs.Texts(Fixed(read), learned, 20)(ids, mask, torch.zeros_like(ids))
    unit = read / np.linalg.norm(read, axis=1, keepdims=True)
    expected = learned.of_texts(unit, [[3, 3, 8], [7]])
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


def test_deviations_are_of_each_channel() -> None:
    channels = torch.tensor([[[[1.0, 3.0]], [[5.0, 5.0]]]])
    mean, deviation = graphs._mean_and_deviation(channels)
    assert mean.tolist() == [[2.0, 5.0]] and deviation.tolist() == [[1.0, 0.0]]
