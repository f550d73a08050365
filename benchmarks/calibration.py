"""How sure a match of local features is, given how many places agree: fits `ml.local.decide`.

    python -m benchmarks.calibration --images FOLDER [--pictures 200] [--without FILE ...]

True pairs: pictures of the folder, taken evenly, and distorted copies of them, each in every way of
`iiifsearch.evaluation.distortions` and in several ways at once. False pairs: one copy of each
against all other pictures. The folder must hold no picture twice; those that the project knows to
be near-identical are left out. Seeded. A quarter of an hour for 130 pictures on two busy cores.

False pairs that pass are listed by name, to be looked at: different pictures may share a caption or
a monogram. One such pair decides the fit. ``--without`` leaves pictures out; whoever reports a fit
made with it says which and why, and gives the other fit too.

False pairs that geometry lets pass are too few to count, mostly none. So three more than were seen
are assumed (with none among N the share of them is below 3 / N, at 95 %), and each further inlier
is rarer by the factor by which each further match that agrees by turn and scale is, of which
inliers are a part. Of the candidates that are verified for one answer, one in a hundred is right.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.optimize import minimize

from iiifsearch.evaluation.distortions import (
    DISTORTIONS,
    blur,
    crop,
    jpeg,
    mirrored,
    perspective,
    rotate,
)
from ml.local.compact import compact
from ml.local.decide import BIAS, SLOPE, probability
from ml.local.geometry import FEWEST, verify
from ml.local.keypoints import LocalFeatures, detect
from ml.local.matching import agreeing, match

#: Share of the verified candidates that are right.
PRIOR = 0.01
#: False pairs beyond those that were seen: the rule of three.
UNSEEN = 3
#: Above this, one inlier more or less is no evidence.
MOST = 40
NEAR_IDENTICAL = Path("iiifsearch/evaluation/near_identical.txt")

Pixels = NDArray[np.uint8]
Counts = Counter[int]


def hard(image: Pixels, chance: np.random.Generator) -> Pixels:
    """Cropped, seen askew, turned, small, blurred and compressed."""
    made = rotate(perspective(crop(image, chance), chance), chance)
    scale = chance.uniform(0.5, 1)
    made = np.asarray(cv2.resize(made, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA))
    return jpeg(blur(made, chance), chance)


WAYS = {name: way for name, way in DISTORTIONS.items() if way is not mirrored} | {"hard": hard}


def pictures(folder: Path, count: int, without: frozenset[str] = frozenset()) -> dict[str, Pixels]:
    """By name."""
    twice = set(NEAR_IDENTICAL.read_text().split()) if NEAR_IDENTICAL.is_file() else set()
    paths = sorted(path for path in folder.rglob("*.jpg") if path.name not in twice)
    chosen = (path for path in _evenly(paths, count) if path.name not in without)
    return {path.name: np.asarray(Image.open(path).convert("RGB")) for path in chosen}


def _evenly(paths: list[Path], count: int) -> Iterator[Path]:
    step = max(1.0, len(paths) / count)
    return (paths[int(n * step)] for n in range(min(count, len(paths))))


def points(image: Pixels) -> LocalFeatures:
    return compact(detect(image))


def measure(images: dict[str, Pixels]) -> tuple[dict[str, Counts], Counts, Counts, list[str]]:
    """Inliers of true pairs by distortion, inliers of false pairs, agreeing matches of them,
    and which of them passed."""
    chance = np.random.default_rng(0)
    names = list(images)
    originals = [points(image) for image in images.values()]
    passed: list[str] = []
    true: dict[str, Counts] = {name: Counter() for name in WAYS}
    false, agree = Counter[int](), Counter[int]()
    for index, image in enumerate(images.values()):
        copies = {name: points(distort(image, chance)) for name, distort in WAYS.items()}
        for name, copy in copies.items():
            true[name][verify(originals[index], copy).inliers] += 1
        way, copy = list(copies.items())[index % len(copies)]
        for other, theirs in enumerate(originals):
            if other != index:
                matches = agreeing(match(theirs, copy), theirs, copy)
                agree[len(matches)] += 1
                # `verify` would say the same, without looking.
                many = len(matches) >= FEWEST
                inliers = verify(theirs, copy).inliers if many else 0
                false[inliers] += 1
                if inliers:
                    passed.append(f"{names[other]} and {names[index]} ({way}): {inliers}")
    return true, false, agree, passed


def rarer(agree: Counts) -> float:
    """By what factor one more agreeing match is rarer among false pairs, from `FEWEST` on."""
    most = max(agree)
    above = [sum(agree[n] for n in range(low, most + 1)) for low in range(FEWEST, most + 1)]
    # The maximum likelihood of a geometric tail: of all steps from n to n + 1, those taken.
    return sum(above[1:]) / max(1, sum(above))


def fit(true: Counts, false: Counts, factor: float) -> tuple[float, float]:
    """SLOPE and BIAS: logistic regression over the pairs that geometry lets pass."""
    counts = np.arange(FEWEST, MOST + 1)
    right = np.array([true[int(n)] for n in counts], float)
    right[-1] += sum(count for n, count in true.items() if n > MOST)
    wrong = np.array([false[int(n)] for n in counts], float)
    wrong += UNSEEN * (1 - factor) * factor ** (counts - FEWEST)
    right *= PRIOR / true.total()
    wrong *= (1 - PRIOR) / false.total()

    def loss(given: NDArray[np.float64]) -> float:
        odds = given[0] * counts - given[1]
        return float(right @ np.logaddexp(0, -odds) + wrong @ np.logaddexp(0, odds)) * 1e4

    slope, bias = minimize(loss, [1.0, 6.0], method="Nelder-Mead", options={"maxiter": 4000}).x
    return float(slope), float(bias)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--images", type=Path, required=True, help="folder of pictures")
    parser.add_argument("--pictures", type=int, default=200)
    parser.add_argument(
        "--elsewhere", type=int, default=0, help="false pairs measured before, none with inliers"
    )
    parser.add_argument("--without", nargs="*", default=[], help="names of files to leave out")
    arguments = parser.parse_args()
    without = frozenset(arguments.without)
    images = pictures(arguments.images, arguments.pictures, without)
    true, false, agree, passed = measure(images)
    false[0] += arguments.elsewhere
    print(f"{'true pairs':14}{'none':>6}{'5-9':>6}{'10-19':>7}{'20-':>6}{'median':>8}")
    for name, counts in true.items():
        bands = [
            counts[0],
            *(sum(counts[n] for n in band) for band in (range(5, 10), range(10, 20))),
        ]
        rest = counts.total() - sum(bands)
        print(f"{name:14}{bands[0]:6}{bands[1]:6}{bands[2]:7}{rest:6}", end="")
        print(f"{np.median(list(counts.elements())):8.0f}")
    every = sum(true.values(), Counter[int]())
    print(f"true pairs by inliers: {_shown(every, 20)}")
    print(f"false pairs by inliers: {_shown(false, 99)}")
    print(f"false pairs by agreeing matches: {_shown(agree, 99)}")
    print("false pairs that passed:", "; ".join(passed) or "none")
    factor = rarer(agree)
    slope, bias = fit(every, false, factor)
    print(f"each further one rarer by {factor:.2f}; SLOPE, BIAS = {slope:.2f}, {bias:.2f}")
    print(f"{'inliers':8}{'fitted':>8}{'in use':>8}    (in use: {SLOPE}, {BIAS})")
    for n in range(FEWEST, 16):
        print(f"{n:8}{1 / (1 + np.exp(bias - slope * n)):8.3f}{probability(n):8.3f}")


def _shown(counts: Counts, most: int) -> str:
    return ", ".join(f"{n}: {counts[n]}" for n in sorted(counts) if n <= most)


if __name__ == "__main__":
    main()
