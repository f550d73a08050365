"""Learn the space of `art-joint` from a folder of paintings and what is known of each:

    python -m ml.encoders.learn_joint --paintings DIR --out FILE --cache-dir DIR
        [--validate DIR ...]

DIR/index.csv: file,title,author,date,style,genre, as far as it is known. What could be said of a
painting is put together from these facts alone. There is no chance in it, so no seed.

With ``--validate``, folders in SemArt's layout: the figures of what was learned, and, in the same
run, of the floor: one linear projection of each side by InfoNCE, on the mean of the network's last
map and on the same texts (which has a seed).
"""

from __future__ import annotations

import argparse
import csv
import json
import logging
import re
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer
from torch import nn
from tqdm import tqdm

from ml import registry, runtime
from ml.crossmodal import joint, semart
from ml.crossmodal.joint import Joint, Recipe, unit
from ml.crossmodal.protocol import measure
from ml.crossmodal.space import Space, by_sentences
from ml.encoders.joint import BLOCKS, all_depths
from ml.encoders.learn_whitening import raw_vectors, read_pixels
from ml.encoders.minilm import VOCABULARY
from ml.resources import sha256, verified
from ml.runtime import Encoder
from ml.specs import EncoderSpec, Resource, TextPreprocessing
from ml.training.losses import contrast

#: Chosen on the validation pairs of SemArt (docs/adr/0020-art-joint.md).
RECIPE = Recipe(axes=512, sense=128, words=256, shrink=10.0, ridge=0.01, weight=1.1)
#: What a genre is called in a sentence.
GENRES = {
    "genre_painting": "scene of everyday life",
    "portrait": "portrait",
    "landscape": "landscape",
    "religious_painting": "religious scene from the Bible",
    "sketch_and_study": "sketch",
    "illustration": "illustration",
    "cityscape": "view of a city",
    "still_life": "still life",
    "nude_painting": "nude",
    "abstract_painting": "abstract painting",
}
STYLES = {"Art_Nouveau_Modern": "Art Nouveau", "Post_Impressionism": "Post-Impressionism"}

logger = logging.getLogger(__name__)

Array = NDArray[np.float32]


# -- texts -------------------------------------------------------------------------------------


def texts_of(row: dict[str, str]) -> list[str]:
    """What could be said of a painting, by what is known of it.

    >>> texts_of({"title": "the sower 2", "author": "vincent van gogh", "date": "1888",
    ...           "style": "Post_Impressionism", "genre": "genre_painting"})[1]
    'Vincent Van Gogh painted the sower in 1888.'
    """
    title = re.sub(r"\s+\d+$", "", " ".join(_repaired(row["title"]).split())) or "untitled"
    author = " ".join(word.capitalize() for word in _repaired(row["author"]).split())
    style = STYLES.get(row["style"], row["style"].replace("_", " "))
    kind = GENRES.get(row["genre"], "painting")
    year = re.match(r"\d{4}", row["date"])
    when = f" in {year[0]}" if year else ""
    century = f", {int(year[0]) // 100 + 1}th century" if year else ""
    return [
        title,
        f"{author} painted {title}{when}.",
        f"A {kind}: {title}.",
        f"A {kind}, {style}{century}, by {author}.",
        f"This {kind} by {author} shows {title}.",
    ]


def _repaired(text: str) -> str:
    """Without UTF-8 that was once read as Windows-1252 and then made small."""
    try:
        return text.replace("ã", "Ã").encode("cp1252").decode("utf-8")
    except UnicodeError:
        return text


# -- what is learned from ----------------------------------------------------------------------


@dataclass(frozen=True)
class Readers:
    """How texts are read: ``sense`` gives sentence vectors, ``tokenizer`` their words."""

    sense: Encoder
    tokenizer: Tokenizer

    def tokens(self, texts: Sequence[str]) -> list[list[int]]:
        """Without those that begin and end a text."""
        encoded = self.tokenizer.encode_batch(list(texts), add_special_tokens=False)
        return [item.ids for item in encoded]


def readers(cache_dir: Path) -> Readers:
    sense = runtime.load("minilm", cache_dir=cache_dir)
    assert isinstance(sense.spec.preprocessing, TextPreprocessing)
    assert isinstance(sense.spec.preprocessing.tokenizer, Resource)
    tokenizer = Tokenizer.from_file(str(verified(sense.spec.preprocessing.tokenizer)))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return Readers(sense, tokenizer)


def pooled_of(spec: EncoderSpec, files: Iterable[Path], cache_dir: Path) -> Array:
    """float32 (N, D): the maps of EfficientNet-Lite0 at all depths, pooled."""
    images = map(read_pixels, tqdm(list(files), unit="picture"))
    return raw_vectors(all_depths(spec, cache_dir), spec, images)


# -- what was learned, as it is measured -------------------------------------------------------


