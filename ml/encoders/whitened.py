"""The end of an image graph: pooled vectors, normalised and whitened."""

import torch
from torch import Tensor, nn

from ml.whitening import Whitening


class Whitened(nn.Module):
    """A module that gives (N, D), its rows brought to norm 1, then whitened to (N, dim)."""

    mean: Tensor
    projection: Tensor

    def __init__(self, pooled: nn.Module, whitening: Whitening) -> None:
        super().__init__()
        self.pooled = pooled
        self.register_buffer("mean", torch.from_numpy(whitening.mean))
        self.register_buffer("projection", torch.from_numpy(whitening.projection))

    def forward(self, *inputs: Tensor) -> Tensor:
        """What ``pooled`` takes -> float32 (N, dim), not normalised."""
        vectors = nn.functional.normalize(self.pooled(*inputs), dim=1)
        return (vectors - self.mean) @ self.projection
