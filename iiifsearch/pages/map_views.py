"""The pages of the map, and the files that it is drawn from."""

from __future__ import annotations

import hashlib
import json
import re
from typing import Any

from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.http import parse_etags, quote_etag
from django.views.decorators.http import require_safe

from iiifsearch.engine import map as engine
from iiifsearch.index.map_sheets import path
from iiifsearch.models import LibraryMap
from iiifsearch.pages.headers import content_security
from iiifsearch.pages.map import MapPage, UnknownArea, area_page, drawing, titles

#: A sheet never changes under its address, so a browser may keep it for a year. What others see is
#: asked for again: no shared cache goes on showing what was withdrawn.
_FOR_ONE_VISITOR = "private, max-age=31536000, immutable"
_SHA256 = re.compile(r"[0-9a-f]{64}")


@content_security
@require_safe
def library_map(request: HttpRequest) -> HttpResponse:
    """The map, and the areas of it with examples."""
    return render(request, "iiifsearch/map.html", {"page": MapPage(engine.current())})


@content_security
@require_safe
def area(request: HttpRequest, number: int) -> HttpResponse:
    """All paintings in one area of the map, page by page."""
    try:
        page = area_page(number, request.GET.get("page", "1"))
    except UnknownArea as error:
        raise Http404(str(error)) from error
    return render(request, "iiifsearch/map_area.html", {"page": page})


@require_safe
def data(request: HttpRequest) -> HttpResponse:
    """What a script draws the map from (`iiifsearch.pages.map.drawing`)."""
    made = _current()
    version = engine.version(made)
    return _json(request, version, lambda: drawing(made, version))


@require_safe
def sheet_titles(request: HttpRequest, number: int) -> HttpResponse:
    """What is told of the paintings on a sheet."""
    told = titles(_current(), number)
    version = hashlib.sha256(json.dumps(told).encode()).hexdigest()[:32]
    return _json(request, version, lambda: told)


@require_safe
def sheet(request: HttpRequest, sha256: str) -> HttpResponseBase:
    """A sheet of thumbnails, as long as all that it shows is public."""
    file = path(sha256)
    known = _SHA256.fullmatch(sha256) and engine.sheets(_current(), sha256)
    if not known or not file.exists():
        raise Http404("This sheet is not shown any more: load the map again.")
    response = FileResponse(file.open("rb"), content_type="image/jpeg")
    response["Cache-Control"] = _FOR_ONE_VISITOR
    return response


def _current() -> LibraryMap:
    made = engine.current()
    if made is None:
        raise Http404("No map was made yet: manage.py map makes it.")
    return made


def _json(request: HttpRequest, version: str, make: Any) -> HttpResponse:
    """What ``make`` makes, unless the client has this version of it. It is asked for every time: a
    painting that was taken back is gone at once."""
    etag = quote_etag(version)
    # Compression on the way makes an ETag weak; it is the same data all the same.
    if etag in parse_etags(request.headers.get("If-None-Match", "").replace("W/", "")):
        response = HttpResponse(status=304)
    else:
        body = json.dumps(make(), ensure_ascii=False, separators=(",", ":"))
        response = HttpResponse(body, content_type="application/json")
    response["ETag"] = etag
    response["Cache-Control"] = "no-cache"
    return response