def learned(made: Joint, read: Readers) -> Space:
    """Of pooled maps in the place of pictures."""

    def texts(parts: Sequence[str]) -> Array:
        return unit(made.of_texts(read.sense.encode(parts), read.tokens(parts)))

    return Space(
        lambda pooled: unit(made.of_pictures(pooled)), lambda whole: by_sentences(texts, whole)
    )


class Floor:
    """One linear projection of each side, by InfoNCE on vectors that stay as they are."""

    DIM, EPOCHS, BATCH, SEED = 256, 30, 1024, 0
    RATE, TEMPERATURE = 1e-3, 0.05

    def __init__(self, pooled: Array, sense: Array, read: Readers) -> None:
        """pooled: float32 (N, D). sense: float32 (N, K, S), of K texts of each."""
        self._read = read
        torch.manual_seed(self.SEED)
        last = _last(pooled)
        self._mean, self._scale = last.mean(axis=0), last.std()
        self._picture = nn.Linear(last.shape[1], self.DIM)
        self._text = nn.Linear(sense.shape[2], self.DIM)
        self._learn(torch.from_numpy(self._levelled(pooled)), torch.from_numpy(sense))

    def space(self) -> Space:
        """Of pooled maps in the place of pictures."""
        return Space(self._of_pooled, lambda whole: by_sentences(self._of_texts, whole))

    def _learn(self, pictures: torch.Tensor, texts: torch.Tensor) -> None:
        scale = nn.Parameter(torch.tensor(-np.log(self.TEMPERATURE), dtype=torch.float32))
        learned = [*self._picture.parameters(), *self._text.parameters(), scale]
        adam = torch.optim.Adam(learned, self.RATE)
        for _ in range(self.EPOCHS):
            for rows in torch.randperm(len(pictures)).split(self.BATCH):
                which = torch.randint(texts.shape[1], (len(rows),))
                left = nn.functional.normalize(self._picture(pictures[rows]), dim=1)
                right = nn.functional.normalize(self._text(texts[rows, which]), dim=1)
                loss = contrast(right, left, scale.exp())
                adam.zero_grad()
                loss.backward()
                adam.step()

    def _of_pooled(self, pooled: Array) -> Array:
        with torch.inference_mode():
            return unit(self._picture(torch.from_numpy(self._levelled(pooled))).numpy())

    def _of_texts(self, parts: Sequence[str]) -> Array:
        with torch.inference_mode():
            return unit(self._text(torch.from_numpy(self._read.sense.encode(parts))).numpy())

    def _levelled(self, pooled: Array) -> Array:
        return np.asarray((_last(pooled) - self._mean) / self._scale, np.float32)


def _last(pooled: Array) -> Array:
    """The means of the last map alone."""
    return pooled[:, -BLOCKS[-1] :]


# -- the command line --------------------------------------------------------------------------


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m ml.encoders.learn_joint", description=__doc__)
    parser.add_argument("--paintings", type=Path, required=True, help="folder with index.csv")
    parser.add_argument("--out", type=Path, required=True, help="safetensors file to write")
    parser.add_argument("--cache-dir", type=Path, required=True, help="folder of the exports")
    parser.add_argument("--validate", type=Path, nargs="*", default=[], help="in SemArt's layout")
    chosen = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    spec, read = registry.get("art-joint"), readers(chosen.cache_dir)
    with (chosen.paintings / "index.csv").open(encoding="utf-8", newline="") as table:
        rows = list(csv.DictReader(table))
    pooled = pooled_of(spec, [chosen.paintings / row["file"] for row in rows], chosen.cache_dir)
    said = [texts_of(row) for row in rows]
    sense = read.sense.encode([text for some in said for text in some])
    sense = sense.reshape(len(rows), -1, sense.shape[1])
    tokens = read.tokens([" ".join(some) for some in said])
    made = joint.learn(pooled, BLOCKS, sense.mean(axis=1), tokens, VOCABULARY, RECIPE)
    joint.save(made, chosen.out)
    logger.info("%s: from %d paintings, sha256 %s", chosen.out, len(rows), sha256(chosen.out))
    if not chosen.validate:
        return
    models = {
        "art-joint": learned(joint.read(chosen.out), read),
        "floor": Floor(pooled, sense, read).space(),
    }
    for folder in chosen.validate:
        dataset = semart.read(folder, semart.there(folder)[-1])
        theirs = pooled_of(spec, [one.picture for one in dataset.paintings], chosen.cache_dir)
        for name, model in models.items():
            for others in (None, model.pictures(pooled)):
                figures = measure(model, dataset.paintings, model.pictures(theirs), others)
                told = json.dumps({"model": name, "of": folder.name, **figures})
                sys.stdout.write(f"{told}\n")


if __name__ == "__main__":
    main()
