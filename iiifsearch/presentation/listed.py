"""Collections as documents of Presentation 3: what of them is public, in whose order.

A collection lists the collections in it, then single paintings in the curator's order, then whole
manifests, each once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from catalog.conf import options as catalog_options
from catalog.iiif.html import sanitise
from catalog.iiif.language import best
from catalog.models import (
    Canvas,
    Collection,
    CollectionCanvas,
    CollectionManifest,
    Manifest,
    ManifestCanvas,
    State,
)
from iiifsearch.conf import options
from iiifsearch.presentation import activity_stream
from iiifsearch.presentation.collections import CollectionEntry, ManifestEntry, collection
from iiifsearch.presentation.language import LanguageMap, language_map
from iiifsearch.presentation.public_urls import TOP
from iiifsearch.presentation.services import service_block
from iiifsearch.records import urls

#: Members that one document lists; larger collections name their first ones.
MOST_ITEMS = 5000


def document(row: Collection) -> dict[str, Any]:
    """The Collection that ``row``, which is public, is published as."""
    key = row.key
    children = within(row)[: MOST_ITEMS + 1]
    paintings = _chosen(row)
    whole = (
        Manifest.objects.filter(state=State.PUBLISHED, collectionmanifest__collection=row)
        .order_by("collectionmanifest__position", "pk")
        .values_list("key", "label", "title", "pk")
    )
    entries = [*_collections(children), *_paintings(paintings[: MOST_ITEMS + 1])]
    entries += _manifests(list(whole[: MOST_ITEMS + 1]))
    listed, summary = _first(entries, row.summary)
    picture = cover(row)
    return collection(
        urls().collection(key),
        clean(row.label) or row.title,
        listed,
        summary=clean(summary),
        rights=row.rights,
        thumbnail=urls().thumbnail(picture) if picture else None,
        homepage=urls().collection_page(key),
        see_also=() if row.harvested else (_versions(key),),
        part_of=(_above(row),),
        service=_services("collection", key),
    )


def top() -> dict[str, Any]:
    """The collection that holds all others and what is in none."""
    in_public_ones = CollectionManifest.objects.filter(collection__state=State.PUBLISHED)
    loose = (
        Manifest.objects.filter(state=State.PUBLISHED)
        .exclude(pk__in=in_public_ones.values("manifest_id"))
        .order_by("pk")
        .values_list("key", "label", "title", "pk")
    )
    collections = _collections(within(None)[: MOST_ITEMS + 1])
    listed, summary = _first([*collections, *_manifests(list(loose[: MOST_ITEMS + 1]))], {})
    return collection(
        urls().collection(TOP),
        options.site_name,
        listed,
        summary=summary,
        see_also=(activity_stream.see_also(urls()),),
        service=_services("library", None),
    )


def within(parent: Collection | None) -> QuerySet[Collection]:
    """The public collections in ``parent``, in their order; None: those that no public one
    holds."""
    rows = Collection.objects.filter(state=State.PUBLISHED).order_by("position", "title", "pk")
    if parent is not None:
        return rows.filter(parent=parent)
    return rows.filter(Q(parent=None) | ~Q(parent__state=State.PUBLISHED))


def cover(row: Collection) -> str | None:
    """The key of the canvas whose picture stands for it: its cover, or the first of its public
    paintings of which a picture is kept."""
    own = shown().filter(pk=row.cover_id) if row.cover_id else Canvas.objects.none()
    first = shown().filter(collectioncanvas__collection=row).order_by("collectioncanvas__position")
    for canvases in (own, first):
        kept = canvases.filter(picture__sha256__gt="")
        found = kept.values_list("key", flat=True).first()
        if found:
            return found
    return None


def clean(texts: Any) -> LanguageMap:
    """A language map, of whatever `language_map` reads, whose HTML viewers may show."""
    return {
        language: [sanitise(text) if "<" in text else text for text in listed]
        for language, listed in language_map(texts).items()
    }


def painting_label(canvas: Canvas, manifest: Manifest) -> LanguageMap:
    """The title of a painting, in all languages of the label that it is taken from."""
    for label in (canvas.label, manifest.label):
        if any("; ".join(texts) == canvas.title for texts in language_map(label).values()):
            return clean(label)
    part = best(canvas.label, catalog_options.languages)
    if part and canvas.title == f"{best(manifest.label, catalog_options.languages)}, {part}":
        return clean(
            {
                language: f"{'; '.join(texts)}, {best(canvas.label, [language])}"
                for language, texts in language_map(manifest.label).items()
            }
        )
    return clean(language_map(canvas.title) or canvas.label or manifest.label)


def shown() -> QuerySet[Canvas]:
    """Canvases that are public: published, in a published manifest."""
    places = ManifestCanvas.objects.filter(canvas=OuterRef("pk"), manifest__state=State.PUBLISHED)
    return Canvas.objects.filter(Exists(places), state=State.PUBLISHED)


# -- what a document lists ---------------------------------------------------------------------

Entry = CollectionEntry | ManifestEntry
Row = tuple[str, dict[str, list[str]], str, int]


def _chosen(row: Collection) -> QuerySet[CollectionCanvas, int]:
    """Ids of its public canvases, in the curator's order."""
    members = CollectionCanvas.objects.filter(collection=row, canvas__in=shown())
    return members.order_by("position", "pk").values_list("canvas_id", flat=True)


