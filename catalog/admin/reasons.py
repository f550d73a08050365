"""Failures by kind and by reason: the same fault of a hundred URLs is one line with a count."""

from __future__ import annotations

import re
from http import HTTPStatus

from django.db.models import CharField, F, Func, Value
from django.utils.translation import gettext_lazy as _

#: Groups that are shown; beyond these nobody reads on.
MOST_GROUPS = 50

#: Kinds of failures (`catalog.harvest.failures.kind_of`) in words; ``status-404`` and the like are
#: said as HTTP says them, and what is new here as it is.
KINDS = {
    "bad-url": _("no usable URL"),
    "cancelled": _("harvest cancelled"),
    "damaged": _("damaged picture"),
    "disk": _("no room on the disk"),
    "encoding": _("unknown compression"),
    "fetch": _("not fetched"),
    "host-resting": _("host left alone"),
    "network": _("server not reached"),
    "not-a-picture": _("not a picture"),
    "nothing-to-see": _("nothing to see"),
    "redirects": _("endless redirects"),
    "refused-address": _("address refused"),
    "region-outside": _("outside the canvas"),
    "restricted": _("access restricted"),
    "robots": _("forbidden by robots.txt"),
    "robots-unreachable": _("robots.txt not to be had"),
    "timeout": _("no answer in time"),
    "too-large": _("too large"),
    "unexpected": _("unexpected error"),
    "unreadable": _("not readable"),
    "unreadable-info": _("info.json not readable"),
    "wrong-size": _("not the size asked for"),
}


def kind_in_words(kind: str) -> str:
    """``kind`` as a curator reads it; "" for none."""
    status = kind.removeprefix("status-")
    if status != kind and status.isdecimal():
        try:
            return f"{status} {HTTPStatus(int(status)).phrase}"
        except ValueError:
            return f"status {status}"
    return str(KINDS.get(kind, kind.replace("-", " ")))


_OWN_URL = r"^https?://\S+: "
_URL = r"https?://[^\s'\"<>]+[^\s'\"<>.,:;)]"


def _replaced(text: F | Func, pattern: str, by: str) -> Func:
    return Func(
        *(text, Value(pattern), Value(by), Value("g")),
        function="regexp_replace",
        output_field=CharField(),
    )


#: A reason without the URLs in it, for nearly every reason begins with its own.
REASON_WITHOUT_URLS = _replaced(_replaced(F("reason"), _OWN_URL, ""), _URL, "…")


def without_urls(reason: str) -> str:
    """The same of a text that is at hand."""
    return re.sub(_URL, "…", re.sub(_OWN_URL, "", reason))
