"""What is published: decorated manifests, collections, annotations, thumbnails."""

from __future__ import annotations

import re

from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.utils.http import http_date, quote_etag

from catalog.geometry import parse_xywh
from catalog.kept import thumbnail as kept_thumbnail
from catalog.models import Canvas, Collection, Comment, Manifest, Picture, State
from iiifsearch.conf import options
from iiifsearch.content_search.annotations import (
    to_annotation_1,
    to_annotation_2,
    to_annotation_list,
    to_annotation_page,
)
from iiifsearch.content_search.find import annotation_of, likeness_of, shown_of
from iiifsearch.encoders import serving
from iiifsearch.engine import meaning
from iiifsearch.engine.search import likeness as like
from iiifsearch.engine.stored import stored_vectors
from iiifsearch.presentation import activity_stream, listed, manifests, versions
from iiifsearch.presentation.embeddings import embedding, page_head
from iiifsearch.presentation.manifests import spoken_of
from iiifsearch.presentation.public_urls import TOP
from iiifsearch.presentation.responses import iiif_json, open_to_all, problem
from iiifsearch.records import Record, records, urls
from iiifsearch.throttles import throttled_pictures


@open_to_all
def manifest(request: HttpRequest, key: str) -> HttpResponse:
    """A harvested manifest at our address, with our search services."""
    found = Manifest.objects.filter(key=key).first()
    if found is None or found.state != State.PUBLISHED:
        return _absent("manifest", key, found)
    return iiif_json(request, manifests.whole(found))


@open_to_all
def painting_manifest(request: HttpRequest, key: str) -> HttpResponse:
    """One painting of a manifest that shows others too, as a manifest."""
    record = _record(key)
    found = Manifest.objects.get(key=record.manifest_key)
    return iiif_json(request, manifests.of_painting(found, record.canvas))


@open_to_all
def collection_view(request: HttpRequest, key: str) -> HttpResponse:
    """A collection, or ``top``: the one that holds all others and what is in none."""
    if key == TOP:
        return iiif_json(request, listed.top())
    found = Collection.objects.filter(key=key).select_related("parent").first()
    if found is None or found.state != State.PUBLISHED:
        return _absent("collection", key, found)
    return iiif_json(request, listed.document(found))


@open_to_all
def collection_versions(request: HttpRequest, key: str) -> HttpResponse:
    """What a curated collection was, each time that it was published: a list."""
    found = Collection.objects.filter(key=key, uri="").first()
    if found is None or found.state != State.PUBLISHED:
        return _absent("collection", key, found)
    return iiif_json(request, versions.listing(found))


@open_to_all
def collection_version(request: HttpRequest, key: str, number: int) -> HttpResponse:
    """One of them, without what is no longer public."""
    found = Collection.objects.filter(key=key, uri="").first()
    if found is None or found.state != State.PUBLISHED:
        return _absent("collection", key, found)
    version = found.versions.filter(number=number).first()
    if version is None:
        raise Http404(f"The collection {key!r} has no version {number}.")
    return iiif_json(request, versions.served(found, version))


@open_to_all
def annotation(request: HttpRequest, key: str) -> HttpResponse:
    """One comment at its own address; as Presentation 2 where that is what is accepted."""
    comment = Comment.objects.filter(key=key, state=State.PUBLISHED).first()
    record = records([comment.canvas_id]).get(comment.canvas_id) if comment else None
    if comment is None or record is None:
        raise Http404(f"No annotation with the key {key!r} is published here.")
    write = to_annotation_1 if _wants_version_2(request) else to_annotation_2
    return iiif_json(request, write(annotation_of(comment, record)))


@open_to_all
def annotation_page(request: HttpRequest, key: str, version: int = 3) -> HttpResponse:
    """All annotations of one canvas."""
    record = _record(key)
    comments = spoken_of().filter(canvas=record.canvas)
    found = [annotation_of(comment, record) for comment in comments]
    if version == 2:
        return iiif_json(request, to_annotation_list(urls().annotation_list(key), found))
    return iiif_json(request, to_annotation_page(urls().annotation_page(key), found))


