"""Likeness looked at closely: hits checked by local features and geometry, with a rule to decide
by; and details."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from catalog import images, kept
from iiifsearch.api.errors import BadRequestError
from iiifsearch.conf import options
from iiifsearch.encoders import serving
from iiifsearch.engine import candidates
from iiifsearch.engine.hits import Hit
from iiifsearch.engine.query import QUERY_LONG_SIDE, Example, Query
from iiifsearch.engine.regions import Details, by_detail, by_detail_of
from iiifsearch.engine.verify import Match, Probe, stored_points, stored_thumbnail, verify
from iiifsearch.models import LocalFeatures as Stored
from ml.local import compact
from ml.local.decide import ClassicRule
from ml.local.keypoints import LocalFeatures
from ml.local.thumbnail import Thumbnail

Rule = Literal["calibrated", "classic"]


@dataclass(frozen=True)
class Checked:
    """By canvas what geometry says, and what the rule makes of it: None where it cannot tell.

    ``rule``: its name and thresholds."""

    matches: dict[int, Match]
    same: dict[int, bool | None]
    rule: dict[str, Any]
    notices: tuple[str, ...] = field(default=())


def checked(query: Query, hits: Sequence[Hit], rule: Rule) -> Checked:
    """What geometry says of ``hits``, as many as are verified for one answer. Raises
    BadRequestError, and `catalog.images.ImageError` where pixels are needed and cannot be had."""
    if rule == "classic" and serving(candidates.FEATURE) not in query.weights():
        raise BadRequestError(
            f"rule=classic goes by the cosine of {candidates.FEATURE}: add it to 'features'."
        )
    asked = _asked(_example(query))
    classic = ClassicRule()
    most = classic.candidates if rule == "classic" else options.verify_candidates
    ids = [hit.canvas_id for hit in hits[:most]]
    grey = asked.grey
    found = verify(asked.points, ids, thumbnail=asked.thumbnail, grey=grey)
    matches = {match.canvas_id: match for match in found}
    notices = []
    if asked.mirrored is None:
        notices.append("Mirror images were not looked for: no picture of the canvas is kept.")
    else:
        left = [pk for pk, match in matches.items() if not match.accepted]
        small = asked.thumbnail if asked.thumbnail is None else asked.thumbnail[:, ::-1]
        for match in verify(asked.mirrored, left, mirrored=True, thumbnail=small, grey=grey):
            if match.probability > matches[match.canvas_id].probability:
                matches[match.canvas_id] = match
    if len(hits) > len(ids):
        notices.append(f"Only the first {len(ids)} hits were verified.")
    if len(matches) < len(ids):
        notices.append(f"{len(ids) - len(matches)} hits cannot be verified: no points are kept.")
    if rule == "classic":
        same = _by_classic(classic, matches, hits, len(asked.points))
        return Checked(matches, same, {"name": rule, **asdict(classic)}, tuple(notices))
    accept = {"name": rule, "accept_probability": options.accept_probability}
    decided: dict[int, bool | None] = {pk: match.accepted for pk, match in matches.items()}
    return Checked(matches, decided, accept, tuple(notices))


def details(query: Query) -> Details:
    """Where else the one example of ``query`` is, which is a detail. Raises
    `iiifsearch.engine.regions.NoRegions`, and `catalog.images.ImageError`."""
    (example,) = query.examples
    if example.pixels is not None:
        return by_detail(example.pixels, query.scope)
    assert example.canvas is not None and example.region is not None
    return by_detail_of(example.canvas, example.region, query.scope)


def _example(query: Query) -> Example:
    """The one picture that hits can be compared with."""
    wanted = [example for example in query.examples if not example.minus]
    if len(wanted) != 1:
        raise BadRequestError(
            "verify=true compares with one picture: send one canvas, one image or one url."
        )
    return wanted[0]


@dataclass(frozen=True)
class _Asked:
    """What is known of the picture. ``mirrored``, ``grey``: its points mirrored, and itself; None
    where only the points themselves are kept."""

    points: LocalFeatures
    mirrored: LocalFeatures | None
    thumbnail: Thumbnail | None
    grey: NDArray[np.uint8] | None


def _asked(example: Example) -> _Asked:
    pixels = example.pixels
    if pixels is None:
        canvas = example.canvas
        assert canvas is not None
        if example.region is None:
            stored, found = stored_points([canvas.pk]).get(canvas.pk), kept.read(canvas)
            if stored is not None:
                small = stored_thumbnail(canvas.pk)
                if found is None:
                    return _Asked(stored, None, small, None)
                probe = Probe(found.array)
                return _Asked(stored, probe.mirrored, small, probe.grey)
        pixels = images.pixels(canvas, region=example.region, long_side=QUERY_LONG_SIDE).array
    probe = Probe(pixels)
    return _Asked(probe.points, probe.mirrored, probe.thumbnail, probe.grey)


def _by_classic(
    rule: ClassicRule, matches: dict[int, Match], hits: Sequence[Hit], points: int
) -> dict[int, bool | None]:
    """The rule goes by the cosine of `candidates.FEATURE` first."""
    rows = Stored.objects.filter(canvas_id__in=matches, kind=compact.KEY)
    counts = dict(rows.values_list("canvas", "points"))
    found: dict[int, bool | None] = {}
    for hit in hits:
        match = matches.get(hit.canvas_id)
        cosine = hit.similarities.get(candidates.FEATURE)
        if match is not None and cosine is not None:
            fewer = min(points, counts.get(hit.canvas_id, 0))
            found[hit.canvas_id] = rule.decide(cosine, fewer, match.inliers)
    return found
