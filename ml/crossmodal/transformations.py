"""Two branches into one space, where a text is near its picture.

Each is a linear layer, tanh and L2 norm (Garcia and Vogiatzis 2018, section 5.3); with canonical
correlation analysis (`ml.crossmodal.cca`) the linear layer is found in closed form, without tanh.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional

from ml.crossmodal.cca import Cca, Projection
from ml.crossmodal.texts import Texts

AT_ONCE = 256


class Matcher(nn.Module):
    """A network that reads texts, (n, ``read``), and a projection of each side to ``dim``."""

    def __init__(self, reads: nn.Module, read: int, seen: int, dim: int, squash: bool) -> None:
        super().__init__()
        self.reads = reads
        self.of_text, self.of_picture = nn.Linear(read, dim), nn.Linear(seen, dim)
        self.squash = squash

    def text(self, *batch: torch.Tensor) -> torch.Tensor:
        """What `Texts.batch` gives -> float32 (n, dim), rows of norm 1."""
        return self.ended(self.of_text(self.reads(*batch)))

    def picture(self, vectors: torch.Tensor) -> torch.Tensor:
        """float32 (n, seen) -> (n, dim), rows of norm 1."""
        return self.ended(self.of_picture(vectors))

    def correlate(self, found: Cca) -> None:
        """Take the projections that were found; what they lack of ``dim`` is zero."""
        for layer, projection in ((self.of_text, found.left), (self.of_picture, found.right)):
            _fill(layer, projection)

    @torch.no_grad()
    def texts(self, texts: Texts) -> NDArray[np.float32]:
        """N texts -> float32 (N, dim), rows of norm 1."""
        device = self.of_text.weight.device
        parts = [self.text(*texts.batch(picks, device)) for picks in _picks(len(texts))]
        return np.asarray(torch.cat(parts).cpu().numpy())

    @torch.no_grad()
    def readings(self, texts: Texts) -> NDArray[np.float32]:
        """N texts -> float32 (N, read): what is projected."""
        device = self.of_text.weight.device
        parts = [self.reads(*texts.batch(picks, device)) for picks in _picks(len(texts))]
        return np.asarray(torch.cat(parts).cpu().numpy())

    @torch.no_grad()
    def pictures(self, vectors: NDArray[np.float32]) -> NDArray[np.float32]:
        """float32 (N, seen) -> (N, dim), rows of norm 1."""
        device = self.of_picture.weight.device
        parts = [
            self.picture(torch.from_numpy(vectors[picks]).to(device))
            for picks in _picks(len(vectors))
        ]
        return np.asarray(torch.cat(parts).cpu().numpy())

    def ended(self, projected: torch.Tensor) -> torch.Tensor:
        """What was projected, (n, dim), to the unit sphere, through tanh where that was learned."""
        return functional.normalize(torch.tanh(projected) if self.squash else projected)


def _fill(layer: nn.Linear, projection: Projection) -> None:
    found = len(projection.bias)
    with torch.no_grad():
        layer.weight.zero_()
        layer.bias.zero_()
        layer.weight[:found] = torch.from_numpy(projection.weight.T.copy())
        layer.bias[:found] = torch.from_numpy(projection.bias)


def _picks(count: int) -> list[NDArray[np.intp]]:
    return [
        np.arange(start, min(start + AT_ONCE, count), dtype=np.intp)
        for start in range(0, count, AT_ONCE)
    ]
