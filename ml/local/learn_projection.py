"""Learn what `ml.local.compact` projects to, from a folder of pictures:

    python -m ml.local.learn_projection --images FOLDER --out FILE.safetensors

Takes every fourth picture in sorted order; there is no chance in it, so no seed.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from PIL import Image

from ml.local.compact import DIM
from ml.local.keypoints import ROOTSIFT_SCALE, detect
from ml.resources import sha256
from ml.whitening import Whitening, save

EVERY = 4
POINTS = 200


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m ml.local.learn_projection")
    parser.add_argument("--images", type=Path, required=True, help="folder of pictures")
    parser.add_argument("--out", type=Path, required=True, help="safetensors file to write")
    arguments = parser.parse_args()
    total, products, count = np.zeros(128), np.zeros((128, 128)), 0
    for path in sorted(arguments.images.rglob("*.jpg"))[::EVERY]:
        with Image.open(path) as image:
            found = detect(np.asarray(image.convert("RGB")), count=POINTS)
        values = found.descriptors / ROOTSIFT_SCALE
        total += values.sum(axis=0)
        products += values.T @ values
        count += len(values)
    mean = total / count
    _, axes = np.linalg.eigh(products / count - np.outer(mean, mean))
    axes = axes[:, ::-1][:, :DIM]
    axes *= np.sign(axes[np.abs(axes).argmax(axis=0), range(DIM)])  # else of arbitrary sign
    # Directions are not brought to one variance: distances are to stay what they were.
    save(Whitening(mean.astype(np.float32), axes.astype(np.float32)), arguments.out)
    print(f"{arguments.out}: from {count} points, sha256 {sha256(arguments.out)}")  # noqa: T201


if __name__ == "__main__":
    main()
