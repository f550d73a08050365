"""Language maps (Presentation API 3.0, section 4.1), and the plain strings that 2.1 wants.

Pure: nothing here knows of Django or the database.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

LanguageMap = dict[str, list[str]]

#: What speaks for a text where only one string can be shown.
PREFERRED = ("en", "none")


def language_map(value: str | Mapping[str, Any] | None) -> LanguageMap:
    """A language map of whatever it is: a string becomes ``{"none": [string]}``.

    Values that are single strings become lists and empty ones fall out, so that the result is
    either ``{}`` or something a strict reader accepts.
    """
    if not value:
        return {}
    if isinstance(value, str):
        return {"none": [value]}
    result: LanguageMap = {}
    for language, texts in value.items():
        listed = [texts] if isinstance(texts, str) else list(texts or ())
        kept = [text for text in listed if isinstance(text, str) and text]
        if kept:
            result[str(language) or "none"] = kept
    return result


def plain(value: str | Mapping[str, Any] | None, preferred: tuple[str, ...] = PREFERRED) -> str:
    """One string of a language map, ``""`` where it holds none.

    A preferred language wins, "en-GB" counting as "en"; otherwise the first one there is.
    """
    texts = language_map(value)
    for wanted in preferred:
        for language, values in texts.items():
            if language == wanted or language.startswith(f"{wanted}-"):
                return values[0]
    return next((values[0] for values in texts.values()), "")
