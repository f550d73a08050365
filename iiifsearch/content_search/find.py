"""From a Content Search request to a page of found annotations.

The engine finds canvases; an answer is made of annotations. A search by words answers with the
comments that hold them, hit by hit; a search by a canvas or a region of it answers with one
annotation for each picture that looks alike; a search without a query lists everything.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from django.db import connection

from catalog.cluster import same_canvas
from catalog.geometry import Rect
from catalog.iiif.html import sanitise
from catalog.images import ImageError
from catalog.models import Comment
from iiifsearch.conf import options
from iiifsearch.content_search.annotations import FoundAnnotation
from iiifsearch.content_search.highlight import quotes
from iiifsearch.content_search.paging import ResultPage
from iiifsearch.content_search.params import ResourceQuery, SearchParams
from iiifsearch.engine import search as engine
from iiifsearch.engine import words
from iiifsearch.engine.hits import Answer, Hit
from iiifsearch.engine.scope import CommentFilter, Scope
from iiifsearch.records import Record, public_record, records, urls

#: The motivation of a likeness: it links a picture to another one.
LIKENESS = "linking"


@dataclass(frozen=True)
class Listing:
    """The part of an answer that a page shows, of ``total``."""

    items: tuple[FoundAnnotation, ...]
    total: int
    notices: tuple[str, ...] = ()


def find(
    params: SearchParams, scope: Scope, *, service_url: str, cross_manifest: bool
) -> ResultPage:
    """The page that ``params`` ask for, of what ``scope`` holds."""
    motivations = params.motivations + (("non-painting",) if params.non_painting else ())
    scope = replace(scope, comments=CommentFilter(motivations, params.dates, params.users))
    start = (params.page - 1) * options.page_size
    if params.resource is not None:
        listing = _alike(params, params.resource, scope, start)
    elif params.q:
        linking = params.wants_motivation(LIKENESS) and not (params.dates or params.users)
        listing = _by_words(params.q, scope, start, pictures=linking)
    else:
        listing = _everything(scope, start)
    return ResultPage(
        service_url=service_url,
        query=dict(params.query),
        items=listing.items,
        page=params.page,
        page_size=options.page_size,
        total=listing.total,
        ignored=params.ignored,
        notices=listing.notices,
        cross_manifest=cross_manifest,
    )


# -- by words ----------------------------------------------------------------------------------


def _by_words(query: str, scope: Scope, start: int, pictures: bool) -> Listing:
    """``pictures``: those found by what they show alone, of which no comment can be told, too."""
    answer = engine.by_words(query, scope)
    terms, _ = words.parse(query)
    listed = _matched_comments(answer, terms, scope)
    if pictures:
        listed = _with_pictures(answer, listed)
    page = listed[start : start + options.page_size]
    hits = {hit.canvas_id: hit for hit in answer.hits}
    comments = Comment.objects.in_bulk([comment for _, comment in page if comment is not None])
    shown = records([canvas for canvas, _ in page], scope.manifest_id)
    marked = quotes(list(comments.values()), terms)
    items = []
    for canvas_id, comment_id in page:
        record, hit = shown.get(canvas_id), hits[canvas_id]
        if record is None:
            continue
        if comment_id is None:
            items.append(shown_of(query, record, hit.why, hit))
        elif comment := comments.get(comment_id):
            found = annotation_of(comment, record, hit)
            items.append(replace(found, quotes=marked.get(comment_id, ())))
    return Listing(tuple(items), len(listed), answer.notices)


def _matched_comments(
    answer: Answer, terms: Sequence[words.QueryTerm], scope: Scope
) -> list[tuple[int, int | None]]:
    """(canvas, comment) of every comment that holds a word of the query or was found by its
    meaning: in the order of the hits, and for one canvas those first that hold most."""
    wanted = [term for term in terms if not term.negated]
    ids = [hit.canvas_id for hit in answer.hits]
    if not ids or not wanted:
        return []
    parts = [words.tsquery_sql(term) for term in wanted]
    matches = " + ".join(f"(w.words @@ {sql})::int" for sql, _ in parts)
    either = " || ".join(sql for sql, _ in parts)
    params: list[Any] = [value for _, values in parts for value in values]
    filtered, filter_params = scope.comments.sql("c")
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT w.canvas_id, w.comment_id, ({matches}) * w.weight AS strength "
            "FROM iiifsearch_commenttext w JOIN catalog_comment c "
            f"ON c.id = w.comment_id{same_canvas('c.canvas_id', 'w.canvas_id')} "
            f"WHERE w.canvas_id = ANY(%s) AND c.state = 'published'{filtered} "
            f"AND w.words @@ ({either}) ORDER BY strength DESC, w.comment_id",
            [*params, ids, *filter_params, *params],
        )
        rows = cursor.fetchall()
    by_canvas: dict[int, list[int]] = {}
    for canvas_id, comment_id, _ in rows:
        by_canvas.setdefault(canvas_id, []).append(comment_id)
    return [
        (hit.canvas_id, comment_id)
        for hit in answer.hits
        for comment_id in dict.fromkeys([*by_canvas.get(hit.canvas_id, ()), *hit.comments])
    ]


def _with_pictures(
    answer: Answer, listed: Sequence[tuple[int, int | None]]
) -> list[tuple[int, int | None]]:
    """``listed``, and the hits of which it has no comment, without one; in the order of hits."""
    comments: dict[int, list[int | None]] = {}
    for canvas_id, comment_id in listed:
        comments.setdefault(canvas_id, []).append(comment_id)
    return [
        (hit.canvas_id, comment_id)
        for hit in answer.hits
        for comment_id in comments.get(hit.canvas_id, [None] if "pictures" in hit.shares else [])
    ]


# -- by likeness -------------------------------------------------------------------------------


def _alike(params: SearchParams, resource: ResourceQuery, scope: Scope, start: int) -> Listing:
    if not params.wants_motivation(LIKENESS) or params.dates or params.users:
        return Listing((), 0, ("A likeness has the motivation linking, no date and no user.",))
    record = public_record(resource.uri)
    if record is None:
        return Listing((), 0, ("No such canvas is in this library.",))
    canvas, rect = record.canvas, None
    if resource.fragment is not None:
        box = resource.region(record.width, record.height)
        rect = None if box is None else Rect(*box)
    try:
        answer = engine.by_canvas(canvas, scope, rect)
    except ImageError as error:
        return Listing((), 0, (f"The picture cannot be looked at: {error}",))
    hits = answer.hits[start : start + options.page_size]
    shown = records([hit.canvas_id for hit in hits], scope.manifest_id)
    fragment = "" if rect is None else f"#{rect.to_fragment()}"
    items = tuple(
        likeness_of(canvas.key + fragment, shown[hit.canvas_id], hit.why, hit)
        for hit in hits
        if hit.canvas_id in shown
    )
    return Listing(items, len(answer.hits), answer.notices)


# -- everything --------------------------------------------------------------------------------


def _everything(scope: Scope, start: int) -> Listing:
    """Every public comment in scope, in the order of canvases."""
    scoped, params = scope.sql("c.canvas_id")
    filtered, filter_params = scope.comments.sql("c")
    where = f"FROM catalog_comment c WHERE c.state = 'published'{filtered} AND {scoped}"
    params = [*filter_params, *params]
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) {where}", params)
        total = int(cursor.fetchone()[0])
        cursor.execute(
            f"SELECT c.id {where} ORDER BY c.canvas_id, c.id OFFSET %s LIMIT %s",
            [*params, start, options.page_size],
        )
        ids = [row[0] for row in cursor.fetchall()]
    comments = Comment.objects.in_bulk(ids)
    shown = records([comment.canvas_id for comment in comments.values()], scope.manifest_id)
    items = tuple(annotation_of(comments[pk], shown[comments[pk].canvas_id]) for pk in ids)
    return Listing(items, total)


# -- annotations -------------------------------------------------------------------------------


def annotation_of(comment: Comment, record: Record, hit: Hit | None = None) -> FoundAnnotation:
    """A comment as an annotation, with why it was found. Its own licence stands before that of the
    painting."""
    region = None
    if comment.x is not None and comment.y is not None and comment.w and comment.h:
        region = (comment.x, comment.y, comment.w, comment.h)
    return replace(
        _shared(record, hit),
        id=urls().annotation(comment.key),
        motivation=comment.motivation,
        # Stored HTML was sanitised when it came in; once more costs little and forgets nothing.
        text=sanitise(comment.html) if comment.html else comment.body,
        format="text/html" if comment.html else "text/plain",
        language=comment.language or None,
        label=comment.label or record.title,
        region=region,
        creator=comment.creator or None,
        created=_moment(comment.created),
        modified=_moment(comment.modified),
        rights=comment.rights or record.rights or None,
    )


def _moment(at: datetime | None) -> str | None:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if at else None


def likeness_of(
    query: str, record: Record, why: tuple[str, ...], hit: Hit | None = None
) -> FoundAnnotation:
    """A likeness as an annotation. ``query``: key of the canvas, with its fragment if it is a
    region. ``hit``: as what a search found it; without one it has no score."""
    return _linking(urls().likeness(query, record.canvas.key), record, why, hit)


def shown_of(
    text: str, record: Record, why: tuple[str, ...], hit: Hit | None = None
) -> FoundAnnotation:
    """As an annotation that a picture shows what a text says; ``hit`` as in `likeness_of`."""
    return _linking(urls().shown(text, record.canvas.key), record, why, hit)


def _linking(uri: str, record: Record, why: tuple[str, ...], hit: Hit | None) -> FoundAnnotation:
    named = ", ".join(part for part in (record.title, record.maker, record.date) if part)
    return replace(
        _shared(record, hit),
        id=uri,
        motivation=LIKENESS,
        text=f"{named}: {'; '.join(why)}",
        label=record.title,
        why="; ".join(why),
    )


def _shared(record: Record, hit: Hit | None) -> FoundAnnotation:
    return FoundAnnotation(
        id="",
        motivation="",
        text="",
        canvas_id=record.canvas_uri,
        width=record.width,
        height=record.height,
        manifest_id=record.manifest_url,
        canvas_label=record.title,
        manifest_label=record.manifest_label,
        thumbnail=record.thumbnail,
        rights=record.rights or None,
        required_statement=record.required_statement,
        score=hit.score if hit else None,
        shares=hit.shares if hit else {},
        why="; ".join(hit.why) if hit else "",
    )
