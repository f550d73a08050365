"""Photos of paintings: are the right ones recognised, and nothing else?"""

from __future__ import annotations

import csv
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from iiifsearch.encoders import serving
from iiifsearch.engine import candidates
from iiifsearch.engine.recognise import recognise
from iiifsearch.evaluation.library import NotEvaluated, database, fill, pictures_in, read
from ml.local import compact


@dataclass(frozen=True)
class Photo:
    """A row of queries.csv. ``answers``: paths of the paintings that are in it."""

    path: Path
    set: str
    answers: frozenset[str]
    distractor: bool


@dataclass(frozen=True)
class Outcome:
    """``found``: paths of what was recognised, the surest first, each with the others of its
    place."""

    photo: Photo
    found: tuple[tuple[str, ...], ...]
    seconds: float

    @property
    def first(self) -> bool:
        return bool(self.found) and self.photo.answers & set(self.found[0][:1]) != set()

    @property
    def among_five(self) -> bool:
        return any(self.photo.answers & set(place[:1]) for place in self.found[:5])

    @property
    def all_found(self) -> bool:
        """Every answer, and nothing else."""
        return {place[0] for place in self.found} == self.photo.answers


def photos(folder: Path) -> list[Photo]:
    """Raises NotEvaluated."""
    try:
        with (folder / "queries.csv").open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        return [
            Photo(
                folder / row["query"],
                row["set"],
                frozenset(row["answers"].split()),
                row["distractor"] == "1",
            )
            for row in rows
        ]
    except (OSError, KeyError, AttributeError) as error:
        raise NotEvaluated(
            f"{folder / 'queries.csv'} cannot be read: {error!r}. The columns query, set, answers "
            "and distractor are wanted."
        ) from error


def evaluate(
    folder: Path, progress: Callable[[int], object] = lambda count: None
) -> dict[str, Any]:
    """What `manage.py evaluate recognition` prints. Raises NotEvaluated."""
    asked, paths = photos(folder), pictures_in(folder / "database")
    keys = (serving(candidates.FEATURE).key, compact.KEY)
    outcomes = []
    with database():
        ids = fill(paths, keys, progress)
        names = {
            pk: path.relative_to(folder).as_posix() for pk, path in zip(ids, paths, strict=True)
        }
        for photo in asked:
            started = time.perf_counter()
            recognition = recognise(read(photo.path))
            seconds = time.perf_counter() - started
            found = tuple(
                (names[one.match.canvas_id], *(names[pk] for pk in one.also))
                for one in recognition.found
            )
            outcomes.append(Outcome(photo, found, seconds))
            progress(1)
    return summary(outcomes)


def summary(outcomes: list[Outcome]) -> dict[str, Any]:
    """Figures of each set, over the photos that have an answer, and of the distractors."""
    sets: dict[str, Any] = {}
    for name in dict.fromkeys(outcome.photo.set for outcome in outcomes):
        mine = [o for o in outcomes if o.photo.set == name and not o.photo.distractor]
        if not mine:
            continue
        seconds = [outcome.seconds for outcome in mine]
        sets[name] = {
            "queries": len(mine),
            "r_at_1": float(np.mean([outcome.first for outcome in mine])),
            "r_at_5": float(np.mean([outcome.among_five for outcome in mine])),
            "all_found": float(np.mean([outcome.all_found for outcome in mine])),
            "mean_seconds": float(np.mean(seconds)),
            "p95_seconds": float(np.percentile(seconds, 95)),
        }
    distractors = [outcome for outcome in outcomes if outcome.photo.distractor]
    return {
        "sets": sets,
        "distractors": {
            "queries": len(distractors),
            "false_accepts": sum(bool(outcome.found) for outcome in distractors),
        },
        "wrong": [
            {
                "query": outcome.photo.path.name,
                "answers": sorted(outcome.photo.answers),
                "found": [list(place) for place in outcome.found],
            }
            for outcome in outcomes
            if not outcome.all_found
        ],
    }
