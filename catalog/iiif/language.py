"""Texts in one or several languages, from every shape they come in.

Sources: Presentation API 3.0, section 4.1 (language maps); 2.1, section 4.3 (``@value`` and
``@language``); 3.0 beta (the key ``@none``).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from catalog.iiif.reading import Reading
from catalog.iiif.types import LanguageMap

#: The key for texts without a language.
NONE = "none"

_VALUE_KEYS = ("@value", "value", "chars", "cnt:chars", "@val")


def read_language_map(value: Any, reading: Reading, path: str) -> LanguageMap:
    """A language map from a map, a text, ``{"@value": ..., "@language": ...}``, or lists of these.

    Numbers and booleans become texts, with a warning. Blank texts are left out. The texts
    themselves stay as they are, HTML included.
    """
    found: LanguageMap = {}
    _collect(value, NONE, found, reading, path)
    return found


def best(texts: LanguageMap, languages: Sequence[str] = ()) -> str:
    """The text to show a reader of ``languages`` (tags, the best first); "" where there is none.

    A tag also finds its relatives (``en`` finds ``en-GB`` and the other way round). Then comes
    what has no language, then what comes first. Several texts of one language are joined by
    "; ".
    """
    if not texts:
        return ""
    for wanted in languages:
        tag = wanted.lower()
        primary = tag.split("-")[0]
        for matches in (
            [k for k in texts if k.lower() == tag],
            [k for k in texts if k.lower().split("-")[0] == primary],
        ):
            if matches:
                return "; ".join(texts[matches[0]])
    return "; ".join(texts[NONE] if NONE in texts else next(iter(texts.values())))


def all_texts(texts: LanguageMap) -> list[str]:
    """Every text in every language, in the source's order."""
    return [text for values in texts.values() for text in values]


def _collect(value: Any, language: str, found: LanguageMap, reading: Reading, path: str) -> None:
    if value is None:
        return
    if isinstance(value, str):
        if value.strip():
            found.setdefault(language, []).append(value)
    elif isinstance(value, bool | int | float):
        text = str(value).lower() if isinstance(value, bool) else str(value)
        reading.warn("value-not-text", f"{text} stands where a text should; read as text.", path)
        found.setdefault(language, []).append(text)
    elif isinstance(value, list):
        for index, element in enumerate(value):
            _collect(element, language, found, reading, f"{path}[{index}]")
    elif isinstance(value, dict):
        _collect_object(value, language, found, reading, path)


def _collect_object(
    value: dict[str, Any], language: str, found: LanguageMap, reading: Reading, path: str
) -> None:
    key = next((k for k in _VALUE_KEYS if k in value), None)
    if key is not None:
        named = value.get("@language", value.get("language"))
        if isinstance(named, list):
            named = next((n for n in named if isinstance(n, str)), None)
        _collect(value[key], _tag(named, language), found, reading, f"{path}.{key}")
        return
    if "@id" in value or ("id" in value and ("label" in value or "type" in value)):
        # A link where a text should be: its label is the text, or else the link.
        label = value.get("label")
        shown = label if label else value.get("@id", value.get("id"))
        reading.warn("object-as-text", "An object stands where a text should.", path)
        _collect(shown, language, found, reading, path)
        return
    for tag, texts in value.items():
        if tag == "@none":
            reading.warn("at-none", 'The language key "@none" is of a draft; read as "none".', path)
        _collect(texts, _tag(tag, language), found, reading, f"{path}.{tag}")


def _tag(value: Any, inherited: str) -> str:
    if not isinstance(value, str) or not value.strip() or len(value) > 60:
        return inherited
    tag = value.strip()
    return NONE if tag.lower() in ("@none", "none", "@value") else tag
