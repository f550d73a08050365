"""Inverted files over Postgres, for `benchmarks.vectors`: would they do for a server with little
memory?

A vector becomes a text (surrogate text, Amato et al. 2016, "Deep Permutations"; the positive and
the negative parts of each component are words of their own, Concatenated ReLU): of its words the
`KEPT` heaviest are written down. Asked are the lists of the query's own heaviest words; what is in
most of them, by weight, is compared again by the whole vectors. Two ways: lists of our own, a row
for each word; and a graph over the shortened vectors (sparsevec), which take less room.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from functools import partial
from typing import Any

import numpy as np

from benchmarks.made_up import Vectors
from benchmarks.ways import Answer, K, Settings, Way

KEPT = 32
#: Weights are whole numbers up to about this.
_STEPS = 100


def words(vectors: Vectors) -> tuple[np.ndarray, np.ndarray]:
    """(N, `KEPT`) words, 0 to 2 x dim, and their weights, whole numbers from 0."""
    parts = np.concatenate([np.maximum(vectors, 0), np.maximum(-vectors, 0)], axis=1)
    heaviest = np.argpartition(-parts, KEPT, axis=1)[:, :KEPT]
    weights = np.take_along_axis(parts, heaviest, axis=1)
    return heaviest, np.round(_STEPS * weights / weights.max(axis=1, keepdims=True)).astype(int)


def ways_of_words(vectors: Vectors, spec: Any) -> Iterable[Way]:
    """``vectors``: of the canvases with the ids from 1 on."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS bench_lists, bench_sparse")
    found, weights = words(vectors)
    start = time.perf_counter()
    _lists(found, weights)
    cost = time.perf_counter() - start, _size("bench_lists")
    lists = (
        "SELECT e.id, sum(e.weight * q.weight) AS much FROM unnest(%s::int[], %s::int[]) "
        "AS q(word, weight) JOIN bench_lists l USING (word), unnest(l.ids, l.weights) "
        "AS e(id, weight) GROUP BY e.id ORDER BY much DESC LIMIT %s"
    )
    again: Settings = [
        (f"{n} again", partial(_asked, spec, _by_lists(lists, n))) for n in (100, 400, 1600)
    ]
    yield "Inverted lists, compared again", cost, again
    start = time.perf_counter()
    _sparse(found, weights, 2 * vectors.shape[1])
    cost = time.perf_counter() - start, _size("bench_sparse_hnsw")
    again = [
        (f"ef {n}, {n} again", partial(_asked, spec, _by_sparse(n, 2 * vectors.shape[1]), n))
        for n in (100, 400, 1000)
    ]
    yield "HNSW, sparsevec, compared again", cost, again
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE bench_lists, bench_sparse")


def _lists(found: np.ndarray, weights: np.ndarray) -> None:
    from django.db import connection

    order = np.argsort(found.ravel(), kind="stable")
    ids, heavy = 1 + order // found.shape[1], weights.ravel()[order]
    word, first = np.unique(found.ravel()[order], return_index=True)
    ends = [*first[1:].tolist(), len(ids)]
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE bench_lists (word int PRIMARY KEY, ids int[], weights int2[])")
        with cursor.copy("COPY bench_lists FROM STDIN") as copy:
            for one, start, end in zip(word.tolist(), first.tolist(), ends, strict=True):
                copy.write_row((one, ids[start:end].tolist(), heavy[start:end].tolist()))
        cursor.execute("VACUUM ANALYZE bench_lists")


def _sparse(found: np.ndarray, weights: np.ndarray, dim: int) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TABLE bench_sparse (id int PRIMARY KEY, vec sparsevec({dim}))")
        with cursor.copy("COPY bench_sparse FROM STDIN") as copy:
            for n, (some, heavy) in enumerate(zip(found, weights, strict=True), 1):
                copy.write_row((n, _text(some, heavy, dim)))
        cursor.execute(
            "CREATE INDEX bench_sparse_hnsw ON bench_sparse USING hnsw (vec sparsevec_ip_ops)"
        )
        cursor.execute("VACUUM ANALYZE bench_sparse")


def _text(found: np.ndarray, weights: np.ndarray, dim: int) -> str:
    listed = ",".join(
        f"{1 + int(n)}:{int(weight)}" for n, weight in zip(found, weights, strict=True)
    )
    return f"{{{listed}}}/{dim}"


def _size(name: str) -> float:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_total_relation_size(%s::regclass) / 1e6", [name])
        return float(cursor.fetchone()[0])


def _by_lists(statement: str, many: int) -> Any:
    def near(query: np.ndarray) -> tuple[str, list[Any]]:
        (found,), (weights,) = words(query[None])
        return statement, [found.tolist(), weights.tolist(), many]

    return near


def _by_sparse(many: int, dim: int) -> Any:
    def near(query: np.ndarray) -> tuple[str, list[Any]]:
        (found,), (weights,) = words(query[None])
        statement = "SELECT id FROM bench_sparse ORDER BY vec <#> %s::sparsevec LIMIT %s"
        return statement, [_text(found, weights, dim), many]

    return near


def _asked(spec: Any, near: Any, ef: int = 40) -> Answer:
    from django.db import connection
    from pgvector import HalfVector

    cursor = connection.cursor()
    cursor.execute(f"SET hnsw.ef_search = {ef}; SET enable_seqscan = on; SET enable_sort = on")

    def answer(query: np.ndarray) -> list[int]:
        statement, params = near(query)
        text = HalfVector(query.astype(np.float16)).to_text()
        cursor.execute(
            f"WITH near AS MATERIALIZED ({statement}) SELECT v.canvas_id FROM near "
            "JOIN iiifsearch_canvasvector v ON v.canvas_id = near.id AND v.encoder = %s "
            f"ORDER BY v.vec::halfvec({spec.dim}) <=> %s::halfvec({spec.dim}) LIMIT {K}",
            [*params, spec.key, text],
        )
        return [row[0] for row in cursor.fetchall()]

    return answer
