"""Ways to index vectors, each with what it cost and what to ask it by: for `benchmarks.vectors`."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any

import numpy as np

from benchmarks.made_up import Vectors

K = 10

Answer = Callable[[np.ndarray], Sequence[int]]
#: Each a name, and what makes ready to be asked.
Settings = list[tuple[str, Callable[[], Answer]]]
#: A name, what the index cost (seconds, MB), and its settings.
Way = tuple[str, tuple[float, float], Settings]


def ours(spec: Any) -> Answer:
    """As the engine asks, of the canvases that everybody may see."""
    from django.db import connection

    from iiifsearch.engine.nearest import nearest
    from iiifsearch.engine.scope import Scope

    with connection.cursor() as cursor:
        cursor.execute("SET enable_seqscan = on; SET enable_sort = on")
    return lambda query: [row.canvas_id for row in nearest(spec, query, Scope(), K).rows]


def by_sql(statement: str, settings: str) -> Answer:
    """``statement``: with %(query)s where a halfvec literal belongs. Of a small table Postgres
    would rather read everything: it is told not to, for the index is what is measured."""
    from django.db import connection
    from pgvector import HalfVector

    cursor = connection.cursor()
    cursor.execute(f"{settings}; SET enable_seqscan = off; SET enable_sort = off")

    def asking(query: np.ndarray) -> str:
        text = HalfVector(query.astype(np.float16)).to_text()
        return statement.replace("%(query)s", f"'{text}'")

    def answer(query: np.ndarray) -> list[int]:
        cursor.execute(asking(query))
        return [row[0] for row in cursor.fetchall()]

    some = np.ones(int(re.findall(r"halfvec\((\d+)\)", statement)[0]), np.float32)
    cursor.execute(f"EXPLAIN {asking(some)}")
    plan = "\n".join(row[0] for row in cursor.fetchall())
    if "Index Scan using bench_" not in plan:
        raise SystemExit(f"The index is not used:\n{plan}")

    return answer


def indexed(name: str, definition: str) -> tuple[float, float]:
    """Seconds of the build, and MB."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(f"DROP INDEX IF EXISTS {name}")  # of a run that was ended
        start = time.perf_counter()
        cursor.execute(f"CREATE INDEX {name} ON iiifsearch_canvasvector USING {definition}")
        seconds = time.perf_counter() - start
        cursor.execute("SELECT pg_relation_size(%s::regclass) / 1e6", [name])
        return seconds, float(cursor.fetchone()[0])


def dropped(name: str) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(f"DROP INDEX {name}")


def ways_of_postgres(rows: int, spec: Any, keep: bool) -> Iterable[Way]:
    """Name, what it cost, and the settings to try; an index is dropped before the next is built.
    ``keep``: the engine's own is tried alone, and stays."""
    dim, vector = spec.dim, f"vec::halfvec({spec.dim})"
    of = f"FROM iiifsearch_canvasvector WHERE encoder = '{spec.key}'"
    by_cosine = f"SELECT canvas_id {of} ORDER BY {vector} <=> %(query)s::halfvec({dim}) LIMIT {K}"

    from iiifsearch.index import ann

    cost = indexed("bench_hnsw", (
        f"hnsw (({vector}) halfvec_cosine_ops) WITH (m = {ann.M}, "
        f"ef_construction = {ann.EF_CONSTRUCTION}) WHERE encoder = '{spec.key}'"
    ))  # fmt: skip
    yield (
        "HNSW, halfvec",
        cost,
        [
            (f"ef {ef}", partial(by_sql, by_cosine, f"SET hnsw.ef_search = {ef}"))
            for ef in (40, 100, 200, 300, 400)
        ],
    )
    from django.db import connection

    name = ann.ann_index(spec).name
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER INDEX bench_hnsw RENAME TO {name}; ANALYZE iiifsearch_canvasvector")
    yield "HNSW, halfvec", cost, [("as the engine asks", partial(ours, spec))]
    if keep:
        return
    dropped(name)

    bits = f"binary_quantize({vector})::bit({dim})"
    cost = indexed("bench_bits", f"hnsw (({bits}) bit_hamming_ops) WHERE encoder = '{spec.key}'")
    again = (
        f"SELECT canvas_id FROM (SELECT canvas_id, vec {of} ORDER BY {bits} <~> "
        f"binary_quantize(%(query)s::halfvec({dim}))::bit({dim}) LIMIT %(many)s) AS near "
        f"ORDER BY {vector} <=> %(query)s::halfvec({dim}) LIMIT {K}"
    )
    yield (
        "HNSW, bits, compared again",
        cost,
        [
            (
                f"ef {ef}, {ef} again",
                partial(by_sql, again.replace("%(many)s", str(ef)), f"SET hnsw.ef_search = {ef}"),
            )
            for ef in (100, 400, 1000)
        ],
    )
    dropped("bench_bits")

    lists = max(10, rows // 1000 if rows <= 1_000_000 else int(rows**0.5))
    cost = indexed(
        "bench_ivf",
        f"ivfflat (({vector}) halfvec_cosine_ops) WITH (lists = {lists}) "
        f"WHERE encoder = '{spec.key}'",
    )
    tried = sorted({max(1, round(lists**0.5)), max(2, lists // 10), max(3, lists // 4)})
    yield (
        "IVFFlat, halfvec",
        cost,
        [
            (
                f"{probes} of {lists} lists",
                partial(by_sql, by_cosine, f"SET ivfflat.probes = {probes}"),
            )
            for probes in tried
        ],
    )
    dropped("bench_ivf")


def ways_of_faiss(vectors: Vectors, flat: Any) -> Iterable[Way]:
    """On one thread, but for the build. Its ids begin with 0, ours with 1."""
    import faiss

    from iiifsearch.index import ann

    graph = faiss.IndexHNSWFlat(vectors.shape[1], ann.M, faiss.METRIC_INNER_PRODUCT)
    graph.hnsw.efConstruction = ann.EF_CONSTRUCTION
    start = time.perf_counter()
    graph.add(vectors)
    cost = time.perf_counter() - start, (vectors.nbytes + len(vectors) * 4 * 2 * ann.M) / 1e6
    faiss.omp_set_num_threads(1)

    def search(index: Any, **settings: Any) -> Answer:
        how = faiss.SearchParametersHNSW(**settings) if settings else None
        return lambda query: (1 + index.search(query[None], K, params=how)[1][0]).tolist()

    yield (
        "FAISS HNSW, float32",
        cost,
        [(f"ef {ef}", partial(search, graph, efSearch=ef)) for ef in (40, 100, 200, 300, 400)],
    )
    yield "FAISS, exact", (0.0, vectors.nbytes / 1e6), [("", partial(search, flat))]
    faiss.omp_set_num_threads(2)
