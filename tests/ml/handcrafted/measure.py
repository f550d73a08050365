"""Measure the handcrafted descriptors on paintings; docs/encoders.md holds what was found.

python -m tests.ml.handcrafted.measure DATA [NAME ...]
"""

import argparse
import logging
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ml import registry, runtime
from ml.encoders.learn_whitening import read_pixels
from ml.handcrafted.specs import SPECS
from tests.ml.handcrafted.distances import STANDARD, rank_correlation
from tests.ml.measure_descriptor import crop

logger = logging.getLogger(__name__)

STRANGERS, COMPARED, CROPS = 1000, 300, 200


def measure(name: str, images: list[NDArray[np.uint8]]) -> None:
    encoder = runtime.load(name, cache_dir=Path())
    encoder.encode(images[:2])
    # Processor time of the process, decoding left out: others may be at work on the machine.
    before = time.process_time()
    vectors = encoder.encode(images)
    each = (time.process_time() - before) / len(images) * 1000
    strangers = (vectors @ vectors.T)[np.triu_indices(len(images), 1)]
    percentiles = np.percentile(strangers, [50, 95, 99, 99.9]).round(3)
    rng = np.random.default_rng(0)
    crops = encoder.encode([crop(image, rng) for image in images[:CROPS]])
    similarity = crops @ vectors.T
    own = np.diagonal(similarity)
    first = (similarity.argmax(axis=1) == np.arange(CROPS)).mean()
    correlation = "none"
    if name in STANDARD:
        found = rank_correlation(name, images[:COMPARED], vectors[:COMPARED])
        correlation = f"{found:.3f}"
    logger.info(
        "%-18s %3d dims %5.1f ms  Spearman %s  strangers %s  crops [1, 5, 50] %s, R@1 %.2f",
        name,
        registry.get(name).dim,
        each,
        correlation,
        percentiles,
        np.percentile(own, [1, 5, 50]).round(3),
        first,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, help="folder of paintings/")
    parser.add_argument("names", nargs="*", default=[spec.name for spec in SPECS])
    given = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    paintings = sorted((given.data / "paintings" / "images").iterdir())
    chosen = np.random.default_rng(1).choice(len(paintings), STRANGERS, replace=False)
    images = [read_pixels(paintings[index]) for index in chosen]
    for name in given.names:
        measure(name, images)


if __name__ == "__main__":
    main()
