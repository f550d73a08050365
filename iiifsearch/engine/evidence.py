"""What a query says of who painted it and when: soft evidence for what was found otherwise.

The makers and the years are those of the catalogue: of the canvases that were found it is asked
whether the query names their maker, or a time in which they were made. What was not found is not
found by this; a maker's name is among the words that the channel of words looks for.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from functools import lru_cache

from django.db import connection

from catalog.iiif.dates import spans_of
from iiifsearch.engine.hits import ChannelResult, Found
from ml.crossmodal.masking import plain, telling

#: Letters of a family name that is known without the rest.
_SHORTEST_FAMILY = 4
_WORD = re.compile(r"[^\W\d_]+")


def named(query: str, canvas_ids: Collection[int]) -> list[ChannelResult]:
    """The channels "makers" and "years": those of ``canvas_ids``, in their order, that the query
    speaks for; none of a channel that speaks for nothing."""
    spans = spans_of(query)
    names = _names_in(query)
    if not canvas_ids or not (spans or names):
        return []
    with connection.cursor() as cursor:
        asked = "SELECT id, maker, year FROM catalog_canvas WHERE id = ANY(%s)"
        cursor.execute(asked, [list(canvas_ids)])
        known = {pk: (maker, year) for pk, maker, year in cursor.fetchall()}
    makers, years = [], []
    for canvas_id in canvas_ids:
        maker, year = known.get(canvas_id, ("", None))
        if maker and is_named(maker, names):
            makers.append(Found(canvas_id, 1.0, f"the query names {maker}"))
        if year is not None and any(first <= year <= last for first, last in spans):
            years.append(Found(canvas_id, 1.0, f"the query names the time ({year})"))
    return [
        ChannelResult(channel, tuple(found), "among what was found")
        for channel, found in (("makers", makers), ("years", years))
        if found
    ]


def is_named(maker: str, names: Collection[str]) -> bool:
    """Whether ``names`` (folded words) hold all that tells a maker from others, or the family
    name, if it is not short: what is before a comma, or comes last.

    >>> is_named("GOGH, Vincent van", {"gogh"}), is_named("Vincent van Gogh", {"vincent"})
    (True, False)
    """
    words, family = _name(maker)
    known = bool(family) and max(map(len, family)) >= _SHORTEST_FAMILY
    return bool(words) and (_hold(words, names) or (known and _hold(family, names)))


@lru_cache(maxsize=10_000)  # a library has far fewer painters than paintings
def _name(maker: str) -> tuple[list[str], list[str]]:
    """The words that tell a maker from others, and those of the family name."""
    words = telling(maker)
    return words, telling(maker.partition(",")[0]) if "," in maker else words[-1:]


def _hold(words: Sequence[str], names: Collection[str]) -> bool:
    return all(word in names for word in words)


def _names_in(query: str) -> set[str]:
    """Words of the query, folded, that may be names: capital ones, or any where all are small."""
    words = _WORD.findall(query)
    capital = [word for word in words if not word[0].islower()]
    return {plain(word) for word in capital or words}
