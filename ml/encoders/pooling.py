"""From a feature map to one vector."""

import torch
from torch import Tensor, nn


class GeM(nn.Module):
    """Generalised-mean pooling: the mean for p = 1, towards the maximum as p grows.

    Radenovic, Tolias, Chum: Fine-tuning CNN Image Retrieval with No Human Annotation (2019).
    """

    def __init__(self, p: float, floor: float = 1e-6) -> None:
        """floor: smaller activations are raised to it, since roots need positive numbers."""
        super().__init__()
        self.p = p
        self.floor = floor

    def forward(self, features: Tensor) -> Tensor:
        """float32 (N, C, h, w) -> float32 (N, C)."""
        powered = features.clamp(min=self.floor).pow(self.p)
        return powered.mean(dim=(2, 3)).pow(1 / self.p)


class MeanOfTokens(nn.Module):
    """The mean over a sentence's tokens, padding left out."""

    def forward(self, hidden: Tensor, attention_mask: Tensor) -> Tensor:
        """float32 (N, T, C), int64 (N, T) of 0 and 1 -> float32 (N, C)."""
        weight = attention_mask.unsqueeze(-1).to(torch.float32)  # (N, T, 1)
        return (hidden * weight).sum(dim=1) / weight.sum(dim=1)
