"""One feature map, pooled over as many boxes as are asked for, and projected."""

from pathlib import Path

from torch import Tensor, nn

from ml.encoders import efficientnet_lite0
from ml.encoders.whitened import Whitened
from ml.errors import InvalidSpec
from ml.resources import verified
from ml.specs import EncoderSpec, Grid, Weights
from ml.whitening import read

_FLOOR = 1e-6  # roots need positive numbers


class PooledBoxes(nn.Module):
    """Pixels and boxes to the generalised means of the last stage's 320 channels."""

    def __init__(self, network: nn.Module, p: float) -> None:
        super().__init__()
        self.stages = nn.Sequential(network.conv_stem, network.bn1, *network.blocks)  # type: ignore[arg-type, misc]
        self.p = p

    def forward(self, pixels: Tensor, masks: Tensor) -> Tensor:
        """float32 (1, 3, size, size), float32 (R, cells) -> float32 (R, 320)."""
        channels = self.stages(pixels)[0].flatten(1)  # (320, cells)
        powered = channels.clamp(min=_FLOOR).pow(self.p)
        means: Tensor = (masks @ powered.T).pow(1 / self.p)
        return means


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
    return Whitened(pooled(spec, cache_dir), read(verified(spec.whitening))).eval()
