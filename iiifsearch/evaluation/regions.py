"""Details cut from copies of pictures: is the picture found, and the place on it?"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from iiifsearch.conf import options
from iiifsearch.encoders import serving
from iiifsearch.engine.regions import by_detail
from iiifsearch.engine.verify import Box
from iiifsearch.evaluation.library import database, fill, pictures_in, read
from ml.local import compact

#: Share of the area that is cut out, and how much longer one side may be than it would be.
AREA, ASPECT = (0.05, 0.2), (0.5, 2.0)
#: How large the copy is beside the original, and how well it is compressed.
SCALE, QUALITY = (0.6, 1.4), (50, 80)
#: A detail is flat where its grey values deviate by less.
FLAT = 15.0
#: The place is found where the overlap of the boxes is more than this share of their union.
OVERLAP = 0.3


@dataclass(frozen=True)
class Asked:
    """One detail. ``rank``: of the right picture, from 1; 0 where it is not among the hits."""

    rank: int
    overlap: float
    seconds: float


def evaluate(
    folder: Path,
    among: Path | None,
    n: int,
    seed: int,
    progress: Callable[[int], object] = lambda count: None,
) -> dict[str, Any]:
    """What `manage.py evaluate regions` prints. Raises NotEvaluated."""
    ours = pictures_in(folder)
    others = pictures_in(among) if among else []
    keys = (serving(options.region_encoder).key, compact.KEY)
    with database():
        ids = fill([*ours, *others], keys, progress)
        chance = np.random.default_rng(seed)
        asked: list[Asked] = []
        while len(asked) < n:
            place = int(chance.integers(len(ours)))
            drawn = detail(read(ours[place]), chance)
            if drawn is not None:
                asked.append(ask(*drawn, ids[place]))
                progress(1)
    seconds = [one.seconds for one in asked]
    return {
        "queries": n,
        "pictures": len(ids),
        "first": float(np.mean([one.rank == 1 for one in asked])),
        "among_ten": float(np.mean([0 < one.rank <= 10 for one in asked])),
        "place_found": float(np.mean([one.overlap > OVERLAP for one in asked])),
        "mean_seconds": float(np.mean(seconds)),
        "p95_seconds": float(np.percentile(seconds, 95)),
        "seed": seed,
        "ranges": {
            "area": AREA,
            "aspect": ASPECT,
            "scale": SCALE,
            "jpeg_quality": QUALITY,
            "flat": FLAT,
            "overlap": OVERLAP,
        },
    }


def detail(
    picture: NDArray[np.uint8], chance: np.random.Generator
) -> tuple[NDArray[np.uint8], Box] | None:
    """A rectangle cut from a resized, recompressed copy, and where it was in shares of the
    picture's sides; None where it is flat."""
    height, width = picture.shape[:2]
    area, aspect = chance.uniform(*AREA), np.exp(chance.uniform(*np.log(ASPECT)))
    h = min(height - 1, max(1, int(np.sqrt(area * aspect) * height)))
    w = min(width - 1, max(1, int(np.sqrt(area / aspect) * width)))
    y, x = int(chance.integers(0, height - h)), int(chance.integers(0, width - w))
    scale, quality = chance.uniform(*SCALE), int(chance.integers(*QUALITY))
    if np.asarray(cv2.cvtColor(picture[y : y + h, x : x + w], cv2.COLOR_RGB2GRAY)).std() < FLAT:
        return None
    copy = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    _, packed = cv2.imencode(".jpg", copy[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    again = np.asarray(cv2.imdecode(packed, cv2.IMREAD_COLOR), np.uint8)[..., ::-1]
    rows = slice(round(y * scale), max(round((y + h) * scale), round(y * scale) + 1))
    columns = slice(round(x * scale), max(round((x + w) * scale), round(x * scale) + 1))
    box = (x / width, y / height, w / width, h / height)
    return np.ascontiguousarray(again[rows, columns]), box


def ask(pixels: NDArray[np.uint8], box: Box, right: int) -> Asked:
    started = time.perf_counter()
    found = by_detail(pixels).found
    seconds = time.perf_counter() - started
    for rank, one in enumerate(found, start=1):
        if one.canvas_id == right:
            return Asked(rank, overlap(one.place, box), seconds)
    return Asked(0, 0.0, seconds)


def overlap(one: Box, other: Box) -> float:
    """Intersection over union of two boxes, x, y, width, height."""
    left, top = max(one[0], other[0]), max(one[1], other[1])
    right = min(one[0] + one[2], other[0] + other[2])
    bottom = min(one[1] + one[3], other[1] + other[3])
    common = max(0.0, right - left) * max(0.0, bottom - top)
    return common / (one[2] * one[3] + other[2] * other[3] - common)
