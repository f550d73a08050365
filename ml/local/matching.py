"""Which points of one picture are those of another: mutual nearest neighbours that are clearly
nearer than the next best, and agree on how the picture was turned and scaled."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ml.local.keypoints import LocalFeatures

#: A match is at most so much as far as the second best (Lowe 2004, section 7.1).
RATIO = 0.8
#: Matches agree if they turn the picture by the same angle and scale it by the same factor, give
#: or take so many degrees and octaves.
DEGREES = 20.0
OCTAVES = 0.6


@dataclass(frozen=True)
class Matches:
    """Pairs of points: ``ours`` and ``theirs``, int (M,), index the two pictures' features."""

    ours: NDArray[np.intp]
    theirs: NDArray[np.intp]

    def __len__(self) -> int:
        return len(self.ours)


def match(ours: LocalFeatures, theirs: LocalFeatures, ratio: float = RATIO) -> Matches:
    """Mutual nearest neighbours with the ratio test; both descriptors of one kind."""
    if len(ours) < 2 or len(theirs) < 2:
        return Matches(np.zeros(0, np.intp), np.zeros(0, np.intp))
    squares = squared_distances(ours.descriptors, theirs.descriptors)
    rows = np.arange(len(ours))
    nearest = squares.argmin(axis=1)
    mutual = squares.argmin(axis=0)[nearest] == rows
    best = squares[rows, nearest]
    squares[rows, nearest] = np.inf
    second = squares.min(axis=1)
    chosen = np.flatnonzero(mutual & (best < ratio**2 * second))
    return Matches(chosen, nearest[chosen])


def squared_distances(
    first: NDArray[np.generic], second: NDArray[np.generic]
) -> NDArray[np.float32]:
    """(K, D), (L, D) -> float32 (K, L): squared Euclidean distances; the squared number of bits
    that differ for ORB, of which D is 32."""
    if first.shape[1] == 32:
        bits = np.unpackbits(first.astype(np.uint8), axis=1).astype(np.float32)
        other = np.unpackbits(second.astype(np.uint8), axis=1).astype(np.float32)
        return np.asarray((bits @ (1 - other).T + (1 - bits) @ other.T) ** 2, np.float32)
    a, b = first.astype(np.float32), second.astype(np.float32)
    squares = a @ b.T
    squares *= -2
    squares += (a**2).sum(axis=1)[:, None]
    squares += (b**2).sum(axis=1)[None]
    return np.maximum(squares, 0, out=squares)


def agreeing(matches: Matches, ours: LocalFeatures, theirs: LocalFeatures) -> Matches:
    """Those matches that agree with the one with which most agree.

    Each by itself tells how the picture was turned and scaled; wrong ones tell anything (weak
    geometric consistency: Jegou, Douze and Schmid, ECCV 2008).
    """
    if len(matches) < 2:
        return matches
    turn = theirs.angles[matches.theirs] - ours.angles[matches.ours]
    octave = np.log2(theirs.sizes[matches.theirs] / ours.sizes[matches.ours])
    apart = np.abs((turn[:, None] - turn[None] + 180) % 360 - 180)
    agree = (apart < DEGREES) & (np.abs(octave[:, None] - octave[None]) < OCTAVES)
    chosen = agree[agree.sum(axis=1).argmax()]
    return Matches(matches.ours[chosen], matches.theirs[chosen])
