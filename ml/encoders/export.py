"""Make the ONNX exports that `ml.runtime` serves:

    python -m ml.encoders.export --cache-dir DIR [NAME ...]

An export that is there, whole and made of the declared ingredients is kept. One that fails does not
keep the others from being made. Without names: all whose weights can be had.
"""

import argparse
import fcntl
import importlib
import json
import logging
import tempfile
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import onnxruntime
import torch
from torch import Tensor, nn

from ml import exports, reading, registry, spaces
from ml.crossmodal import vocabulary
from ml.errors import ExportMismatch, InvalidSpec, MissingWeights, MLError
from ml.regional import STRIDE
from ml.spaces import Declaration
from ml.specs import EncoderSpec, ImagePreprocessing, Words

TOLERANCE = 1e-4  # largest difference between torch and ONNX in a coordinate of a unit vector

logger = logging.getLogger(__name__)


def export(name: str, cache_dir: Path) -> Path:
    """Export one encoder, by name or key, unless a whole and current export is there.

    Safe to run in several processes at once: one works, the others wait.

    Raises UnknownEncoder, InvalidSpec (handcrafted), MissingResource, MissingWeights,
    CorruptResource, ExportMismatch.
    """
    spec = registry.resolve(name)
    if spec.handcrafted:
        raise InvalidSpec(f"{spec.key} is handcrafted: there is nothing to export")
    cache_dir.mkdir(parents=True, exist_ok=True)
    onnx = exports.onnx_path(spec, cache_dir)
    with _alone(cache_dir / f"{spec.key}.lock"):
        if exports.intact(spec, cache_dir):
            logger.info("%s: already there", onnx)
            return onnx
        model = built(spec, cache_dir)
        with tempfile.TemporaryDirectory(dir=cache_dir, prefix=f"{spec.key}-") as work:
            made = Path(work, onnx.name)
            tried = [example(spec, count, cache_dir) for count in (2, 1, 3)]
            write_onnx(model, spec, tried[0], made)
            difference = largest_difference(model, tried[1:], made)
            if not difference <= TOLERANCE:
                raise ExportMismatch(
                    f"{spec.key}: ONNX and torch differ by {difference:.1e}, "
                    f"allowed is {TOLERANCE:.0e}; the export was not kept"
                )
            sidecar = Path(work, exports.sidecar_path(spec, cache_dir).name)
            sidecar.write_text(json.dumps(exports.describe(spec, made), indent=2) + "\n")
            made.replace(onnx)
            sidecar.replace(exports.sidecar_path(spec, cache_dir))
        logger.info("%s: written, differs from torch by %.1e", onnx, difference)
    return onnx


def export_space(made: Declaration, cache_dir: Path) -> None:
    """Export both encoders of a space that was added. Raises what `export` raises."""
    for spec in made.specs():
        export(spec.key, cache_dir)


def built(spec: EncoderSpec, cache_dir: Path) -> nn.Module:
    """The network that a learned encoder declares. Raises what its loader raises."""
    module, function = spec.loader.split(":")
    model: nn.Module = getattr(importlib.import_module(module), function)(spec, cache_dir)
    return model


def example(spec: EncoderSpec, count: int, cache_dir: Path = Path()) -> dict[str, Tensor]:
    """A batch by the names of the graph's inputs, always the same; texts of different lengths.
    cache_dir: for texts, the folder of the exports."""
    generator = torch.Generator().manual_seed(count)
    if isinstance(spec.preprocessing, ImagePreprocessing):
        side = spec.preprocessing.size
        if spec.of_regions:
            masks = torch.rand(count, (side // STRIDE) ** 2, generator=generator)
            pixels = torch.rand(1, 3, side, side, generator=generator) * 2 - 1
            return {"pixels": pixels, "masks": masks / masks.sum(dim=1, keepdim=True)}
        return {"pixels": torch.rand(count, 3, side, side, generator=generator) * 2 - 1}
    known = _words(spec, cache_dir)
    texts = [" ".join(known[: len(known) - 2 * row]) for row in range(count)]
    read = reading.reader(spec, cache_dir)(texts)
    return {name: torch.from_numpy(array) for name, array in read.items()}


def _words(spec: EncoderSpec, cache_dir: Path) -> list[str]:
    """Some that the encoder knows."""
    if isinstance(spec.preprocessing, Words):
        path = spaces.verified(spec.preprocessing.vocabulary, cache_dir)
        return list(vocabulary.read(path)["comment"].words[:10])
    return ["a", "woman", "at", "a", "window", "reads", "a", "letter", "by", "candle", "light"]


def write_onnx(model: nn.Module, spec: EncoderSpec, inputs: dict[str, Tensor], path: Path) -> None:
    """The graph with its weights as one file; batch size and text length stay free."""
    axes = {name: {0: "batch"} for name in inputs}
    for name, tensor in inputs.items():
        if tensor.dtype == torch.int64 and tensor.ndim == 2:
            axes[name][1] = "tokens"
    if spec.of_regions:
        del axes["pixels"]  # one picture at a time, of any number of regions
    with warnings.catch_warnings():
        # The tracing exporter is announced as legacy, and traces what is constant here.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            model,
            tuple(inputs.values()),
            path,
            dynamo=False,
            input_names=list(inputs),
            output_names=["vectors"],
            dynamic_axes={**axes, "vectors": {0: "batch"}},
            opset_version=17,
        )


def largest_difference(model: nn.Module, tried: Sequence[dict[str, Tensor]], path: Path) -> float:
    """Between ONNX and torch, over the coordinates of unit vectors."""
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    taken = {one.name for one in session.get_inputs()}
    worst = 0.0
    for inputs in tried:
        with torch.inference_mode():
            expected = nn.functional.normalize(model(*inputs.values()), dim=1).numpy()
        feeds = {name: tensor.numpy() for name, tensor in inputs.items() if name in taken}
        got = session.run(["vectors"], feeds)[0]
        got = got / np.linalg.norm(got, axis=1, keepdims=True)
        worst = max(worst, float(np.abs(got - expected).max()))
    return worst


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Hold a lock file; the system lets go of it if the process dies."""
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m ml.encoders.export", description=__doc__)
    parser.add_argument("--cache-dir", type=Path, required=True, help="folder of the exports")
    parser.add_argument("names", nargs="*", metavar="NAME", help="encoders; all by default")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    for wrong in spaces.register(arguments.cache_dir):
        logger.warning("%s", wrong)
    learned = [name for name in registry.names() if not registry.get(name).handcrafted]
    failed = False
    for name in arguments.names or learned:
        try:
            export(name, arguments.cache_dir)
        except MLError as error:
            logger.error("%s: %s", type(error).__name__, error)
            # Nobody asked for this one by name.
            failed |= bool(arguments.names) or not isinstance(error, MissingWeights)
    if failed:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
