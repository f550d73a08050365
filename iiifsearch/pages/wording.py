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
_ALIKE = re.compile(r"^looks alike by (\S+) (\(-?\d+(?:\.\d+)?\))")
_MEANT = re.compile(r"^the comment means something alike (\(-?\d+(?:\.\d+)?\))$")
_CUT_OFF = re.compile(r"^Those less alike than (.+) were left out\.$")
_CUT_BY = re.compile(r"\S+ by (\S+)")


def reasons(hit: Hit) -> tuple[str, ...]:
    """Why ``hit`` was found, a sentence for each channel or feature that speaks for it."""
    return tuple(_reason(why) for why in hit.why)


def _reason(why: str) -> str:
    if alike := _ALIKE.match(why):
        return f"{_FOUND.get(alike[1], f'Alike by {alike[1]}')} {alike[2]}"
    if meant := _MEANT.match(why):
        return f"{_FOUND['comments']} {meant[1]}"
    return str(capfirst(why))


def notices(answer: Answer) -> tuple[str, ...]:
    """The limits and cut-offs of ``answer``; the engine's own sentence where it is a new one."""
    return tuple(_CUT_OFF.sub(_cut_off, notice) for notice in answer.notices)


def _cut_off(match: re.Match[str]) -> str:
    by = [_CAUSES.get(name, name) for name in _CUT_BY.findall(match[1])]
    return f"What is too far off by {' and by '.join(by)} is not shown."
