"""The engine's own words, said to a visitor of a museum."""

from __future__ import annotations

import re

from django.utils.text import capfirst

from iiifsearch.engine.hits import Answer, Hit

#: What a channel of the search finds, as a sentence begins. Others speak for themselves.
_FOUND = {
    "comments": "Near in meaning",
    "efficientnet-lite0": "Alike in form and motif",
    "colour": "Alike in its colours",
}
#: The same channels as the cause of something.
_CAUSES = {
    "words": "their words",
    "comments": "meaning",
    "efficientnet-lite0": "form and motif",
    "colour": "colour",
}
_MEASURE = re.compile(r"\(-?\d+(?:\.\d+)?\)$")
_CUT_OFF = re.compile(r"^Those less alike than \S+ by (\S+) were left out\.$")


def reasons(hit: Hit) -> tuple[str, ...]:
    """Why ``hit`` was found, a sentence for each channel."""
    # A hit names its channels in the order in which it gives their reasons.
    return tuple(_reason(channel, why) for channel, why in zip(hit.shares, hit.why, strict=False))


def _reason(channel: str, why: str) -> str:
    measure = _MEASURE.search(why)
    if channel in _FOUND and measure:
        return f"{_FOUND[channel]} {measure.group()}"
    return str(capfirst(why))


def notices(answer: Answer) -> tuple[str, ...]:
    """The limits and cut-offs of ``answer``; the engine's own sentence where it is a new one."""
    return tuple(_CUT_OFF.sub(_cut_off, notice) for notice in answer.notices)


def _cut_off(match: re.Match[str]) -> str:
    return f"What is too far off by {_CAUSES.get(match[1], match[1])} is not shown."
