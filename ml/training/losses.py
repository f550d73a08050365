"""What a model is taught with: matching pairs, and what a painting has beside its comment.

Each lesson is a module: its own layers and labels, and a forward that gives the loss of a batch.
Layers that only a lesson has are no part of what is kept.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional

from ml.crossmodal.texts import Batch
from ml.crossmodal.transformations import Matcher

#: The label of a painting whose attribute is not told; it teaches nothing.
UNKNOWN = -1


def cosine_margin(
    text: torch.Tensor, picture: torch.Tensor, match: torch.Tensor, margin: float
) -> torch.Tensor:
    """(n, dim), (n, dim), bool (n,) -> the mean of 1 - cosine of pairs that match, and of
    max(0, cosine - margin) of those that do not (Garcia and Vogiatzis 2018, section 5.3)."""
    signs = torch.where(match, 1.0, -1.0).to(text)
    return functional.cosine_embedding_loss(text, picture, signs, margin=margin)


def contrast(text: torch.Tensor, picture: torch.Tensor, scale: torch.Tensor) -> torch.Tensor:
    """(n, dim) twice, row by row of the same painting -> the mean cross entropy of finding the
    picture among all of the batch, and the text (van den Oord, Li, Vinyals 2018; Radford et al.
    2021, section 2.3)."""
    scores = scale * text @ picture.T
    right = torch.arange(len(scores), device=scores.device)
    there = functional.cross_entropy(scores, right)
    return (there + functional.cross_entropy(scores.T, right)) / 2


def classified(scores: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """(n, classes), int64 (n,) -> the mean cross entropy of the labels that are known, 0 if none
    is."""
    known = labels != UNKNOWN
    return (
        functional.cross_entropy(scores[known], labels[known]) if known.any() else scores.sum() * 0
    )


def labels(values: Sequence[str]) -> tuple[list[str], NDArray[np.int64]]:
    """N values of an attribute -> the classes, sorted, and int64 (N,), `UNKNOWN` for an empty
    one."""
    classes = sorted(set(values) - {""})
    places = {name: place for place, name in enumerate(classes)}
    return classes, np.array([places.get(value, UNKNOWN) for value in values], np.int64)


@dataclass(frozen=True, eq=False)
class Pairs:
    """n texts, each shown a picture. texts: as the reading network takes them. pictures: float32
    (n, seen), vectors. rows, others: int64 (n,), the paintings that the texts, and the pictures,
    are of."""

    texts: Batch
    pictures: torch.Tensor
    rows: torch.Tensor
    others: torch.Tensor


class Lesson(nn.Module):
    """What all have in common. ``positives``: the share of pairs that match."""

    positives: float = 1.0

    def forward(self, matcher: Matcher, pairs: Pairs) -> torch.Tensor:
        """The mean loss of the pairs."""
        raise NotImplementedError


class Margin(Lesson):
    """CML: the cosine margin alone."""

    def __init__(self, margin: float, positives: float) -> None:
        super().__init__()
        self.margin, self.positives = margin, positives

    def forward(self, matcher: Matcher, pairs: Pairs) -> torch.Tensor:
        text, picture = matcher.text(*pairs.texts), matcher.picture(pairs.pictures)
        beside, share = self.beside(text, picture, pairs)
        match = pairs.rows == pairs.others
        return (1 - share) * cosine_margin(text, picture, match, self.margin) + beside

    def beside(
        self, text: torch.Tensor, picture: torch.Tensor, pairs: Pairs
    ) -> tuple[torch.Tensor, float]:
        """The weighted losses beside it, and the sum of their weights."""
        return text.new_zeros(()), 0.0


class ImageAttribute(Margin):
    """MTL: the picture tells an attribute, too (Garcia, Renoust, Nakashima 2019, section 3.1; they
    learn all attributes at once, here it is one)."""

    def __init__(
        self,
        margin: float,
        positives: float,
        weight: float,
        dim: int,
        labels: NDArray[np.int64],
    ) -> None:
        super().__init__(margin, positives)
        self.weight = weight
        self.labels: torch.Tensor
        self.register_buffer("labels", torch.from_numpy(labels), persistent=False)
        # One class at least: where no painting tells its attribute nothing is learned of it.
        self.classes = max(int(labels.max()) + 1, 1)
        self.of_picture = nn.Linear(dim, self.classes)

    def beside(
        self, text: torch.Tensor, picture: torch.Tensor, pairs: Pairs
    ) -> tuple[torch.Tensor, float]:
        told = classified(self.of_picture(picture), self.labels[pairs.others])
        return self.weight * told, self.weight


class BothAttributes(ImageAttribute):
    """AMD, augmented with metadata: picture and text both tell an attribute,
    L = (1 - 2a) L_cos + a L_picture + a L_text (Garcia and Vogiatzis 2018, section 5.3)."""

    def __init__(
        self, margin: float, positives: float, weight: float, dim: int, labels: NDArray[np.int64]
    ) -> None:
        super().__init__(margin, positives, weight, dim, labels)
        self.of_text = nn.Linear(dim, self.classes)

    def beside(
        self, text: torch.Tensor, picture: torch.Tensor, pairs: Pairs
    ) -> tuple[torch.Tensor, float]:
        told, weight = super().beside(text, picture, pairs)
        by_text = classified(self.of_text(text), self.labels[pairs.rows])
        return told + self.weight * by_text, 2 * weight


class GraphAttribute(ImageAttribute):
    """KGM: beside the attribute the picture tells where its painting is in a graph of paintings and
    their attributes, by smooth L1 (Garcia, Renoust, Nakashima 2019, section 3.2). nodes: float32
    (N, D), of `ml.training.node2vec`."""

    def __init__(
        self,
        margin: float,
        positives: float,
        weight: float,
        dim: int,
        labels: NDArray[np.int64],
        nodes: NDArray[np.float32],
    ) -> None:
        super().__init__(margin, positives, weight, dim, labels)
        self.nodes: torch.Tensor
        self.register_buffer("nodes", torch.from_numpy(nodes), persistent=False)
        self.of_node = nn.Linear(dim, nodes.shape[1])

    def beside(
        self, text: torch.Tensor, picture: torch.Tensor, pairs: Pairs
    ) -> tuple[torch.Tensor, float]:
        told, weight = super().beside(text, picture, pairs)
        placed = functional.smooth_l1_loss(self.of_node(picture), self.nodes[pairs.others])
        return told + self.weight * placed, 2 * weight


class Contrast(Lesson):
    """InfoNCE: each pair against all others of the batch; the likest of them weigh most."""

    #: A scale beyond this makes training unstable (Radford et al. 2021, section 2.5).
    LARGEST = math.log(100)

    def __init__(self, temperature: float) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.tensor(-math.log(temperature)))

    def forward(self, matcher: Matcher, pairs: Pairs) -> torch.Tensor:
        scale = self.scale.clamp(max=self.LARGEST).exp()
        return contrast(matcher.text(*pairs.texts), matcher.picture(pairs.pictures), scale)


class Foretell(Lesson):
    """For canonical correlation, which teaches a network nothing: what the network reads foretells
    the picture's vector by mean squares. targets: float32 (N, D)."""

    def __init__(self, read: int, targets: NDArray[np.float32]) -> None:
        super().__init__()
        self.targets: torch.Tensor
        self.register_buffer("targets", torch.from_numpy(targets), persistent=False)
        self.of_text = nn.Linear(read, targets.shape[1])

    def forward(self, matcher: Matcher, pairs: Pairs) -> torch.Tensor:
        foretold = self.of_text(matcher.reads(*pairs.texts))
        return functional.mse_loss(foretold, self.targets[pairs.others])
