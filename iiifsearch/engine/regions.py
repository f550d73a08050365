"""Where else a detail is: regions that are alike, and the same detail verified, with its place."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from catalog import images
from catalog.geometry import Rect
from catalog.models import Canvas
from iiifsearch.answering import one_version
from iiifsearch.conf import options
from iiifsearch.encoders import region_encoder, serving
from iiifsearch.engine.nearest import nearest
from iiifsearch.engine.rows import Neighbour
from iiifsearch.engine.scope import Scope
from iiifsearch.engine.stored import boxes_of
from iiifsearch.engine.verify import Box, Match, Probe, verify
from iiifsearch.metrics.measures import search, stage
from ml.local.keypoints import LocalFeatures

Rows = tuple[Neighbour, ...]

#: Pixels asked for of a drawn rectangle on its long side: as much as points are looked for in.
QUERY_LONG_SIDE = 512
#: Details are looked at as large as they are seen within a picture, not larger.
POINTS, POINTS_LONG_SIDE = 500, 320
#: Canvases that are looked at closely, and how many at a time: a sure match ends it.
CANDIDATES, AT_ONCE = 300, 30
#: The best of them are looked at in other ways too, where that found nothing sure.
AGAIN = 90
SURE = 1 - 1e-6
#: Where that found nothing either, so many are looked at, by so few points.
FURTHER, FEW_POINTS = 1000, 150
#: Canvases that do where a walk through the index of all regions finds no more.
LEAST = 50


@dataclass(frozen=True)
class Detail:
    """A canvas with something like the detail. ``place``: x, y, width, height in shares of the
    canvas's sides. ``match``: what geometry says, where it says anything: different details
    hardly ever agree in a single homography; else the place is the region that is most alike.
    ``similarity``: the cosine of that region."""

    canvas_id: int
    similarity: float
    place: Box
    match: Match | None = None

    @property
    def probability(self) -> float:
        """That it is the same detail."""
        return self.match.probability if self.match else 0.0

    @property
    def accepted(self) -> bool:
        """Whether it counts as the same detail here."""
        return self.match is not None and self.match.accepted


@dataclass(frozen=True)
class Details:
    """``found``: the same detail first, the surest of them, then what is alike. ``verified``: how
    many canvases were looked at by their points."""

    found: tuple[Detail, ...]
    verified: int
    plan: str
    notices: tuple[str, ...] = ()


class NoRegions(ValueError):
    """No encoder of regions is live: IIIFSEARCH["region_encoder"] names none."""


def by_detail_of(canvas: Canvas, region: Rect, scope: Scope = Scope(), count: int = 0) -> Details:  # noqa: B008
    """Details like ``region`` of ``canvas`` (canvas units) in other canvases.

    Raises NoRegions, and `catalog.images.ImageError` where its pixels cannot be had.
    """
    shown = images.pixels(canvas, region=region, long_side=QUERY_LONG_SIDE)
    elsewhere = replace(scope, without=(*scope.without, canvas.pk))
    return by_detail(shown.array, elsewhere, count)


@search("detail")
@one_version()
def by_detail(pixels: NDArray[np.uint8], scope: Scope = Scope(), count: int = 0) -> Details:  # noqa: B008
    """Details like a picture, uint8 (H, W, 3) sRGB, anywhere in the canvases of ``scope``."""
    if not options.region_encoder:
        raise NoRegions(NoRegions.__doc__)
    spec = serving(options.region_encoder)
    with stage("encoding"):
        vector = region_encoder(spec).detail(pixels)
    near = nearest(spec, vector, scope, CANDIDATES, least=LEAST)
    rows, looking = near.rows, _Looking(pixels)
    if not looking.closely_at(rows):
        further = nearest(spec, vector, scope, FURTHER, least=LEAST).rows
        rows += looking.briefly_at(further)
    matches = looking.matches
    boxes = boxes_of(spec, rows)
    found = [
        Detail(
            row.canvas_id,
            row.similarity,
            match.place if match and match.place else boxes[row.canvas_id],
            match,
        )
        for row in rows
        if (match := matches.get(row.canvas_id)) or row.similarity >= spec.min_similarity
    ]
    found.sort(key=lambda one: (-(one.match.inliers if one.match else 0), -one.similarity))
    count = count or options.candidates
    notices = []
    if len(found) < len(rows):
        notices.append(f"Regions less alike than {spec.min_similarity:g} were left out.")
    if len(found) > count:
        notices.append(f"Only the best {count} are listed.")
    return Details(tuple(found[:count]), len(looking.looked_at), near.plan, tuple(notices))


class _Looking:
    """One detail beside many canvases. ``matches``: what agrees, accepted or not, by canvas."""

    def __init__(self, pixels: NDArray[np.uint8]) -> None:
        self._small = Probe(pixels, POINTS, POINTS_LONG_SIDE)
        self._large = Probe(pixels, POINTS)
        self.matches: dict[int, Match] = {}
        self.looked_at: set[int] = set()

    def closely_at(self, rows: Rows) -> bool:
        """Whether one is surely the same."""
        return (
            self._at(self._small.points, rows)
            or self._at(self._large.points, rows[:AGAIN])
            # Without what compression and noise added.
            or self._at(self._small.smoothed, rows[:AGAIN])
            or self._at(self._large.smoothed, rows[:AGAIN])
        )

    def briefly_at(self, rows: Rows) -> Rows:
        """Those not looked at so far that agree."""
        new = tuple(row for row in rows if row.canvas_id not in self.looked_at)
        self._at(self._small.points.strongest(FEW_POINTS), new)
        return tuple(row for row in new if row.canvas_id in self.matches)

    def _at(self, points: LocalFeatures, rows: Rows) -> bool:
        for start in range(0, len(rows), AT_ONCE):
            some = [row.canvas_id for row in rows[start : start + AT_ONCE]]
            self.looked_at.update(some)
            for match in verify(points, some, within=True):
                known = self.matches.get(match.canvas_id)
                if match.inliers > (known.inliers if known else 0):
                    self.matches[match.canvas_id] = match
            if any(match.probability >= SURE for match in self.matches.values()):
                return True
        return False
