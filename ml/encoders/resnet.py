"""ResNet50 and ResNet152: torchvision's definitions and weights.

He, Zhang, Ren, Sun: Deep Residual Learning for Image Recognition (2016).
"""

from pathlib import Path

from torch import nn
from torchvision.models import ResNet, get_model, get_weight  # type: ignore[import-untyped]

from ml.encoders.downloads import declared, fetched
from ml.specs import EncoderSpec

#: Stages: 256, 512, 1024 and 2048 channels, a quarter to a thirty-second of the picture's side.
DEPTHS = ("layer1", "layer2", "layer3", "layer4")
CLASSIFIED = "layer4"  # the classifier is linear in the mean of this map


def network(spec: EncoderSpec, cache_dir: Path) -> ResNet:
    """The classifier as it was trained. Raises MissingWeights, CorruptResource."""
    folder = fetched(spec, cache_dir).parent
    state = get_weight(declared(spec).model).get_state_dict(
        model_dir=str(folder), map_location="cpu", weights_only=True
    )
    model = get_model(declared(spec).model.partition("_Weights")[0].lower())
    model.load_state_dict(state)
    return model.eval()


def feature_map(network: ResNet, depth: str) -> nn.Module:
    """Pixels -> float32 (N, C, h, w), not negative. Raises ValueError for an unknown depth."""
    stages = [getattr(network, name) for name in DEPTHS[: DEPTHS.index(depth) + 1]]
    return nn.Sequential(network.conv1, network.bn1, network.relu, network.maxpool, *stages)


def classifier(network: ResNet) -> nn.Linear:
    """1000 classes from 2048 means."""
    return network.fc
