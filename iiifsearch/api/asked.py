"""From what was sent to what the engine is asked; what cannot be read is a 400 that says why."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import unquote

import numpy as np
from django.db.models import Q
from django.http import Http404
from drf_spectacular.utils import OpenApiParameter
from numpy.typing import NDArray
from rest_framework.request import Request

from catalog.decode import header
from catalog.geometry import Rect
from catalog.models import Collection, Manifest, State, identity
from iiifsearch.api.errors import BadRequestError
from iiifsearch.conf import options
from iiifsearch.content_search.params import BadParameter, ResourceQuery
from iiifsearch.engine.filters import WorkFilter
from iiifsearch.engine.query import Example, Query
from iiifsearch.engine.scope import Scope
from iiifsearch.notation import Colour, NotationError, colour, filled, pairs, sketch
from iiifsearch.records import public_record, urls
from iiifsearch.uploads import picture_at, picture_of_upload

LIMIT = OpenApiParameter("limit", int, description="Hits to answer with, 1 to 100; 20 if absent.")
Kept = TypeVar("Kept", Manifest, Collection)


def limit_of(request: Request) -> int:
    """The parameter ``limit``. Raises BadRequestError."""
    text = request.query_params.get("limit", "20")
    if not re.fullmatch(r"[0-9]{1,3}", text) or not 1 <= int(text) <= 100:
        raise BadRequestError(f"limit={text!r}: a whole number from 1 to 100 is wanted.")
    return int(text)


def likeness_query(sent: dict[str, Any]) -> Query:
    """The fields of a `LikenessQuestion` or `PictureQuestion` as a query."""
    examples = [_canvas("canvas", uri) for uri in sent["canvas"]]
    examples += [_canvas("minus", uri) for uri in sent["minus"]]
    if (pixels := _picture(sent)) is not None:
        examples.append(Example(pixels=pixels))
    query = Query(
        examples,
        features=dict(_weighted("features", sent["features"])),
        palette=[
            (_colour("palette", c), share) for c, share in _weighted("palette", sent["palette"])
        ],
        sketch=_sketch(sent["sketch"]) if sent["sketch"] else None,
        scope=scope_of(sent),
    )
    if not (examples or query.palette or query.sketch is not None):
        raise BadRequestError(
            "Nothing to look for was sent: a canvas's URI as 'canvas', a picture as 'image', the "
            "address of one as 'url', a 'palette' or a 'sketch'."
        )
    return query


def detail_query(sent: dict[str, Any]) -> Query:
    """The same where a detail is meant: of nothing but one picture, or one region of a canvas."""
    query = likeness_query(sent)
    alone = len(query.examples) == 1 and not query.examples[0].minus
    if not alone or query.features or query.palette or query.sketch is not None:
        raise BadRequestError(
            "detail=true looks for one detail and nothing else: one region of a canvas, one image "
            "or one url."
        )
    if query.examples[0].canvas is not None and query.examples[0].region is None:
        raise BadRequestError("Which detail? Add #xywh=x,y,w,h to the canvas's URI.")
    if "rule" in sent:
        raise BadRequestError("Details are verified by their own; 'rule' says nothing of them.")
    return query


def photo_of(sent: dict[str, Any]) -> tuple[NDArray[np.uint8], tuple[int, int]]:
    """The photo of a `RecogniseQuestion`, uint8 (H, W, 3), and what its pixels are counted in:
    its own width and height; of one at an address those in which it is looked at."""
    if "url" in sent:
        pixels = picture_at(sent["url"])
        return pixels, (pixels.shape[1], pixels.shape[0])
    upload = sent["image"]
    pixels = picture_of_upload(upload)
    upload.seek(0)
    return pixels, header(upload.read(), options.max_upload_pixels).shown


def _picture(sent: dict[str, Any]) -> NDArray[np.uint8] | None:
    """What was sent to look for, if anything."""
    if "image" in sent:
        return picture_of_upload(sent["image"], sent["region"])
    return picture_at(sent["url"], sent["region"]) if "url" in sent else None


def scope_of(sent: dict[str, Any]) -> Scope:
    """The fields of a `ScopeQuestion` as a scope."""
    years = (sent["from"], sent["to"])
    if None not in years and years[0] > years[1]:
        raise BadRequestError(f"from={years[0]} is later than to={years[1]}.")
    for name in ("maker", "type"):
        if sent[name] and not re.search(r"\w", sent[name]):
            raise BadRequestError(f"{name}={sent[name]!r} holds no word.")
    return Scope(
        manifest_id=_pk(Manifest, urls().manifest, sent["manifest"]),
        collection_id=_pk(Collection, urls().collection, sent["collection"]),
        works=WorkFilter(
            maker=sent["maker"],
            maker_exact=bool(sent["maker"]) and sent["maker_exact"],
            object_type=sent["type"],
            years=years,
            rights=sent["rights"],
        ),
    )


def _pk(model: type[Kept], address: Callable[[str], str], sent: str) -> int | None:
    """The id of what is meant, None where nothing is. Raises BadRequestError."""
    if not sent:
        return None
    found = published(model, address, sent)
    if found is None:
        raise BadRequestError(f"No {model._meta.verbose_name} {sent[:200]} is published here.")
    return found


def published(model: type[Kept], address: Callable[[str], str], sent: str) -> int | None:
    """The id of what is published here under our own address, its key, or its source's URI."""
    key = unquote(sent.rpartition("/")[2]) or sent
    key = key if sent == address(key) else sent
    rows = model._default_manager.filter(Q(key=key) | Q(uri=identity(sent)), state=State.PUBLISHED)
    found = rows.values_list("pk", flat=True).first()
    return None if found is None else int(found)


def _canvas(name: str, uri: str) -> Example:
    """A canvas of ours, or a region of it, in canvas units."""
    try:
        resource = ResourceQuery.parse(uri)
    except BadParameter as error:
        raise BadRequestError(str(BadParameter(name, uri, error.reason))) from error
    record = public_record(resource.uri)
    if record is None:
        raise Http404(f"No canvas {resource.uri} is published here.")
    region = None
    if resource.fragment:
        box = resource.region(record.width, record.height)
        region = None if box is None else Rect(*box)
    return Example(canvas=record.canvas, region=region, minus=name == "minus")


def _weighted(name: str, sent: str) -> list[tuple[str, float]]:
    try:
        return pairs(sent)
    except NotationError as error:
        raise BadRequestError(f"{name}: {error} It is written NAME:NUMBER.") from error


def _colour(name: str, text: str) -> Colour:
    try:
        return colour(text)
    except NotationError as error:
        raise BadRequestError(f"{name}: {error}") from error


def _sketch(sent: str) -> NDArray[np.uint8]:
    """uint8 (rows, columns, 3) sRGB."""
    try:
        return np.array(filled(sketch(sent)), np.uint8)
    except NotationError as error:
        raise BadRequestError(f"sketch: {error}") from error
