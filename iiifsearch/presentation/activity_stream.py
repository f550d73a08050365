"""What changed among the things that we publish, as Change Discovery API 1.0, level 2.

A page is a range of 100 activity ids. Ids become visible in their order, so a page that has a
``next`` is never changed again; ranges in which there is nothing are stepped over.
"""

from __future__ import annotations

from datetime import UTC
from typing import Any

from django.core.cache import cache
from django.db.models import Max, Min

from catalog.models import Activity
from iiifsearch.presentation.public_urls import PublicURLs

CONTEXT = "http://iiif.io/api/discovery/1/context.json"
PAGE = 100
#: How long, in seconds, the count of activities up to a certain one is remembered. It stays true;
#: but a database may be replaced.
REMEMBERED = 3600


def stream(urls: PublicURLs) -> dict[str, Any]:
    """The OrderedCollection (section 3.1), the entry to the pages."""
    ends = Activity.objects.aggregate(first=Min("id"), last=Max("id"))
    return {
        "@context": CONTEXT,
        "id": urls.activities(),
        "type": "OrderedCollection",
        "totalItems": _count(ends["last"]),
        "first": _page_reference(urls, _number(ends["first"])),
        "last": _page_reference(urls, _number(ends["last"])),
    }


def page(urls: PublicURLs, number: int) -> dict[str, Any] | None:
    """An OrderedCollectionPage (section 3.2), from 1; None where no activity is on it.

    Before anything was published there is page 1, without items: the specification wants a last
    page of every stream, and an item on every page; it cannot have both.
    """
    first, last = (number - 1) * PAGE + 1, number * PAGE
    if not 0 < last <= _LARGEST_ID:
        return None
    activities = Activity.objects.order_by("id")
    items = [_activity(urls, found) for found in activities.filter(id__range=(first, last))]
    before = activities.filter(id__lt=first).values_list("id", flat=True).last()
    after = activities.filter(id__gt=last).values_list("id", flat=True).first()
    if not items and (number != 1 or before or after):
        return None
    result: dict[str, Any] = {
        "@context": CONTEXT,
        "id": urls.activity_page(number),
        "type": "OrderedCollectionPage",
        "partOf": {"id": urls.activities(), "type": "OrderedCollection"},
    }
    if before:
        result["prev"] = _page_reference(urls, _number(before))
    if after:
        result["next"] = _page_reference(urls, _number(after))
    return result | {"orderedItems": items}


def see_also(urls: PublicURLs) -> dict[str, Any]:
    """How a collection of Presentation 3 names the stream."""
    return {
        "id": urls.activities(),
        "type": "Dataset",
        "label": {"en": ["Changes, for harvesters (IIIF Change Discovery)"]},
        "format": "application/ld+json",
        "profile": CONTEXT,
    }


_LARGEST_ID = 2**63 - 1


def _number(id: int | None) -> int:
    return 1 if id is None else (id - 1) // PAGE + 1


def _page_reference(urls: PublicURLs, number: int) -> dict[str, str]:
    return {"id": urls.activity_page(number), "type": "OrderedCollectionPage"}


def _activity(urls: PublicURLs, activity: Activity) -> dict[str, Any]:
    manifest = activity.kind == Activity.Kind.MANIFEST
    return {
        "type": activity.type,
        "object": {
            "id": (urls.manifest if manifest else urls.collection)(activity.key),
            "type": "Manifest" if manifest else "Collection",
        },
        "endTime": activity.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z",
    }


def _count(last: int | None) -> int:
    """How many there are, up to the one with this id: only those are counted that came since."""
    if last is None:
        return 0
    counted_to, count = cache.get(_COUNTED, (0, 0))
    if counted_to > last:  # another database than before
        counted_to, count = 0, 0
    if counted_to < last:
        count += Activity.objects.filter(id__gt=counted_to, id__lte=last).count()
        cache.set(_COUNTED, (last, count), REMEMBERED)
    return count


_COUNTED = "iiifsearch.activities.counted"
