"""The pages a person sees: the search, a painting, its picture."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from django.core.files.uploadedfile import UploadedFile
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.http import parse_etags, quote_etag
from django.utils.translation import get_language
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_http_methods, require_safe

from catalog import kept
from iiifsearch.engine.recognise import SwitchedOff, switched_on
from iiifsearch.pages import opened
from iiifsearch.pages.asked import Asked, part, read
from iiifsearch.pages.cards import card
from iiifsearch.pages.collections import UnknownCollection, collection_page, top
from iiifsearch.pages.headers import content_security, viewer_security
from iiifsearch.pages.paintings import painting_page
from iiifsearch.pages.picking import picking_of
from iiifsearch.pages.problems import PROBLEMS, Problem, TooOften, problem_of
from iiifsearch.pages.recognising import in_photo
from iiifsearch.pages.results import Results
from iiifsearch.pages.searching import UnknownPainting, painting_record, recent, results_of
from iiifsearch.pages.sent import by_sent
from iiifsearch.pages.side_by_side import comparison
from iiifsearch.pages.viewing import ViewerPage
from iiifsearch.throttles import PictureThrottle


@content_security
@require_http_methods(["GET", "HEAD", "POST"])
def search(request: HttpRequest) -> HttpResponse:
    """The front page, and the answer to whatever is asked: by address, or with a picture. A content
    state leads to the painting that it means."""
    try:
        if request.method == "POST":
            _looked_at(request)
            files = cast("dict[str, UploadedFile]", request.FILES.dict())
            results = by_sent(request.POST.dict(), files)
        elif opened.PARAMETER in request.GET:
            return redirect(opened.address(request.GET[opened.PARAMETER]))
        else:
            asked = read(request.GET)
            if asked.from_form:
                return redirect(asked.url())
            if asked.like and asked.xywh:
                _looked_at(request)
            results = results_of(asked)
    except PROBLEMS as error:
        return _sorry(request, problem_of(error))
    return render(request, "iiifsearch/search.html", {"results": results})


def _looked_at(request: HttpRequest) -> None:
    """Count a picture that is looked at for a visitor. Raises TooOften."""
    if not PictureThrottle().allow_request(request, None):  # type: ignore[arg-type]
        raise TooOften


def _sorry(request: HttpRequest, problem: Problem) -> HttpResponse:
    """The search page with what went wrong, in place."""
    results = Results(
        asked=Asked(query=request.GET.get("q", "")),
        recent=recent(),
        want=request.POST.get("want", "alike"),
    )
    return _told(request, "iiifsearch/search.html", problem, {"results": results})


def _told(
    request: HttpRequest, template: str, problem: Problem, context: Mapping[str, object]
) -> HttpResponse:
    """A page with what went wrong, and a status that says so to machines."""
    told = {"problem": problem, **context}
    response = render(request, template, told, status=problem.status)
    if problem.retry_after:
        response["Retry-After"] = str(problem.retry_after)
    return response


@content_security
@require_http_methods(["GET", "HEAD", "POST"])
def recognise(request: HttpRequest) -> HttpResponse:
    """A photo taken in front of paintings, and the label of each that it shows."""
    answer = None
    recognising = switched_on()
    try:
        if not recognising:
            raise SwitchedOff
        if request.method == "POST":
            _looked_at(request)
            answer = in_photo(request.FILES.get("picture"))
    except PROBLEMS as error:
        told = {"recognising": recognising}
        return _told(request, "iiifsearch/recognise.html", problem_of(error), told)
    context = {"answer": answer, "recognising": recognising}
    return render(request, "iiifsearch/recognise.html", context)


@content_security
@require_safe
def painting(request: HttpRequest, key: str) -> HttpResponse:
    """One painting: its picture, its record, what is said of it, and what looks like it."""
    try:
        page = painting_page(painting_record(key), part(request.GET.get("xywh", "")))
    except UnknownPainting as error:
        return _sorry(request, problem_of(error))
    return render(request, "iiifsearch/painting.html", {"page": page})


@viewer_security
@xframe_options_sameorigin
@require_safe
def viewer(request: HttpRequest, key: str) -> HttpResponse:
    """One painting in the viewer, from which its library can be searched; also in a frame on the
    painting's page."""
    try:
        record = painting_record(key)
        picking = picking_of(request, "", 0)
        page = ViewerPage(
            record,
            part(request.GET.get("xywh", "")),
            get_language() or "en",
            picking.url if picking else "",
        )
    except UnknownPainting as error:
        return _sorry(request, problem_of(error))
    return render(request, "iiifsearch/viewer.html", {"page": page})


@content_security
@require_safe
def side_by_side(request: HttpRequest, key: str) -> HttpResponse:
    """What is like one painting by each measure."""
    try:
        record = painting_record(key)
    except UnknownPainting as error:
        return _sorry(request, problem_of(error))
    context = {"card": card(record), "comparison": comparison(record)}
    return render(request, "iiifsearch/side_by_side.html", context)


@content_security
@require_safe
def collections(request: HttpRequest) -> HttpResponse:
    """The collections that are in no other."""
    return render(request, "iiifsearch/collections.html", {"entries": top()})


@content_security
@require_safe
def collection(request: HttpRequest, key: str) -> HttpResponse:
    """One collection: what is in it, page by page."""
    try:
        page = collection_page(key, request.GET.get("page", "1"))
    except UnknownCollection as error:
        return _sorry(request, problem_of(error))
    return render(request, "iiifsearch/collection.html", {"page": page})


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
