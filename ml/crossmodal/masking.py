"""A comment without its painter's name: what is found then was not found by knowing who it is."""

from __future__ import annotations

import re
import unicodedata

#: What stands in place of the name.
SOMEBODY = "the artist"
_COMMON = """
the elder younger and after attributed workshop studio circle follower school master
van von der den dem des del della dei degli delle dalla vander ter ten zu zur und
sir lord dame saint
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
    names = {
        name
        for word in _WORD.findall(_BRACKETS.sub(" ", author))
        if len(name := _plain(word)) >= SHORTEST and name not in COMMON
    }
    without = _WORD.sub(lambda found: SOMEBODY if _plain(found[0]) in names else found[0], comment)
    return _SEVERAL.sub(SOMEBODY, without)


def _plain(word: str) -> str:
    """Folded, without accents."""
    apart = unicodedata.normalize("NFKD", word.casefold())
    return "".join(letter for letter in apart if not unicodedata.combining(letter))
