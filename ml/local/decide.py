"""From what geometry says to a decision: a calibrated probability, and the classic rule."""

from __future__ import annotations

from dataclasses import dataclass
from math import exp

#: P(the same picture) = 1 / (1 + exp(-(SLOPE * inliers - BIAS))), by `python -m
#: benchmarks.calibration`: what chance alone makes agree; what print shares, no count can tell
#: (docs/adr/0018-verification.md).
SLOPE, BIAS = 1.1, 7.0


def probability(inliers: int) -> float:
    """That two pictures show the same, given how many places a homography explains."""
    return 0.0 if not inliers else 1 / (1 + exp(BIAS - SLOPE * inliers))


#: Points of what two pictures share, print or a frame, agree as those of the same picture do; what
#: lies around them tells. So much must agree (`ml.local.thumbnail.agreement`), where inliers are
#: fewer than `MANY` and where they are not; else the probability is at most `CONTRADICTED`.
AGREEMENT, AGREEMENT_OF_MANY, MANY = 0.75, 0.5, 30
CONTRADICTED = 0.05


def contradicted(inliers: int, agreement: float | None) -> bool:
    """Whether the pictures look different where the homography lays one upon the other."""
    wanted = AGREEMENT if inliers < MANY else AGREEMENT_OF_MANY
    return agreement is not None and agreement < wanted


@dataclass(frozen=True)
class ClassicRule:
    """Cosine first, key points for what it leaves open. None where it cannot tell.

    The thresholds are those of a published system for reproductions of paintings: a cosine of
    `accept` or more is the same, `reject` or less is not; between them, `accept_matches` or more
    inliers are the same, `reject_matches` or fewer are not, and pictures with fewer than
    `fewest_points` key points cannot be told by them.
    """

    accept: float = 0.91
    reject: float = 0.1
    fewest_points: int = 10
    accept_matches: int = 20
    reject_matches: int = 10
    candidates: int = 100

    def decide(self, cosine: float, points: int, inliers: int) -> bool | None:
        """``points``: of the picture that has fewer."""
        if cosine >= self.accept:
            return True
        if cosine <= self.reject:
            return False
        if points < self.fewest_points or self.reject_matches < inliers < self.accept_matches:
            return None
        return inliers >= self.accept_matches
