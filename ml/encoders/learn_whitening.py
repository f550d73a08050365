"""Learn the PCA whitening of an image encoder from a folder of pictures:

    python -m ml.encoders.learn_whitening NAME --images FOLDER --out FILE.safetensors

Takes every JPEG and PNG under the folder in sorted order; there is no chance in it, so no seed.
The file goes beside the adapter, its sha256 into a new version of the encoder's spec.
"""

import argparse
import importlib
import logging
import tempfile
from collections.abc import Iterable
from itertools import islice
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from PIL import Image
from torch import nn

from ml import registry
from ml.encoders.export import write_onnx
from ml.errors import InvalidSpec
from ml.preprocessing import to_batch
from ml.resources import sha256
from ml.specs import EncoderSpec, ImagePreprocessing
from ml.whitening import learn, save

BATCH_SIZE = 32

logger = logging.getLogger(__name__)


def pictures(folder: Path) -> list[Path]:
    """All JPEG and PNG files under the folder, sorted by path."""
    return sorted(
        path for path in folder.rglob("*") if path.suffix.lower() in {".jpg", ".jpeg", ".png"}
    )


def pooled_model(spec: EncoderSpec) -> nn.Module:
    """Pixels -> (N, D): the encoder up to its whitening."""
    model: nn.Module = importlib.import_module(spec.loader.split(":")[0]).pooled(spec)
    return model


def pooled_vectors(
    model: nn.Module, spec: EncoderSpec, images: Iterable[NDArray[np.uint8]]
) -> NDArray[np.float32]:
    """Images as an encoder takes them -> float32 (N, D), L2-normalised."""
    if not isinstance(spec.preprocessing, ImagePreprocessing):
        raise InvalidSpec(f"{spec.key} takes no images")
    with tempfile.TemporaryDirectory() as work:  # onnxruntime is five times as fast as torch here
        graph = Path(work, "pooled.onnx")
        write_onnx(model, spec, graph)
        session = onnxruntime.InferenceSession(graph, providers=["CPUExecutionProvider"])
    found = []
    remaining = iter(images)
    while batch := list(islice(remaining, BATCH_SIZE)):
        vectors = session.run(["vectors"], {"pixels": to_batch(batch, spec.preprocessing)})[0]
        found.append(vectors / np.linalg.norm(vectors, axis=1, keepdims=True))
    return np.concatenate(found)


def read_pixels(path: Path) -> NDArray[np.uint8]:
    """uint8 (H, W, 3) RGB."""
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB"))


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m ml.encoders.learn_whitening", description=__doc__
    )
    parser.add_argument("name", metavar="NAME", help="an image encoder that ends in a whitening")
    parser.add_argument("--images", type=Path, required=True, help="folder of pictures")
    parser.add_argument("--out", type=Path, required=True, help="safetensors file to write")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    spec = registry.resolve(arguments.name)
    paths = pictures(arguments.images)
    vectors = pooled_vectors(pooled_model(spec), spec, map(read_pixels, paths))
    save(learn(vectors, spec.dim), arguments.out)
    logger.info("%s: from %d pictures, sha256 %s", arguments.out, len(paths), sha256(arguments.out))


if __name__ == "__main__":
    main()
