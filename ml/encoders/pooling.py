"""From a feature map to one vector.

Maps are float32 (N, C, h, w) of a fixed h and w; vectors are (N, C). Every pooling can be exported
to ONNX. GeM and R-MAC expect activations that are not negative, as they are after a ReLU.
"""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from ml.regions import rmac_cells


class MAC(nn.Module):
    """The maximum of every channel.

    Razavian et al.: Visual Instance Retrieval with Deep Convolutional Networks (2016).
    """

    def forward(self, features: Tensor) -> Tensor:
        """float32 (N, C, h, w) -> float32 (N, C)."""
        return features.amax(dim=(2, 3))


class Average(nn.Module):
    """The mean of every channel (SPoC without its centre prior).

    Babenko, Lempitsky: Aggregating Deep Convolutional Features for Image Retrieval (2015).
    """

    def forward(self, features: Tensor) -> Tensor:
        """float32 (N, C, h, w) -> float32 (N, C)."""
        return features.mean(dim=(2, 3))


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


class RMAC(nn.Module):
    """Regional maxima: MAC of each square of a grid, brought to norm 1, summed.

    Tolias, Sicre, Jégou: Particular object retrieval with integral max-pooling of CNN activations
    (2016). There every region is whitened before it is summed; here the sum is, as a rule.
    """

    def __init__(self, levels: int, whiten: Callable[[Tensor], Tensor] | None = None) -> None:
        """whiten: (N, C) of norm 1 -> (N, dim), applied to every region before the sum."""
        super().__init__()
        self.levels = levels
        self.whiten = whiten

    def forward(self, features: Tensor) -> Tensor:
        """float32 (N, C, h, w) -> float32 (N, C), or (N, dim) where regions are whitened."""
        height, width = map(int, features.shape[2:])
        regions = []
        for top, left, side in rmac_cells(height, width, self.levels):
            square = features[:, :, top : top + side, left : left + side]
            vector = nn.functional.normalize(square.amax(dim=(2, 3)), dim=1)
            if self.whiten is not None:
                vector = nn.functional.normalize(self.whiten(vector), dim=1)
            regions.append(vector)
        return torch.stack(regions).sum(dim=0)


class CAM(nn.Module):
    """The map weighted by where the likeliest classes are seen, one vector a class, summed.

    Jimenez, Alvarez, Giro-i-Nieto: Class-Weighted Convolutional Features for Visual Instance
    Search (2017), with the channel weights of CroW (Kalantidis, Mellina, Osindero 2016). Without
    their whitening of every class's vector: here the sum is whitened.
    """

    weight: Tensor
    bias: Tensor

    def __init__(self, weight: Tensor, bias: Tensor, classes: int) -> None:
        """weight (K, C) and bias (K): the classifier on the map's mean; classes: how many count."""
        super().__init__()
        self.register_buffer("weight", weight.detach().clone())
        self.register_buffer("bias", bias.detach().clone())
        self.classes = classes

    def forward(self, features: Tensor) -> Tensor:
        """float32 (N, C, h, w) -> float32 (N, C)."""
        flat = features.flatten(2)  # (N, C, hw)
        logits = flat.mean(dim=2) @ self.weight.T + self.bias
        likeliest = logits.topk(self.classes, dim=1).indices
        seen = (self.weight[likeliest] @ flat).clamp(min=0)  # (N, classes, hw)
        # The floor makes of a class that is seen nowhere one that is seen everywhere.
        seen = (seen + 1e-6) / (seen.amax(dim=2, keepdim=True) + 1e-6)
        vectors = seen @ flat.transpose(1, 2) * _rarity(flat).unsqueeze(1)  # (N, classes, C)
        return nn.functional.normalize(vectors, dim=2).sum(dim=1)


def _rarity(flat: Tensor) -> Tensor:
    """(N, C, hw) -> (N, C): CroW's weight of a channel, large where it is seldom active."""
    active = (flat > 0).to(torch.float32).mean(dim=2)
    floor = 1e-6
    everything = active.sum(dim=1, keepdim=True) + floor * active.shape[1]
    return (everything / (active + floor)).log()


class MeanOfTokens(nn.Module):
    """The mean over a sentence's tokens, padding left out."""

    def forward(self, hidden: Tensor, attention_mask: Tensor) -> Tensor:
        """float32 (N, T, C), int64 (N, T) of 0 and 1 -> float32 (N, C)."""
        weight = attention_mask.unsqueeze(-1).to(torch.float32)  # (N, T, 1)
        return (hidden * weight).sum(dim=1) / weight.sum(dim=1)
