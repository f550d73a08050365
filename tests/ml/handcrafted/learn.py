"""Print the figures of mean paintings that the handcrafted descriptors hold as constants.

python -m tests.ml.handcrafted.learn DATA
"""

import argparse
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ml.encoders.learn_whitening import read_pixels
from ml.handcrafted import colour_layout, hog, lbp, specs, texture
from ml.handcrafted.luma import to_luma
from ml.preprocessing import to_batch
from ml.specs import EncoderSpec

logger = logging.getLogger(__name__)

SAMPLE, SEED = 1000, 7


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, help="folder of paintings/")
    given = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    np.set_printoptions(precision=2, suppress=True, linewidth=98)
    paintings = sorted((given.data / "paintings" / "images").iterdir())
    chosen = np.random.default_rng(SEED).choice(len(paintings), SAMPLE, replace=False)
    images = [read_pixels(paintings[index]) for index in chosen]

    def all_of(spec: EncoderSpec, features: Callable[[Any], NDArray[Any]]) -> NDArray[Any]:
        batches = (images[start : start + 32] for start in range(0, SAMPLE, 32))
        return np.concatenate([features(to_batch(some, spec.preprocessing)) for some in batches])

    levels = all_of(
        specs.COLOUR_LAYOUT, lambda p: colour_layout.levels(colour_layout.coefficients(p))
    )
    logger.info("colour layout, mean levels:\n%s", levels.mean(axis=0))
    gradients = all_of(specs.HOG, lambda p: hog.gradients(to_luma(p)))
    logger.info("hog, mean component: %.3f", gradients.mean())
    roots = all_of(
        specs.LBP,
        lambda p: np.stack([np.sqrt(lbp.shares(to_luma(p), r)) for r in lbp.RADII], axis=1),
    )
    logger.info("lbp, mean roots by radius and pattern:\n%s", roots.mean(axis=(0, 2)))
    features = all_of(specs.TEXTURE, lambda p: texture.features(to_luma(p)))
    for name, figures in ("mean", features.mean(axis=0)), ("deviation", features.std(axis=0)):
        logger.info("texture, %s of grey levels: %s", name, figures[:2])
        channels = figures[2:].reshape(2, 5, 6)
        axes, others = channels[..., [0, 3]].mean(-1), channels[..., [1, 2, 4, 5]].mean(-1)
        for kind, table in zip(
            ("energy", "its deviation"), np.stack([axes, others], -1), strict=True
        ):
            logger.info("texture, %s of %s:\n%s", name, kind, table)


if __name__ == "__main__":
    main()
