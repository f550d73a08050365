"""Pictures and texts into the space of a model of open_clip that was added here.

Radford et al.: Learning Transferable Visual Models From Natural Language Supervision (2021).
Tschannen et al.: SigLIP 2 (2025).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from torch import Tensor, nn

from ml import spaces
from ml.errors import CorruptResource, InvalidSpec, MissingResource
from ml.specs import Added, EncoderSpec

INSTALL = "open_clip is not installed: pip install 'iiifsearch[open-clip]'"


class Seen(nn.Module):
    """Pixels into the space."""

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.model = model

    def forward(self, pixels: Tensor) -> Tensor:
        """float32 (N, 3, size, size) -> (N, dim)."""
        found: Tensor = self.model.encode_image(pixels)
        return found


class Said(nn.Module):
    """Token ids into the space."""

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.model = model

    def forward(self, input_ids: Tensor, attention_mask: Tensor, token_type_ids: Tensor) -> Tensor:
        """Three int64 (N, T), of which the first is read -> (N, dim)."""
        found: Tensor = self.model.encode_text(input_ids)
        return found


def build(spec: EncoderSpec, cache_dir: Path) -> nn.Module:
    """Pixels, or token ids -> (N, dim), by open_clip's own loading of the folder that was added.

    Raises InvalidSpec, MissingResource, CorruptResource.
    """
    if not isinstance(spec.weights, Added):
        raise InvalidSpec(f"{spec.key} declares no file that was added")
    folder = spaces.verified(spec.weights, cache_dir).parent
    try:
        import open_clip  # type: ignore[import-untyped]
    except ImportError as error:
        raise MissingResource(INSTALL) from error
    try:
        model = open_clip.create_model(f"local-dir:{folder}", require_pretrained=True)
    except (OSError, RuntimeError, ValueError, KeyError, TypeError) as error:
        raise CorruptResource(f"{folder} holds no model of open_clip: {error}") from error
    return (Seen(model) if spec.modality == "image" else Said(model)).eval()
