"""What is typical of a group beside the whole: terms that its members bear more than others do.

Log-odds with an informative prior: Monroe, Colaresi, Quinn: Fightin' Words (2008).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np

#: Standard errors by which a term has to stand out.
STANDS_OUT = 2.0
#: Members that bear a term, at least, and the share of them: what few bear is typical of these.
LEAST_BEARERS, LEAST_SHARE = 3, 0.1
#: How much the whole is believed before a group has said anything, in members.
PRIOR = 20.0


def typical(
    bearers: Sequence[Mapping[str, int]], sizes: Sequence[int], most: int = 3
) -> list[list[str]]:
    """The ``most`` typical terms of each of G groups, the most typical first.

    bearers: of each group, how many of its members bear a term. sizes: how many members it has.
    A term whose words all stand in one that was chosen already adds nothing and is left out.
    Raises ValueError where the two differ in length.
    """
    whole: Counter[str] = Counter()
    for counts in bearers:
        whole.update(counts)
    everybody = sum(sizes)
    return [
        _chosen(_scores(counts, size, whole, everybody), most)
        for counts, size in zip(bearers, sizes, strict=True)
    ]


def _scores(
    counts: Mapping[str, int], size: int, whole: Mapping[str, int], everybody: int
) -> dict[str, float]:
    """By term: by how many standard errors the odds of a member to bear it are above those of the
    others; only of terms that stand out."""
    least = max(LEAST_BEARERS, LEAST_SHARE * size)
    found = {}
    for term, inside in counts.items():
        if inside < least:
            continue
        outside, others = whole[term] - inside, everybody - size
        believed = PRIOR * whole[term] / everybody
        odds = [
            (bearing + believed, of + PRIOR - bearing - believed)
            for bearing, of in ((inside, size), (outside, others))
        ]
        (yes, no), (other_yes, other_no) = odds
        if min(no, other_no) <= 0:  # all bear it
            continue
        more = np.log(yes / no) - np.log(other_yes / other_no)
        error = np.sqrt(1 / yes + 1 / other_yes)
        if more / error >= STANDS_OUT:
            found[term] = float(more / error)
    return found


def _chosen(scores: Mapping[str, float], most: int) -> list[str]:
    chosen: list[str] = []
    said: set[str] = set()
    for term in sorted(scores, key=lambda term: (-scores[term], term)):
        words = set(term.casefold().split())
        if len(chosen) < most and not words <= said:
            chosen.append(term)
            said |= words
    return chosen
