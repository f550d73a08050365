"""What a run leaves behind, and the model that is made of it again."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import nn

from ml import registry, runtime
from ml.crossmodal import vocabulary
from ml.crossmodal.figures import Figures
from ml.crossmodal.protocol import Pictures
from ml.crossmodal.texts import Reader, Rnn, SentenceVectors, WordSequences, WordWeights, mlp
from ml.crossmodal.transformations import Matcher
from ml.crossmodal.vocabulary import Vocabulary
from ml.errors import BadData
from ml.training import config as configs
from ml.training.config import Config

CONFIG, WEIGHTS, VOCABULARY, CARD = (
    "config.toml",
    "weights.safetensors",
    "vocabulary.json",
    "card.json",
)


@dataclass(frozen=True)
class Trained:
    """A run that has ended. ``epoch``: from 1, the one whose weights were kept; ``epochs``: how
    many there were. ``figures``: of the split "val", from text to picture."""

    folder: Path
    config: Config
    epoch: int
    epochs: int
    figures: Figures


def reader(config: Config, vocabularies: Mapping[str, Vocabulary], cache_dir: Path) -> Reader:
    """What reads texts as the run does."""
    if config.text == "minilm":
        return SentenceVectors(config.with_title, cache_dir)
    if config.text == "rnn":
        return WordSequences(vocabularies, config.words)
    return WordWeights(vocabularies)


def matcher(config: Config, widths: Sequence[int], seen: int) -> Matcher:
    """A model that has learned nothing; the same for the same seed. widths: of the reader; seen:
    dimensions of a picture's vector."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(config.seed)
        reads: nn.Module
        if config.text == "rnn":
            reads = Rnn(widths, config.embedding, config.hidden)
            read = config.hidden * len(widths)
        elif config.text == "mlp":
            reads, read = mlp(sum(widths), config.hidden, config.layers), config.hidden
        else:
            reads, read = nn.Identity(), sum(widths)
        return Matcher(reads, read, seen, config.dim, squash=config.transformation != "cca")


class Learned:
    """A trained model, as `ml.crossmodal.protocol.Model` has it."""

    def __init__(
        self, config: Config, matcher: Matcher, reader: Reader, visual: str, cache_dir: Path
    ) -> None:
        """visual: the key of the encoder of pictures."""
        self.config, self.matcher, self.reader = config, matcher, reader
        self.visual, self.cache_dir = visual, cache_dir

    def pictures(self, pictures: Pictures) -> NDArray[np.float32]:
        """N uint8 (H, W, 3) RGB -> float32 (N, dim of the encoder), of norm 1; not yet projected.

        Raises what `ml.runtime.load` and `Encoder.encode` raise.
        """
        return runtime.load(self.visual, cache_dir=self.cache_dir).encode(pictures)

    def scores(
        self, comments: Sequence[str], pictures: NDArray[np.float32], titles: Sequence[str] = ()
    ) -> NDArray[np.float32]:
        """Q comments and N pictures, as above -> float32 (Q, N): cosines. titles: Q, or none."""
        read = self.reader.read(comments, titles or [""] * len(comments))
        return self.matcher.texts(read) @ self.matcher.pictures(pictures).T


def load(folder: Path, *, cache_dir: Path) -> Learned:
    """The model of a run that has ended. cache_dir: the folder of the ONNX exports.

    Raises BadData where the folder does not hold what a run leaves; UnknownEncoder where the
    encoder of its pictures is no more.
    """
    config = configs.read(folder / CONFIG)
    card = _card(folder / CARD)
    uses_words = config.text != "minilm"
    vocabularies = vocabulary.read(folder / VOCABULARY) if uses_words else {}
    reads = reader(config, vocabularies, cache_dir)
    spec = registry.resolve(card["visual"])
    made = matcher(config, reads.widths, spec.dim)
    try:
        made.load_state_dict(load_file(folder / WEIGHTS))
    except (OSError, RuntimeError, SafetensorError) as error:
        raise BadData(f"{folder / WEIGHTS} are not the weights of this run: {error}") from error
    return Learned(config, made.eval(), reads, spec.key, cache_dir)


def _card(path: Path) -> dict[str, Any]:
    try:
        card = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BadData(f"{path} cannot be read: {error}; has the run ended?") from error
    if not isinstance(card, dict) or not isinstance(card.get("visual"), str):
        raise BadData(f"{path} is no card of a run: it names no encoder of pictures")
    return card
