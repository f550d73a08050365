"""VGG16: torchvision's definition and weights, the convolutional part.

Simonyan, Zisserman: Very Deep Convolutional Networks for Large-Scale Image Recognition (2015).
"""

from pathlib import Path

from torch import nn
from torchvision.models import get_weight, vgg  # type: ignore[import-untyped]

from ml.encoders.downloads import declared, fetched
from ml.specs import EncoderSpec

#: Layers after their ReLU, by how many modules lead there. conv5_3 of a picture of 224 x 224 is
#: 512 x 14 x 14.
DEPTHS = {"conv3_3": 16, "conv4_3": 23, "conv5_3": 30, "pool5": 31}


def network(spec: EncoderSpec, cache_dir: Path) -> nn.Sequential:
    """The convolutional part. Raises MissingWeights, CorruptResource."""
    folder = fetched(spec, cache_dir).parent
    state = get_weight(declared(spec).model).get_state_dict(
        model_dir=str(folder), map_location="cpu", weights_only=True
    )
    # The three fully connected layers, nine tenths of the weights, are neither made nor loaded.
    convolutions = vgg.make_layers(vgg.cfgs["D"])
    prefix = "features."
    convolutions.load_state_dict(
        {name.removeprefix(prefix): each for name, each in state.items() if name.startswith(prefix)}
    )
    return convolutions.eval()


def feature_map(network: nn.Sequential, depth: str) -> nn.Module:
    """Pixels -> float32 (N, C, h, w), not negative. Raises KeyError for an unknown depth."""
    return network[: DEPTHS[depth]]
