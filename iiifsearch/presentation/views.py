"""What is published: decorated manifests, collections, annotations, thumbnails."""

from __future__ import annotations

import re

from django.db.models import Min, Q, QuerySet
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.utils.http import http_date, quote_etag

from catalog.geometry import parse_xywh
from catalog.iiif.html import sanitise
from catalog.kept import thumbnail as kept_thumbnail
from catalog.models import (
    Canvas,
    Collection,
    CollectionManifest,
    Comment,
    Manifest,
    ManifestCanvas,
    Picture,
    State,
)
from iiifsearch.conf import options
from iiifsearch.content_search.annotations import (
    to_annotation_1,
    to_annotation_2,
    to_annotation_list,
    to_annotation_page,
)
from iiifsearch.content_search.find import annotation_of, likeness_of, shown_of
from iiifsearch.engine import meaning
from iiifsearch.engine.search import likeness as like
from iiifsearch.presentation import activity_stream
from iiifsearch.presentation.collections import CollectionEntry, ManifestEntry, collection
from iiifsearch.presentation.decorate import DecorationIds, decorate
from iiifsearch.presentation.public_urls import TOP
from iiifsearch.presentation.responses import iiif_json, open_to_all, problem
from iiifsearch.presentation.services import service_block
from iiifsearch.records import Record, records, urls
from iiifsearch.throttles import throttled_pictures

#: Manifests that one collection document lists; larger collections name their first ones.
MOST_ITEMS = 5000


@open_to_all
def manifest(request: HttpRequest, key: str) -> HttpResponse:
    """A harvested manifest at our address, with our search services."""
    found = Manifest.objects.filter(key=key).first()
    if found is None or found.state != State.PUBLISHED:
        return _absent("manifest", key, found)
    shown = found.appearances.order_by("position").values_list(
        "canvas_id", "canvas__key", "raw_id", "canvas__raw_id", "canvas__state"
    )
    rows = [(pk, ours, raw or fallback, state) for pk, ours, raw, fallback, state in shown]
    said = set(
        _spoken_of()
        .filter(canvas__in=[pk for pk, *_ in rows])
        .values_list("canvas_id", flat=True)
        .distinct()
    )
    page = urls().annotation_list if found.version == 2 else urls().annotation_page
    body = decorate(
        found.raw,
        2 if found.version == 2 else 3,
        ids=DecorationIds.of(urls(), key, found.url),
        canvas_ids=[raw for _, _, raw, _ in rows],
        annotation_pages={raw: page(ours) for pk, ours, raw, _ in rows if pk in said},
        without={raw for _, _, raw, state in rows if state != State.PUBLISHED},
        sanitise=sanitise,
    )
    return iiif_json(request, body)


@open_to_all
def collection_view(request: HttpRequest, key: str) -> HttpResponse:
    """A collection, or ``top``: the one that holds all others and what is in none."""
    if key == TOP:
        return iiif_json(request, _top())
    found = Collection.objects.filter(key=key).first()
    if found is None or found.state != State.PUBLISHED:
        return _absent("collection", key, found)
    children = Collection.objects.filter(parent=found, state=State.PUBLISHED)
    # A curator puts single canvases together: their manifests are what a Collection can list.
    members = (
        Manifest.objects.filter(state=State.PUBLISHED)
        .filter(
            Q(collectionmanifest__collection=found)
            | Q(canvases__collectioncanvas__collection=found, canvases__state=State.PUBLISHED)
        )
        .annotate(place=Min("collectionmanifest__position"))
        .order_by("place", "pk")
        .values_list("key", "label", "title", "pk")
    )
    listed, summary = _first(members, found.summary)
    return iiif_json(
        request,
        collection(
            urls().collection(key),
            found.label or found.title,
            [*_collections(children), *_manifests(listed)],
            summary=summary,
            part_of=[CollectionEntry(urls().collection(TOP), options.site_name)],
            service=_services("collection", key),
        ),
    )


def _top() -> dict[str, object]:
    in_public_ones = CollectionManifest.objects.filter(collection__state=State.PUBLISHED)
    loose = (
        Manifest.objects.filter(state=State.PUBLISHED)
        .exclude(pk__in=in_public_ones.values("manifest_id"))
        .order_by("pk")
        .values_list("key", "label", "title", "pk")
    )
    listed, summary = _first(loose, {})
    top = Collection.objects.filter(state=State.PUBLISHED, parent__isnull=True)
    made = collection(
        urls().collection(TOP),
        options.site_name,
        [*_collections(top), *_manifests(listed)],
        summary=summary,
        service=_services("library", None),
    )
    return made | {"seeAlso": [activity_stream.see_also(urls())]}


Row = tuple[str, dict[str, list[str]], str, int]


def _first(
    rows: QuerySet[Manifest, Row], summary: dict[str, list[str]]
) -> tuple[list[Row], dict[str, list[str]]]:
    """The rows that one document lists; the summary says so where there are more."""
    listed = list(rows[: MOST_ITEMS + 1])
    if len(listed) > MOST_ITEMS:
        text = f"Only the first {MOST_ITEMS} manifests are listed here; search finds all of them."
        summary = {**summary, "en": [*summary.get("en", []), text]}
    return listed[:MOST_ITEMS], summary


def _collections(found: object) -> list[CollectionEntry]:
    return [
        CollectionEntry(urls().collection(row.key), row.label or row.title)
        for row in found  # type: ignore[attr-defined]
    ]


def _manifests(rows: list[Row]) -> list[ManifestEntry]:
    thumbnails = dict(
        ManifestCanvas.objects.filter(
            manifest__in=[pk for *_, pk in rows],
            position=0,
            canvas__state=State.PUBLISHED,
            canvas__picture__outcome="kept",
        ).values_list("manifest_id", "canvas__key")
    )
    return [
        ManifestEntry(
            urls().manifest(key),
            label or title or key,
            urls().thumbnail(thumbnails[pk]) if pk in thumbnails else None,
        )
        for key, label, title, pk in rows
    ]


def _services(scope: str, key: str | None) -> list[dict[str, object]]:
    where = urls()
    return service_block(
        where.search(2, scope, key),  # type: ignore[arg-type]
        where.autocomplete(2, scope, key),  # type: ignore[arg-type]
        where.search(1, scope, key),  # type: ignore[arg-type]
        where.autocomplete(1, scope, key),  # type: ignore[arg-type]
    )


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
    comments = _spoken_of().filter(canvas=record.canvas)
    found = [annotation_of(comment, record) for comment in comments]
    if version == 2:
        return iiif_json(request, to_annotation_list(urls().annotation_list(key), found))
    return iiif_json(request, to_annotation_page(urls().annotation_page(key), found))


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


def _spoken_of() -> QuerySet[Comment]:
    """Comments that are published as annotations of their own; the rest stands in the manifest."""
    return Comment.objects.filter(
        state=State.PUBLISHED, origin__in=(Comment.Origin.ANNOTATION, Comment.Origin.CURATOR)
    )


def _record(key: str) -> Record:
    """The record of a public canvas. Raises Http404."""
    canvas = Canvas.objects.filter(key=key).values_list("pk", flat=True).first()
    found = records([canvas]) if canvas else {}
    if canvas is None or canvas not in found:
        raise Http404(f"No canvas with the key {key!r} is published here.")
    return found[canvas]


def _wants_version_2(request: HttpRequest) -> bool:
    return "/presentation/2/" in request.headers.get("Accept", "")
