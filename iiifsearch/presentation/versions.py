"""Versions of curated collections: written when a curator changes what is public, and served.

A version records what curators did, not what sources and withdrawals do to the paintings: these
show when it is served, for what is no longer public is left out.
"""

from __future__ import annotations

import re
from collections.abc import Collection as Several
from collections.abc import Sequence
from typing import Any

from django.db import connection

from catalog.models import Canvas, Collection, CollectionVersion, Manifest, State
from iiifsearch.presentation.collections import CollectionEntry, collection
from iiifsearch.presentation.listed import MOST_ITEMS, clean, document, shown
from iiifsearch.records import urls

#: What is that of the day on which a version is served.
_OF_TODAY = ("@context", "service", "partOf")
_CONTEXT = "http://iiif.io/api/presentation/3/context.json"

_MANIFEST = re.compile(r"/iiif/manifest/([^/]+)$")
_COLLECTION = re.compile(r"/iiif/collection/([^/]+)$")
_PAINTING = re.compile(r"/painting/([^/]+)/$")
_THUMBNAIL = re.compile(r"/iiif/thumbnail/([^/]+)\.jpg$")


def keep(collections: Sequence[Collection], by: Any, **_: Any) -> None:
    """Write a version of each of these public collections whose document is another than in its
    last one; in the transaction of the change, which has locked them."""
    for row in collections:
        made = {name: part for name, part in document(row).items() if name not in _OF_TODAY}
        last = row.versions.order_by("-number").first()
        if last is None or last.document != made:
            number = last.number + 1 if last else 1
            CollectionVersion.objects.create(collection=row, number=number, document=made, by=by)


def listing(row: Collection) -> dict[str, Any]:
    """All versions as a Collection of collections, the newest first."""
    kept = row.versions.order_by("-number").values_list("number", "at")
    title = clean(row.label) or {"none": [row.title]}
    entries = [
        CollectionEntry(
            urls().collection_version(row.key, number),
            {"en": [f"Version {number}, {at:%Y-%m-%d}"]},
        )
        for number, at in kept[:MOST_ITEMS]
    ]
    return collection(
        urls().collection_versions(row.key),
        title,
        entries,
        summary={"en": ["What this collection was, each time that it was published."]},
        part_of=(CollectionEntry(urls().collection(row.key), title),),
    )


def served(row: Collection, version: CollectionVersion) -> dict[str, Any]:
    """The collection as it was published, at an address of its own, without what is no longer
    public: paintings, manifests, collections, and pictures of them."""
    said = version.document
    public = _Public([said, *said["items"]])
    body = {
        "@context": _CONTEXT,
        **_with_public_thumbnail(said, public),
        "id": urls().collection_version(row.key, version.number),
        "items": [
            _with_public_thumbnail(item, public) for item in said["items"] if public.shows(item)
        ],
    }
    title = clean(row.label) or {"none": [row.title]}
    body["partOf"] = [{"id": urls().collection(row.key), "type": "Collection", "label": title}]
    return body


def forget(canvas_ids: Several[int]) -> None:
    """Take withdrawn paintings out of all versions, with the titles they bore there."""
    keys = list(Canvas.objects.filter(pk__in=canvas_ids).values_list("key", flat=True))
    with connection.cursor() as cursor:
        cursor.execute(_FORGET, [keys])


_FORGET = """
UPDATE catalog_collectionversion AS version
SET document = jsonb_set(version.document, '{items}', kept.items)
FROM (
    SELECT id, coalesce(jsonb_agg(item ORDER BY place) FILTER (WHERE NOT gone), '[]') AS items
    FROM (
        SELECT each.id, item, place, coalesce(
            substring(item #>> '{homepage,0,id}' FROM '/painting/([^/]+)/$') = ANY(%s), false
        ) AS gone
        FROM catalog_collectionversion AS each,
            jsonb_array_elements(each.document -> 'items') WITH ORDINALITY AS listed(item, place)
    ) AS judged
    GROUP BY id
    HAVING bool_or(gone)
) AS kept
WHERE version.id = kept.id
"""


class _Public:
    """Which of the things that an old document names are public now, in three queries."""

    def __init__(self, things: Sequence[dict[str, Any]]) -> None:
        canvases = {_painting(thing) for thing in things} | {_pictured(thing) for thing in things}
        self._canvases = set(shown().filter(key__in=canvases - {""}).values_list("key", flat=True))
        self._manifests = self._published(Manifest, {_key(_MANIFEST, each) for each in things})
        self._collections = self._published(Collection, {_key(_COLLECTION, e) for e in things})

    def shows(self, item: dict[str, Any]) -> bool:
        painting, manifest = _painting(item), _key(_MANIFEST, item)
        within = _key(_COLLECTION, item)
        return (
            (not painting or painting in self._canvases)
            and (not manifest or manifest in self._manifests)
            and (not within or within in self._collections)
        )

    def pictures(self, thing: dict[str, Any]) -> bool:
        return _pictured(thing) in self._canvases

    @staticmethod
    def _published(model: Any, keys: set[str]) -> set[str]:
        rows = model.objects.filter(key__in=keys - {""}, state=State.PUBLISHED)
        return set(rows.values_list("key", flat=True))


def _with_public_thumbnail(thing: dict[str, Any], public: _Public) -> dict[str, Any]:
    if "thumbnail" not in thing or public.pictures(thing):
        return thing
    return {name: part for name, part in thing.items() if name != "thumbnail"}


def _key(pattern: re.Pattern[str], thing: dict[str, Any]) -> str:
    match = pattern.search(thing["id"])
    return match[1] if match else ""


def _painting(item: dict[str, Any]) -> str:
    """The key of the one painting that an item is listed for."""
    found = (_PAINTING.search(page["id"]) for page in item.get("homepage", ()))
    return next((match[1] for match in found if match), "")


def _pictured(thing: dict[str, Any]) -> str:
    found = (_THUMBNAIL.search(image["id"]) for image in thing.get("thumbnail", ()))
    return next((match[1] for match in found if match), "")
