"""Learn the projection of an encoder of regions from a folder of pictures:

    python -m ml.encoders.learn_regions NAME --images FOLDER --out FILE.safetensors [--pictures N]

What differs between a detail, cut out, enlarged and recompressed, and the square of the grid that
lies over it in the whole picture is noise, and is shrunk; then the directions are kept in which
regions differ most (Mikolajczyk and Matas 2007; Radenovic, Tolias, Chum 2019, section 5.2). Seeded.
"""

from __future__ import annotations

import argparse
import importlib
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pyvips
from numpy.typing import NDArray
from PIL import Image

from ml import registry
from ml.encoders.export import example, write_onnx
from ml.encoders.learn_whitening import pictures
from ml.preprocessing import to_batch
from ml.regional import RegionEncoder, masks_of
from ml.resources import sha256
from ml.specs import EncoderSpec, ImagePreprocessing
from ml.whitening import Whitening, save

#: Details of each picture; and regions of each that say how regions differ.
DETAILS = 3
KEPT = 8
#: How much of the mean variance of the noise is added to each direction.
SHRINKAGE = 0.2


def detail(
    image: NDArray[np.uint8], chance: np.random.Generator
) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
    """A rectangle of 5 to 30 % of a picture, otherwise large, light and compressed; and where it
    was: x, y, width, height, 0..1."""
    height, width = image.shape[:2]
    area, aspect = chance.uniform(0.05, 0.3), np.exp(chance.uniform(-0.7, 0.7))
    h = min(height - 1, max(8, int(np.sqrt(area * aspect) * height)))
    w = min(width - 1, max(8, int(np.sqrt(area / aspect) * width)))
    y, x = int(chance.integers(0, height - h)), int(chance.integers(0, width - w))
    cut = image[y : y + h, x : x + w].astype(np.float32)
    cut = cut * chance.uniform(0.8, 1.2) + chance.uniform(-20, 20)
    made = pyvips.Image.new_from_array(np.clip(cut, 0, 255).astype(np.uint8))
    made = made.copy(interpretation="srgb").resize(chance.uniform(0.6, 1.5))
    packed = made.jpegsave_buffer(Q=int(chance.integers(30, 90)))
    again = pyvips.Image.new_from_buffer(packed, "").numpy()
    return again, np.array([x / width, y / height, w / width, h / height])


def overlap(boxes: NDArray[np.float32], box: NDArray[np.float64]) -> NDArray[np.float64]:
    """(R, 4), (4,) -> (R,): intersection over union."""
    low = np.maximum(boxes[:, :2], box[:2])
    high = np.minimum(boxes[:, :2] + boxes[:, 2:], box[:2] + box[2:])
    common = np.prod(np.maximum(high - low, 0), axis=1)
    found: NDArray[np.float64] = common / (boxes[:, 2] * boxes[:, 3] + box[2] * box[3] - common)
    return found


def learn(
    details: NDArray[np.float32],
    squares: NDArray[np.float32],
    regions: NDArray[np.float32],
    dim: int,
) -> Whitening:
    """details, squares: (P, D), of the same thing, pair by pair. regions: (N, D), of anything."""
    noise = details.astype(np.float64) - squares
    scatter = noise.T @ noise / len(noise)
    scatter += SHRINKAGE * np.trace(scatter) / len(scatter) * np.eye(len(scatter))
    variances, axes = np.linalg.eigh(scatter)
    shrink = axes @ np.diag(variances**-0.5) @ axes.T
    mean = regions.astype(np.float64).mean(axis=0)
    _, turned = np.linalg.eigh(np.cov(((regions - mean) @ shrink).T))
    turned = turned[:, ::-1][:, :dim]
    turned = turned * np.sign(turned[np.abs(turned).argmax(axis=0), range(dim)])
    projection = shrink @ turned
    # Lengths do not matter to a cosine; this one fits half floats.
    projection /= np.abs(projection).max()
    return Whitening(mean.astype(np.float32), projection.astype(np.float32))


def sample(
    spec: EncoderSpec, run: Any, paths: list[Path]
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
    """What `learn` takes."""
    chance = np.random.default_rng(0)
    encoder = _Raw(spec, run)
    details, squares, regions = [], [], []
    for path in paths:
        with Image.open(path) as opened:
            image = np.asarray(opened.convert("RGB"))
        boxes, vectors = encoder.all(image)
        regions.append(vectors[chance.choice(len(vectors), min(KEPT, len(vectors)), replace=False)])
        for _ in range(DETAILS):
            cut, box = detail(image, chance)
            details.append(encoder.all(cut)[1][0])
            squares.append(vectors[overlap(boxes, box).argmax()])
    return np.array(details), np.array(squares), np.concatenate(regions)


class _Raw(RegionEncoder):
    """The encoder before its projection."""

    def all(self, image: NDArray[np.uint8]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        assert isinstance(self.spec.preprocessing, ImagePreprocessing)
        boxes = self.boxes(image)
        height, width = image.shape[:2]
        feeds = {
            "pixels": to_batch([image], self.spec.preprocessing),
            "masks": masks_of(boxes, width, height, self.spec.preprocessing),
        }
        vectors = self._run(feeds)
        return boxes, vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m ml.encoders.learn_regions")
    parser.add_argument("name", metavar="NAME", help="an encoder of regions")
    parser.add_argument("--images", type=Path, required=True, help="folder of pictures")
    parser.add_argument("--out", type=Path, required=True, help="safetensors file to write")
    parser.add_argument("--pictures", type=int, default=3000, help="taken evenly")
    arguments = parser.parse_args()
    spec = registry.resolve(arguments.name)
    paths = pictures(arguments.images)
    paths = paths[:: max(1, len(paths) // arguments.pictures)]
    module = importlib.import_module(spec.loader.split(":")[0])
    with tempfile.TemporaryDirectory() as work:
        graph = Path(work, "pooled.onnx")
        write_onnx(module.pooled(spec, Path(work)), spec, example(spec, 2), graph)
        session = onnxruntime.InferenceSession(graph, providers=["CPUExecutionProvider"])
        made = sample(spec, lambda feeds: session.run(["vectors"], feeds)[0], paths)
    save(learn(*made, spec.dim), arguments.out)
    print(f"{arguments.out}: {len(paths)} pictures, sha256 {sha256(arguments.out)}")  # noqa: T201


if __name__ == "__main__":
    main()
