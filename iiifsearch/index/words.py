"""How texts become words that Postgres can find, the same for texts and for queries.

Core full-text search knows word forms of some languages, but neither accents nor the scripts
that write without spaces. So a text is folded first (case, accents, width), stemmed by the
configuration of its language, and every run of Chinese, Japanese or Korean is cut into single
characters and overlapping pairs. Where the extension ``unaccent`` is installed it folds what
Unicode does not decompose (o with stroke, l with stroke); the feature's key says so, so that
installing it makes the index be built again.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from django.db import connection

from iiifsearch.conf import options

VERSION = 1

#: Configurations of core Postgres by primary language subtag.
CONFIGURATIONS = {
    "ar": "arabic",
    "ca": "catalan",
    "da": "danish",
    "de": "german",
    "el": "greek",
    "en": "english",
    "es": "spanish",
    "eu": "basque",
    "fi": "finnish",
    "fr": "french",
    "ga": "irish",
    "hi": "hindi",
    "hu": "hungarian",
    "hy": "armenian",
    "id": "indonesian",
    "it": "italian",
    "lt": "lithuanian",
    "nb": "norwegian",
    "ne": "nepali",
    "nl": "dutch",
    "nn": "norwegian",
    "no": "norwegian",
    "pt": "portuguese",
    "ro": "romanian",
    "ru": "russian",
    "sr": "serbian",
    "sv": "swedish",
    "ta": "tamil",
    "tr": "turkish",
}

#: Scripts without spaces between words: Han, Kana, Bopomofo, Hangul.
_UNSPACED = (
    "\u1100-\u11ff\u3005-\u3007\u3041-\u30ff\u3100-\u318f\u31a0-\u31ff\u3400-\u4dbf\u4e00-\u9fff"
    "\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff\U00020000-\U0003ffff"
)
UNSPACED_RUN = re.compile(f"[{_UNSPACED}]+")
#: Letters and digits of the other scripts. An apostrophe parts words, as Postgres has it too:
#: "d'été" is found by "été".
WORD = re.compile(f"(?:(?![{_UNSPACED}])\\w)+")

#: Longest text whose words are indexed, in characters: a tsvector holds one megabyte.
LONGEST_TEXT = 200_000


def fold(text: str) -> str:
    """Lower case, compatibility forms (full width, ligatures) and no combining marks.

    Kana and Hangul stay whole: their marks make other letters, not accents.
    """
    if text.isascii():  # most words: nothing to normalise, and no marks
        return text.lower()
    folded = []
    for char in unicodedata.normalize("NFKC", text).casefold():
        if UNSPACED_RUN.match(char):
            folded.append(char)
        else:
            parts = unicodedata.normalize("NFD", char)
            folded.append("".join(c for c in parts if not unicodedata.combining(c)))
    return "".join(folded)


def grams(text: str) -> list[str]:
    """Single characters and overlapping pairs of every unspaced run of a folded text, sorted.

    >>> grams("月夜の海 sea")
    ['の', 'の海', '夜', '夜の', '月', '月夜', '海']
    """
    found: set[str] = set()
    for run in UNSPACED_RUN.findall(text):
        found.update(run)
        found.update(run[i : i + 2] for i in range(len(run) - 1))
    return sorted(found)


def spaced(text: str) -> str:
    """A folded text without its unspaced runs, which Postgres would take for one long word."""
    return UNSPACED_RUN.sub(" ", text)


def configuration(language: str) -> str:
    """The text-search configuration for a BCP 47 tag; "simple" for languages not set up.

    A text that does not say its language is taken to be in the library's default one.
    """
    primary = (language or options.default_language).lower().split("-")[0]
    if primary not in options.text_languages:
        return "simple"
    return CONFIGURATIONS.get(primary, "simple")


def configurations() -> list[str]:
    """Every configuration that texts of this library may have been indexed with."""
    known = [CONFIGURATIONS.get(language, "simple") for language in options.text_languages]
    return list(dict.fromkeys([configuration(""), *known, "simple"]))


@lru_cache(maxsize=8)
def _has_unaccent(database: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT 1 FROM pg_extension WHERE extname = 'unaccent')")
        return bool(cursor.fetchone()[0])


def has_unaccent() -> bool:
    """Whether the extension is installed; asked once a process and database."""
    return _has_unaccent(str(connection.settings_dict["NAME"]))


def feature() -> str:
    """The key under which progress is noted: what the words were made with."""
    return f"words-{VERSION}" + ("-unaccent" if has_unaccent() else "")


def folding_sql(placeholder: str) -> str:
    """SQL for a folded text: through ``unaccent`` where it is installed."""
    return f"unaccent({placeholder})" if has_unaccent() else placeholder


def vector_sql() -> str:
    """SQL for the tsvector of a text; parameters: configuration, spaced text, grams."""
    return f"to_tsvector(%s::regconfig, {folding_sql('%s')}) || array_to_tsvector(%s::text[])"
