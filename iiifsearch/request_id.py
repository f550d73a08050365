"""An id for every request, by which the lines of the logs are brought together."""

from __future__ import annotations

import re
from collections.abc import Callable
from uuid import uuid4

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from iiifsearch.conf import options
from iiifsearch.logs import about

HEADER = "X-Request-ID"
_FITS = re.compile(r"[A-Za-z0-9-]{1,64}")


class RequestIDMiddleware:
    """Every request has an id: in its answer's header, and on every line that it writes.

    The id that a trusted proxy gave it is kept, if it looks like one; anybody else could send one
    to pass for another.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        given = request.headers.get(HEADER, "") if options.trusted_proxies else ""
        request_id = given if _FITS.fullmatch(given) else uuid4().hex
        request.request_id = request_id  # type: ignore[attr-defined] # for AboutFilter
        with about(request_id=request_id):
            response = self.get_response(request)
        response[HEADER] = request_id
        return response
