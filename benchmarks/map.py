"""What laying out a map costs: seconds of each step, and the memory that it takes at its peak.

    python -m benchmarks.map [--rows 10000 50000] [--dim 320]

Vectors are made up: clusters of a few dozen within larger ones, as pictures of one motif lie
within a genre. Each size runs in a process of its own, whose peak is told, on one core: a map is
the same twice. ``kept``: the share of each picture's ten nearest neighbours by their vectors that
are among its twenty nearest on the map (of 2,000 pictures drawn by chance), by UMAP's layout and
once each has a cell of its own.
"""

from __future__ import annotations

import argparse
import resource
import time
from collections.abc import Callable
from multiprocessing import get_context
from typing import Any

import numpy as np

#: Rows whose neighbours are compared; neighbours by vectors, and on the map.
COMPARED, NEAREST, ON_MAP = 2000, 10, 20


def clustered(rows: int, dim: int) -> np.ndarray:
    """float32 (rows, dim), of norm 1."""
    chance = np.random.default_rng(0)
    genres = chance.normal(size=(24, dim))
    motifs = genres[chance.integers(0, 24, rows // 30 + 1)]
    motifs = motifs + 0.8 * chance.normal(size=motifs.shape)
    vectors = motifs[chance.integers(0, len(motifs), rows)] + 0.9 * chance.normal(size=(rows, dim))
    made: np.ndarray = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return made.astype(np.float32)


def timed(name: str, work: Callable[[], Any]) -> Any:
    started = time.perf_counter()
    made = work()
    print(f"  {name:<28}{time.perf_counter() - started:8.1f} s", flush=True)
    return made


def kept(vectors: np.ndarray, places: np.ndarray) -> float:
    from scipy.spatial import cKDTree

    some = np.random.default_rng(1).choice(len(vectors), min(COMPARED, len(vectors)), False)
    near = np.argpartition(-(vectors[some] @ vectors.T), NEAREST, axis=1)[:, : NEAREST + 1]
    _, there = cKDTree(places).query(places[some], ON_MAP + 1)
    shared = [len(set(a) & set(b) - {own}) for own, a, b in zip(some, near, there, strict=True)]
    return float(np.mean(shared)) / NEAREST


def measure(rows: int, dim: int) -> None:
    from ml.map.areas import areas
    from ml.map.cells import cells
    from ml.map.layout import layout

    vectors = clustered(rows, dim)
    layout(vectors[:100])  # numba compiles
    print(f"{rows} rows of {dim}", flush=True)
    places = timed("layout (UMAP)", lambda: layout(vectors))
    found, side = timed("a cell for each", lambda: cells(places))
    timed("areas", lambda: areas(((found + 0.5) / side).astype(np.float32)))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"  {'memory at the peak':<28}{peak:8.0f} MB", flush=True)
    print(f"  kept: {kept(vectors, places):.2f} by the layout, {kept(vectors, found):.2f} by cells")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rows", type=int, nargs="+", default=[10_000, 50_000])
    parser.add_argument("--dim", type=int, default=320)
    arguments = parser.parse_args()
    for rows in arguments.rows:
        process = get_context("spawn").Process(target=measure, args=(rows, arguments.dim))
        process.start()
        process.join()
        if process.exitcode:
            raise SystemExit(f"{rows} rows: the process ended with {process.exitcode}.")


if __name__ == "__main__":
    main()
