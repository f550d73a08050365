"""A comment, sentence by sentence: models read few words at a time."""

from __future__ import annotations

import re

#: Nothing shorter stands by itself; it goes with what is before it, or after it.
SHORTEST = 25
#: A point, or the like, then a capital, with or without a space: catalogues often forget it.
_END = re.compile(r"(?<=[.!?;:…])[\"'”’)\]]*\s*(?=[\"'“‘«(\[]*[A-ZÀ-ÖØ-Þ])")
#: A point after these ends nothing.
_SHORT_FORM = re.compile(
    r"\b(?:[A-Z]|St|Sts|Mr|Mrs|Ms|Dr|Prof|c|ca|cf|no|nos|fig|figs|vol|cat|inv|e\.g|i\.e|b|d|r)\.$",
    re.IGNORECASE,
)


def sentences(text: str) -> list[str]:
    """At least one; in order; together all words of the text. "St. Jerome" is not cut in two."""
    parts: list[str] = []
    rest = 0
    for end in _END.finditer(text):
        part = text[rest : end.end()]
        if _SHORT_FORM.search(part.rstrip()):
            continue
        parts.append(part.strip())
        rest = end.end()
    parts.append(text[rest:].strip())
    found: list[str] = []
    for part in filter(None, parts):
        if found and (len(found[-1]) < SHORTEST or len(part) < SHORTEST):
            found[-1] = f"{found[-1]} {part}"
        else:
            found.append(part)
    return found or [text]