@open_to_all
def embeddings(request: HttpRequest, key: str) -> HttpResponse:
    """The vectors of one canvas by all live encoders of whole pictures."""
    record = _record(key)
    live = [serving(name) for name in options.image_encoders]
    found = stored_vectors(live, record.canvas.pk)
    items = [embedding(record, spec, found[spec]) for spec in live if spec in found]
    return iiif_json(request, {**page_head(urls().embeddings(key)), "items": items})


@open_to_all
@throttled_pictures
def likeness(request: HttpRequest, query: str, hit: str) -> HttpResponse:
    """The annotation that says that one picture looks like another, or like a part of it."""
    key, _, fragment = query.partition("#")
    asked, record = _record(key), _record(hit)
    region = None
    if fragment:
        region = parse_xywh(fragment) if _FRAGMENT.fullmatch(fragment) else None
        if region is None:
            raise Http404(f"{fragment!r} is no region: #xywh=x,y,width,height is wanted.")
    why = () if asked.canvas == record.canvas else like(asked.canvas, region, record.canvas)
    if not why:
        raise Http404(f"{hit!r} does not look like {query!r}.")
    write = to_annotation_1 if _wants_version_2(request) else to_annotation_2
    return iiif_json(request, write(likeness_of(query, record, why)))


@open_to_all
@throttled_pictures
def shown(request: HttpRequest, hit: str, text: str) -> HttpResponse:
    """The annotation that says that a picture shows what a text says."""
    record = _record(hit)
    why = meaning.shown(text.replace("\x00", " "), record.canvas.pk)
    if not why:
        raise Http404(f"{hit!r} does not show what {text[:80]!r} says.")
    write = to_annotation_1 if _wants_version_2(request) else to_annotation_2
    return iiif_json(request, write(shown_of(text, record, (why,))))


_FRAGMENT = re.compile(r"xywh=\d{1,9},\d{1,9},\d{1,9},\d{1,9}")


@open_to_all
def thumbnail(request: HttpRequest, key: str) -> HttpResponseBase:
    """The kept thumbnail of a public canvas: a JPEG."""
    record = _record(key)
    picture = Picture.objects.filter(canvas=record.canvas).first()
    path = kept_thumbnail(picture) if picture else None
    if picture is None or path is None or not path.exists():
        raise Http404(f"No thumbnail of {record.title or key!r} is kept here.")
    etag = quote_etag(picture.sha256[:32])
    if request.headers.get("If-None-Match") == etag:
        response: HttpResponseBase = HttpResponse(status=304)
    else:
        response = FileResponse(path.open("rb"), content_type="image/jpeg")
    response["ETag"] = etag
    if picture.fetched_at:
        response["Last-Modified"] = http_date(picture.fetched_at.timestamp())
    response["Cache-Control"] = "public, max-age=3600"
    return response


@open_to_all
def activities(request: HttpRequest) -> HttpResponse:
    """The stream of changes, for harvesters."""
    return iiif_json(request, activity_stream.stream(urls()))


@open_to_all
def activity_page(request: HttpRequest, number: int) -> HttpResponse:
    body = activity_stream.page(urls(), number)
    if body is None:
        raise Http404(f"No activities are on page {number}: begin at {urls().activities()}.")
    return iiif_json(request, body)


def _absent(kind: str, key: str, found: Manifest | Collection | None) -> HttpResponse:
    """Gone for good where it had been public; else not found, as if it were not there."""
    if found is not None and found.state == State.WITHDRAWN:
        return problem(410, f"The {kind} {key!r} was withdrawn.")
    if found is not None and found.state == State.GONE:
        return problem(410, f"The {kind} {key!r} is no longer published by its source.")
    raise Http404(f"No {kind} with the key {key!r} is published here.")


def _record(key: str) -> Record:
    """The record of a public canvas. Raises Http404."""
    canvas = Canvas.objects.filter(key=key).values_list("pk", flat=True).first()
    found = records([canvas]) if canvas else {}
    if canvas is None or canvas not in found:
        raise Http404(f"No canvas with the key {key!r} is published here.")
    return found[canvas]


def _wants_version_2(request: HttpRequest) -> bool:
    return "/presentation/2/" in request.headers.get("Accept", "")
