"""JSON over HTTP as IIIF wants it (Presentation API 3.0 section 6.3), in one place.

Content negotiation, CORS with preflight, ETag, and errors that are JSON too.
"""

from __future__ import annotations

import functools
import hashlib
import json
import math
from collections.abc import Callable
from typing import Any, Concatenate, ParamSpec

from django.core.exceptions import BadRequest
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.utils.cache import patch_vary_headers
from django.utils.http import parse_etags, quote_etag
from rest_framework.exceptions import Throttled

from catalog.decode import PictureError
from catalog.images import ImageError
from iiifsearch.content_search.params import BadParameter
from ml.errors import MLError

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponseBase]

#: Browsers may keep the answer to a preflight this long, in seconds.
PREFLIGHT_SECONDS = "86400"


def open_to_all(view: View[P]) -> View[P]:
    """For views that anybody may read from any web page: GET, HEAD and the preflight of CORS.

    react-iiif-vault sends Content-Type on GET, which makes browsers ask first.
    """

    @functools.wraps(view)
    def wrapped(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if any("\0" in value for value in kwargs.values() if isinstance(value, str)):
            response: HttpResponseBase = problem(404, "A key holds letters and digits only.")
        elif request.method == "OPTIONS":
            response = HttpResponse(status=204)
        elif request.method not in ("GET", "HEAD"):
            response = problem(405, "Only GET is answered here.")
            response["Allow"] = "GET, HEAD, OPTIONS"
        else:
            try:
                response = view(request, *args, **kwargs)
            except (BadParameter, BadRequest) as error:
                response = problem(400, str(error))
            except Http404 as error:
                response = problem(404, str(error))
            except (ImageError, PictureError) as error:
                response = problem(502, f"The picture cannot be looked at: {error}")
            except MLError as error:
                response = problem(503, str(error))
            except Throttled as error:
                response = problem(429, str(error.detail))
                response["Retry-After"] = str(math.ceil(getattr(error, "wait", None) or 60))
        return with_cors(response)

    # No session is read or written here, and other sites' pages call it.
    wrapped.csrf_exempt = True  # type: ignore[attr-defined]
    return wrapped


def with_cors(response: HttpResponseBase, methods: str = "GET, HEAD, OPTIONS") -> HttpResponseBase:
    """Any web page may read ``response``, without cookies: "*" admits no credentials."""
    response["Access-Control-Allow-Origin"] = "*"
    response["Access-Control-Allow-Methods"] = methods
    response["Access-Control-Allow-Headers"] = "Accept, Content-Type, If-None-Match"
    response["Access-Control-Expose-Headers"] = "ETag, Link, Retry-After"
    response["Access-Control-Max-Age"] = PREFLIGHT_SECONDS
    return response


def problem(status: int, detail: str) -> HttpResponse:
    """An error as JSON: what happened, for people."""
    body = json.dumps({"status": status, "detail": detail}, ensure_ascii=False)
    return HttpResponse(body, status=status, content_type="application/json")


def iiif_json(request: HttpRequest, body: dict[str, Any]) -> HttpResponse:
    """``body`` in the media type that the client accepts, or 304 where it has it already."""
    data = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
    etag = quote_etag(hashlib.sha256(data).hexdigest()[:32])
    if etag in parse_etags(request.headers.get("If-None-Match", "").replace("W/", "")):
        response = HttpResponse(status=304)
    else:
        response = HttpResponse(data, content_type=media_type(request, body))
    response["ETag"] = etag
    response["Cache-Control"] = "public, max-age=0, must-revalidate"
    patch_vary_headers(response, ["Accept"])
    return response


def media_type(request: HttpRequest, body: dict[str, Any]) -> str:
    """``application/ld+json`` with the context as its profile, if the client accepts that."""
    accept = request.headers.get("Accept", "*/*")
    if "application/ld+json" not in accept and accept.strip() not in ("", "*/*"):
        return "application/json"
    context = body.get("@context")
    if isinstance(context, list):  # the specification's own context stands last
        context = next((entry for entry in reversed(context) if isinstance(entry, str)), None)
    return f'application/ld+json;profile="{context}"' if context else "application/ld+json"
