"""Likeness under filters: are the rows there, are they the right ones, how long does it take?

    python -m benchmarks.filters --images ../shared/data/paintings --var /tmp/bench-filters

A library of 100,000 canvases (``--canvases``) in a scratch database on the embedded Postgres, with
an HNSW index over vectors that are made up as the real ones of the pictures under ``--images`` lie
(`benchmarks.made_up`, of the default encoder). Filters that let 100, 50, 5, 0.5, 0.05 and 0.01 %
pass (by year, which has nothing to do with the vectors), and two that the vectors go with: by
maker, one cloud of them, and by type, a quarter of the clouds, asked with pictures of others. No
picture that is asked with is in there. The engine's own `nearest` answers; numpy tells what is
right. Takes a few minutes; ``--var`` is made, and left, for the curious.
"""

from __future__ import annotations

import argparse
import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.harvest import installation
from benchmarks.made_up import clouds, draw, real
from benchmarks.rows import copy_vectors, hang

PER_YEAR = 10
ASKED = (10, 200)


@dataclass(frozen=True)
class Filter:
    """``years`` and so on: fields of a `WorkFilter`; ``passing``: which rows it lets pass, (N,)."""

    name: str
    works: dict[str, Any]
    passing: np.ndarray
    queries: np.ndarray


def fill(vectors: np.ndarray, cluster: np.ndarray, years: np.ndarray, key: str) -> np.ndarray:
    """Store the library; the canvases' ids, (N,)."""
    from django.db import connection

    ids = hang(cluster, years)
    copy_vectors("iiifsearch_canvasvector (canvas_id, encoder, vec)", ids, key, vectors)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    return ids


def right(chosen: Filter, vectors: np.ndarray, ids: np.ndarray) -> list[set[int]]:
    """Of each query the ids of the first ten of the rows that pass; told by numpy."""
    rows = np.flatnonzero(chosen.passing)
    best = min(10, len(rows))
    queries = chosen.queries.astype(np.float16).astype(np.float32)
    cosines = np.concatenate(
        [
            queries @ vectors[some].astype(np.float32).T
            for some in np.array_split(rows, max(1, len(rows) // 50_000))
        ],
        axis=1,
    )
    return [set(ids[rows[each]].tolist()) for each in np.argsort(-cosines, axis=1)[:, :best]]


def measure(
    chosen: Filter, asked: int, spec: Any, wanted: list[set[int]], inside: set[int]
) -> dict[str, Any]:
    """Rows returned / rows that there are, recall@10, and how long it took. ``wanted``: what is
    right, of each query; ``inside``: the ids of all that pass."""
    from iiifsearch.engine.filters import WorkFilter
    from iiifsearch.engine.nearest import nearest
    from iiifsearch.engine.scope import Scope

    scope = Scope(works=WorkFilter(**chosen.works))
    there, best = min(asked, len(inside)), len(wanted[0])
    rows, found, seconds, plans = 0, 0, [], set()
    for query, first in zip(chosen.queries, wanted, strict=True):
        half = query.astype(np.float16).astype(np.float32)
        start = time.perf_counter()
        answer = nearest(spec, half, scope, asked)
        seconds.append(time.perf_counter() - start)
        plans.add(
            answer.plan.split(" over")[0].split(" in a")[0]
            + (", then exact" if "so exact" in answer.plan else "")
        )
        rows += len(answer.rows)
        listed = [row.canvas_id for row in answer.rows]
        assert inside.issuperset(listed)
        found += len(first.intersection(listed[:best]))
    count = len(chosen.queries)
    return {
        "filter": chosen.name,
        "share": float(chosen.passing.mean()),
        "asked": asked,
        "there": there,
        "returned / there": rows / (there * count),
        "recall@10": found / (best * count),
        "p50 ms": 1000 * float(np.quantile(seconds, 0.5)),
        "p95 ms": 1000 * float(np.quantile(seconds, 0.95)),
        "plans": " | ".join(sorted(plans)),
    }


def run(count: int, queries: int, images: Path, var: Path) -> list[dict[str, Any]]:
    from django.core.management import call_command
    from django.db import connection

    from iiifsearch.conf import options
    from iiifsearch.index import ann
    from ml import registry

    chance = np.random.default_rng(0)
    call_command("flush", interactive=False, verbosity=0)
    spec = registry.get(options.features[0][0])
    lie = clouds(real(images, var, spec))
    made, cluster = draw(lie, count, chance)
    vectors = made.astype(np.float16)
    years = chance.permutation(count) // PER_YEAR
    start = time.perf_counter()
    ids = fill(vectors, cluster, years, spec.key)
    print(f"{count} canvases stored in {time.perf_counter() - start:.0f} s", flush=True)
    index = ann.ann_index(spec)
    with connection.cursor() as cursor:
        cursor.execute(f"DROP INDEX IF EXISTS {index.name}")
    start = time.perf_counter()
    ann.build(index)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    print(f"HNSW built in {time.perf_counter() - start:.0f} s", flush=True)
    asking, of = draw(lie, 20 * queries, chance)

    filters = [Filter("none", {}, np.ones(count, bool), asking[:queries])]
    for share in (0.5, 0.05, 0.005, 0.0005, 0.0001):
        last = max(0, int(share * count / PER_YEAR) - 1)
        works: dict[str, Any] = {"years": (None, last)}
        filters.append(Filter(f"year to {last}", works, years <= last, asking[:queries]))
    elsewhere = asking[of % 4 != 0][:queries]
    works = {"object_type": "type0"}
    filters.append(Filter("type, alike in itself", works, cluster % 4 == 0, elsewhere))
    elsewhere = asking[of != 7][:queries]
    filters.append(Filter("maker, alike in itself", {"maker": "maker 7"}, cluster == 7, elsewhere))
    figures = []
    for each in filters:
        wanted, inside = right(each, vectors, ids), set(ids[each.passing].tolist())
        figures += [measure(each, asked, spec, wanted, inside) for asked in ASKED]
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=Path, required=True)
    parser.add_argument("--canvases", type=int, default=100_000)
    parser.add_argument("--queries", type=int, default=100)
    parser.add_argument("--var", type=Path, required=True)
    parser.add_argument("--json", type=Path, help="write the figures there, too")
    chosen = parser.parse_args()
    with installation(chosen.var):
        figures = run(chosen.canvases, chosen.queries, chosen.images, chosen.var)
    names = ("share", "asked", "there", "returned / there", "recall@10", "p50 ms", "p95 ms")
    print(f"{'filter':24}" + "".join(f"{name:>17}" for name in names) + "  plan")
    for row in figures:
        values = [f"{100 * row['share']:.3g} %", row["asked"], row["there"]]
        values += [f"{row[name]:.3f}" for name in names[3:5]]
        values += [f"{row[name]:.1f}" for name in names[5:]]
        print(f"{row['filter']:24}" + "".join(f"{v:>17}" for v in values) + f"  {row['plans']}")
    if chosen.json:
        chosen.json.write_text(json.dumps(figures, indent=1))


if __name__ == "__main__":
    main()
