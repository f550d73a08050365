"""Epochs: drawing pairs, learning from them, validating, and going on where a run was stopped."""

from __future__ import annotations

import csv
import io
import pickle
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from ml.crossmodal.figures import AT, ranks
from ml.crossmodal.texts import Texts
from ml.crossmodal.transformations import Matcher
from ml.errors import BadData
from ml.training.config import differences
from ml.training.losses import Lesson, Pairs

COLUMNS = ("epoch", "loss", *(f"r_at_{k}" for k in AT), "median_rank", "seconds")

# The reader of pickles that trusts nobody fails in as many ways as a file can be broken.
_BROKEN = (
    OSError,
    EOFError,
    RuntimeError,
    TypeError,
    ValueError,
    LookupError,
    AttributeError,
    pickle.PickleError,
)

Weights = dict[str, torch.Tensor]


@dataclass(frozen=True)
class Split:
    """N texts, and the vectors of their pictures, float32 (N, seen)."""

    texts: Texts
    pictures: NDArray[np.float32]


@dataclass
class State:
    """How far a run is. ``run``: what must be the same to go on with it."""

    run: dict[str, Any]
    history: list[dict[str, float]] = field(default_factory=list)
    best_epoch: int = 0
    best: Weights = field(default_factory=dict)
    matcher: Weights = field(default_factory=dict)
    lesson: Weights = field(default_factory=dict)
    optimiser: dict[str, Any] = field(default_factory=dict)

    @property
    def epoch(self) -> int:
        """How many have ended."""
        return len(self.history)


def read(path: Path, run: dict[str, Any]) -> State:
    """The state of a run that was stopped, or of one that begins.

    Raises BadData where the file is broken, or of another run.
    """
    if not path.is_file():
        return State(run)
    try:
        state = State(**torch.load(path, map_location="cpu", weights_only=True))
    except _BROKEN as error:
        raise BadData(f"{path} is no state of a run: {error}; delete it to begin anew") from error
    if told := differences(state.run, run):
        raise BadData(
            f"{path.parent} holds another run: {'; '.join(told)}; take another name, or delete it"
        )
    return state


def write(state: State, path: Path) -> None:
    """Whole or not at all."""
    partial = path.with_suffix(".partial")
    torch.save(dict(vars(state)), partial)
    partial.replace(path)


def drawn(
    count: int, positives: float, chance: np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """An epoch's pairs: each of ``count`` texts once, in any order, and whose picture it is shown:
    its own for a share of ``positives``, else any other's."""
    rows = chance.permutation(count)
    others = (rows + chance.integers(1, max(count, 2), count)) % count
    return rows, np.where(chance.random(count) < positives, rows, others)


def taught(
    matcher: Matcher,
    lesson: Lesson,
    optimiser: torch.optim.Optimizer,
    split: Split,
    batch: int,
    chance: np.random.Generator,
) -> float:
    """One epoch; the mean loss of a pair."""
    device = matcher.of_text.weight.device
    rows, others = drawn(len(split.texts), lesson.positives, chance)
    matcher.train()
    total = 0.0
    for start in range(0, len(rows), batch):
        mine, shown = rows[start : start + batch], others[start : start + batch]
        pairs = Pairs(
            split.texts.batch(mine, device),
            torch.from_numpy(split.pictures[shown]).to(device),
            torch.from_numpy(mine).to(device),
            torch.from_numpy(shown).to(device),
        )
        loss = lesson(matcher, pairs)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        total += float(loss.detach()) * len(mine)
    return total / len(rows)


def found_ranks(matcher: Matcher, split: Split) -> NDArray[np.intp]:
    """int (N,), from 1: of each text's picture among all of the split."""
    matcher.eval()
    return ranks(matcher.texts(split.texts) @ matcher.pictures(split.pictures).T)


def cut_offs(matcher: Matcher, split: Split) -> tuple[float, float]:
    """Cosines that few strangers reach: one in 500 pairs of pictures, one in 20 of a text and a
    picture that is not its own."""
    matcher.eval()
    texts, pictures = matcher.texts(split.texts), matcher.pictures(split.pictures)
    strangers = ~np.eye(len(pictures), dtype=bool)
    if not strangers.any():
        return 0.0, 0.0
    alike, said = (pictures @ pictures.T)[strangers], (texts @ pictures.T)[strangers]
    return round(float(np.quantile(alike, 0.998)), 3), round(float(np.quantile(said, 0.95)), 3)


def epochs(
    state: State,
    *,
    matcher: Matcher,
    lesson: Lesson | None,
    optimiser: torch.optim.Optimizer | None,
    teach: Callable[[np.random.Generator], float],
    validation: Split,
    seed: int,
    most: int,
    patience: int,
    after: Callable[[State], None],
) -> None:
    """Go on until ``most`` epochs have ended, or ``patience`` of them without a better validation:
    a lower median rank, or the same with more right ones among the first ten.

    teach: learns for one epoch and gives the loss. after: called with the state of every epoch.
    Chance begins anew with the seed and the epoch, so that nothing of it has to be kept.
    """
    if state.epoch:
        matcher.load_state_dict(state.matcher)
        if lesson is not None and optimiser is not None:
            lesson.load_state_dict(state.lesson)
            optimiser.load_state_dict(state.optimiser)
    while state.epoch < most and state.epoch - state.best_epoch < patience:
        began = monotonic()
        loss = teach(np.random.default_rng([seed, state.epoch]))
        found = found_ranks(matcher, validation)
        row = {
            "epoch": float(state.epoch + 1),
            "loss": loss,
            **{f"r_at_{k}": float((found <= k).mean()) for k in AT},
            "median_rank": float(np.median(found)),
            "seconds": monotonic() - began,
        }
        state.history.append(row)
        state.matcher = _copied(matcher)
        if state.best_epoch == 0 or _merit(row) > _merit(state.history[state.best_epoch - 1]):
            state.best_epoch, state.best = state.epoch, state.matcher
        if lesson is not None and optimiser is not None:
            state.lesson, state.optimiser = _copied(lesson), optimiser.state_dict()
        after(state)


def log(history: list[dict[str, float]]) -> str:
    """As CSV."""
    text = io.StringIO()
    lines = csv.writer(text, lineterminator="\n")
    lines.writerow(COLUMNS)
    for row in history:
        told = {**row, "epoch": int(row["epoch"]), "seconds": f"{row['seconds']:.3f}"}
        lines.writerow([told[column] for column in COLUMNS])
    return text.getvalue()


def _merit(row: dict[str, float]) -> tuple[float, float]:
    return (-row["median_rank"], row["r_at_10"])


def _copied(module: nn.Module) -> Weights:
    return {name: tensor.detach().cpu().clone() for name, tensor in module.state_dict().items()}
