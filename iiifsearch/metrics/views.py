"""``/metrics``, for Prometheus alone: whoever does not have its token finds nothing there."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from iiifsearch.conf import options
from iiifsearch.metrics.library import LibraryCollector
from iiifsearch.metrics.processes import registry


@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """In Prometheus' text format."""
    given = request.headers.get("Authorization", "")
    wanted = options.metrics_token
    if not wanted or not constant_time_compare(given, f"Bearer {wanted}"):
        raise Http404
    found = registry()
    found.register(LibraryCollector())
    response = HttpResponse(generate_latest(found), content_type=CONTENT_TYPE_LATEST)
    response["Cache-Control"] = "no-store"
    return response
