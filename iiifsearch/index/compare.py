"""A canvas compared with its neighbours, by what is kept of them: no picture is read, but for its
mirror image."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from django.db.models import Q

from catalog import kept
from catalog.models import Canvas
from iiifsearch.encoders import serving
from iiifsearch.engine import candidates
from iiifsearch.engine.nearest import nearest
from iiifsearch.engine.scope import Scope
from iiifsearch.engine.stored import similarities, stored_vectors
from iiifsearch.engine.verify import (
    Match,
    Point,
    Probe,
    outline_of,
    stored_points,
    stored_thumbnail,
    verify,
)
from iiifsearch.models import Duplicate

#: Neighbours that a canvas is compared with, and the least cosine of one. Among 1,200 paintings
#: half a neighbour is as near by chance; of copies 99 % that are cropped or framed, 95 % that are
#: blurred, all that are turned a little, grey, lighter or compressed, and 55 % that lie on their
#: side (docs/likeness.md).
NEAREST, FLOOR = 10, 0.25
#: Of these, those that are compared with the mirror image: of 80 mirrored copies 99 % have .78.
MIRRORS, MIRRORS_FLOOR = 3, 0.7


@dataclass(frozen=True)
class Pair:
    """``first`` has the smaller id. ``outline``: the corners of the first in the second."""

    first: int
    second: int
    similarity: float
    match: Match
    outline: tuple[Point, ...] | None


class NoPoints(ValueError):
    """The points of a canvas, which were made, cannot be read."""


def known_pairs(canvas_id: int) -> list[Duplicate]:
    return list(Duplicate.objects.filter(Q(first=canvas_id) | Q(second=canvas_id)))


def compared(canvas_id: int) -> list[Pair]:
    """Accepted pairs of a canvas with its neighbours, and with those it is known to pair with.
    Raises NoPoints."""
    points = stored_points([canvas_id]).get(canvas_id)
    if points is None:
        raise NoPoints(f"The local features of canvas {canvas_id} are gone, or damaged.")
    near = _near(canvas_id)
    small = stored_thumbnail(canvas_id)
    probe = _probe(canvas_id)
    grey = None if probe is None else probe.grey
    matches = verify(points, list(near), thumbnail=small, grey=grey)
    known = {match.canvas_id for match in matches if match.accepted}
    left = [pk for pk, cosine in near.items() if pk not in known and cosine >= MIRRORS_FLOOR]
    if left:
        turned_over = None if small is None else small[:, ::-1]
        # Points that are kept cannot be mirrored: without the picture the thumbnails alone tell.
        mirrored = points.strongest(0) if probe is None else probe.mirrored
        matches += verify(mirrored, left[:MIRRORS], mirrored=True, thumbnail=turned_over, grey=grey)
    return [_pair(canvas_id, match, near) for match in matches if match.accepted]


def _pair(canvas_id: int, match: Match, near: dict[int, float]) -> Pair:
    """``match`` is of a neighbour in the canvas."""
    other, outline = match.canvas_id, match.outline
    if canvas_id < other and match.homography is not None:
        back = np.asarray(np.linalg.pinv(match.homography), np.float64)
        outline = outline_of(back)
    return Pair(min(canvas_id, other), max(canvas_id, other), near[other], match, outline)


def _probe(canvas_id: int) -> Probe | None:
    """The picture of the canvas, where it is kept."""
    canvas = Canvas.objects.select_related("picture").filter(pk=canvas_id).first()
    found = None if canvas is None else kept.read(canvas)
    return None if found is None else Probe(found.array)


def _near(canvas_id: int) -> dict[int, float]:
    """Canvases to compare with, with their cosine, the nearest first."""
    spec = serving(candidates.FEATURE)
    vector = stored_vectors([spec], canvas_id).get(spec)
    if vector is None:
        return {}
    rows = nearest(spec, vector, Scope(without=(canvas_id,)), NEAREST).rows
    near = {row.canvas_id: row.similarity for row in rows if row.similarity >= FLOOR}
    partners = {row.first_id + row.second_id - canvas_id for row in known_pairs(canvas_id)}
    known = similarities({spec: vector}, partners - near.keys())
    return near | dict(zip(known.canvas_ids, known.by_feature[spec].tolist(), strict=True))
