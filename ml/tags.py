"""Tags guessed from neighbours, and classes taught by a handful of examples.

Votes of neighbours: Makadia, Pavlovic, Kumar: A New Baseline for Image Annotation (2008);
Uricchio, Ballan, Seidenari, Del Bimbo: Automatic Image Annotation via Label Transfer (2017).
Prototypes: Snell, Swersky, Zemel: Prototypical Networks for Few-shot Learning (2017).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

#: How much more a nearer neighbour says: the cosine to this power.
SHARPNESS = 4.0
#: Share of the neighbours' say, and how many of them, by which a tag is taken to be agreed on: with
#: 30 neighbours eight to nine in ten of such guesses are right (docs/tags.md).
AGREED, LEAST_VOUCHERS = 0.5, 3
#: Share of strangers that a class taught by example may take in; and the most of them, where its
#: own examples are no closer to each other: it may be common among them, or wide.
STRANGERS, MOST_STRANGERS = 0.01, 0.1


@dataclass(frozen=True)
class Guess:
    """A tag. relevance: 0..1, the share of the neighbours' say that speaks for it. score: the same,
    the more the rarer the tag is; guesses are in its order. vouchers: which neighbours bear it,
    nearest first, as places in what was asked."""

    tag: str
    relevance: float
    score: float
    vouchers: tuple[int, ...]


def guess(
    similarities: Sequence[float],
    tags: Sequence[Collection[str]],
    frequency: Mapping[str, int],
    documents: int,
    *,
    sharpness: float = SHARPNESS,
    rarity: float = 1.0,
) -> list[Guess]:
    """Tags that the neighbours of a picture bear, best first.

    similarities: of K neighbours, cosines; those below 0 have no say. tags: those of each of them;
    a neighbour without any has no say either. frequency: how many pictures bear a tag, of
    ``documents``. rarity: how much a rare tag counts more (0: not at all), as the power of its
    inverse document frequency. Raises ValueError where the two lists differ in length.
    """
    says = [
        max(float(similarity), 0.0) ** sharpness if borne else 0.0
        for similarity, borne in zip(similarities, tags, strict=True)
    ]
    total = sum(says)
    if not total:
        return []
    vouchers: dict[str, list[int]] = {}
    for place, borne in enumerate(tags):
        for tag in set(borne) if says[place] else ():
            vouchers.setdefault(tag, []).append(place)
    found = []
    for tag, places in vouchers.items():
        relevance = sum(says[place] for place in places) / total
        idf = np.log((documents + 1) / (frequency.get(tag, 0) + 1))
        nearest = sorted(places, key=lambda place: -similarities[place])
        found.append(Guess(tag, relevance, float(relevance * idf**rarity), tuple(nearest)))
    return sorted(found, key=lambda one: (-one.score, one.tag))


def agreed(similarities: Sequence[float], tags: Sequence[Collection[str]]) -> list[Guess]:
    """Tags of one kind that the neighbours of a picture agree on, most relevant first. Arguments
    as for `guess`; relevance is the share of the say of those that bear a tag of this kind."""
    return [
        one
        for one in guess(similarities, tags, {}, 0, rarity=0.0)
        if one.relevance >= AGREED and len(one.vouchers) >= LEAST_VOUCHERS
    ]


def instead(
    similarities: Sequence[float], tags: Sequence[Collection[str]], own: str
) -> Guess | None:
    """The tag that the neighbours of a picture agree on, where none of them bears its ``own`` of
    the same kind, which is therefore doubtful; None where one does, or where they do not agree."""
    if any(own in borne for borne in tags):
        return None
    return next(iter(agreed(similarities, tags)), None)


@dataclass(frozen=True)
class Prototypes:
    """Classes that were taught. names: of C classes. centres: float32 (C, dim), of norm 1.
    least: float32 (C,), the cosine that a member reaches."""

    names: tuple[str, ...]
    centres: NDArray[np.float32]
    least: NDArray[np.float32]

    def classify(self, vectors: NDArray[np.float32]) -> list[str | None]:
        """float32 (N, dim), of norm 1 -> the class of each, or None where it is none of them."""
        return [None if place is None else self.names[place] for place in self.places(vectors)]

    def places(self, vectors: NDArray[np.float32]) -> list[int | None]:
        """The same as places in ``names``."""
        return self.of_cosines(vectors @ self.centres.T)

    def of_cosines(self, cosines: NDArray[np.float32]) -> list[int | None]:
        """The same of the cosines with each of the centres, float32 (N, C)."""
        margins = cosines - self.least
        return [int(row.argmax()) if row.max() >= 0 else None for row in margins]


def taught(
    examples: Mapping[str, NDArray[np.float32]],
    strangers: NDArray[np.float32],
    share: float = STRANGERS,
) -> Prototypes:
    """Classes from a handful of examples each.

    examples: by name, float32 (n, dim), of norm 1. strangers: float32 (M, dim), pictures drawn by
    chance, of which few belong to any class: they tell how alike to a class what is none of it may
    be. A member is as like the middle as the least alike example is to that of the others; as long
    as that takes in no more than `MOST_STRANGERS`, and no less than ``share`` of them.

    Raises ValueError for a class without examples, or no strangers.
    """
    if not examples or not len(strangers):
        raise ValueError("no class, or no strangers to tell it from")
    names, centres, least = [], [], []
    for name, vectors in examples.items():
        if not len(vectors):
            raise ValueError(f"the class {name!r} has no example")
        mean = vectors.astype(np.float64).mean(axis=0)
        centre = (mean / max(float(np.linalg.norm(mean)), 1e-12)).astype(np.float32)
        names.append(name)
        centres.append(centre)
        wide, narrow = np.quantile(strangers @ centre, [1 - max(MOST_STRANGERS, share), 1 - share])
        least.append(np.clip(_least_alike(vectors), wide, narrow))
    return Prototypes(tuple(names), np.stack(centres), np.array(least, np.float32))


def _least_alike(vectors: NDArray[np.float32]) -> float:
    """float32 (n, dim) -> the least cosine of one with the middle of the others; 1 of one."""
    if len(vectors) < 2:
        return 1.0
    others = vectors.astype(np.float64).sum(axis=0) - vectors
    others /= np.maximum(np.linalg.norm(others, axis=1, keepdims=True), 1e-12)
    return float((others * vectors).sum(axis=1).min())
