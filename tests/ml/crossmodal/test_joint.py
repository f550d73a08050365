"""The space that ships, learned on a world that is small enough to be understood."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from ml.crossmodal import joint
from ml.crossmodal.joint import Joint, Recipe, learn, unit

TOPICS, WIDTH, VOCABULARY = 6, 20, 50
RECIPE = Recipe(axes=12, sense=5, words=6, shrink=0.1, ridge=0.01, weight=1.0)

Array = NDArray[np.float32]


class World:
    """Pictures and texts of six topics. A topic has a direction among pictures, one among sentence
    vectors, and three words of its own; every text also has the word 0."""

    def __init__(self, count: int, seed: int) -> None:
        fixed, chance = np.random.default_rng(7), np.random.default_rng(seed)
        self.topic = chance.integers(0, TOPICS, count)
        looks, means = fixed.normal(size=(TOPICS, WIDTH)), fixed.normal(size=(TOPICS, WIDTH))
        self.pooled = self._near(looks, chance)
        self.sense = unit(self._near(means, chance))
        self.tokens = [
            [0, *(1 + 3 * topic + chance.integers(0, 3, 2))] for topic in self.topic.tolist()
        ]

    def _near(self, centres: NDArray[np.float64], chance: np.random.Generator) -> Array:
        noise = chance.normal(size=(len(self.topic), WIDTH))
        return (centres[self.topic] + 0.5 * noise).astype(np.float32)


@pytest.fixture(scope="module")
def learned() -> Joint:
    world = World(400, seed=1)
    return learn(world.pooled, (8, 12), world.sense, world.tokens, VOCABULARY, RECIPE)


def right(learned: Joint, world: World) -> float:
    """How often the picture nearest to a text is one of its topic."""
    pictures = unit(learned.of_pictures(world.pooled))
    texts = unit(learned.of_texts(world.sense, world.tokens))
    nearest = (texts @ pictures.T).argmax(axis=1)
    return float((world.topic[nearest] == world.topic).mean())


def test_what_was_never_seen_is_found(learned: Joint) -> None:
    world = World(200, seed=2)
    assert right(learned, world) > 0.9  # chance is .17


def test_either_half_finds_by_itself(learned: Joint) -> None:
    world = World(200, seed=3)
    world.tokens = [[]] * 200  # no known word: the sense alone
    assert right(learned, world) > 0.9
    world = World(200, seed=3)
    world.sense = np.repeat(learned.read_mean[None], 200, axis=0)  # no sense: the words alone
    assert right(learned, world) > 0.9


def test_words_that_tell_nothing_are_not_kept(learned: Joint) -> None:
    assert set(learned.pieces.tolist()) == set(range(1, 1 + 3 * TOPICS))  # 0 stands in every text


def test_the_same_again(learned: Joint) -> None:
    world = World(400, seed=1)
    again = learn(world.pooled, (8, 12), world.sense, world.tokens, VOCABULARY, RECIPE)
    assert np.array_equal(learned.sense, again.sense) and np.array_equal(learned.words, again.words)


def test_blocks_count_alike_whatever_their_scale() -> None:
    world = World(400, seed=1)
    world.pooled[:, :8] *= 1000
    loud = learn(world.pooled, (8, 12), world.sense, world.tokens, VOCABULARY, RECIPE)
    other = World(200, seed=2)
    other.pooled[:, :8] *= 1000
    assert right(loud, other) > 0.9


def test_written_and_read(learned: Joint, tmp_path: Path) -> None:
    path = tmp_path / "joint.safetensors"
    joint.save(learned, path)
    read, world = joint.read(path), World(20, seed=4)
    assert read.sense.dtype == np.float32 and path.stat().st_mode & 0o777 == 0o644
    difference = unit(read.of_pictures(world.pooled)) - unit(learned.of_pictures(world.pooled))
    assert np.abs(difference).max() < 2e-3  # float16
    assert np.array_equal(read.pieces, learned.pieces)


def test_halves_are_weighed(learned: Joint) -> None:
    world = World(10, seed=5)
    made = learned.of_texts(world.sense, world.tokens)
    assert np.allclose(np.linalg.norm(made[:, :5], axis=1), 1, atol=1e-5)
    assert np.allclose(np.linalg.norm(made[:, 5:], axis=1), learned.weight, atol=1e-5)
    assert not learned.of_texts(world.sense[:1], [[]])[0, 5:].any(), "no word, no direction"
