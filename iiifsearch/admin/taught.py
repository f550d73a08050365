"""What collections that teach a class would take in, as the admin shows it."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.safestring import SafeString

from catalog.admin.display import change_url, thumbnail
from catalog.models import Canvas, Collection, Picture
from iiifsearch.engine import classes as engine

#: Canvases that are shown of each class.
SHOWN = 12


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
    """``examples``: how many teach it."""

    collection: Collection
    examples: int
    least: str
    candidates: list[Candidate]

    @property
    def url(self) -> str:
        return change_url(Collection, self.collection.pk)


def classes() -> list[Class]:
    """Every class that has examples, with the likest canvases that are not among them."""
    taught = engine.taught()
    if taught is None:
        return []
    found = [engine.candidates(taught, place, SHOWN) for place in range(len(taught.collections))]
    canvases = Canvas.objects.in_bulk([fit.canvas_id for fits in found for fit in fits])
    kept = set(
        Picture.objects.filter(canvas__in=canvases, outcome=Picture.Outcome.KEPT).values_list(
            "canvas_id", flat=True
        )
    )
    return [
        Class(
            collection,
            len(taught.examples[place]),
            f"{taught.prototypes.least[place]:.2f}",
            [
                Candidate(
                    canvases[fit.canvas_id],
                    f"{fit.similarity:.2f}",
                    thumbnail(fit.canvas_id if fit.canvas_id in kept else None),
                )
                for fit in found[place]
                if fit.canvas_id in canvases
            ],
        )
        for place, collection in enumerate(taught.collections)
    ]


def without_examples() -> list[Collection]:
    """Collections that are to teach a class and hold no canvas."""
    return list(Collection.objects.filter(teaches=True, canvases=None).order_by("title", "pk"))
