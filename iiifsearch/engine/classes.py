"""Classes that curators teach by a handful of examples: curated collections that are marked so.
Other paintings that are like their examples are suggested for them; most are of no class.

Prototypes, and what no stranger reaches: `ml.tags`.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter

import numpy as np

from catalog.models import Canvas, CollectionCanvas
from catalog.models import Collection as CollectionRow
from iiifsearch.conf import options
from iiifsearch.encoders import serving
from iiifsearch.engine.nearest import nearest
from iiifsearch.engine.rows import Vector
from iiifsearch.engine.scope import Scope
from iiifsearch.engine.stored import cosines, stored_vectors
from iiifsearch.index import scales
from iiifsearch.models import CanvasVector, NotOfClass
from ml import tags
from ml.specs import EncoderSpec
from ml.tags import Prototypes

#: Examples of a class that are looked at; more change its middle little.
EXAMPLES = 200
#: Canvases near a class that are looked at for each that is asked for: some are of another.
TIMES = 3


@dataclass(frozen=True)
class Taught:
    """The classes there are, in the order of `Prototypes.names`, which are their collections' keys.

    examples: ids of the canvases that teach each, those without a vector left out.
    """

    spec: EncoderSpec
    collections: tuple[CollectionRow, ...]
    examples: tuple[tuple[int, ...], ...]
    prototypes: Prototypes


@dataclass(frozen=True)
class Fit:
    """A canvas that is of a class. similarity: cosine, -1 to 1, with the middle of its examples;
    least: what a painting of the class reaches (`ml.tags.taught`)."""

    collection: CollectionRow
    canvas_id: int
    similarity: float
    least: float


def taught() -> Taught | None:
    """The classes that have examples with vectors; None where there is none, or nothing to tell
    them from."""
    spec = serving(options.features[0][0])
    rows = CollectionCanvas.objects.filter(collection__teaches=True).order_by(
        "collection_id", "position", "canvas_id"
    )
    by_class = {
        pk: [canvas for _, canvas in group][:EXAMPLES]
        for pk, group in groupby(rows.values_list("collection_id", "canvas_id"), itemgetter(0))
    }
    vectors = _vectors(spec, {pk for canvases in by_class.values() for pk in canvases})
    there = {pk: tuple(c for c in ids if c in vectors) for pk, ids in by_class.items()}
    found = CollectionRow.objects.in_bulk([pk for pk, ids in there.items() if ids])
    collections = tuple(sorted(found.values(), key=lambda one: (one.title, one.pk)))
    strangers = scales.sample(spec, without=vectors) if collections else np.empty((0, spec.dim))
    if not len(strangers):
        return None
    examples = {one.key: np.stack([vectors[c] for c in there[one.pk]]) for one in collections}
    prototypes = tags.taught(examples, np.asarray(strangers, np.float32))
    return Taught(spec, collections, tuple(there[one.pk] for one in collections), prototypes)


def of(canvas: Canvas) -> Fit | None:
    """The class that ``canvas`` is of, by what it shows; None where it is of none, where there is
    none, or where it has no vector yet. What it was called none of, it is not."""
    classes = taught()
    if classes is None:
        return None
    vector = stored_vectors([classes.spec], canvas.pk).get(classes.spec)
    if vector is None:
        return None
    cosines = classes.prototypes.centres @ vector
    refused = NotOfClass.objects.filter(canvas=canvas).values_list("collection_id", flat=True)
    not_of = set(refused)
    allowed = [one.pk not in not_of for one in classes.collections]
    (place,) = classes.prototypes.of_cosines(np.where(allowed, cosines, -np.inf)[None])
    return None if place is None else _fit(classes, place, canvas.pk, float(cosines[place]))


def candidates(classes: Taught, place: int, count: int, start: int = 0) -> list[Fit]:
    """Up to ``count`` published canvases that are of the class at that place, the likest first,
    from the ``start``-th on: without those that are in its collection, and those that were called
    none of it."""
    collection, prototypes = classes.collections[place], classes.prototypes
    members = CollectionCanvas.objects.filter(collection=collection)
    refused = NotOfClass.objects.filter(collection=collection)
    known = members.values_list("canvas_id").union(refused.values_list("canvas_id"))
    scope, end = Scope(without=tuple(pk for (pk,) in known)), start + count
    near = nearest(classes.spec, prototypes.centres[place], scope, TIMES * end).rows
    if not near:
        return []
    chosen = prototypes.of_cosines(cosines(classes.spec, prototypes.centres, near))
    return [
        _fit(classes, place, row.canvas_id, row.similarity)
        for row, best in zip(near, chosen, strict=True)
        if best == place
    ][start:end]


def _fit(classes: Taught, place: int, canvas_id: int, similarity: float) -> Fit:
    least = float(classes.prototypes.least[place])
    return Fit(classes.collections[place], canvas_id, similarity, least)


def _vectors(spec: EncoderSpec, canvas_ids: set[int]) -> dict[int, Vector]:
    rows = CanvasVector.objects.filter(encoder=spec.key, canvas_id__in=canvas_ids)
    return {pk: np.array(vec, np.float32) for pk, vec in rows.values_list("canvas_id", "vec")}
