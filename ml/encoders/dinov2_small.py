"""DINOv2 ViT-S/14: timm's definition, Meta's weights as timm loads them.

Oquab et al.: DINOv2: Learning Robust Visual Features without Supervision (2024).
"""

from pathlib import Path

import timm
from torch import Tensor, nn

from ml.encoders.downloads import declared, fetched
from ml.errors import InvalidSpec
from ml.specs import EncoderSpec, ImagePreprocessing

PATCH = 14  # pixels

#: Transformer blocks, each followed by the network's last normalisation, as Meta's
#: get_intermediate_layers does. 384 channels, one place for a patch.
DEPTHS = {f"block{number}": number for number in range(1, 13)}


class Tokens(nn.Module):
    """Pixels to the tokens after some of the blocks."""

    def __init__(self, network: nn.Module, blocks: int, class_token: bool) -> None:
        super().__init__()
        self.network = network
        self.blocks = nn.Sequential(*list(network.blocks)[:blocks])  # type: ignore[arg-type]
        self.class_token = class_token

    def forward(self, pixels: Tensor) -> Tensor:
        """float32 (N, 3, size, size) -> float32 (N, 384) or, patches, (N, 384, h, w); signed."""
        network = self.network
        tokens = network.norm_pre(network._pos_embed(network.patch_embed(pixels)))  # type: ignore[operator]
        tokens = network.norm(self.blocks(tokens))  # type: ignore[operator]
        if self.class_token:
            return tokens[:, 0]
        side = pixels.shape[-1] // PATCH
        return tokens[:, 1:].transpose(1, 2).unflatten(2, (side, side))


def network(spec: EncoderSpec, cache_dir: Path) -> nn.Module:
    """The transformer for pictures of the declared size. Raises MissingWeights, CorruptResource."""
    if not isinstance(spec.preprocessing, ImagePreprocessing):
        raise InvalidSpec(f"{spec.key} takes no images")
    folder = fetched(spec, cache_dir).parent
    model: nn.Module = timm.create_model(
        declared(spec).model,
        pretrained=True,
        # Meta's file at a plain address, not the hub's: one file that can be carried by hand.
        pretrained_cfg_overlay={"hf_hub_id": None},
        cache_dir=folder,
        img_size=spec.preprocessing.size,  # the positions, learned at 518, are resampled to it
        num_classes=0,
    )
    return model.eval()


def feature_map(network: nn.Module, depth: str) -> nn.Module:
    """Pixels -> float32 (N, 384, h, w), signed. Raises KeyError for an unknown depth."""
    return Tokens(network, DEPTHS[depth], class_token=False)


def class_token(network: nn.Module, depth: str) -> nn.Module:
    """Pixels -> float32 (N, 384). Raises KeyError for an unknown depth."""
    return Tokens(network, DEPTHS[depth], class_token=True)