def _paintings(canvas_ids: Iterable[int]) -> Iterator[ManifestEntry]:
    """A canvas that its manifest shows alone is listed as that manifest, else as one of its own.

    Where several manifests show it, the first that is public counts, as everywhere.
    """
    ids = list(canvas_ids)
    others = ManifestCanvas.objects.filter(
        manifest=OuterRef("manifest"), canvas__state=State.PUBLISHED
    ).exclude(canvas=OuterRef("canvas"))
    columns = [f"canvas__{name}" for name in ("key", "title", "label", "picture__sha256")]
    columns += [f"manifest__{name}" for name in ("key", "title", "label")]
    places = (
        ManifestCanvas.objects.filter(canvas__in=ids, manifest__state=State.PUBLISHED)
        .order_by("canvas_id", "manifest_id")
        .distinct("canvas_id")
        .annotate(is_one_of_many=Exists(others))
        .select_related("canvas__picture", "manifest")
        .only("canvas_id", "manifest_id", *columns)
    )
    found: dict[int, Any] = {place.canvas_id: place for place in places}
    for place in (found[pk] for pk in ids if pk in found):
        canvas, manifest = place.canvas, place.manifest
        picture = getattr(canvas, "picture", None)
        alone = not place.is_one_of_many
        yield ManifestEntry(
            urls().manifest(manifest.key) if alone else urls().painting_manifest(canvas.key),
            (clean(manifest.label) if alone else {}) or painting_label(canvas, manifest),
            urls().thumbnail(canvas.key) if picture and picture.sha256 else None,
            urls().painting(canvas.key),
        )


def _collections(found: Iterable[Collection]) -> list[Entry]:
    return [
        CollectionEntry(urls().collection(row.key), clean(row.label) or row.title) for row in found
    ]


def _manifests(rows: list[Row]) -> list[Entry]:
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


def _first(
    entries: list[Entry], summary: dict[str, list[str]]
) -> tuple[list[Entry], dict[str, list[str]]]:
    """The entries that one document lists, each once; the summary says so where there are more."""
    once: dict[str, Entry] = {}
    for entry in entries:
        once.setdefault(entry.id, entry)
    listed = list(once.values())
    if len(listed) > MOST_ITEMS:
        text = f"Only the first {MOST_ITEMS} manifests are listed here; search finds all of them."
        summary = {**summary, "en": [*summary.get("en", []), text]}
    return listed[:MOST_ITEMS], summary


def _above(row: Collection) -> CollectionEntry:
    """What it is part of: the public collection that holds it, else all there is."""
    parent = row.parent
    if parent is not None and parent.state == State.PUBLISHED:
        return CollectionEntry(urls().collection(parent.key), clean(parent.label) or parent.title)
    return CollectionEntry(urls().collection(TOP), options.site_name)


def _versions(key: str) -> dict[str, Any]:
    return {
        "id": urls().collection_versions(key),
        "type": "Dataset",
        "label": {"en": ["Versions of this collection"]},
        "format": "application/ld+json",
        "profile": "http://iiif.io/api/presentation/3/context.json",
    }


def _services(scope: str, key: str | None) -> list[dict[str, object]]:
    where = urls()
    return service_block(
        where.search(2, scope, key),  # type: ignore[arg-type]
        where.autocomplete(2, scope, key),  # type: ignore[arg-type]
        where.search(1, scope, key),  # type: ignore[arg-type]
        where.autocomplete(1, scope, key),  # type: ignore[arg-type]
    )
