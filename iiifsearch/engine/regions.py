"""Where else a detail is: regions that are alike, and the same detail verified, with its place."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from catalog import images
from catalog.geometry import Rect
from catalog.models import Canvas
from iiifsearch.conf import options
from iiifsearch.encoders import region_encoder
from iiifsearch.engine.nearest import Neighbour, boxes_of, nearest
from iiifsearch.engine.scope import Scope
from iiifsearch.engine.verify import Box, Match, Probe, verify
from ml import registry

#: Pixels asked for of a drawn rectangle on its long side: as much as points are looked for in.
QUERY_LONG_SIDE = 512
#: Details are looked at as large as they are seen within a picture, not larger.
POINTS, POINTS_LONG_SIDE = 500, 320
#: Canvases that are thought of, and how many are verified at a time: a sure match ends it.
CANDIDATES, AT_ONCE = 300, 30
#: The best of them are looked at in other ways too, where that found nothing sure.
AGAIN = 90
SURE = 1 - 1e-6
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
    many canvases were looked at closely."""

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


def by_detail(pixels: NDArray[np.uint8], scope: Scope = Scope(), count: int = 0) -> Details:  # noqa: B008
    """Details like a picture, uint8 (H, W, 3) sRGB, anywhere in the canvases of ``scope``."""
    if not options.region_encoder:
        raise NoRegions(NoRegions.__doc__)
    spec = registry.get(options.region_encoder)
    near = nearest(spec, region_encoder().detail(pixels), scope, CANDIDATES, least=LEAST)
    matches, verified = _verified(pixels, near.rows)
    boxes = boxes_of(spec, near.rows)
    found = [
        Detail(
            row.canvas_id,
            row.similarity,
            match.place if match and match.place else boxes[row.canvas_id],
            match,
        )
        for row in near.rows
        if (match := matches.get(row.canvas_id)) or row.similarity >= spec.min_similarity
    ]
    found.sort(key=lambda one: (-(one.match.inliers if one.match else 0), -one.similarity))
    count = count or options.candidates
    notices = []
    if len(found) < len(near.rows):
        notices.append(f"Regions less alike than {spec.min_similarity:g} were left out.")
    if len(found) > count:
        notices.append(f"Only the best {count} are listed.")
    return Details(tuple(found[:count]), verified, near.plan, tuple(notices))


def _verified(
    pixels: NDArray[np.uint8], rows: tuple[Neighbour, ...]
) -> tuple[dict[int, Match], int]:
    """Matches by canvas, accepted or not, and how many canvases were looked at."""
    small = Probe(pixels, POINTS, POINTS_LONG_SIDE)
    large = Probe(pixels, POINTS)
    matches: dict[int, Match] = {}
    looked_at: set[int] = set()
    # Points of the detail as it is; enlarged; and without what compression and noise added.
    for points, count in (
        (lambda: small.points, len(rows)),
        (lambda: large.points, AGAIN),
        (lambda: small.smoothed, AGAIN),
    ):
        for start in range(0, min(count, len(rows)), AT_ONCE):
            some = [row.canvas_id for row in rows[start : start + AT_ONCE]]
            looked_at.update(some)
            for match in verify(points(), some, within=True):
                known = matches.get(match.canvas_id)
                if match.inliers > (known.inliers if known else 0):
                    matches[match.canvas_id] = match
            if any(match.probability >= SURE for match in matches.values()):
                return matches, len(looked_at)
    return matches, len(looked_at)
