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
from rest_framework.throttling import UserRateThrottle

from iiifsearch.conf import options

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponseBase]


class ReadThrottle(UserRateThrottle):
    """For searches by REST and Content Search."""

    scope = "iiifsearch-read"

    def get_rate(self) -> str:
        return options.rate_reads


class PictureThrottle(UserRateThrottle):
    """For what has pictures looked at: uploads, addresses, regions."""

    scope = "iiifsearch-picture"

    def get_rate(self) -> str:
        return options.rate_pictures


def throttled(view: View[P]) -> View[P]:
    """For Django views; raises DRF's Throttled, which tells how long to wait."""

    @functools.wraps(view)
    def wrapped(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        throttle = ReadThrottle()
        if not throttle.allow_request(request, None):  # type: ignore[arg-type]
            raise Throttled(throttle.wait())
        return view(request, *args, **kwargs)

    return wrapped
