"""A content state that somebody brings: which painting it means, and where on it.

Content State 1.0, sections 2.2 (what it may be), 3.1 (the parameter) and 6 (how it is encoded).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext

from catalog.geometry import Rect
from catalog.models import Canvas, Manifest, State, identity
from iiifsearch.content_search.params import BadParameter, ResourceQuery
from iiifsearch.pages.asked import BadAsk, percent
from iiifsearch.presentation.content_state import decode
from iiifsearch.records import Record, public_record, records, urls

PARAMETER = "iiif-content"
#: Characters of a content state, and places that one of them may name.
_LONGEST, _MOST = 20_000, 20


def address(sent: str) -> str:
    """The address of the page of the painting that ``sent`` means: an encoded content state, or the
    plain URI of a canvas, with a region or without, or of a manifest, whose first canvas it is.

    Raises BadAsk.
    """
    try:
        if len(sent) > _LONGEST:
            raise ValueError("it is too long")
        state: Any = sent if ":" in sent else decode(sent)
        for place in _places(state, _MOST):
            if found := _page(place):
                return found
    except (ValueError, RecursionError) as error:
        unread = gettext("This content state cannot be read: %(reason)s")
        raise BadAsk(unread % {"reason": error}) from error
    raise BadAsk(gettext("This content state means nothing that is published here."))


def _places(state: Any, most: int) -> Iterator[ResourceQuery]:
    """What a content state points at, the nearest first, then what that is part of."""
    match state:
        case _ if most < 1:
            return
        case str():
            try:
                yield ResourceQuery.parse(state)
            except BadParameter as error:
                raise ValueError(error.reason) from error
        case list():
            for one in state[:most]:
                yield from _places(one, most - 1)
        case {"target": target}:
            yield from _places(target, most - 1)
        case {"source": source}:
            fragment = _fragment(state.get("selector"))
            for one in _places(source, most - 1):
                yield ResourceQuery(one.uri, one.fragment or fragment)
        case {"id": str(uri)}:
            yield from _places(uri, most - 1)
            yield from _places(state.get("partOf"), most - 1)


def _fragment(selector: Any) -> str | None:
    """``xywh=…`` of a selector of a region; None of all others, which are not read."""
    if isinstance(selector, list):
        return next((found for one in selector if (found := _fragment(one))), None)
    value = selector.get("value") if isinstance(selector, dict) else None
    if isinstance(value, str) and value.startswith("xywh="):
        return ResourceQuery.parse(f"x#{value}").fragment
    return None


def _page(place: ResourceQuery) -> str | None:
    record = public_record(place.uri) or _first_of(place.uri)
    if record is None:
        return None
    page = reverse("painting", args=[record.canvas.key])
    region = place.region(record.width, record.height)
    if region is None:
        return page
    x, y, w, h = region
    across, down = 100 / record.width, 100 / record.height
    return f"{page}?xywh={percent(Rect(x * across, y * down, w * across, h * down))}"


def _first_of(uri: str) -> Record | None:
    """The first public canvas of the manifest that is published under our address, or its own."""
    key = uri.rpartition("/")[2]
    ours = Q(key=key) if key and uri == urls().manifest(key) else Q(uri=identity(uri))
    canvas = (
        Canvas.objects.filter(
            appearances__manifest__in=Manifest.objects.filter(ours, state=State.PUBLISHED),
            state=State.PUBLISHED,
        )
        .order_by("appearances__position")
        .first()
    )
    return None if canvas is None else records([canvas.pk]).get(canvas.pk)
