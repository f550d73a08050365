"""Join the rankings of several channels into one, and tell what each gave.

Reciprocal rank fusion (Cormack, Clarke and Buettcher, SIGIR 2009): a channel gives a canvas
weight / (k + rank). Ranks need no calibration between channels, which measure different things.
"""

from __future__ import annotations

from collections.abc import Sequence

from iiifsearch.conf import options
from iiifsearch.engine.hits import ChannelResult, Found, Hit
from iiifsearch.metrics.measures import stage


@stage("fusion")
def fuse(results: Sequence[ChannelResult]) -> list[Hit]:
    """Hits, best first; scores are divided by the best possible one, so that 1 is first in every
    channel that found anything. Ties go to the smaller canvas id, so that answers are repeatable.
    """
    weights = dict(options.channel_weights)
    k = options.fusion_k
    told = [result for result in results if result.found]
    best = sum(weights.get(result.channel, 1.0) / (k + 1) for result in told)
    given: dict[int, dict[str, float]] = {}
    found: dict[int, dict[str, Found]] = {}
    for result in told:
        weight = weights.get(result.channel, 1.0)
        for rank, item in enumerate(result.found, start=1):
            given.setdefault(item.canvas_id, {})[result.channel] = weight / (k + rank) / best
            found.setdefault(item.canvas_id, {})[result.channel] = item
    hits = [
        Hit(
            canvas_id=canvas_id,
            score=sum(shares.values()),
            shares=shares,
            why=tuple(item.why for item in found[canvas_id].values()),
            comments=tuple(
                dict.fromkeys(
                    item.comment_id
                    for item in found[canvas_id].values()
                    if item.comment_id is not None
                )
            ),
            sentences={
                channel: item.sentence
                for channel, item in found[canvas_id].items()
                if item.sentence
            },
        )
        for canvas_id, shares in given.items()
    ]
    return sorted(hits, key=lambda hit: (-hit.score, hit.canvas_id))
