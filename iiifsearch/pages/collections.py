"""What the pages of collections show: those there are, and what is in one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from django.core.paginator import Page
from django.db.models import Exists, F, OuterRef, Q, Value
from django.urls import reverse
from django.utils.text import Truncator
from django.utils.translation import get_language, gettext

from catalog.iiif.html import plain_text
from catalog.iiif.language import best
from catalog.models import Canvas, Collection, CollectionCanvas, ManifestCanvas, State
from iiifsearch.pages.cards import Card, card
from iiifsearch.pages.paging import Paged
from iiifsearch.pages.results import page_of
from iiifsearch.pages.rights import Rights, rights
from iiifsearch.presentation.listed import cover, within
from iiifsearch.records import records, urls

#: Collections that are listed on one page.
MOST_LISTED = 500
#: Earlier versions that a page lists.
VERSIONS_LISTED = 20
#: Characters of what a link to a page unfolds to.
SUMMARY = 200


class UnknownCollection(LookupError):
    """No public collection has this key."""

    def __init__(self, key: str) -> None:
        told = gettext("No collection with the key “%(key)s” is published here.")
        super().__init__(told % {"key": key[:40]})


@dataclass(frozen=True)
class Entry:
    """A collection in a list."""

    title: str
    url: str


@dataclass(frozen=True)
class Version:
    """What the collection was from the moment ``at`` until the next one."""

    number: int
    at: datetime
    url: str


@dataclass(frozen=True)
class CollectionPage(Paged):
    """``number``: of the page, as it was asked for."""

    row: Collection
    number: str

    @property
    def title(self) -> str:
        return _title(self.row)

    @property
    def summary(self) -> str:
        return plain_text(best(self.row.summary or {}, _reader()))

    @property
    def rights(self) -> Rights | None:
        """Of the collection and its texts."""
        return rights(self.row.rights)

    @cached_property
    def cover(self) -> str:
        """The address of the picture that stands for it, where a curator chose one."""
        key = cover(self.row) if self.row.cover_id else None
        return reverse("thumbnail", args=[key]) if key else ""

    @cached_property
    def versions(self) -> list[Version]:
        """What it was before, the newest first: the last one is what it is now."""
        if self.row.harvested:
            return []
        kept = self.row.versions.order_by("-number").values_list("number", "at")
        return [
            Version(number, at, reverse("collection_version", args=[self.row.key, number]))
            for number, at in kept[1 : VERSIONS_LISTED + 1]
        ]

    @property
    def all_versions(self) -> str:
        """The address of the list of all of them; "" where these are all."""
        if not self.versions or self.versions[-1].number == 1:
            return ""
        return reverse("collection_versions", args=[self.row.key])

    @property
    def short(self) -> str:
        """What a link to the page unfolds to."""
        return Truncator(self.summary).chars(SUMMARY)

    @property
    def manifest(self) -> str:
        """The address of the IIIF collection."""
        return urls().collection(self.row.key)

    @property
    def public_url(self) -> str:
        return urls().collection_page(self.row.key)

    @property
    def parent(self) -> Entry | None:
        parent = self.row.parent
        return _entry(parent) if parent is not None and parent.state == State.PUBLISHED else None

    @cached_property
    def children(self) -> list[Entry]:
        """Published collections within it, in the curator's order."""
        return [_entry(row) for row in within(self.row)[:MOST_LISTED]]

    @cached_property
    def page(self) -> Page[tuple[int, int, int]]:
        return page_of(_members(self.row), self.number)

    @cached_property
    def cards(self) -> list[Card]:
        ids = [canvas_id for *_, canvas_id in self.page]
        shown = records(ids)
        return [card(shown[pk]) for pk in ids if pk in shown]

    def first(self, count: int) -> list[int]:
        """Ids of the first ``count`` public canvases in it, each once."""
        listed = [canvas_id for *_, canvas_id in _members(self.row)[:count]]
        return list(dict.fromkeys(listed))

    @property
    def address(self) -> str:
        return reverse("collection-page", args=[self.row.key])


def collection_page(key: str, number: str) -> CollectionPage:
    """Raises UnknownCollection."""
    rows = Collection.objects.filter(key=key.replace("\x00", ""), state=State.PUBLISHED)
    found = rows.select_related("parent").first()
    if found is None:
        raise UnknownCollection(key.replace("\x00", ""))
    return CollectionPage(found, number)


def top() -> list[Entry]:
    """Published collections that are in no other that is published."""
    return [_entry(row) for row in within(None)[:MOST_LISTED]]


def holding(canvas: Canvas) -> list[Entry]:
    """Published collections that ``canvas``, or a manifest that shows it, is in."""
    shown = ManifestCanvas.objects.filter(
        canvas=canvas,
        manifest__state=State.PUBLISHED,
        manifest__collectionmanifest__collection=OuterRef("pk"),
    )
    chosen = CollectionCanvas.objects.filter(canvas=canvas, collection=OuterRef("pk"))
    published = Collection.objects.filter(Q(Exists(chosen)) | Q(Exists(shown)))
    published = published.filter(state=State.PUBLISHED).order_by("title", "pk")
    return [_entry(row) for row in published[:MOST_LISTED]]


def _members(row: Collection) -> Sequence[tuple[int, int, int]]:
    """Single canvases in a curator's order, then the first view of each manifest in its place:
    which of both, position, id of the canvas."""
    public = Q(canvas__state=State.PUBLISHED)
    within = Q(manifest__collectionmanifest__collection=row, manifest__state=State.PUBLISHED)
    place = F("manifest__collectionmanifest__position")
    columns = ("part", "place", "canvas_id")
    chosen = CollectionCanvas.objects.filter(public, collection=row)
    shown = ManifestCanvas.objects.filter(public, within, position=0)
    ordered: Any = (
        chosen.annotate(part=Value(0), place=F("position"))
        .values_list(*columns)
        .union(shown.annotate(part=Value(1), place=place).values_list(*columns), all=True)
        .order_by(*columns)
    )
    return ordered


def _title(row: Collection) -> str:
    return (
        plain_text(best(row.label or {}, _reader())) or plain_text(row.title) or gettext("Untitled")
    )


def _reader() -> tuple[str, ...]:
    """The languages to show of a text that is there in several."""
    return ((get_language() or "en").partition("-")[0], "en")


def _entry(row: Collection) -> Entry:
    return Entry(_title(row), reverse("collection-page", args=[row.key]))
