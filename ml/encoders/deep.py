"""A network, a depth in it, a pooling and a whitening, as a spec declares them, put together.

A backbone's module has `DEPTHS`, `network(spec, cache_dir)` and `feature_map(network, depth)`;
where there is one, `class_token(network, depth)`; and `classifier(network)` with `CLASSIFIED`, the
depth whose mean it classifies.
"""

import importlib
from pathlib import Path
from types import ModuleType

import numpy as np
import torch
from torch import Tensor, nn

from ml import exports, whitening
from ml.encoders.pooling import CAM, MAC, RMAC, Average, GeM
from ml.encoders.whitened import Whitened
from ml.errors import InvalidSpec, MissingResource
from ml.resources import checked, verified
from ml.specs import (
    Cam,
    ClassToken,
    EncoderSpec,
    Features,
    Gem,
    ImagePreprocessing,
    LearnedHere,
    Mac,
    RandomProjection,
    Rmac,
)


class Pooled(nn.Module):
    """Pixels to a pooled map."""

    def __init__(self, features: nn.Module, pool: nn.Module) -> None:
        super().__init__()
        self.features = features
        self.pool = pool

    def forward(self, pixels: Tensor) -> Tensor:
        """float32 (N, 3, size, size) -> float32 (N, D)."""
        vectors: Tensor = self.pool(self.features(pixels))
        return vectors


def pooled(spec: EncoderSpec, cache_dir: Path) -> nn.Module:
    """What a whitening is learned on: pixels -> (N, D), not yet normalised.

    Raises InvalidSpec, MissingResource, MissingWeights, CorruptResource.
    """
    if spec.features is None:
        raise InvalidSpec(f"{spec.key} declares no features")
    backbone = importlib.import_module(f"ml.encoders.{spec.features.backbone}")
    if spec.features.depth not in backbone.DEPTHS:
        known = ", ".join(backbone.DEPTHS)
        raise InvalidSpec(f"{spec.key}: {spec.features.depth} is not among the depths {known}")
    _check(spec.key, spec.features, backbone)
    network = backbone.network(spec, cache_dir)
    if isinstance(spec.features.pooling, ClassToken):
        model: nn.Module = backbone.class_token(network, spec.features.depth)
    else:
        features = backbone.feature_map(network, spec.features.depth)
        model = Pooled(features, _pool(spec.features, backbone, network))
    return model.eval()


def build(spec: EncoderSpec, cache_dir: Path) -> nn.Module:
    """Pixels -> (N, dim). Raises what `pooled` raises."""
    model = pooled(spec, cache_dir)
    match spec.whitening:
        case None:
            return model
        case RandomProjection(seed):
            projection = random_projection(_width(model, spec), spec.dim, seed)
        case LearnedHere(digits):
            path = exports.whitening_path(spec, cache_dir)
            if not path.is_file():
                raise MissingResource(f"{path} is missing: it was made by manage.py whiten")
            advice = "it is not the whitening that this name means; learn one anew"
            projection = whitening.read(checked(path, digits, advice))
        case packaged:
            projection = whitening.read(verified(packaged))
    return Whitened(model, projection).eval()


def random_projection(width: int, dim: int, seed: int) -> whitening.Whitening:
    """A seeded semi-orthogonal matrix, (width, dim) with dim <= width, and a mean of 0."""
    # RandomState: what it draws never changes (NEP 19).
    drawn = np.random.RandomState(seed).standard_normal((width, dim))
    axes, triangle = np.linalg.qr(drawn)
    axes = axes * np.sign(np.diag(triangle))  # the signs that QR leaves open
    return whitening.Whitening(np.zeros(width, np.float32), axes.astype(np.float32))


def _check(key: str, features: Features, backbone: ModuleType) -> None:
    """Raises InvalidSpec for a pooling that the network has no use for."""
    if isinstance(features.pooling, ClassToken) and not hasattr(backbone, "class_token"):
        raise InvalidSpec(f"{key}: {features.backbone} has no class token")
    if isinstance(features.pooling, Cam):
        classified = getattr(backbone, "CLASSIFIED", None)
        if classified is None:
            raise InvalidSpec(f"{key}: {features.backbone} has no linear classifier of a map")
        if features.depth != classified:
            raise InvalidSpec(f"{key}: only {classified} is classified, not {features.depth}")


def _pool(features: Features, backbone: ModuleType, network: nn.Module) -> nn.Module:
    match features.pooling:
        case Mac():
            return MAC()
        case Gem(p):
            return GeM(p)
        case Rmac(levels):
            return RMAC(levels)
        case Cam(classes):
            linear = backbone.classifier(network)
            return CAM(linear.weight, linear.bias, classes)
    return Average()


def _width(model: nn.Module, spec: EncoderSpec) -> int:
    """How many dimensions the pooled vector has."""
    assert isinstance(spec.preprocessing, ImagePreprocessing)
    side = spec.preprocessing.size
    with torch.inference_mode():
        return int(model(torch.zeros(1, 3, side, side)).shape[1])
