"""Distorted copies of pictures, and pictures that are not there: which are found again?"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from iiifsearch.conf import options
from iiifsearch.encoders import serving
from iiifsearch.engine import candidates
from iiifsearch.engine.duplicates import same_picture
from iiifsearch.evaluation.distortions import DISTORTIONS
from iiifsearch.evaluation.library import NotEvaluated, database, fill, pictures_in, read
from ml.local import compact

#: Pictures that show the same work as another one of the folder, whole or a detail, or a copy or
#: state of it that follows its lines, by name: neither known nor strangers. Found by perceptual
#: hash and by local features among the neighbours of each and of its parts; pair by pair they were
#: looked at. What shares a frame, a printed label, a title or a pose with another work stays in.
NEAR_IDENTICAL = Path(__file__).parent / "near_identical.txt"
STRANGER = "never seen"
MIRRORED = "mirrored"


@dataclass(frozen=True)
class Asked:
    """One question. ``right``: the surest answer is the picture, told as mirrored if it is.
    ``sureness``: probability of the surest answer, then its inliers."""

    distortion: str
    right: bool
    accepted: bool
    sureness: tuple[float, int]
    seconds: float


def evaluate(
    folder: Path, n: int, seed: int, progress: Callable[[int], object] = lambda count: None
) -> dict[str, Any]:
    """What `manage.py evaluate duplicates` prints. Raises NotEvaluated."""
    known, strangers = chosen(folder, n, seed)
    keys = (serving(candidates.FEATURE).key, compact.KEY)
    asked = []
    with database():
        ids = fill(known, keys, progress)
        for number, (path, pk) in enumerate(zip(known, ids, strict=True)):
            picture = read(path)
            for place, (name, distort) in enumerate(DISTORTIONS.items()):
                changed = distort(picture, np.random.default_rng([seed, number, place]))
                asked.append(ask(name, changed, pk))
            progress(1)
        for path in strangers:
            asked.append(ask(STRANGER, read(path), None))
            progress(1)
    return {**summary(asked), "seed": seed, "n": len(known), "ranges": ranges()}


def chosen(folder: Path, n: int, seed: int) -> tuple[list[Path], list[Path]]:
    """``n`` pictures that are to be found, and as many that are not there, as far as there are."""
    twins = set(NEAR_IDENTICAL.read_text().split("\n"))
    paths = [path for path in pictures_in(folder) if path.name not in twins]
    if len(paths) < 2:
        raise NotEvaluated(f"{folder} holds fewer than two pictures.")
    drawn = np.random.default_rng(seed).permutation(len(paths))
    count = min(n, len(paths) // 2)
    return [paths[i] for i in drawn[:count]], [paths[i] for i in drawn[count : 2 * count]]


def ask(name: str, pixels: np.ndarray[Any, np.dtype[np.uint8]], right: int | None) -> Asked:
    started = time.perf_counter()
    found = same_picture(pixels)
    seconds = time.perf_counter() - started
    best = found[0].match if found else None
    if best is None:
        return Asked(name, False, False, (0.0, 0), seconds)
    told = best.mirrored == (name == MIRRORED)
    return Asked(
        name,
        best.canvas_id == right and told,
        best.accepted,
        (best.probability, best.inliers),
        seconds,
    )


def summary(asked: list[Asked]) -> dict[str, Any]:
    """Recall at the default threshold and at the lowest one without a false accept, of all but the
    mirrored, and of each distortion. A false accept is an accepted answer that is not right. Of
    the mirrored that is also the right picture, not told as mirrored: it sets no threshold for
    others."""
    wrong = [one for one in asked if not one.right and one.sureness > (0.0, 0)]
    bar = _surest([one for one in wrong if one.distortion != MIRRORED])
    groups = {"overall": [o for o in asked if o.distortion not in (STRANGER, MIRRORED)]}
    for name in DISTORTIONS:
        groups[name] = [one for one in asked if one.distortion == name]
    figures = {
        name: _figures(mine, _surest(wrong) if name == MIRRORED else bar)
        for name, mine in groups.items()
        if mine
    }
    unseen = [one for one in asked if one.distortion == STRANGER]
    return {
        **figures.pop("overall"),
        "false_accepts": sum(one.accepted for one in wrong if one.distortion != MIRRORED),
        "mean_seconds": float(np.mean([one.seconds for one in asked])),
        "p95_seconds": float(np.percentile([one.seconds for one in asked], 95)),
        "distortions": figures,
        "never_seen": {
            "queries": len(unseen),
            "false_accepts": sum(one.accepted for one in unseen),
            "mean_seconds": float(np.mean([one.seconds for one in unseen])) if unseen else 0.0,
        },
        "threshold": {
            "probability": options.accept_probability,
            "surest_false_answer": {"probability": bar[0], "inliers": bar[1]},
        },
    }


def _surest(wrong: list[Asked]) -> tuple[float, int]:
    return max((one.sureness for one in wrong), default=(0.0, 0))


def _figures(asked: list[Asked], bar: tuple[float, int]) -> dict[str, Any]:
    return {
        "queries": len(asked),
        "recall_at_full_precision": float(np.mean([o.right and o.sureness > bar for o in asked])),
        "recall": float(np.mean([one.right and one.accepted for one in asked])),
        "false_accepts": sum(one.accepted and not one.right for one in asked),
        "mean_seconds": float(np.mean([one.seconds for one in asked])),
    }


def ranges() -> dict[str, str]:
    """What each distortion draws at random, in words."""
    return {name: (made.__doc__ or "").strip() for name, made in DISTORTIONS.items()}
