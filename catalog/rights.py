"""Licences and rights statements: the common ones, and how their URIs are spelt.

Sources: Presentation API 3.0, section 3.2 (`rights`: a URI of Creative Commons or
RightsStatements.org, as these spell it, or of another authority); creativecommons.org/licenses;
rightsstatements.org/page/1.0.
"""

from __future__ import annotations

import re

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator

_CC = "http://creativecommons.org"
_RS = "http://rightsstatements.org/vocab"

#: URI and name, to choose from.
COMMON: tuple[tuple[str, str], ...] = (
    (f"{_CC}/publicdomain/zero/1.0/", "CC0 1.0"),
    (f"{_CC}/publicdomain/mark/1.0/", "Public Domain Mark 1.0"),
    (f"{_CC}/licenses/by/4.0/", "CC BY 4.0"),
    (f"{_CC}/licenses/by-sa/4.0/", "CC BY-SA 4.0"),
    (f"{_CC}/licenses/by-nd/4.0/", "CC BY-ND 4.0"),
    (f"{_CC}/licenses/by-nc/4.0/", "CC BY-NC 4.0"),
    (f"{_CC}/licenses/by-nc-sa/4.0/", "CC BY-NC-SA 4.0"),
    (f"{_CC}/licenses/by-nc-nd/4.0/", "CC BY-NC-ND 4.0"),
    (f"{_RS}/InC/1.0/", "In Copyright"),
    (f"{_RS}/InC-OW-EU/1.0/", "In Copyright – EU Orphan Work"),
    (f"{_RS}/InC-EDU/1.0/", "In Copyright – Educational Use Permitted"),
    (f"{_RS}/InC-NC/1.0/", "In Copyright – Non-Commercial Use Permitted"),
    (f"{_RS}/InC-RUU/1.0/", "In Copyright – Rights-holder(s) Unlocatable or Unidentifiable"),
    (f"{_RS}/NoC-CR/1.0/", "No Copyright – Contractual Restrictions"),
    (f"{_RS}/NoC-NC/1.0/", "No Copyright – Non-Commercial Use Only"),
    (f"{_RS}/NoC-OKLR/1.0/", "No Copyright – Other Known Legal Restrictions"),
    (f"{_RS}/NoC-US/1.0/", "No Copyright – United States"),
    (f"{_RS}/CNE/1.0/", "Copyright Not Evaluated"),
    (f"{_RS}/UND/1.0/", "Copyright Undetermined"),
    (f"{_RS}/NKC/1.0/", "No Known Copyright"),
)

#: Characters of a URI.
LONGEST = 2000

_CC_PAGE = re.compile(
    r"https?://(?:www\.)?creativecommons\.org/(licenses/[a-z-]+|publicdomain/(?:zero|mark))"
    r"/(\d\.\d)(?:/(?!deed|legalcode)([a-z]{2,3}))?(?:/.*)?",
    re.IGNORECASE,
)
_RS_PAGE = re.compile(
    r"https?://(?:www\.)?rightsstatements\.org/(?:vocab|page|data)/([A-Za-z-]+)/(\d\.\d)(?:/.*)?"
)
_NOT_IN_A_URI = re.compile(r"[^\x21-\x7e]|[<>\"{}|\\^`]")
_is_url = URLValidator(schemes=["http", "https"])


def canonical(uri: str) -> str:
    """A rights URI as its authority spells it: the address of a licence's page is often what
    people copy. Raises ``ValueError``, which says what is wrong, where it is no http(s) URI.

    >>> canonical("https://creativecommons.org/licenses/by/4.0/deed.de")
    'http://creativecommons.org/licenses/by/4.0/'
    """
    uri = uri.strip()
    if len(uri) > LONGEST:
        raise ValueError(f"A URI of more than {LONGEST} characters is no licence's.")
    try:
        _is_url(uri)
    except ValidationError as error:
        example = "http://creativecommons.org/licenses/by/4.0/"
        raise ValueError(f"A URI is wanted, such as {example}.") from error
    if _NOT_IN_A_URI.search(uri):
        raise ValueError("A URI is wanted: letters beyond a to z stand in it as %XX.")
    if match := _CC_PAGE.fullmatch(uri):
        ported = f"{match[3].lower()}/" if match[3] else ""
        return f"{_CC}/{match[1].lower()}/{match[2]}/{ported}"
    if match := _RS_PAGE.fullmatch(uri):
        return f"{_RS}/{match[1]}/{match[2]}/"
    return uri
