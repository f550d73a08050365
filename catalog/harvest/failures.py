"""What failures are grouped by: their kind, a short word, and their host."""

from __future__ import annotations

from datetime import datetime

import httpx

from catalog.hosts import name_of
from catalog.iiif.errors import IIIFError


def host_of(url: str) -> str:
    """The name of the URL's host, "" for what is no URL."""
    try:
        return name_of(url)
    except (httpx.InvalidURL, ValueError):
        return ""


def kind_of(error: BaseException) -> str:
    """``status-404``, ``timeout``, ``robots`` ...: as the error itself says, at most 30 letters."""
    said = getattr(error, "kind", "")
    if said:
        return str(said)[:30]
    return "unreadable" if isinstance(error, IIIFError) else "unexpected"


def reason_of(error: BaseException) -> str:
    """The failure in words, fit for the database."""
    known = getattr(error, "kind", "") or isinstance(error, IIIFError)
    text = str(error) if known else f"{type(error).__name__}: {error}"
    return text.replace("\0", "")[:2000]


def until_of(error: BaseException) -> datetime | None:
    """When the error says that it makes sense to come back."""
    return getattr(error, "until", None)
