"""Whether a picture and a canvas show the same: local features and geometry, asked of few
candidates, for each costs milliseconds."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import cv2
import numpy as np
import psycopg
from django.db import connection
from numpy.typing import NDArray

from iiifsearch.conf import options
from iiifsearch.metrics.measures import stage
from iiifsearch.models import LocalFeatures as Stored
from ml import parallel
from ml.errors import BadInput
from ml.local import compact, geometry, keypoints, matching
from ml.local import thumbnail as thumbnails
from ml.local.decide import CONTRADICTED, contradicted, probability
from ml.local.geometry import Verification
from ml.local.keypoints import LocalFeatures
from ml.local.thumbnail import Thumbnail

log = logging.getLogger(__name__)

Point = tuple[float, float]
Box = tuple[float, float, float, float]

#: That two pictures are the same whose thumbnails correlate as those of the same do: of 58 million
#: pairs of others none does.
SAME_AS_WHOLE = 1 - 1e-6
#: Points of the picture, and of a canvas, that tell at a glance how promising a canvas is: a tenth
#: of the work of looking closely (docs/adr/0018-verification.md).
GLANCE, GLANCE_THEIRS = 250, 700
#: In shares of the sides: what is left comes to the right.
_MIRROR = np.array([[-1, 0, 1], [0, 1, 0], [0, 0, 1]], np.float64)


@dataclass(frozen=True)
class Match:
    """What verification says of a canvas.

    inliers: places that agree. probability: that both show the same. mirrored: one is the mirror
    image of the other. outline: corners of the canvas in the picture, clockwise from top left,
    in shares of the picture's width and height; they may lie outside of it. place: the box around
    the picture on the canvas, x, y, width, height in shares of the canvas's. Both are None where
    nothing was found. used: bool (K,), the picture's points that agree. correlation: -1 to 1, of
    the two as wholes, which tells the same picture where it is too blurred to have points.
    homography: float64 (3, 3), from shares of the canvas's sides to shares of the picture's.
    agreement: -1 to 1, how alike both look where it lays one upon the other; None where nobody
    looked, or nothing can be told.
    """

    canvas_id: int
    inliers: int
    probability: float
    mirrored: bool = False
    outline: tuple[Point, ...] | None = None
    place: Box | None = None
    used: NDArray[np.bool_] | None = None
    correlation: float = 0.0
    homography: NDArray[np.float64] | None = None
    agreement: float | None = None

    @property
    def accepted(self) -> bool:
        """Whether it counts as the same here: IIIFSEARCH["accept_probability"]."""
        return self.probability >= options.accept_probability


@dataclass(frozen=True, eq=False)
class Probe:
    """A picture that is asked about: uint8 (H, W, 3), and how closely it is looked at."""

    pixels: NDArray[np.uint8]
    count: int = keypoints.COUNT
    long_side: int = keypoints.LONG_SIDE

    def _detected(self, pixels: NDArray[np.uint8]) -> LocalFeatures:
        return keypoints.detect(pixels, count=self.count, long_side=self.long_side)

    @cached_property
    def raw(self) -> LocalFeatures:
        return self._detected(self.pixels)

    @cached_property
    def points(self) -> LocalFeatures:
        return compact.compact(self.raw)

    @cached_property
    def thumbnail(self) -> Thumbnail:
        return thumbnails.thumbnail(self.pixels)

    @cached_property
    def grey(self) -> NDArray[np.uint8]:
        return thumbnails.grey(self.pixels)

    @cached_property
    def mirrored(self) -> LocalFeatures:
        """Of the mirror image."""
        return compact.compact(keypoints.mirrored(self.raw))

    @cached_property
    def smoothed(self) -> LocalFeatures:
        """Of the picture with single odd pixels taken out: noise makes points of its own."""
        return compact.compact(self._detected(np.asarray(cv2.medianBlur(self.pixels, 3), np.uint8)))


def stored_points(canvas_ids: Iterable[int]) -> dict[int, LocalFeatures]:
    """The local features that are kept of canvases."""
    return {pk: points for pk, (points, _) in _stored(canvas_ids).items()}


def stored_thumbnail(canvas_id: int) -> Thumbnail | None:
    """The thumbnail that is kept of a canvas beside its local features."""
    rows = Stored.objects.filter(canvas_id=canvas_id, kind=compact.KEY)
    small = rows.values_list("thumbnail", flat=True).first()
    return None if small is None else _grey(bytes(small))


def _stored(canvas_ids: Iterable[int]) -> dict[int, tuple[LocalFeatures, Thumbnail]]:
    """Of those that can be read: one that is damaged is as if it were not kept."""
    connection.ensure_connection()
    # Django would have the bytes sent as text, which takes three times as long.
    with psycopg.Cursor(connection.connection) as cursor:
        cursor.execute(
            "SELECT canvas_id, packed, thumbnail FROM iiifsearch_localfeatures "
            "WHERE canvas_id = ANY(%s) AND kind = %s",
            [list(canvas_ids), compact.KEY],
            binary=True,
        )
        rows = cursor.fetchall()
    found = {}
    for pk, packed, small in rows:
        try:
            found[pk] = (compact.unpack(packed), _grey(small))
        except (BadInput, ValueError) as error:
            log.warning("The local features of canvas %s cannot be read: %s", pk, error)
    return found


def _grey(data: bytes) -> Thumbnail:
    return np.frombuffer(data, np.uint8).reshape(thumbnails.SIDE, thumbnails.SIDE)


@stage("verification")
def verify(
    points: LocalFeatures,
    canvas_ids: Sequence[int],
    *,
    mirrored: bool = False,
    thumbnail: Thumbnail | None = None,
    grey: NDArray[np.uint8] | None = None,
    within: bool = False,
    most: int | None = None,
) -> list[Match]:
    """What geometry says of each of these canvases, in their order; nothing of those whose local
    features are not kept. ``mirrored``: ``points``, and ``thumbnail``, are those of a mirror image.
    ``thumbnail``: of the picture, to tell it as a whole where it has too few points. ``grey``: the
    picture itself (`Probe.grey`), never mirrored, to see whether what surrounds the points agrees.
    ``within``: the picture is a detail of what the canvas shows, and not the canvas something in
    the picture: a homography is good where its points are, and wild beyond. ``most``: how many are
    looked at closely, the most promising at a glance; None: all."""
    kept = _stored(canvas_ids)
    there = [pk for pk in canvas_ids if pk in kept]
    if most is None or len(there) <= most:
        closely = set(there)
    else:
        closely = set(_promising(points, kept, there)[:most])

    def said(pk: int) -> Match:
        if pk not in closely:
            return Match(pk, 0, 0.0, mirrored)
        theirs = kept[pk][0]
        if within:
            return _match_of_detail(pk, geometry.verify(points, theirs), theirs, points, mirrored)
        match = match_of(pk, geometry.verify(theirs, points), theirs, points, mirrored)
        return match if grey is None else _looked_over(match, grey, kept[pk][1])

    found = parallel.each(said, there)
    if thumbnail is None:
        return found
    return [
        _as_whole(one, thumbnails.correlation(kept[one.canvas_id][1], thumbnail)) for one in found
    ]


def _promising(
    points: LocalFeatures, kept: dict[int, tuple[LocalFeatures, Thumbnail]], ids: Sequence[int]
) -> list[int]:
    """``ids``, those first with whose strongest points most of the strongest of ``points`` agree;
    else as they come."""
    few = points.strongest(GLANCE)

    def count(pk: int) -> int:
        theirs = kept[pk][0].strongest(GLANCE_THEIRS)
        return len(matching.agreeing(matching.match(few, theirs), few, theirs))

    counts = dict(zip(ids, parallel.each(count, ids), strict=True))
    return sorted(ids, key=lambda pk: -counts[pk])


def _looked_over(match: Match, grey: NDArray[np.uint8], thumbnail: Thumbnail) -> Match:
    """``match`` with how alike both look; hardly the same where they do not."""
    if match.homography is None:
        return match
    agreement = thumbnails.agreement(grey, match.homography, thumbnail)
    if contradicted(match.inliers, agreement):
        return replace(match, agreement=agreement, probability=min(match.probability, CONTRADICTED))
    return replace(match, agreement=agreement)


def _as_whole(match: Match, correlation: float) -> Match:
    """``match`` with what the correlation of the two pictures says."""
    if correlation < thumbnails.SAME or match.inliers:
        return replace(match, correlation=correlation)
    whole = _MIRROR if match.mirrored else np.eye(3)
    return replace(
        match,
        probability=SAME_AS_WHOLE,
        outline=outline_of(whole),
        homography=whole,
        place=(0.0, 0.0, 1.0, 1.0),
        correlation=correlation,
    )


def match_of(
    canvas_id: int, said: Verification, ours: LocalFeatures, theirs: LocalFeatures, mirrored: bool
) -> Match:
    """``ours`` are the points of the canvas, ``theirs`` those of the picture."""
    if said.homography is None or said.outline is None or said.theirs is None:
        return Match(canvas_id, 0, 0.0, mirrored)
    outline = said.outline / np.array([theirs.width, theirs.height], np.float32)
    if mirrored:
        outline[:, 0] = 1 - outline[:, 0]
    used = np.zeros(len(theirs), bool)
    used[said.theirs] = True
    return Match(
        canvas_id,
        said.inliers,
        probability(said.inliers),
        mirrored,
        tuple((float(x), float(y)) for x, y in outline),
        _place(said.homography, ours, theirs),
        used,
        homography=in_shares(said.homography, ours, theirs, mirrored),
    )


def outline_of(homography: NDArray[np.float64]) -> tuple[Point, ...]:
    """Where the corners of the whole come to lie, all in shares."""
    corners = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], np.float32)
    return tuple((float(x), float(y)) for x, y in geometry.project(homography, corners))


def in_shares(
    homography: NDArray[np.float64], ours: LocalFeatures, theirs: LocalFeatures, mirrored: bool
) -> NDArray[np.float64]:
    """A homography from ours to theirs, in units of the long sides, as one in shares of the sides;
    ``mirrored``: theirs is the mirror image."""
    made = np.diag([1 / theirs.width, 1 / theirs.height, 1]) @ homography
    made = made @ np.diag([ours.width, ours.height, 1])
    if mirrored:
        made = _MIRROR @ made
    return np.asarray(made / made[2, 2], np.float64)


def _place(
    homography: NDArray[np.float64], ours: LocalFeatures, theirs: LocalFeatures
) -> Box | None:
    """The box around the picture on the canvas, as far as it lies on it."""
    try:
        back: NDArray[np.float64] = np.asarray(np.linalg.inv(homography), np.float64)
    except np.linalg.LinAlgError:
        return None
    return _box(geometry.project(back, geometry.corners(theirs)), ours)


def _box(corners: NDArray[np.float32], ours: LocalFeatures) -> Box | None:
    """The box around corners on the canvas, in shares of its sides, as far as it lies on it."""
    shares = np.clip(corners / np.array([ours.width, ours.height], np.float32), 0, 1)
    (left, top), (right, bottom) = shares.min(axis=0), shares.max(axis=0)
    if not (right > left and bottom > top):
        return None
    return float(left), float(top), float(right - left), float(bottom - top)


def _match_of_detail(
    canvas_id: int, said: Verification, ours: LocalFeatures, theirs: LocalFeatures, mirrored: bool
) -> Match:
    """As `match_of`, of a homography that leads from the picture to the canvas."""
    if said.outline is None or said.ours is None:
        return Match(canvas_id, 0, 0.0)
    used = np.zeros(len(theirs), bool)
    used[said.ours] = True
    return Match(
        canvas_id,
        said.inliers,
        probability(said.inliers),
        mirrored,
        place=_box(said.outline, ours),
        used=used,
    )
