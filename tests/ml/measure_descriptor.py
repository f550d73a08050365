"""Measure image descriptors on the evaluation data; docs/adr/0010 holds what was found.

What is shipped:   python -m tests.ml.measure_descriptor DATA NAME --cache-dir var/encoders
Another setting:   python -m tests.ml.measure_descriptor DATA --size 224 --fit squash --p 3
"""

import argparse
import csv
import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ml import registry, runtime
from ml.specs import Gem

logger = logging.getLogger(__name__)

Pixels = NDArray[np.uint8]
CROPS = 500
STRANGERS = 3000


@dataclass(frozen=True)
class MuseumPhotos:
    """Which picture of the database each photograph shows, set by set."""

    folder: Path

    @property
    def database(self) -> list[Path]:
        return sorted((self.folder / "database").iterdir())

    @property
    def queries(self) -> list[dict[str, str]]:
        """Those that have an answer; the distractors are left out."""
        with (self.folder / "queries.csv").open(encoding="utf-8", newline="") as stream:
            return [row for row in csv.DictReader(stream) if row["answers"]]

    def recall_at_1(
        self, database: NDArray[np.float32], queries: NDArray[np.float32]
    ) -> dict[str, float]:
        """Share of the photographs, by set, whose first hit is a picture that they show."""
        files = [f"database/{path.name}" for path in self.database]
        found: dict[str, list[bool]] = {}
        for row, best in zip(self.queries, (queries @ database.T).argmax(axis=1), strict=True):
            found.setdefault(row["set"], []).append(files[best] in row["answers"].split())
        return {name: sum(hits) / len(hits) for name, hits in sorted(found.items())}


def crop(picture: Pixels, rng: np.random.Generator) -> Pixels:
    """50 to 90 % of the area, the aspect changed by up to a quarter, anywhere."""
    area, aspect = rng.uniform(0.5, 0.9), np.exp(rng.uniform(np.log(0.8), np.log(1.25)))
    width = min(1.0, (area * aspect) ** 0.5)
    shape = np.maximum(1, np.rint(np.array(picture.shape[:2]) * [min(1.0, area / width), width]))
    height, width = shape.astype(int)
    top = rng.integers(0, picture.shape[0] - height + 1)
    left = rng.integers(0, picture.shape[1] - width + 1)
    return picture[top : top + height, left : left + width]


def encode_all(encoder: runtime.Encoder, images: Iterable[Pixels]) -> NDArray[np.float32]:
    """float32 (N, dim), a few hundred pictures in memory at a time."""
    remaining, found = iter(images), []
    while some := list(islice(remaining, 256)):
        found.append(encoder.encode(some))
    return np.concatenate(found)


def shipped(name: str, museum: MuseumPhotos, paintings: list[Path], cache_dir: Path) -> None:
    """Figures of a registered encoder."""
    from ml.encoders.learn_whitening import read_pixels

    encoder = runtime.load(name, cache_dir=cache_dir)
    rng = np.random.default_rng(0)
    chosen = rng.choice(len(paintings), CROPS, replace=False)
    gallery = encode_all(encoder, map(read_pixels, paintings))
    crops = encode_all(encoder, (crop(read_pixels(paintings[i]), rng) for i in chosen))
    database = encode_all(encoder, map(read_pixels, museum.database))
    queries = encode_all(encoder, museum_queries(museum))
    report(name, museum, database, queries, gallery, crops, chosen)
    some = gallery[rng.permutation(len(gallery))[:STRANGERS]]
    strangers = (some @ some.T)[np.triu_indices(len(some), 1)]
    percentiles = [50, 95, 99, 99.9]
    logger.info("strangers %s: %s", percentiles, np.percentile(strangers, percentiles).round(3))
    own = (crops * gallery[chosen]).sum(axis=1)
    logger.info("crop and original [1, 5, 50]: %s", np.percentile(own, [1, 5, 50]).round(3))


def alternative(
    museum: MuseumPhotos, paintings: list[Path], size: int, fit: str, p: float, dims: list[int]
) -> None:
    """Figures of EfficientNet-Lite0 under another preprocessing, pooling or whitening."""
    from ml.encoders.deep import pooled
    from ml.encoders.learn_whitening import pooled_vectors, read_pixels
    from ml.whitening import apply, learn

    spec = registry.get("efficientnet-lite0")
    spec = replace(spec, preprocessing=replace(spec.preprocessing, size=size, fit=fit))
    spec = replace(spec, features=replace(spec.features, pooling=Gem(p)))
    model = pooled(spec, cache_dir=Path())  # its weights come from a package
    rng = np.random.default_rng(0)
    chosen = rng.choice(len(paintings), CROPS, replace=False)
    raw = [
        pooled_vectors(model, spec, images)
        for images in (
            map(read_pixels, museum.database),
            museum_queries(museum),
            map(read_pixels, paintings),
            (crop(read_pixels(paintings[i]), rng) for i in chosen),
        )
    ]
    report(f"{size} {fit} p={p} raw", museum, *raw, chosen)
    for dim in dims:
        whitening = learn(raw[2], dim)
        whitened = [apply(whitening, vectors) for vectors in raw]
        unit = [vectors / np.linalg.norm(vectors, axis=1, keepdims=True) for vectors in whitened]
        report(f"{size} {fit} p={p} whitened to {dim}", museum, *unit, chosen)


def museum_queries(museum: MuseumPhotos) -> Iterator[Pixels]:
    from ml.encoders.learn_whitening import read_pixels

    return (read_pixels(museum.folder / row["query"]) for row in museum.queries)


def report(
    name: str,
    museum: MuseumPhotos,
    database: NDArray[np.float32],
    queries: NDArray[np.float32],
    gallery: NDArray[np.float32],
    crops: NDArray[np.float32],
    chosen: NDArray[np.int64],
) -> None:
    recalls = museum.recall_at_1(database, queries)
    logger.info(
        "%s: %s, crops R@1 %.3f",
        name,
        ", ".join(f"{key} {value:.2f}" for key, value in recalls.items()),
        ((crops @ gallery.T).argmax(axis=1) == chosen).mean(),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, help="folder of paintings/ and museum-photos/")
    parser.add_argument("names", nargs="*", metavar="NAME", help="registered image encoders")
    parser.add_argument("--cache-dir", type=Path, help="folder of the ONNX exports")
    parser.add_argument("--size", type=int, default=288)
    parser.add_argument("--fit", choices=["letterbox", "squash"], default="letterbox")
    parser.add_argument("--p", type=float, default=3.0, help="exponent of GeM pooling")
    parser.add_argument("--dims", type=int, nargs="*", default=[256, 384, 512])
    given = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    museum = MuseumPhotos(given.data / "museum-photos")
    paintings = sorted((given.data / "paintings" / "images").iterdir())
    for name in given.names:
        shipped(name, museum, paintings, given.cache_dir)
    if not given.names:
        alternative(museum, paintings, given.size, given.fit, given.p, given.dims)


if __name__ == "__main__":
    main()
