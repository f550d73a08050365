"""Requests are counted and timed by the name of the view that answers, never by their path: what
people look for, and at, is their own business."""

from __future__ import annotations

import time
from collections.abc import Callable

from django.core.exceptions import MiddlewareNotUsed
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from iiifsearch.metrics import measures

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
#: Files, and addresses that lead nowhere.
NO_VIEW = "none"


class MetricsMiddleware:
    """Not there while metrics are off. An answer that is streamed counts until it begins."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        if not measures.on():
            raise MiddlewareNotUsed
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        measures.IN_PROGRESS.inc()
        start = time.perf_counter()
        try:
            response = self.get_response(request)
        finally:
            measures.IN_PROGRESS.dec()
        match = request.resolver_match
        view = match.view_name if match else NO_VIEW
        method = request.method if request.method in METHODS else "other"
        status = f"{response.status_code // 100}xx"
        measures.REQUESTS.labels(view, method, status).inc()
        measures.REQUEST_SECONDS.labels(view, method).observe(time.perf_counter() - start)
        return response
