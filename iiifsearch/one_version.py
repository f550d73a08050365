"""A request is answered by one version of every encoder, whatever takes over meanwhile."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from iiifsearch.answering import one_version


class OneVersionMiddleware:
    """Asks nothing by itself. Without it each search goes by one version, and not all that one
    request makes."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        with one_version():
            return self.get_response(request)
