"""Learn the codebook of `ml.local.vlad` and the projection behind it from a folder of pictures:

    python -m ml.local.learn_vlad --images FOLDER --out FILE.safetensors

Seeded: takes 2,500 pictures at random, and a tenth of their points for the words.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image
from safetensors.numpy import save_file

from ml.local.compact import compact
from ml.local.keypoints import LocalFeatures, detect
from ml.local.vlad import POINTS, WORDS, aggregate
from ml.resources import sha256
from ml.whitening import learn

PICTURES = 2500
DIM = 256


def learned(features: Sequence[LocalFeatures]) -> dict[str, NDArray[np.float16]]:
    """Compact features of many pictures -> what the file holds."""
    chance = np.random.default_rng(0)
    descriptors = np.concatenate([each.descriptors for each in features]).astype(np.float32)
    some = descriptors[chance.permutation(len(descriptors))[: len(descriptors) // 10]]
    cv2.setRNGSeed(0)
    ends = (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_MAX_ITER, 50, 1e-3)
    words = cv2.kmeans(some, WORDS, None, ends, 3, cv2.KMEANS_PP_CENTERS)[2]  # type: ignore[call-overload]
    # As they will be read again.
    words = np.asarray(words, np.float16).astype(np.float32)
    vectors = np.stack([aggregate(each, words) for each in features])
    whitening = learn(vectors, DIM)
    return {
        "words": words.astype(np.float16),
        "mean": whitening.mean.astype(np.float16),
        "projection": np.ascontiguousarray(whitening.projection, np.float16),
    }


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m ml.local.learn_vlad")
    parser.add_argument("--images", type=Path, required=True, help="folder of pictures")
    parser.add_argument("--out", type=Path, required=True, help="safetensors file to write")
    arguments = parser.parse_args()
    paths = sorted(arguments.images.rglob("*.jpg"))
    drawn = np.random.default_rng(0).choice(len(paths), min(PICTURES, len(paths)), replace=False)
    features = []
    for place in sorted(drawn):
        with Image.open(paths[place]) as image:
            found = detect(np.asarray(image.convert("RGB")), count=POINTS)
        features.append(compact(found))
    save_file(learned(features), arguments.out)
    print(f"{arguments.out}: {len(features)} pictures, sha256 {sha256(arguments.out)}")  # noqa: T201


if __name__ == "__main__":
    main()
