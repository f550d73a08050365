"""How curators pick paintings for a collection on the pages that everybody sees.

A page that lists paintings is a question, and its address says the whole of it. So a page offers
a form that leads to the admin (`iiifsearch.admin.filling`) with what was ticked, or with the
address: there the question is asked again, by the same code.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, QueryDict
from django.urls import NoReverseMatch, Resolver404, get_script_prefix, resolve, reverse
from django.utils.translation import gettext

from iiifsearch.pages.asked import BadAsk, read
from iiifsearch.pages.collections import collection_page
from iiifsearch.pages.map import UnknownArea, area_page
from iiifsearch.pages.searching import results_of

#: Paintings that are added at once.
MOST_PICKED = 500
_LONGEST_ADDRESS = 8000


@dataclass(frozen=True)
class Picking:
    """``url``: where the form leads. ``address``: of the question; "" where no address says it.
    ``best``: how many of its answer can be added at once."""

    url: str
    address: str
    best: int


def picking_of(request: HttpRequest | None, address: str, total: int) -> Picking | None:
    """For a page whose ``address`` lists ``total`` paintings; None where whoever looks at it may
    not change collections, or no admin is here. Who sends no session is not looked up."""
    if request is None or settings.SESSION_COOKIE_NAME not in request.COOKIES:
        return None
    if not may_pick(getattr(request, "user", None)):
        return None
    try:
        return Picking(reverse("admin_fill"), address, min(total, MOST_PICKED))
    except NoReverseMatch:
        return None


def may_pick(user: Any) -> bool:
    return bool(
        user is not None
        and user.is_active
        and user.is_staff
        and user.has_perm("catalog.change_collection")
    )


def best(address: str, count: int) -> Sequence[int]:
    """Ids of the first ``count`` canvases that the page of ``address`` (a path with its query)
    lists. Raises BadAsk, and what the page itself tells (`iiifsearch.pages.problems.PROBLEMS`)."""
    try:
        parts = urlsplit(address[:_LONGEST_ADDRESS].replace("\x00", ""))
        page = resolve("/" + parts.path.removeprefix(get_script_prefix()))
    except (ValueError, Resolver404) as error:
        raise _no_list(address) from error
    if parts.netloc:
        raise _no_list(address)
    if page.url_name == "search":
        return results_of(read(QueryDict(parts.query))).found[:count]
    if page.url_name == "collection-page":
        return collection_page(page.kwargs["key"], "1").first(count)
    if page.url_name == "map-area":
        try:
            return area_page(page.kwargs["number"], "1").found[:count]
        except UnknownArea as error:
            raise BadAsk(str(error)) from error
    raise _no_list(address)


def _no_list(address: str) -> BadAsk:
    told = gettext("“%(address)s” is no page of this library that lists paintings.")
    return BadAsk(told % {"address": address[:80]})
