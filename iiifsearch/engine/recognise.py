"""Which paintings of the library a photo shows, where in it, or that it shows none of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from iiifsearch.conf import options
from iiifsearch.engine import candidates
from iiifsearch.engine.scope import Scope
from iiifsearch.engine.verify import Match, Probe, verify
from iiifsearch.metrics.measures import search
from ml.local.keypoints import LocalFeatures

#: A photo is looked at more closely than a reproduction: a painting may be a small part of it.
COUNT, LONG_SIDE = 2000, 1024
#: Neighbours of every view that are thought of.
EACH = 40
#: Of a painting's points that agree, the share that may lie where one that was recognised with
#: more certainty hangs already: beyond, it is another record of the same picture.
SHARED = 0.3


@dataclass(frozen=True)
class Recognised:
    """A painting in a photo. ``match``: how surely, and where. ``also``: other canvases of the
    library that show the same picture at the same place."""

    match: Match
    also: tuple[int, ...] = ()


@dataclass(frozen=True)
class Recognition:
    """``found``: the surest first; empty where none of the library's paintings is in the photo.

    confidence: 0 to 1, that this answer is right: of the least sure painting, or that there is
    none. candidates: how many were verified. notices: what a reader must know.
    """

    found: tuple[Recognised, ...]
    confidence: float
    candidates: int
    notices: tuple[str, ...] = ()


class SwitchedOff(ValueError):
    """Nothing can be recognised here: that takes IIIFSEARCH["local_features"], and
    efficientnet-lite0 among IIIFSEARCH["image_encoders"]."""

    def __init__(self) -> None:
        super().__init__(" ".join((SwitchedOff.__doc__ or "").split()))


def switched_on() -> bool:
    """Whether anything can be recognised here."""
    return options.local_features and candidates.FEATURE in options.image_encoders


@search("photo")
def recognise(pixels: NDArray[np.uint8], scope: Scope = Scope()) -> Recognition:  # noqa: B008
    """The paintings of ``scope`` in a photo, uint8 (H, W, 3) sRGB. Raises SwitchedOff and
    `ml.errors.MLError`."""
    if not switched_on():
        raise SwitchedOff
    views = [pixels, *candidates.parts(pixels), *candidates.turned(pixels)]
    near = candidates.near(views, scope, EACH)
    ids = candidates.first(near, options.verify_candidates)
    probe = Probe(pixels, COUNT, LONG_SIDE)
    looked_at = {match.canvas_id: match for match in verify(probe.points, ids, grey=probe.grey)}
    found = _apart(list(looked_at.values()), probe.points)
    # Noise, or a print's raster, makes points of its own: with it taken out, look again at those
    # that were not found, where none was found before.
    left = [pk for pk in ids if pk not in looked_at or not looked_at[pk].accepted]
    again = verify(probe.smoothed, left, grey=probe.grey)
    for match in _apart(again, probe.smoothed):
        if not any(_overlap(match.match, other.match) for other in found):
            found.append(match)
    best = max((match.probability for match in again), default=0.0)
    confidence = min((one.match.probability for one in found), default=1 - best)
    notices = []
    if len(near) > len(ids):
        notices.append(f"Only the {len(ids)} most alike were verified.")
    unverified = len(ids) - len(looked_at)
    if unverified:
        notices.append(f"{unverified} of the most alike cannot be verified: no points are kept.")
    return Recognition(tuple(found), confidence, len(ids), tuple(notices))


def _apart(matches: list[Match], points: LocalFeatures) -> list[Recognised]:
    """The accepted ones, the surest of each place first, with the others of its place."""
    found: list[Recognised] = []
    for match in sorted(matches, key=lambda match: (-match.inliers, match.canvas_id)):
        if not match.accepted:
            continue
        for index, other in enumerate(found):
            if _shared(match, other.match, points) > SHARED:
                found[index] = Recognised(other.match, (*other.also, match.canvas_id))
                break
        else:
            found.append(Recognised(match))
    return found


def _shared(match: Match, other: Match, points: LocalFeatures) -> float:
    """The share of the points of ``match`` that lie within the outline of ``other``."""
    assert match.used is not None and other.outline is not None
    sides = np.array([points.width, points.height], np.float32)
    places = np.asarray(points.points[match.used] / sides, np.float32)
    return float(inside(places, np.array(other.outline, np.float32)).mean())


def _overlap(match: Match, other: Match) -> bool:
    """Whether the middle of one lies within the outline of the other."""
    assert match.outline is not None and other.outline is not None
    ours, theirs = np.array(match.outline, np.float32), np.array(other.outline, np.float32)
    return bool(inside(_middle(ours), theirs)[0] or inside(_middle(theirs), ours)[0])


def _middle(outline: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(outline.mean(axis=0), np.float32)[None]


def inside(points: NDArray[np.float32], outline: NDArray[np.float32]) -> NDArray[np.bool_]:
    """(N, 2), convex clockwise (4, 2), y downwards -> bool (N,)."""
    sides = np.roll(outline, -1, axis=0) - outline
    to_points = points[:, None] - outline[None]
    turns = sides[None, :, 0] * to_points[..., 1] - sides[None, :, 1] * to_points[..., 0]
    return np.asarray((turns >= 0).all(axis=1), np.bool_)
