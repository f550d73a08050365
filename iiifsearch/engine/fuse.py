"""Join the rankings of several channels into one, and tell what each gave.

Reciprocal rank fusion (Cormack, Clarke and Buettcher, SIGIR 2009): a channel gives a canvas
weight / (k + rank). Ranks need no calibration between channels, which measure different things.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from iiifsearch.conf import options
from iiifsearch.engine.hits import ChannelResult, Found, Hit
from iiifsearch.metrics.measures import stage

Shares = dict[str, float]


@stage("fusion")
def scored(results: Sequence[ChannelResult]) -> dict[int, Shares]:
    """By canvas what each channel gives of its score, best first; scores, their sums, are divided
    by the best possible one, so that 1 is first in every channel that found anything. Ties go to
    the smaller canvas id, so that answers are repeatable."""
    weights = dict(options.channel_weights)
    k = options.fusion_k
    speaking = [result for result in results if result.found]
    best = sum(weights.get(result.channel, 1.0) / (k + 1) for result in speaking)
    given: dict[int, Shares] = {}
    for result in speaking:
        weight = weights.get(result.channel, 1.0)
        for rank, item in enumerate(result.found, start=1):
            given.setdefault(item.canvas_id, {})[result.channel] = weight / (k + rank) / best
    order = sorted((-sum(shares.values()), canvas_id) for canvas_id, shares in given.items())
    return {canvas_id: given[canvas_id] for _, canvas_id in order}


@stage("fusion")
def told(shares: Mapping[int, Shares], results: Sequence[ChannelResult]) -> list[Hit]:
    """Hits, in the order of ``shares``, with all that the channels say of them."""
    found: dict[int, dict[str, Found]] = {canvas_id: {} for canvas_id in shares}
    for result in results:
        for item in result.found:
            if item.canvas_id in found:
                found[item.canvas_id][result.channel] = item
    return [
        Hit(
            canvas_id=canvas_id,
            score=sum(of_each.values()),
            shares=of_each,
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
        for canvas_id, of_each in shares.items()
    ]
