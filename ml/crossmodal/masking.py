"""A comment without its painter's name: what is found then was not found by knowing who it is."""

from __future__ import annotations

import re
import unicodedata

#: What stands in place of the name.
SOMEBODY = "the artist"
_COMMON = """
the elder younger and after attributed workshop studio circle follower school master
van von der den dem des del della dei degli delle dalla vander ter ten zu zur und
sir lord dame saint anonymous unknown
"""
#: Words of a name that are words of the language, too, and tell nobody.
COMMON = frozenset(_COMMON.split())
SHORTEST = 3

_WORD = re.compile(r"[^\W\d_]+")
_BRACKETS = re.compile(r"\([^)]*\)|\[[^]]*\]")
_SEVERAL = re.compile(rf"{SOMEBODY}(?:[\s,.'’-]*{SOMEBODY})+")


def masked(comment: str, author: str) -> str:
    """The comment with every word of the painter's name, "FRIEDRICH, Caspar David", replaced; in
    any case, with or without accents. What stands in brackets beside a name is none."""
    names = set(telling(author))
    without = _WORD.sub(lambda found: SOMEBODY if plain(found[0]) in names else found[0], comment)
    return _SEVERAL.sub(SOMEBODY, without)


def telling(name: str) -> list[str]:
    """The words of a name that tell its bearer from others, folded, in order.

    >>> telling("GOGH, Vincent van (1853-1890)")
    ['gogh', 'vincent']
    """
    words = map(plain, _WORD.findall(_BRACKETS.sub(" ", name)))
    return [word for word in words if len(word) >= SHORTEST and word not in COMMON]


def plain(word: str) -> str:
    """Folded, without accents."""
    apart = unicodedata.normalize("NFKD", word.casefold())
    return "".join(letter for letter in apart if not unicodedata.combining(letter))
