"""Measure depths and poolings of EfficientNet-Lite0; docs/encoders.md holds what was found.

    python -m tests.ml.measure_depths DATA stage5:rmac head:gem

A minute or two each: 279 + 110 museum pictures, every fourth painting, 600 crops.
"""

import argparse
import csv
import logging
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ml import registry
from ml.encoders.deep import pooled
from ml.encoders.learn_whitening import pooled_vectors, read_pixels
from ml.specs import Average, Cam, Features, Gem, Mac, Rmac
from ml.whitening import apply, learn
from tests.ml.measure_descriptor import MuseumPhotos, Pixels, crop, museum_queries

logger = logging.getLogger(__name__)

POOLINGS = {"mac": Mac(), "average": Average(), "gem": Gem(3), "rmac": Rmac(3), "cam": Cam(30)}
CROPS = 300


def small_crop(picture: Pixels, rng: np.random.Generator) -> Pixels:
    """20 to 50 % of the area, anywhere."""
    scale = rng.uniform(0.2, 0.5) ** 0.5
    height, width = (int(side * scale) for side in picture.shape[:2])
    top = rng.integers(0, picture.shape[0] - height + 1)
    left = rng.integers(0, picture.shape[1] - width + 1)
    return picture[top : top + height, left : left + width]


def genre_precision(vectors: NDArray[np.float32], paths: list[Path], index: Path) -> float:
    """Share of the ten nearest by other artists that are of the same genre."""
    with index.open(encoding="utf-8", newline="") as stream:
        rows = {Path(row["file"]).name: row for row in csv.DictReader(stream)}
    genre = np.array([rows[path.name]["genre"] for path in paths])
    author = np.array([rows[path.name]["author"] for path in paths])
    labelled = genre != ""
    vectors, genre, author = vectors[labelled], genre[labelled], author[labelled]
    cosines = vectors @ vectors.T
    cosines[author[:, None] == author] = -2
    nearest = np.argsort(-cosines, axis=1)[:, :10]
    return float((genre[nearest] == genre[:, None]).mean())


def measure(data: Path, depth: str, pooling: str, dim: int) -> None:
    """Figures of one depth and pooling, raw and whitened."""
    spec = registry.get("efficientnet-lite0")
    spec = replace(spec, features=Features("efficientnet_lite0", depth, POOLINGS[pooling]))
    model = pooled(spec, cache_dir=Path())  # its weights come from a package
    museum = MuseumPhotos(data / "museum-photos")
    paths = sorted((data / "paintings" / "images").iterdir())[::4]
    rng = np.random.default_rng(1)
    chosen = rng.choice(len(paths), CROPS, replace=False)

    def sets() -> Iterator[Iterator[Pixels]]:
        yield map(read_pixels, museum.database)
        yield museum_queries(museum)
        yield map(read_pixels, paths)
        yield (crop(read_pixels(paths[i]), rng) for i in chosen)
        yield (small_crop(read_pixels(paths[i]), rng) for i in chosen)

    raw = [pooled_vectors(model, spec, images) for images in sets()]
    whitening = learn(raw[2], min(dim, raw[2].shape[1]))
    whitened = [apply(whitening, vectors) for vectors in raw]
    for name, vectors in (("raw", raw), (str(dim), whitened)):
        database, queries, gallery, crops, small = (
            each / np.linalg.norm(each, axis=1, keepdims=True) for each in vectors
        )
        logger.info(
            "%s %s %s: %s; R@1 of crops %.3f, of small ones %.3f; genre %.3f",
            *(depth, pooling, name, museum.recall_at_1(database, queries)),
            *(((each @ gallery.T).argmax(axis=1) == chosen).mean() for each in (crops, small)),
            genre_precision(gallery, paths, data / "paintings" / "index.csv"),
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, help="folder of paintings/ and museum-photos/")
    parser.add_argument("settings", nargs="+", metavar="DEPTH:POOLING")
    parser.add_argument("--dim", type=int, default=384)
    given = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    for setting in given.settings:
        measure(given.data, *setting.split(":"), given.dim)


if __name__ == "__main__":
    main()
