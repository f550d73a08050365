"""The pages a person sees: the search, a painting, its picture."""

from __future__ import annotations

from django.core.files.uploadedfile import UploadedFile
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.http import parse_etags, quote_etag
from django.views.decorators.http import require_http_methods, require_safe

from catalog import kept
from catalog.decode import PictureError
from iiifsearch.pages.headers import content_security
from iiifsearch.pages.paintings import painting_page
from iiifsearch.pages.problems import PROBLEMS, Problem, problem_of
from iiifsearch.pages.searching import (
    Results,
    TooOften,
    UnknownPainting,
    by_parameters,
    by_upload,
    painting_record,
    recent,
)
from iiifsearch.throttles import PictureThrottle


@content_security
@require_http_methods(["GET", "HEAD", "POST"])
def search(request: HttpRequest) -> HttpResponse:
    """The front page, and the answer to words, to a painting of the library or to a picture."""
    try:
        results = _looked_at(request) if request.method == "POST" else by_parameters(request.GET)
    except PROBLEMS as error:
        return _sorry(request, problem_of(error))
    return render(request, "iiifsearch/search.html", {"results": results})


def _looked_at(request: HttpRequest) -> Results:
    upload = request.FILES.get("picture")
    if not isinstance(upload, UploadedFile):
        raise PictureError("No file was chosen.")
    if not PictureThrottle().allow_request(request, None):  # type: ignore[arg-type]
        raise TooOften
    return by_upload(upload)


def _sorry(request: HttpRequest, problem: Problem) -> HttpResponse:
    """The search page with what went wrong, in place, and a status that says so to machines."""
    context = {
        "problem": problem,
        "results": Results(query=request.GET.get("q", ""), recent=recent()),
    }
    response = render(request, "iiifsearch/search.html", context, status=problem.status)
    if problem.retry_after:
        response["Retry-After"] = str(problem.retry_after)
    return response


@content_security
@require_safe
def painting(request: HttpRequest, key: str) -> HttpResponse:
    """One painting: its picture, its record, what is said of it, and what looks like it."""
    try:
        page = painting_page(painting_record(key))
    except UnknownPainting as error:
        return _sorry(request, problem_of(error))
    return render(request, "iiifsearch/painting.html", {"page": page})


@require_safe
def picture(request: HttpRequest, key: str) -> HttpResponseBase:
    """The kept picture of a public canvas: a JPEG of about a thousand pixels."""
    try:
        row = getattr(painting_record(key).canvas, "picture", None)
    except UnknownPainting as error:
        raise Http404(str(error)) from error
    path = kept.largest(row) if row else None
    if row is None or path is None:
        raise Http404("No picture of this painting is kept here.")
    etag = quote_etag(f"{row.sha256[:32]}-{row.size}")
    # Compression on the way makes an ETag weak; it is the same picture all the same.
    known = parse_etags(request.headers.get("If-None-Match", "").replace("W/", ""))
    response: HttpResponseBase = HttpResponse(status=304)
    if etag not in known:
        response = FileResponse(path.open("rb"), content_type="image/jpeg")
    response["ETag"] = etag
    response["Cache-Control"] = "public, max-age=3600"
    return response
