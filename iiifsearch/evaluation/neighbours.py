"""Do neighbours agree in style, genre and author? By each feature alone, and by all together."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from iiifsearch.conf import options
from iiifsearch.encoders import serving
from iiifsearch.engine.combine import ranked
from iiifsearch.engine.nearest import nearest
from iiifsearch.engine.scope import Scope
from iiifsearch.engine.stored import stored_vectors
from iiifsearch.evaluation.library import NotEvaluated, database, fill
from iiifsearch.index import scales

LABELS = ("style", "genre", "author")
K = (1, 5)
#: Pictures, where nobody says how many.
PICTURES = 2000

Row = Mapping[str, str]


def evaluate(
    folder: Path, n: int = PICTURES, progress: Callable[[int], object] = lambda count: None
) -> dict[str, Any]:
    """What `manage.py evaluate neighbours` prints. Raises NotEvaluated."""
    rows = chosen(folder, n)
    specs = [serving(name) for name in options.image_encoders]
    found: dict[str, list[tuple[Row, list[Row]]]] = {spec.name: [] for spec in specs}
    found["combined"] = []
    weights = {serving(name): weight for name, weight in options.features}
    with database():
        paths = [folder / row["file"] for row in rows]
        ids = fill(paths, [spec.key for spec in specs], progress)
        scales.measure_due()
        labels = dict(zip(ids, rows, strict=True))
        for pk, row in labels.items():
            vectors, others = stored_vectors(specs, pk), Scope(without=(pk,))
            for spec, vector in vectors.items():
                near = nearest(spec, vector, others, max(K)).rows
                found[spec.name].append((row, [labels[one.canvas_id] for one in near]))
            asked = {spec: vectors[spec] for spec in weights}
            hits = ranked(asked, weights, others, max(K)).hits
            found["combined"].append((row, [labels[hit.canvas_id] for hit in hits]))
            progress(1)
    return {
        "pictures": len(rows),
        "features": {name: agreement(pairs) for name, pairs in found.items()},
    }


def chosen(folder: Path, n: int) -> list[Row]:
    """Rows of index.csv, taken evenly; all for 0. Raises NotEvaluated."""
    try:
        with (folder / "index.csv").open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        missing = {"file", *LABELS} - set(rows[0])
    except (OSError, IndexError) as error:
        raise NotEvaluated(f"{folder / 'index.csv'} cannot be read: {error!r}.") from error
    if missing:
        raise NotEvaluated(
            f"{folder / 'index.csv'} lacks the columns {', '.join(sorted(missing))}."
        )
    count = min(n or len(rows), len(rows))
    return [rows[int(place)] for place in np.linspace(0, len(rows) - 1, count)]


def agreement(pairs: Iterable[tuple[Row, list[Row]]]) -> dict[str, dict[str, float | None]]:
    """For each label the share of pictures of which one of the k nearest bears the same one; of
    those that bear one. None where none does."""
    listed = list(pairs)
    figures: dict[str, dict[str, float | None]] = {}
    for label in LABELS:
        told = [(row, near) for row, near in listed if row[label].strip()]
        figures[label] = {f"r_at_{k}": _share(told, label, k) for k in K} | {"queries": len(told)}
    return figures


def _share(told: list[tuple[Row, list[Row]]], label: str, k: int) -> float | None:
    same = [any(row[label] == other[label] for other in near[:k]) for row, near in told]
    return float(np.mean(same)) if same else None
