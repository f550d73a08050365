"""Tags guessed from neighbours, each picture by all the others: are they right?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from iiifsearch.encoders import encoder
from iiifsearch.engine.suggest import NEIGHBOURS
from iiifsearch.evaluation.library import BATCH, read
from iiifsearch.evaluation.neighbours import LABELS, Row, chosen
from ml import registry
from ml.tags import agreed, guess, instead

#: Neighbours that are asked; and by `iiifsearch.index.guesses`, whose guesses are measured too.
K, GUESSING = 20, NEIGHBOURS
#: Weight of a tag's rarity: none, since every picture has one style and one genre alone.
RARITY = 0.0


#: Share of the pictures that are given a wrong tag, to be found out.
PLANTED = 0.05


def evaluate(
    folder: Path,
    name: str,
    n: int,
    seed: int = 0,
    progress: Callable[[int], object] = lambda count: None,
) -> dict[str, Any]:
    """What `manage.py evaluate tags` prints. Raises NotEvaluated, and `ml.errors.MLError`."""
    rows = chosen(folder, n)
    vectors = []
    for start in range(0, len(rows), BATCH):
        some = [read(folder / row["file"]) for row in rows[start : start + BATCH]]
        vectors.append(encoder(name).encode(some))
        progress(len(some))
    near, cosines = neighbours(np.concatenate(vectors), GUESSING)
    few = near[:, :K], cosines[:, :K]
    return {
        "pictures": len(rows),
        "encoder": registry.get(name).key,
        "neighbours": K,
        "labels": {label: accuracy(rows, *few, label) for label in LABELS},
        "guessing": {
            "neighbours": GUESSING,
            "missing": {label: missing(rows, near, cosines, label) for label in LABELS},
            "doubtful": {label: doubtful(rows, near, cosines, label, seed) for label in LABELS},
        },
    }


def neighbours(
    vectors: NDArray[np.float32], k: int
) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
    """float32 (N, dim), of norm 1 -> int (N, k), the nearest others of each, nearest first; and
    float32 (N, k), their cosines."""
    near, cosines = [], []
    for start in range(0, len(vectors), 1024):
        block = vectors[start : start + 1024] @ vectors.T
        rows = np.arange(len(block))[:, None]
        block[rows, start + rows] = -np.inf
        found = (
            np.argpartition(-block, k, axis=1)[:, :k] if k < block.shape[1] else np.argsort(-block)
        )
        found = found[rows, np.argsort(-block[rows, found], axis=1)]
        near.append(found)
        cosines.append(block[rows, found])
    return np.concatenate(near), np.concatenate(cosines)


def accuracy(
    rows: Sequence[Row], near: NDArray[np.intp], cosines: NDArray[np.float32], label: str
) -> dict[str, Any]:
    """Share of pictures whose first guess is right, of those that bear the label; beside always
    guessing the most frequent one."""
    borne = [row[label].strip() for row in rows]
    frequency = Counter(filter(None, borne))
    right = asked = 0
    for place, own in enumerate(borne):
        if not own:
            continue
        asked += 1
        tags = [{borne[other]} - {""} for other in near[place]]
        found = guess(cosines[place], tags, frequency, len(rows), rarity=RARITY)
        right += bool(found) and found[0].tag == own
    return {
        "accuracy": right / asked if asked else None,
        "majority_class": max(frequency.values(), default=0) / asked if asked else None,
        "queries": asked,
        "classes": len(frequency),
    }


def missing(
    rows: Sequence[Row], near: NDArray[np.intp], cosines: NDArray[np.float32], label: str
) -> dict[str, Any]:
    """Of pictures that bear the label, each without its own: how many are given a guess, and how
    many guesses are right."""
    borne = _borne(rows, label)
    asked = [place for place, own in enumerate(borne) if own]
    given = right = 0
    for place in asked:
        for one in agreed(cosines[place], [borne[other] for other in near[place]]):
            given += 1
            right += one.tag in borne[place]
    return {
        "precision": right / given if given else None,
        "given": given / len(asked) if asked else None,
        "queries": len(asked),
    }


def doubtful(
    rows: Sequence[Row],
    near: NDArray[np.intp],
    cosines: NDArray[np.float32],
    label: str,
    seed: int = 0,
) -> dict[str, Any]:
    """`PLANTED` of the pictures that bear the label are given another of its tags, drawn by chance.
    precision: planted ones among those that are doubted; those besides them may be wrong as well.
    recall: of the planted ones, those that are doubted."""
    borne = _borne(rows, label)
    asked = [place for place, own in enumerate(borne) if own]
    tags = sorted({tag for own in borne for tag in own})
    chance = np.random.default_rng(seed)
    planted = set(chance.permutation(asked)[: int(PLANTED * len(asked))].tolist())
    if len(tags) < 2 or not planted:
        return {"precision": None, "recall": None, "planted": 0, "doubted": 0}
    for place in sorted(planted):
        others = [tag for tag in tags if tag not in borne[place]]
        borne[place] = {others[int(chance.integers(len(others)))]}
    doubted = {
        place
        for place in asked
        if instead(cosines[place], [borne[other] for other in near[place]], *borne[place])
    }
    found = len(doubted & planted)
    return {
        "precision": found / len(doubted) if doubted else None,
        "recall": found / len(planted),
        "planted": len(planted),
        "doubted": len(doubted),
    }


def _borne(rows: Sequence[Row], label: str) -> list[set[str]]:
    """The tag of each picture, or none."""
    return [{row[label].strip()} - {""} for row in rows]
