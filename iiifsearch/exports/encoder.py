"""What an encoder is, for whoever gets its vectors: enough to compare them with others."""

from __future__ import annotations

from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from django.utils import timezone

from iiifsearch.conf import options
from iiifsearch.encoders import serving
from ml import registry
from ml.errors import UnknownEncoder
from ml.specs import Added, Download, EncoderSpec, LearnedHere, RandomProjection, Weights


class NoSuchEncoder(ValueError):
    """Why vectors of that encoder cannot be exported."""


def of_pictures(name_or_key: str) -> EncoderSpec:
    """The encoder of whole pictures with this name ("colour") or key ("colour-1"). Raises
    NoSuchEncoder."""
    try:
        live = name_or_key in options.image_encoders
        spec = serving(name_or_key) if live else registry.resolve(name_or_key)
    except UnknownEncoder as error:
        raise NoSuchEncoder(str(error)) from error
    if spec.modality != "image" or spec.of_regions:
        raise NoSuchEncoder(f"{spec.key} gives no vector of a whole picture.")
    return spec


def described(spec: EncoderSpec) -> dict[str, Any]:
    """JSON-able. ``weights``: null for a handcrafted encoder. Vectors have length 1, so their dot
    product is the cosine; they are stored in half precision."""
    return {
        "encoder": spec.name,
        "key": spec.key,
        "version": spec.version,
        "dim": spec.dim,
        "metric": spec.metric,
        "normalised": True,
        "precision": "float16",
        "description": spec.description,
        "preprocessing": {
            "kind": type(spec.preprocessing).__name__,
            **asdict(spec.preprocessing),
        },
        "weights": _learned(spec.weights),
        "whitening": _whitening(spec.whitening),
        "licence": spec.licence,
        "iiifsearch": installed(),
        "made": timezone.now().isoformat(timespec="seconds"),
    }


def installed() -> str:
    """The version of this software."""
    try:
        return version("iiifsearch")
    except PackageNotFoundError:
        return "unknown"


def _learned(weights: Weights | Download | Added | None) -> dict[str, str] | None:
    if weights is None:
        return None
    return {"sha256": weights.sha256, "source": weights.source, "licence": weights.licence}


def _whitening(
    whitening: Weights | RandomProjection | LearnedHere | None,
) -> dict[str, Any] | None:
    match whitening:
        case None:
            return None
        case Weights():
            return {"kind": "learned", **(_learned(whitening) or {})}
        case RandomProjection():
            return {"kind": "random projection", "seed": whitening.seed}
        case LearnedHere():
            return {"kind": "learned on this library", "sha256_begins": whitening.digits}
