"""One feature map, pooled over as many boxes as are asked for, and projected."""

from pathlib import Path

import torch
from torch import Tensor, nn

from ml.encoders import efficientnet_lite0
from ml.errors import InvalidSpec
from ml.resources import verified
from ml.specs import EncoderSpec, Grid, Weights
from ml.whitening import Whitening, read

_FLOOR = 1e-6  # roots need positive numbers


class PooledBoxes(nn.Module):
    """Pixels and boxes to the generalised means of the last stage's 320 channels."""

    def __init__(self, network: nn.Module, p: float) -> None:
        super().__init__()
        self.stages = nn.Sequential(network.conv_stem, network.bn1, *network.blocks)  # type: ignore[arg-type, misc]
        self.p = p

    def forward(self, pixels: Tensor, masks: Tensor) -> Tensor:
        """float32 (1, 3, size, size), float32 (R, cells) -> float32 (R, 320) of norm 1."""
        channels = self.stages(pixels)[0].flatten(1)  # (320, cells)
        powered = channels.clamp(min=_FLOOR).pow(self.p)
        means = (masks @ powered.T).pow(1 / self.p)
        return nn.functional.normalize(means, dim=1)


class RegionVectors(nn.Module):
    """The same, projected to (R, dim)."""

    mean: Tensor
    projection: Tensor

    def __init__(self, pooled: nn.Module, whitening: Whitening) -> None:
        super().__init__()
        self.pooled = pooled
        self.register_buffer("mean", torch.from_numpy(whitening.mean))
        self.register_buffer("projection", torch.from_numpy(whitening.projection))

    def forward(self, pixels: Tensor, masks: Tensor) -> Tensor:
        """float32 (1, 3, size, size), float32 (R, cells) -> float32 (R, dim), not normalised."""
        return (self.pooled(pixels, masks) - self.mean) @ self.projection


def pooled(spec: EncoderSpec, cache_dir: Path) -> nn.Module:
    """What the projection is learned on. Raises InvalidSpec, MissingResource, CorruptResource."""
    if spec.features is None or not isinstance(spec.features.pooling, Grid):
        raise InvalidSpec(f"{spec.key} declares no grid of regions")
    network = efficientnet_lite0.network(spec, cache_dir)
    return PooledBoxes(network, spec.features.pooling.p).eval()


def build(spec: EncoderSpec, cache_dir: Path) -> nn.Module:
    """Pixels and masks -> (R, dim)."""
    if not isinstance(spec.whitening, Weights):
        raise InvalidSpec(f"{spec.key} declares no projection")
    return RegionVectors(pooled(spec, cache_dir), read(verified(spec.whitening))).eval()
