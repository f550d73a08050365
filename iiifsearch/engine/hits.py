"""What a search answers: values, ready to be shown in any form."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Found:
    """One canvas as one channel found it.

    ``score``: what the channel measures, 0 to 1, more is better (a cosine similarity, or the
    share of the query's words). ``comment_id``: the comment that it was found by. ``why``: that
    measure in words. ``sentence``: of a query of several the one that speaks for it most.
    """

    canvas_id: int
    score: float
    why: str
    comment_id: int | None = None
    sentence: str = ""


@dataclass(frozen=True)
class ChannelResult:
    """A channel's ranking, best first.

    ``cut``: what its cut-off left out, in words; "" where nothing was. ``cut_off``: the least
    score that was let in. ``capped``: there may be more that are good enough.
    """

    channel: str
    found: tuple[Found, ...]
    plan: str
    cut: str = ""
    cut_off: float = 0.0
    capped: bool = False


@dataclass(frozen=True)
class Hit:
    """One canvas of an answer.

    ``score``: 0 to 1; of a search by words 1 is first in every channel that found anything, of one
    by likeness the same picture. ``shares``: what each channel or feature gave of it; they add up
    to ``score``.
    ``why``: a sentence for each that speaks for it. ``comments``: those it was found by.
    ``similarities``: the cosine by each feature, -1 to 1, of a search by likeness. ``sentences``:
    by channel, the sentence of a query of several that speaks for it most. ``same``: hits of the
    same picture that were folded into this one (`iiifsearch.engine.fold`), best first.
    """

    canvas_id: int
    score: float
    shares: dict[str, float]
    why: tuple[str, ...]
    comments: tuple[int, ...] = ()
    similarities: dict[str, float] = field(default_factory=dict)
    sentences: dict[str, str] = field(default_factory=dict)
    same: tuple[Hit, ...] = ()


@dataclass(frozen=True)
class Answer:
    """The hits, best first, and what a reader must know about them.

    ``notices``: every limit, cut-off or ignored part of the query, in words. ``plans``: how each
    channel was searched. ``capped``: there may be more than the hits that are listed.
    ``cut_offs``: the least measure by which a channel speaks for a hit (as in `Found.score`).
    """

    hits: tuple[Hit, ...]
    notices: tuple[str, ...] = ()
    plans: dict[str, str] = field(default_factory=dict)
    capped: bool = False
    cut_offs: dict[str, float] = field(default_factory=dict)
