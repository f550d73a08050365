"""Learn the PCA whitening of an image encoder from pictures.

To ship one, from a folder:

    python -m ml.encoders.learn_whitening NAME --images DIR --out FILE --cache-dir DIR

Takes every JPEG and PNG under the folder in sorted order; there is no chance in it, so no seed.
The file goes beside the adapters, its sha256 into a new version of the encoder's spec.

For one library alone, from its own pictures: `learn_here`, as `manage.py whiten` does.
"""

import argparse
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

from ml import exports, registry
from ml.encoders.deep import pooled
from ml.encoders.export import example, write_onnx
from ml.errors import InvalidSpec
from ml.preprocessing import to_batch
from ml.resources import sha256
from ml.specs import EncoderSpec, ImagePreprocessing
from ml.whitening import learn, save

PICTURES_AT_ONCE = 2  # small, so that layers stay in the processor's caches (ADR 12)

logger = logging.getLogger(__name__)


def pictures(folder: Path) -> list[Path]:
    """All JPEG and PNG files under the folder, sorted by path."""
    return sorted(
        path for path in folder.rglob("*") if path.suffix.lower() in {".jpg", ".jpeg", ".png"}
    )


def pooled_vectors(
    model: nn.Module, spec: EncoderSpec, images: Iterable[NDArray[np.uint8]]
) -> NDArray[np.float32]:
    """Images as an encoder takes them -> float32 (N, D), L2-normalised.

    model: the encoder up to its whitening, as `deep.pooled` gives it. Raises InvalidSpec.
    """
    vectors = raw_vectors(model, spec, images)
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.float32)


def raw_vectors(
    model: nn.Module, spec: EncoderSpec, images: Iterable[NDArray[np.uint8]]
) -> NDArray[np.float32]:
    """Images as an encoder takes them -> float32 (N, D), as ``model`` gives them."""
    if not isinstance(spec.preprocessing, ImagePreprocessing):
        raise InvalidSpec(f"{spec.key} takes no images")
    with tempfile.TemporaryDirectory() as work:  # onnxruntime is five times as fast as torch here
        graph = Path(work, "pooled.onnx")
        write_onnx(model, spec, example(spec, 2), graph)
        session = onnxruntime.InferenceSession(graph, providers=["CPUExecutionProvider"])
    found = []
    remaining = iter(images)
    while batch := list(islice(remaining, PICTURES_AT_ONCE)):
        feeds = {"pixels": to_batch(batch, spec.preprocessing)}
        found.append(session.run(["vectors"], feeds)[0])
    if not found:
        raise ValueError("there is no picture to learn from")
    return np.concatenate(found)


def learn_here(
    spec: EncoderSpec, images: Iterable[NDArray[np.uint8]], cache_dir: Path
) -> EncoderSpec:
    """Learn a whitening of `spec` and keep it in the cache folder under a name made of its content.

    The same pictures give the same name; others give another, so that nothing is overwritten and
    vectors of two whitenings never meet. Returns the spec that uses it.

    Raises InvalidSpec (nothing to whiten), ValueError (too few different pictures), MissingWeights,
    MissingResource, CorruptResource.
    """
    spec.whitened_here("0" * 8)  # refused before the work, not after it
    vectors = pooled_vectors(pooled(spec, cache_dir), spec, images)
    learned = learn(vectors, spec.dim)
    folder = exports.whitening_path(spec, cache_dir).parent
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder) as work:
        made = Path(work, "whitening.safetensors")
        save(learned, made)
        here = spec.whitened_here(sha256(made)[:8])
        made.replace(exports.whitening_path(here, cache_dir))
    return here


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
    parser.add_argument("--cache-dir", type=Path, required=True, help="folder of the exports")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    spec = registry.resolve(arguments.name)
    paths = pictures(arguments.images)
    vectors = pooled_vectors(pooled(spec, arguments.cache_dir), spec, map(read_pixels, paths))
    save(learn(vectors, spec.dim), arguments.out)
    logger.info("%s: from %d pictures, sha256 %s", arguments.out, len(paths), sha256(arguments.out))


if __name__ == "__main__":
    main()
