"""What a search answers: values, ready to be shown in any form."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Found:
    """One canvas as one channel found it.

    ``score``: what the channel measures, 0 to 1, more is better (a cosine similarity, or the
    share of the query's words). ``comment_id``: the comment that it was found by. ``why``: that
    measure in words.
    """

    canvas_id: int
    score: float
    why: str
    comment_id: int | None = None


@dataclass(frozen=True)
class ChannelResult:
    """A channel's ranking, best first.

    ``cut``: what its cut-off left out, in words; "" where nothing was. ``capped``: there may be
    more that are good enough.
    """

    channel: str
    found: tuple[Found, ...]
    plan: str
    cut: str = ""
    capped: bool = False


@dataclass(frozen=True)
class Hit:
    """One canvas of an answer.

    ``score``: 0 to 1; 1 is first in every channel. ``shares``: what each channel gave of it; they
    add up to ``score``. ``why``: a sentence for each channel. ``comments``: those it was found by.
    """

    canvas_id: int
    score: float
    shares: dict[str, float]
    why: tuple[str, ...]
    comments: tuple[int, ...] = ()


@dataclass(frozen=True)
class Answer:
    """The hits, best first, and what a reader must know about them.

    ``notices``: every limit, cut-off or ignored part of the query, in words. ``plans``: how each
    channel was searched. ``capped``: there may be more than the hits that are listed.
    """

    hits: tuple[Hit, ...]
    notices: tuple[str, ...] = ()
    plans: dict[str, str] = field(default_factory=dict)
    capped: bool = False
