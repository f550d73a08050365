"""On drawn paintings every way of reading and of bringing together finds what it never saw."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ml.crossmodal.figures import figures, ranks
from ml.training.config import WITH_ATTRIBUTE, made
from ml.training.run import train
from ml.training.trained import load
from tests.ml.training.conftest import VISUAL, Drawn

#: As little as shows that something is learned.
SMALL: dict[str, Any] = {
    "dim": 32,
    "min_count": 2,
    "positives": 0.5,
    "learning_rate": 0.01,
    "batch": 32,
    "epochs": 16,
    "patience": 5,
    "hidden": 48,
    "embedding": 32,
}
#: How many times better than chance the first ten of 200 are.
WANTED = 5


def recall(paintings: Drawn, cache_dir: Path, text: str, transformation: str, seed: int) -> float:
    """At 10, on the split that nothing was learned from."""
    attribute = {"attribute": "type"} if transformation in WITH_ATTRIBUTE else {}
    config = made(
        {
            "name": f"{text}-{transformation}-{seed}",
            "text": text,
            "visual": VISUAL,
            "transformation": transformation,
            "seed": seed,
            **attribute,
            **SMALL,
        }
    )
    trained = train(config, paintings.data, paintings.runs, cache_dir=cache_dir)
    model = load(trained.folder, cache_dir=cache_dir)
    comments = [painting.comment for painting in paintings.paintings]
    titles = [painting.title for painting in paintings.paintings]
    found = ranks(model.scores(comments, paintings.vectors, titles))
    return figures(found).recall[10]


def chance(paintings: Drawn) -> float:
    return 10 / len(paintings.paintings)


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("transformation", ["cca", "cml", "amd"])
@pytest.mark.parametrize("text", ["bow", "mlp", "rnn"])
def test_what_the_papers_tried(paintings, tmp_path, record_property, text, transformation, seed):
    found = recall(paintings, tmp_path, text, transformation, seed)
    record_property("r_at_10", found)
    assert found >= WANTED * chance(paintings)


@pytest.mark.parametrize("transformation", ["mtl", "kgm", "infonce"])
def test_what_came_later(paintings, tmp_path, record_property, transformation):
    found = recall(paintings, tmp_path, "bow", transformation, 1)
    record_property("r_at_10", found)
    assert found >= WANTED * chance(paintings)


@pytest.mark.parametrize("transformation", ["cca", "cml"])
def test_sentence_vectors(paintings, encoder_cache, record_property, transformation):
    found = recall(paintings, encoder_cache, "minilm", transformation, 1)
    record_property("r_at_10", found)
    # It was taught no words of these comments, half of which say nothing.
    assert found >= 3 * chance(paintings)
