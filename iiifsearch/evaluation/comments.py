"""Comments and paintings: is the painting found by what was written about it?"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from iiifsearch.conf import options
from iiifsearch.evaluation.library import BATCH, NotEvaluated, pictures_in, read
from ml.crossmodal import semart, space
from ml.crossmodal.protocol import Model, measure


def evaluate(
    folder: Path,
    name: str,
    distractors: Path | None,
    n: int,
    seed: int,
    progress: Callable[[int], object] = lambda count: None,
) -> dict[str, Any]:
    """What `manage.py evaluate comments` prints. ``n``: distractors, taken evenly; 0: all.

    Raises NotEvaluated, and `ml.errors.MLError`.
    """
    splits = [split for split in semart.there(folder) if split != "train"]
    if not splits:
        raise NotEvaluated(f"{folder} holds neither semart_val.csv nor semart_test.csv.")
    dataset = semart.read(folder, splits[-1])
    model = loaded(name)
    others = evenly(pictures_in(distractors), n) if distractors else []
    paintings = _vectors(model, (one.picture for one in dataset.paintings), progress)
    strangers = _vectors(model, others, progress) if others else None
    return {
        "model": name,
        "split": dataset.split,
        **measure(model, dataset.paintings, paintings, strangers, seed),
        "seed": seed,
        "notices": list(dataset.notices),
    }


def loaded(name: str) -> Model:
    """The model in a folder that `manage.py train comments` made, else a registered space."""
    if (Path(name) / "config.toml").is_file():
        from ml.training import trained  # torch

        return trained.load(Path(name), cache_dir=options.encoder_cache)
    return space.load(name, cache_dir=options.encoder_cache)


def evenly(paths: list[Path], n: int) -> list[Path]:
    """``n`` of them at equal distances; all of them for 0."""
    if not 0 < n < len(paths):
        return paths
    return [paths[place] for place in np.linspace(0, len(paths) - 1, n).round().astype(int)]


def _vectors(
    model: Model, paths: Iterable[Path], progress: Callable[[int], object]
) -> NDArray[np.float32]:
    """float32 (N, dim)."""
    files, made = list(paths), []
    for start in range(0, len(files), BATCH):
        made.append(model.pictures([read(path) for path in files[start : start + BATCH]]))
        progress(len(made[-1]))
    return np.concatenate(made)
