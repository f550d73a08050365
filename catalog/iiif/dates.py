"""The year of a work, from a date as people write it."""

from __future__ import annotations

import re
import unicodedata

_EARLIEST, _LATEST = 100, 2100
_ROMAN = {"i": 1, "v": 5, "x": 10}

# A year of three or four digits that stands alone: not part of 61.5, 24/1917-B12 or a longer run.
_YEAR = re.compile(
    r"(?<!\d)(?<!\d[.,])(?<![A-Za-z]-)(\d{3,4})(?![\d])(?![.,]\d)(?!\s*(?:cm|mm|x|×|px)\b)"
)
_ISO = re.compile(r"(?<!\d)(\d{4})-(\d{1,2})(?:-(\d{1,2}))?(?!\d)")
_DAY_FIRST = re.compile(r"(?<!\d)\d{1,2}[./]\d{1,2}[./](\d{4})(?!\d)")
_CENTURY = re.compile(
    r"(?<!\w)(?:(\d{1,2})\s*(?:st|nd|rd|th|e|er|eme|ème|è|de|ste|\.|o|º|°)?"
    r"|([ivx]{1,6})(?:e|er|eme|ème|\.|º|°)?)\s*[-\s]?\s*"
    r"(?:century|centuries|cent\b|c\.(?=\s|$)|siecles?|jahrhunderts?|jahrhundert|jh\b\.?|jhd\b|jhdt\b"
    r"|secolo|sec\.|eeuw|wieku?\b|stoleti|szazad|vuosisata|arhundrade|arhundre|aarhundrede"
    r"|век[а]?\b|в\.|столет\w*)"
)
_CENTURY_WORD_FIRST = re.compile(
    r"(?:siglos?|seculos?|secolo|secolul|s\.|sec\.|αιωνας)\s*([ivx]{1,6}|\d{1,2})(?![\w\d])"
)
_CENTURY_CJK = re.compile(r"(\d{1,2})\s*(?:世紀|世纪|세기)")
_BEFORE_CHRIST = re.compile(
    r"\b(?:b\.?\s?c\.?(?:\s?e\.?)?|av\.? j\.?-?\s?c\.?|v\.? ?chr\.?|a\.? ?c\.?(?=\W|$)|v\. ?o\. ?z)"
    r"|до н|公元前|紀元前|기원전"
)
_LIFE = re.compile(r"\((?:[^()]*\d{4}\s*[-–—]\s*\d{4}[^()]*)\)")


def year_of(text: str) -> int | None:
    """The year at which a work was begun, as near as the text tells; None if it tells none.

    * A year or a span gives its first year: "1884/86" and "1884-1886" 1884, "c. 1503–1506" 1503,
      "1632 (signed)" 1632, "1850s" 1850, "17.3.1917" and "1917-03-17" 1917.
    * A century gives its **middle**: "19th century" and "XIXe siècle" 1850. It is the year that
      is least wrong for a filter; whoever shows a date shows the text, not this number. Of
      "17th-18th century" the first counts.
    * Years before 100, dates before Christ and texts without a date give None: paintings that
      old are few, and a wrong year is worse than none.
    """
    folded = _fold(text)
    if not folded or _BEFORE_CHRIST.search(folded):
        return None
    without_life = _LIFE.sub(" ", folded) if _YEAR.search(_LIFE.sub(" ", folded)) else folded
    for candidate in (_first_year(without_life), _century_middle(without_life)):
        if candidate is not None:
            return candidate
    return None


def spans_of(text: str) -> list[tuple[int, int]]:
    """All times that a text names, as first and last year, both included, in no order.

    >>> spans_of("begun in 1632, in the 1650s and late in the 17th century")
    [(1632, 1632), (1650, 1659), (1601, 1700)]
    """
    folded = _fold(text)
    spans = {}
    for match in _YEAR.finditer(folded):
        year = int(match[1])
        if 1000 <= year <= _LATEST:
            decade = year % 10 == 0 and folded[match.end() :].startswith(("s", "'s", "er"))
            spans[year, year + 9 if decade else year] = True
    for pattern in (_CENTURY, _CENTURY_WORD_FIRST, _CENTURY_CJK):
        for match in pattern.finditer(folded):
            number = next(g for g in match.groups() if g)
            century = int(number) if number.isdecimal() else _roman(number)
            if 2 <= century <= 21:
                spans[100 * century - 99, 100 * century] = True
    return list(spans)


def _fold(text: str) -> str:
    wide = unicodedata.normalize("NFKC", " ".join(text[:2000].split())).casefold()
    decomposed = unicodedata.normalize("NFKD", wide)
    # Hangul falls apart under NFKD; only accents are to go.
    plain = "".join(c for c in decomposed if not unicodedata.combining(c))
    return unicodedata.normalize("NFC", plain).replace("–", "-").replace("—", "-")


def _first_year(text: str) -> int | None:
    found: list[tuple[int, int]] = []
    for pattern in (_ISO, _DAY_FIRST, _YEAR):
        for match in pattern.finditer(text):
            # isdecimal digits of other scripts count as well
            year = int(match[1])
            four = len(match[1]) == 4
            if _EARLIEST <= year <= _LATEST and (four or year >= 400):
                found.append((match.start(), year))
    return min(found)[1] if found else None


def _century_middle(text: str) -> int | None:
    found: list[tuple[int, int]] = []
    for pattern in (_CENTURY, _CENTURY_WORD_FIRST, _CENTURY_CJK):
        for match in pattern.finditer(text):
            number = next(g for g in match.groups() if g)
            century = int(number) if number.isdecimal() else _roman(number)
            if 2 <= century <= 21:
                found.append((match.start(), century * 100 - 50))
    if not found:
        return None
    start, year = min(found)
    # "17th-18th century": the word stands only behind the second.
    earlier = re.search(r"(\d{1,2}|[ivx]{1,6})(?:st|nd|rd|th|e|eme|\.)?\s*(?:-|/|to|bis)\s*$",
                        text[:start])  # fmt: skip
    if earlier:
        number = earlier[1]
        century = int(number) if number.isdecimal() else _roman(number)
        if 2 <= century < 22 and century * 100 - 50 < year:
            return century * 100 - 50
    return year


def _roman(numeral: str) -> int:
    total = 0
    values = [_ROMAN[c] for c in numeral]
    for value, following in zip(values, [*values[1:], 0], strict=True):
        total += -value if value < following else value
    return total
