"""ONNX exports on disk: their names, and how one tells that an export is whole and current.

An export is `<key>.onnx` with `<key>.json` beside it, written last: what the graph was made of,
its size in bytes and its sha256. What exports are made of, and is not in an installed package, lies
beside them: downloaded weights in `weights/`, whitenings learned here in `whitenings/`.
"""

import json
from pathlib import Path
from typing import Any

from ml.resources import sha256
from ml.specs import Download, EncoderSpec


def onnx_path(spec: EncoderSpec, cache_dir: Path) -> Path:
    """The graph: one file, weights included."""
    return cache_dir / f"{spec.key}.onnx"


def sidecar_path(spec: EncoderSpec, cache_dir: Path) -> Path:
    """What the graph was made of."""
    return cache_dir / f"{spec.key}.json"


def weights_path(weights: Download, cache_dir: Path) -> Path:
    """Where the library's file lies once it was downloaded or put there by hand."""
    return cache_dir / "weights" / weights.file


def whitening_path(spec: EncoderSpec, cache_dir: Path) -> Path:
    """The whitening that was learned here for `spec.whitened_here(...)`."""
    return cache_dir / "whitenings" / f"{spec.key}.safetensors"


def describe(spec: EncoderSpec, onnx: Path) -> dict[str, Any]:
    """The sidecar's content for a graph that has just been written."""
    return {
        "ingredients": spec.ingredients,
        "bytes": onnx.stat().st_size,
        "sha256": sha256(onnx),
    }


def present(spec: EncoderSpec, cache_dir: Path) -> bool:
    """Whether a current export is there, by ingredients and size: a fraction of a millisecond."""
    return _sidecar(spec, cache_dir) is not None


def intact(spec: EncoderSpec, cache_dir: Path) -> bool:
    """Whether a current export is there and its content is what was written."""
    sidecar = _sidecar(spec, cache_dir)
    return sidecar is not None and sidecar["sha256"] == sha256(onnx_path(spec, cache_dir))


def _sidecar(spec: EncoderSpec, cache_dir: Path) -> dict[str, Any] | None:
    onnx = onnx_path(spec, cache_dir)
    try:
        sidecar = json.loads(sidecar_path(spec, cache_dir).read_bytes())
        size = onnx.stat().st_size
    except (OSError, ValueError):
        return None
    current = isinstance(sidecar, dict) and sidecar.get("ingredients") == spec.ingredients
    return sidecar if current and sidecar.get("bytes") == size else None
