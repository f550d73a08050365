"""Rights URIs by the names that people know them by.

Sources: creativecommons.org/licenses and /publicdomain; rightsstatements.org/page/1.0.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

_LICENCE = re.compile(
    r"https?://(?:www\.)?creativecommons\.org/licenses/([a-z-]+)/(\d\.\d)(?:/([a-z]{2,3}))?(?:/.*)?$",
    re.IGNORECASE,
)
_PUBLIC_DOMAIN = re.compile(
    r"https?://(?:www\.)?creativecommons\.org/publicdomain/(zero|mark)/(\d\.\d)(?:/.*)?$",
    re.IGNORECASE,
)
_STATEMENT = re.compile(
    r"https?://(?:www\.)?rightsstatements\.org/(?:vocab|page|data)/([A-Za-z-]+)/\d\.\d(?:/.*)?$"
)

_CONDITIONS = {
    "by": pgettext_lazy("licence", "Attribution"),
    "nc": _("NonCommercial"),
    "nd": _("NoDerivatives"),
    "sa": _("ShareAlike"),
}
_STATEMENTS = {
    "InC": _("In Copyright"),
    "InC-OW-EU": _("In Copyright – EU Orphan Work"),
    "InC-EDU": _("In Copyright – Educational Use Permitted"),
    "InC-NC": _("In Copyright – Non-Commercial Use Permitted"),
    "InC-RUU": _("In Copyright – Rights-holder(s) Unlocatable or Unidentifiable"),
    "NoC-CR": _("No Copyright – Contractual Restrictions"),
    "NoC-NC": _("No Copyright – Non-Commercial Use Only"),
    "NoC-OKLR": _("No Copyright – Other Known Legal Restrictions"),
    "NoC-US": _("No Copyright – United States"),
    "CNE": _("Copyright Not Evaluated"),
    "UND": _("Copyright Undetermined"),
    "NKC": _("No Known Copyright"),
}


@dataclass(frozen=True)
class Rights:
    """``url`` is "" where the source gave a text that is no http(s) address: no link then."""

    url: str
    short: str
    name: str


def rights(uri: str) -> Rights | None:
    """How to show a rights URI; None where there is none.

    >>> rights("http://creativecommons.org/licenses/by-nc/4.0/").short
    'CC BY-NC 4.0'
    """
    uri = uri.strip()
    if not uri:
        return None
    if not uri.startswith(("http://", "https://")):
        return Rights("", uri, uri)
    return Rights(uri, *(_names(uri) or _unknown(uri)))


def _names(uri: str) -> tuple[str, str] | None:
    """The short and the long name; None for a URI that is not known."""
    if match := _PUBLIC_DOMAIN.match(uri):
        kind, version = match[1].lower(), match[2]
        if kind == "zero":
            name = gettext("CC0 %(version)s: dedicated to the public domain")
            return f"CC0 {version}", name % {"version": version}
        name = gettext("Public Domain Mark %(version)s: no known copyright")
        return gettext("Public domain"), name % {"version": version}
    if match := _LICENCE.match(uri):
        parts = match[1].lower().split("-")
        if all(part in _CONDITIONS for part in parts):
            where = f"{match[2]} {match[3].upper()}" if match[3] else match[2]
            listed = "-".join(str(_CONDITIONS[part]) for part in parts)
            return f"CC {match[1].upper()} {where}", f"Creative Commons {listed} {where}"
    if (match := _STATEMENT.match(uri)) and match[1] in _STATEMENTS:
        name = str(_STATEMENTS[match[1]])
        return name, name
    return None


def _unknown(uri: str) -> tuple[str, str]:
    try:
        host = urlsplit(uri).hostname or gettext("its source")
    except ValueError:
        host = gettext("its source")
    short, name = gettext("Rights: %(host)s"), gettext("Rights statement at %(host)s")
    return short % {"host": host}, name % {"host": host}
