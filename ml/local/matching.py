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
#: Points whose distances are looked at together: they fit a processor's cache.
_BLOCK = 512


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
    others = _factor(theirs.descriptors, of_theirs=True)
    # Of bits the product gives their number, which is the distance itself.
    clearly = ratio if _of_bits(ours.descriptors) else ratio**2
    blocks = [
        _nearest(ours.descriptors[start : start + _BLOCK], others, clearly)
        for start in range(0, len(ours), _BLOCK)
    ]
    nearest = np.concatenate([block[0] for block in blocks])
    clear = np.flatnonzero(np.concatenate([block[1] for block in blocks]))
    # Few are clear; only for those is it asked whose neighbours they are.
    back = squared_distances(theirs.descriptors[nearest[clear]], ours.descriptors)
    chosen = clear[back.argmin(axis=1) == clear]
    return Matches(chosen, nearest[chosen])


def _nearest(
    ours: NDArray[np.generic], theirs: NDArray[np.float32], clearly: float
) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
    """(K, D), and the factor of (L, D) -> int (K,), the nearest of theirs; bool (K,), whether
    clearly so."""
    squares = _factor(ours) @ theirs.T
    rows = np.arange(len(ours))
    nearest = squares.argmin(axis=1)
    best = squares[rows, nearest]
    squares[rows, nearest] = np.inf
    return nearest, best < clearly * squares.min(axis=1)


def squared_distances(
    first: NDArray[np.generic], second: NDArray[np.generic]
) -> NDArray[np.float32]:
    """(K, D), (L, D) -> float32 (K, L): squared Euclidean distances; the squared number of bits
    that differ for ORB, of which D is 32. Exact for bytes."""
    found: NDArray[np.float32] = _factor(first) @ _factor(second, of_theirs=True).T
    return np.square(found, out=found) if _of_bits(first) else found


def _of_bits(descriptors: NDArray[np.generic]) -> bool:
    return descriptors.shape[1] == 32  # ORB


def _factor(descriptors: NDArray[np.generic], of_theirs: bool = False) -> NDArray[np.float32]:
    """(K, D) -> float32 (K, D + 2): |a - b|^2 = |a|^2 - 2ab + |b|^2 as one product: the sums cost
    more than it when they are made one by one, over a matrix that is in no cache any more."""
    if _of_bits(descriptors):
        descriptors = np.unpackbits(descriptors.astype(np.uint8), axis=1)
    count, dim = descriptors.shape
    made = np.empty((count, dim + 2), np.float32)
    values = made[:, :dim]
    values[:] = descriptors
    lengths, ones = (dim + 1, dim) if of_theirs else (dim, dim + 1)
    made[:, lengths] = np.einsum("ij,ij->i", values, values)
    made[:, ones] = 1
    if not of_theirs:
        values *= -2
    return made


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
