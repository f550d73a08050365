"""Train a model from a configuration and a folder of SemArt's layout."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import save_file

from ml import registry
from ml.crossmodal import cca, semart, vocabulary
from ml.crossmodal.figures import figures
from ml.crossmodal.semart import ATTRIBUTES, Dataset
from ml.crossmodal.texts import Reader, Rows, SentenceVectors, Texts
from ml.crossmodal.transformations import Matcher
from ml.crossmodal.vocabulary import Vocabulary
from ml.errors import BadData
from ml.training import config as configs
from ml.training import features, loop, node2vec
from ml.training.config import Config
from ml.training.features import Progress, silent
from ml.training.losses import (
    BothAttributes,
    Contrast,
    Foretell,
    GraphAttribute,
    ImageAttribute,
    Lesson,
    Margin,
    labels,
)
from ml.training.trained import CARD, CONFIG, VOCABULARY, WEIGHTS, Trained, matcher, reader

STATE, LOG = "state.pt", "log.csv"

Teach = Callable[[np.random.Generator], float]


def train(
    config: Config, data: Path, out: Path, *, cache_dir: Path, progress: Progress = silent
) -> Trained:
    """Learn from the split "train", choose the epoch by "val", and leave in ``out/<name>/``:
    config.toml, weights.safetensors, vocabulary.json (but for minilm), card.json, log.csv, and
    state.pt, from which a run that was stopped goes on. The same configuration and data give the
    same weights on the same machine without CUDA.

    Canonical correlation has nothing that would teach a network. With mlp and rnn the network first
    learns to foretell the principal components of the picture's vector by mean squares, and after
    each epoch the correlation is found anew on what it reads. With bow and minilm there is one
    epoch, whose loss is the mean of 1 - correlation.

    cache_dir: the folder of the ONNX exports. progress: called with what is done, how much of it
    and of how much.

    Raises BadData (data or a run of another configuration in that folder), and what
    `ml.runtime.load` raises.
    """
    dataset, validation = semart.read(data, "train"), semart.read(data, "val")
    folder = out / config.name
    folder.mkdir(parents=True, exist_ok=True)
    # Another run is refused before the hours that pictures take.
    key = registry.resolve(config.visual).key
    run = {**config.json(), "visual": key, "data": _digest(dataset, validation)}
    state = loop.read(folder / STATE, run)
    configs.write(config, folder / CONFIG)

    vocabularies = _vocabularies(config, dataset)
    reads = reader(config, vocabularies, cache_dir)
    prepare = _Preparation(config, reads, cache_dir, out / features.FOLDER, progress)
    learned, tried = prepare.split(dataset), prepare.split(validation)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    model = matcher(config, reads.widths, learned.pictures.shape[1]).to(device)
    lesson = _lesson(config, model, dataset, learned.pictures)
    optimiser = None
    if lesson is not None:
        lesson.to(device)
        optimiser = torch.optim.Adam(
            [*model.parameters(), *lesson.parameters()], lr=config.learning_rate
        )

    def after(state: loop.State) -> None:
        loop.write(state, folder / STATE)
        (folder / LOG).write_text(loop.log(state.history), encoding="utf-8")
        progress("epochs", state.epoch, config.epochs)

    loop.epochs(
        state,
        matcher=model,
        lesson=lesson,
        optimiser=optimiser,
        teach=_teacher(config, model, lesson, optimiser, learned),
        validation=tried,
        seed=config.seed,
        most=config.epochs if lesson is not None else 1,
        patience=config.patience,
        after=after,
    )
    model.load_state_dict(state.best)
    trained = Trained(
        folder, config, state.best_epoch, state.epoch, figures(loop.found_ranks(model, tried))
    )
    cut_offs = loop.cut_offs(model, tried)
    _leave(trained, state, vocabularies, [dataset, validation], cut_offs)
    return trained


@dataclass(frozen=True)
class _Preparation:
    """Reads texts and sees pictures, whatever the split."""

    config: Config
    reader: Reader
    cache_dir: Path
    kept: Path
    progress: Progress

    def split(self, dataset: Dataset) -> loop.Split:
        vectors = features.pictures(
            [painting.picture for painting in dataset.paintings],
            self.config.visual,
            cache_dir=self.cache_dir,
            kept=self.kept,
            progress=self.progress,
        )
        return loop.Split(self._texts(dataset), vectors)

    def _texts(self, dataset: Dataset) -> Texts:
        comments = [painting.comment for painting in dataset.paintings]
        titles = [painting.title for painting in dataset.paintings]
        if not isinstance(self.reader, SentenceVectors):
            return self.reader.read(comments, titles)
        # A network reads them, too: once is enough.
        sentences = self.reader
        key = registry.get("minilm").key
        signs = comments + titles if self.config.with_title else comments

        def make() -> NDArray[np.float32]:
            return np.asarray(sentences.read(comments, titles).rows)

        return Rows(features.keep(self.kept, key, signs, make))


def _vocabularies(config: Config, dataset: Dataset) -> dict[str, Vocabulary]:
    """By the part of the text; none where a sentence encoder reads."""
    if config.text == "minilm":
        return {}
    comments = [painting.comment for painting in dataset.paintings]
    found = {"comment": vocabulary.learn(comments, config.vocabulary, config.min_count)}
    if config.with_title:
        titles = [painting.title for painting in dataset.paintings]
        found["title"] = vocabulary.learn(titles, config.title_vocabulary)
    return found


def _lesson(
    config: Config, model: Matcher, dataset: Dataset, pictures: NDArray[np.float32]
) -> Lesson | None:
    """None where nothing is learned step by step. Its own layers come of the seed, too."""
    known = np.zeros(0, np.int64)
    if config.attribute is not None:
        values = [getattr(painting, config.attribute) for painting in dataset.paintings]
        classes, known = labels(values)
        if not classes:
            raise BadData(f"no painting of semart_train.csv tells its {config.attribute}")
    margin, positives, weight, dim = config.margin, config.positives, config.weight, config.dim
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(config.seed + 1)
        match config.transformation:
            case "cml":
                return Margin(margin, positives)
            case "amd":
                return BothAttributes(margin, positives, weight, dim, known)
            case "mtl":
                return ImageAttribute(margin, positives, weight, dim, known)
            case "kgm":
                told = [[getattr(one, name) for name in ATTRIBUTES] for one in dataset.paintings]
                nodes = node2vec.vectors(told, config.seed)
                return GraphAttribute(margin, positives, weight, dim, known, nodes)
            case "infonce":
                return Contrast(config.temperature)
            case "cca" if any(True for _ in model.reads.parameters()):
                return Foretell(model.of_text.in_features, cca.principal(pictures, dim))
    return None


def _teacher(
    config: Config,
    model: Matcher,
    lesson: Lesson | None,
    optimiser: torch.optim.Optimizer | None,
    split: loop.Split,
) -> Teach:
    def correlated() -> float:
        texts = split.texts
        read = texts.rows if lesson is None and isinstance(texts, Rows) else model.readings(texts)
        found = cca.learn(read, split.pictures, config.dim, config.regularisation)
        model.correlate(found)
        return float(1 - found.correlations.mean())

    def teach(chance: np.random.Generator) -> float:
        loss = None
        if lesson is not None and optimiser is not None:
            loss = loop.taught(model, lesson, optimiser, split, config.batch, chance)
        if config.transformation == "cca":
            apart = correlated()
            return apart if loss is None else loss
        assert loss is not None
        return loss

    return teach


def _digest(*datasets: Dataset) -> str:
    """Of all that is learned from but the pictures, which may be copied and so get another date."""
    digest = hashlib.sha256()
    for dataset in datasets:
        for one in dataset.paintings:
            told = [one.picture.name, one.comment, one.title]
            told += [getattr(one, name) for name in ATTRIBUTES]
            digest.update(json.dumps(told).encode())
    return digest.hexdigest()[:16]


def _leave(
    trained: Trained,
    state: loop.State,
    vocabularies: dict[str, Vocabulary],
    datasets: list[Dataset],
    cut_offs: tuple[float, float],
) -> None:
    folder, config = trained.folder, trained.config
    if vocabularies:
        vocabulary.write(vocabularies, folder / VOCABULARY)
    partial = folder / f"{WEIGHTS}.partial"
    save_file(state.best, partial)
    partial.replace(folder / WEIGHTS)
    (folder / WEIGHTS).chmod(0o644)  # safetensors leaves it to its owner
    card: dict[str, Any] = {
        "config": config.json(),
        "visual": state.run["visual"],
        "paintings": {one.split: len(one) for one in datasets},
        "notices": [notice for one in datasets for notice in one.notices],
        "data": state.run["data"],
        "epoch": trained.epoch,
        "epochs": trained.epochs,
        "validation": trained.figures.json(),
        "cut_offs": cut_offs,
        "torch": str(torch.__version__),
    }
    text = json.dumps(card, indent=2, ensure_ascii=False) + "\n"
    (folder / CARD).write_text(text, encoding="utf-8")
