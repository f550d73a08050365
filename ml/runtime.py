"""Vectors from pictures and sentences: loading, batching, normalising and checking, once for all.

Learned encoders are served from their ONNX exports; torch is never imported. An encoder is
loaded at first use and kept for the life of the process; it may be used from several threads.
"""

import importlib
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ml import exports, parallel, reading, registry
from ml.errors import BadInput, BadOutput, EncoderNotReady
from ml.preprocessing import to_batch
from ml.specs import EncoderSpec, ImagePreprocessing

#: Inputs of one call, at most. A network runs on one core, as many side by side as there are cores,
#: and takes one picture at a time: its layers then stay in the caches, and nobody waits for anybody
#: (ADR 12). A session without threads of its own can be loaded before a server forks, and shared.
BATCH_SIZE = 32
_SMALLEST_NORM = 1e-12

Forward = Callable[[Sequence[Any]], NDArray[np.float32]]

_loaded: dict[tuple[EncoderSpec, Path, int | None], "Encoder"] = {}
_loading = threading.Lock()


class Encoder:
    """A loaded encoder."""

    def __init__(self, spec: EncoderSpec, forward: Forward, threads: int | None = None) -> None:
        """forward: up to BATCH_SIZE inputs -> (n, dim), not yet normalised. threads: calls of a
        network side by side; None: as many as there are cores."""
        self.spec = spec
        self._forward = forward
        self._threads = 1 if spec.handcrafted else threads or parallel.CORES

    def encode(self, inputs: Sequence[Any]) -> NDArray[np.float32]:
        """N inputs -> float32 (N, dim), each row of L2 norm 1.

        inputs: uint8 (H, W, 3) RGB arrays of any sizes for an image encoder, strings for a text
        encoder. A row does not depend on what else is in the batch.

        Raises BadInput, BadOutput; both name the index of the input and the encoder.
        """
        check = check_image if self.spec.modality == "image" else _check_text
        for index, item in enumerate(inputs):
            check(item, index, self.spec)
        vectors = np.empty((len(inputs), self.spec.dim), np.float32)

        def encode(indices: list[int]) -> None:
            raw = np.asarray(self._forward([inputs[index] for index in indices]), np.float32)
            vectors[indices] = normalised(raw, indices, self.spec)

        parallel.each(encode, self._batches(inputs), self._threads)
        return vectors

    def _batches(self, inputs: Sequence[Any]) -> list[list[int]]:
        """Indices of the inputs, in groups, of texts at least one for each thread, and those of
        like length together, to pad them little."""
        order, size = list(range(len(inputs))), BATCH_SIZE
        if self.spec.modality == "text":
            order.sort(key=lambda index: len(inputs[index]))
            size = max(1, min(BATCH_SIZE, -(-len(order) // self._threads)))
        elif not self.spec.handcrafted:
            size = 1
        return [order[start : start + size] for start in range(0, len(order), size)]


def load(name: str, *, cache_dir: Path, threads: int | None = None) -> Encoder:
    """The encoder of that name or key, loaded once per process.

    cache_dir: the folder of the ONNX exports.
    threads: how many one call may use; None: one for each core.

    Raises UnknownEncoder, EncoderNotReady, MissingResource, CorruptResource.
    """
    spec = registry.resolve(name)
    place = (spec, cache_dir.resolve(), threads)
    encoder = _loaded.get(place)
    if encoder is None:
        with _loading:
            encoder = _loaded.get(place)
            if encoder is None:
                encoder = _loaded[place] = Encoder(spec, _forward(spec, cache_dir), threads)
    return encoder


def ready(name: str, cache_dir: Path) -> bool:
    """Whether `load` would find what it needs. Reads a small file and loads nothing.

    Raises UnknownEncoder.
    """
    spec = registry.resolve(name)
    return spec.handcrafted or exports.present(spec, cache_dir)


def _forward(spec: EncoderSpec, cache_dir: Path) -> Forward:
    preprocessing = spec.preprocessing
    if spec.handcrafted:
        module, function = spec.loader.split(":")
        describe = getattr(importlib.import_module(module), function)
        if not isinstance(preprocessing, ImagePreprocessing):
            return lambda images: describe(images)
        return lambda images: describe(to_batch(images, preprocessing))
    run = graph(spec, cache_dir)
    if spec.of_regions:
        from ml.regional import RegionEncoder  # which imports this module

        regions = RegionEncoder(spec, run)
        return lambda images: np.stack([regions.whole(image) for image in images])
    if isinstance(preprocessing, ImagePreprocessing):
        return lambda images: run({"pixels": to_batch(images, preprocessing)})
    read = reading.reader(spec, cache_dir)
    return lambda texts: run(read(texts))


def graph(
    spec: EncoderSpec, cache_dir: Path
) -> Callable[[dict[str, NDArray[Any]]], NDArray[np.float32]]:
    """The ONNX export of a learned encoder, loaded: arrays by the names of its inputs -> vectors.

    Raises EncoderNotReady.
    """
    if not exports.intact(spec, cache_dir):
        raise EncoderNotReady(
            f"{spec.key} has no current ONNX export in {cache_dir}; run: "
            f"python -m ml.encoders.export --cache-dir {cache_dir} {spec.name}"
        )
    import onnxruntime  # 0.2 s that a handcrafted descriptor does not need

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(
        exports.onnx_path(spec, cache_dir),
        sess_options=options,
        providers=["CPUExecutionProvider"],
    )
    taken = {one.name for one in session.get_inputs()}  # of several, some may be of no use to it
    return lambda feeds: session.run(
        ["vectors"], {name: array for name, array in feeds.items() if name in taken}
    )[0]


def normalised(
    raw: NDArray[np.float32], indices: Sequence[int], spec: EncoderSpec
) -> NDArray[np.float32]:
    """float32 (n, dim) -> the same with rows of L2 norm 1; raises BadOutput."""
    if raw.shape != (len(indices), spec.dim):
        raise BadOutput(
            f"{spec.key} gave {raw.shape} for inputs {indices[0]} and on, "
            f"declared is {(len(indices), spec.dim)}"
        )
    # In double: the square of a large float32 overflows.
    norms = np.linalg.norm(raw.astype(np.float64), axis=1)
    for index, norm in zip(indices, norms, strict=True):
        if not np.isfinite(norm):
            raise BadOutput(f"{spec.key} gave a vector with NaN or infinity for input {index}")
        if norm < _SMALLEST_NORM:
            raise BadOutput(f"{spec.key} gave a zero vector for input {index}")
    return (raw / norms[:, None]).astype(np.float32)


def check_image(item: Any, index: int, spec: EncoderSpec) -> None:
    """Raises BadInput."""
    if not isinstance(item, np.ndarray):
        raise BadInput(f"{spec.key}: input {index} is a {type(item).__name__}, not an array")
    if item.dtype != np.uint8 or item.ndim != 3 or item.shape[2] != 3 or 0 in item.shape:
        raise BadInput(
            f"{spec.key}: input {index} is {item.dtype} {item.shape}, "
            "not uint8 (H, W, 3) RGB with at least one pixel"
        )


def _check_text(item: Any, index: int, spec: EncoderSpec) -> None:
    if not isinstance(item, str):
        raise BadInput(f"{spec.key}: input {index} is a {type(item).__name__}, not a string")
