"""What deletions and new harvests do to an index: recall, size, time.

    python -m benchmarks.churn --images ../shared/data/paintings --var /tmp/bench-churn

A library of 100,000 canvases (``--canvases``) as in `benchmarks.vectors`. In each of three rounds a
tenth of the pictures changes (their vectors are replaced as indexing does it) and a tenth goes (as
a takedown does it), for as many that come; then Postgres cleans up, as autovacuum would. At last
the index is built anew, beside the live one, as `manage.py encoders` does it on request.
"""

from __future__ import annotations

import argparse
import json
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.harvest import installation
from benchmarks.made_up import Vectors, clouds, draw, real
from benchmarks.rows import copy_vectors, hang_alike
from benchmarks.vectors import INTO, QUERIES, asked
from benchmarks.ways import K, ours

ROUNDS, SHARE, BATCH = 3, 0.1, 500


@dataclass(frozen=True)
class Figure:
    """``seconds`` that the step took; ``size`` of the index, MB; ``p50``, ``p95``: ms of a search,
    as the engine asks; ``recall`` of the first ten."""

    step: str
    seconds: float
    size: float
    recall: float
    p50: float
    p95: float


def right(vectors: Vectors, there: np.ndarray, queries: Vectors) -> np.ndarray:
    """(Q, `K`) ids of the nearest; ``there``: which rows are, (N,); ids begin with 1."""
    rows = np.flatnonzero(there)
    cosines = queries @ vectors[rows].T
    return 1 + rows[np.argsort(-cosines, axis=1)[:, :K]]


def change(spec: Any, vectors: Vectors, rows: np.ndarray, new: Vectors) -> None:
    from django.db import transaction

    from iiifsearch.index import store as stored

    vectors[rows] = new.astype(np.float16)
    for start in range(0, len(rows), BATCH):
        some = rows[start : start + BATCH]
        with transaction.atomic():
            stored.canvas_vectors((1 + some).tolist(), spec, vectors[some])


def run(count: int, images: Path, var: Path) -> list[Figure]:
    from django.core.management import call_command
    from django.db import connection

    from iiifsearch.conf import options
    from iiifsearch.index import ann
    from iiifsearch.models import CanvasVector
    from ml import registry

    spec = registry.get(options.features[0][0])
    index = ann.ann_index(spec)
    lie, chance = clouds(real(images, var, spec)), np.random.default_rng(0)
    queries, _ = draw(lie, QUERIES, chance)
    call_command("flush", interactive=False, verbosity=0)
    with connection.cursor() as cursor:
        cursor.execute(f"DROP INDEX IF EXISTS {index.name}")
    tenth = int(SHARE * count)
    vectors = draw(lie, count + ROUNDS * tenth, chance)[0].astype(np.float16).astype(np.float32)
    there = np.arange(len(vectors)) < count
    hang_alike(1, len(vectors))
    copy_vectors(INTO, np.arange(1, count + 1), spec.key, vectors[:count])
    figures: list[Figure] = []

    def told(step: str, start: float) -> None:
        seconds = time.perf_counter() - start
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_relation_size(%s::regclass) / 1e6", [index.name])
            size = float(cursor.fetchone()[0])
        recall, p50, p95 = asked(ours(spec), queries, right(vectors, there, queries))
        figures.append(Figure(step, seconds, size, recall, p50, p95))
        print(
            f"| {step} | {seconds:.0f} | {size:.0f} | {recall:.3f} | {p50:.1f} | {p95:.1f} |",
            flush=True,
        )

    def vacuum() -> None:
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")

    print("| step | s | MB | recall@10 | p50 ms | p95 ms |")
    vacuum()
    start = time.perf_counter()
    ann.build_alone(index)
    told("built", start)
    for number in range(1, ROUNDS + 1):
        start = time.perf_counter()
        change(spec, vectors, _some(there, tenth, chance), draw(lie, tenth, chance)[0])
        told(f"{number}: a tenth changed", start)
        start = time.perf_counter()
        gone = _some(there, tenth, chance)
        CanvasVector.objects.filter(canvas_id__in=(1 + gone).tolist(), encoder=spec.key).delete()
        there[gone] = False
        come = np.arange(count + (number - 1) * tenth, count + number * tenth)
        change(spec, vectors, come, vectors[come])
        there[come] = True
        told(f"{number}: a tenth gone, as many come", start)
        start = time.perf_counter()
        vacuum()
        told(f"{number}: cleaned up", start)
    start = time.perf_counter()
    ann.build_alone(index)
    told("built anew", start)
    return figures


def _some(there: np.ndarray, count: int, chance: np.random.Generator) -> np.ndarray:
    return chance.choice(np.flatnonzero(there), count, replace=False)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=Path, required=True)
    parser.add_argument("--canvases", type=int, default=100_000)
    parser.add_argument("--var", type=Path, required=True)
    parser.add_argument("--json", type=Path, help="write the figures there, too")
    chosen = parser.parse_args()
    with installation(chosen.var):
        figures = run(chosen.canvases, chosen.images, chosen.var)
    if chosen.json:
        chosen.json.write_text(json.dumps([asdict(one) for one in figures], indent=1))


if __name__ == "__main__":
    main()
