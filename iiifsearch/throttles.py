"""How often one visitor may ask. Rates are options of ours, so that they hold in any project.

The cache that counts is Django's default one: with several processes, configure a shared one.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Concatenate, ParamSpec

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from rest_framework.exceptions import Throttled
from rest_framework.request import Request
from rest_framework.throttling import UserRateThrottle

from iiifsearch.conf import options

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponseBase]


class VisitorThrottle(UserRateThrottle):
    """Counts by user, and visitors without a name by where they come from."""

    def get_ident(self, request: Request) -> str:
        """The address of the connection, or of whom ``trusted_proxies`` proxies speak for.

        What a client writes into X-Forwarded-For stands left of what the proxies add, and is
        never read: it would make a new visitor of every request.
        """
        remote = str(request.META.get("REMOTE_ADDR") or "")
        count = options.trusted_proxies
        told = [part.strip() for part in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")]
        # Fewer than there are proxies: the request came around them.
        return (told[-count] or remote) if 0 < count <= len(told) else remote


class ReadThrottle(VisitorThrottle):
    """For searches by REST and Content Search."""

    scope = "iiifsearch-read"

    def get_rate(self) -> str:
        return options.rate_reads


class PictureThrottle(VisitorThrottle):
    """For what has pictures looked at: uploads, addresses, regions."""

    scope = "iiifsearch-picture"

    def get_rate(self) -> str:
        return options.rate_pictures


def throttled(view: View[P]) -> View[P]:
    """For Django views that read; raises DRF's Throttled, which tells how long to wait."""
    return _throttled(view, ReadThrottle)


def throttled_pictures(view: View[P]) -> View[P]:
    """For Django views that have a picture looked at; raises DRF's Throttled."""
    return _throttled(view, PictureThrottle)


def _throttled(view: View[P], kind: type[VisitorThrottle]) -> View[P]:
    @functools.wraps(view)
    def wrapped(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        check(request, kind)
        return view(request, *args, **kwargs)

    return wrapped


def check(request: HttpRequest, kind: type[VisitorThrottle] = ReadThrottle) -> None:
    """Count a request, where only some of a view's are of that kind. Raises DRF's Throttled."""
    throttle = kind()
    if not throttle.allow_request(request, None):  # type: ignore[arg-type]
        raise Throttled(throttle.wait())
