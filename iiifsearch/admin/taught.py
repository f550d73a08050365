"""What collections that teach a class would take in, as the admin shows it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.safestring import SafeString

from catalog.admin.display import change_url, number, thumbnail
from catalog.admin.permissions import may_edit
from catalog.models import Canvas, Collection, Picture
from iiifsearch.engine import classes as engine
from iiifsearch.models import NotOfClass

#: Canvases that are shown of each class, and on one page of a single one; classes on one page.
SHOWN, PAGE, CLASSES = 12, 48, 10
#: Pages of one class: what is further down is looked at once these are decided.
PAGES = 10
#: Refusals that are counted.
MOST_COUNTED = 1000


@dataclass(frozen=True)
class Candidate:
    """A canvas that is of the class."""

    canvas: Canvas
    similarity: str
    picture: SafeString

    @property
    def url(self) -> str:
        return change_url(Canvas, self.canvas.pk)


@dataclass(frozen=True)
class Class:
    """``examples``: how many teach it. ``refused``: how many were called none of it. ``may_edit``:
    whoever looks may decide on its candidates. ``more``: there are further ones."""

    collection: Collection
    examples: int
    refused: str
    least: str
    candidates: list[Candidate]
    may_edit: bool
    more: bool

    @property
    def url(self) -> str:
        return change_url(Collection, self.collection.pk)

    @property
    def own_url(self) -> str:
        """Where all its candidates are."""
        return reverse("admin_class", args=[self.collection.key])


@dataclass(frozen=True)
class Classes:
    """Some of the classes; ``pages``: how many pages of them there are."""

    classes: list[Class]
    pages: int


def classes(user: Any, page: int = 1) -> Classes:
    """A page of the classes that have examples, each with the likest canvases that are neither
    among them nor refused."""
    taught = engine.taught()
    if taught is None:
        return Classes([], 1)
    count = len(taught.collections)
    places = range(count)[CLASSES * (page - 1) : CLASSES * page]
    return Classes(
        [_class(taught, place, user, SHOWN) for place in places], max(1, -(-count // CLASSES))
    )


def one(collection: Collection, user: Any, page: int = 1) -> Class | None:
    """One class with a page of its candidates; None where it has no examples."""
    taught = engine.taught()
    keys = [] if taught is None else [found.key for found in taught.collections]
    if taught is None or collection.key not in keys:
        return None
    return _class(taught, keys.index(collection.key), user, PAGE, PAGE * (page - 1))


def without_examples() -> list[Collection]:
    """Collections that are to teach a class and hold no canvas, some of them."""
    rows = Collection.objects.filter(teaches=True, canvases=None).order_by("title", "pk")
    return list(rows[:CLASSES])


def _class(taught: engine.Taught, place: int, user: Any, count: int, start: int = 0) -> Class:
    collection = taught.collections[place]
    found = engine.candidates(taught, place, count + 1, start)
    canvases = Canvas.objects.in_bulk([fit.canvas_id for fit in found[:count]])
    kept = Picture.objects.filter(canvas__in=canvases, outcome=Picture.Outcome.KEPT)
    pictures = set(kept.values_list("canvas_id", flat=True))
    refused = NotOfClass.objects.filter(collection=collection)[: MOST_COUNTED + 1].count()
    return Class(
        collection,
        len(taught.examples[place]),
        ""
        if not refused
        else number(MOST_COUNTED) + "+"
        if refused > MOST_COUNTED
        else str(refused),
        f"{taught.prototypes.least[place]:.2f}",
        [
            Candidate(
                canvases[fit.canvas_id],
                f"{fit.similarity:.2f}",
                thumbnail(fit.canvas_id if fit.canvas_id in pictures else None),
            )
            for fit in found[:count]
            if fit.canvas_id in canvases
        ],
        may_edit(user, collection),
        len(found) > count,
    )
