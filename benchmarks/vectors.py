"""Nearest neighbours at ten thousand, a hundred thousand and a million vectors: which index?

    python -m benchmarks.vectors --images ../shared/data/paintings --var /tmp/bench-vectors

Vectors are made up as the real ones of the pictures under ``--images`` lie (`benchmarks.made_up`,
of the default encoder), stored in a library of as many canvases on the embedded Postgres. Asked
with vectors that are not in there: 200 of pictures. Each way to index them is built, asked one
question at a time on one connection, and dropped: halfvec HNSW as the engine has it, HNSW over bits
with the nearest ones compared again, IVFFlat; and FAISS, HNSW and exact, in this process on one
thread, with the same vectors. What is right is told by the exact one. Takes about half an hour at
a million; some 10 GB of disk. ``--var`` is made, and left, for the curious.
"""

from __future__ import annotations

import argparse
import json
import re
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.harvest import installation
from benchmarks.made_up import Cloud, Vectors, clouds, draw, likeness, unit

K = 10
QUERIES = 200
BATCH = 50_000


@dataclass(frozen=True)
class Figure:
    """One way at one size and one setting. ``build``: seconds; ``size``: MB; ``p50``, ``p95``: ms
    of a question; ``recall``: of the first ten."""

    way: str
    rows: int
    setting: str
    build: float
    size: float
    recall: float
    p50: float
    p95: float


# -- vectors -------------------------------------------------------------------------------------


def real(folder: Path, var: Path, spec: Any) -> Vectors:
    """Of every picture under ``folder``, (N, dim); made once, kept under ``var``."""
    kept = var / f"{spec.key}.npy"
    if not kept.exists():
        from concurrent.futures import ThreadPoolExecutor

        from iiifsearch.encoders import encoder
        from iiifsearch.evaluation.library import pictures_in, read

        paths, made = pictures_in(folder), []
        with ThreadPoolExecutor(2) as pool:
            for start in range(0, len(paths), 64):
                arrays = list(pool.map(read, paths[start : start + 64]))
                made.append(encoder(spec.name).encode(arrays))
        np.save(kept, np.concatenate(made))
    return unit(np.load(kept))


def told(vectors: Vectors, lie: list[Cloud], chance: np.random.Generator) -> None:
    """How far what is made up lies as what is real, by the thousand and by the ten thousand."""
    mixed = vectors[chance.permutation(len(vectors))]
    made, _ = draw(lie, len(vectors), chance)
    for rows in sorted({len(vectors) // 8, len(vectors) // 4, len(vectors) // 2, len(vectors)}):
        for name, some in (("real", mixed[:rows]), ("made up", made[:rows])):
            found = likeness(some)
            print(
                f"{name:8} {rows:>6} vectors: cosine of the first neighbour {found['first']:.3f}, "
                f"of the tenth {found['tenth']:.3f}; dimension {found['dimension']:.1f}"
            )


# -- the library ---------------------------------------------------------------------------------


def hang(first: int, last: int) -> None:
    """Canvases with the ids ``first`` to ``last``, all shown by one published manifest."""
    from django.utils import timezone

    from catalog.models import Canvas, Manifest, ManifestCanvas

    manifest, _ = Manifest.objects.get_or_create(
        key="all", uri="all", version=3, raw={}, content_hash="",
        defaults={"harvested_at": timezone.now()},
    )  # fmt: skip
    if first == 1:
        Canvas.objects.create(pk=1, key="c1", uri="c1", raw_id="c1", home=manifest)
        ManifestCanvas.objects.create(pk=1, canvas_id=1, manifest=manifest, position=1)
        first = 2
    names = dict.fromkeys(("key", "uri", "raw_id"), "'c' || n")
    multiply(Canvas.objects.get(pk=1), first, last, id="n", **names)
    hung = ManifestCanvas.objects.get(pk=1)
    multiply(hung, first, last, id="n", canvas_id="n", position="n")


def multiply(row: Any, first: int, last: int, **changed: str) -> None:
    """Copies of ``row``, one for each n from ``first`` to ``last``; ``changed``: SQL of columns."""
    from django.db import connection

    table = row._meta.db_table
    columns = [field.column for field in row._meta.concrete_fields]
    values = [changed.get(column, f'one."{column}"') for column in columns]
    listed = ", ".join(f'"{column}"' for column in columns)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} ({listed}) SELECT {', '.join(values)} "
            f"FROM {table} AS one, generate_series(%s, %s) AS n WHERE one.id = %s",
            [first, last, row.pk],
        )


def store(vectors: Vectors, first: int, spec: Any) -> None:
    """By binary COPY, of the canvases from ``first`` on."""
    from django.db import connection
    from pgvector import HalfVector
    from pgvector.psycopg import register_vector

    from iiifsearch.models import CanvasVector

    table = CanvasVector._meta.db_table
    connection.ensure_connection()
    register_vector(connection.connection)
    with (
        connection.cursor() as cursor,
        cursor.copy(f"COPY {table} (canvas_id, encoder, vec) FROM STDIN (FORMAT BINARY)") as copy,
    ):
        copy.set_types(["int8", "text", "halfvec"])
        for n, vector in enumerate(vectors.astype(np.float16)):
            copy.write_row((first + n, spec.key, HalfVector(vector)))


# -- ways ----------------------------------------------------------------------------------------

Answer = Callable[[np.ndarray], Sequence[int]]
#: A name, what the index cost, and its settings: each a name, and what makes ready to be asked.
Way = tuple[str, tuple[float, float], list[tuple[str, Callable[[], Answer]]]]


def asked(answer: Answer, queries: Vectors, right: np.ndarray) -> tuple[float, float, float]:
    """Recall of the first `K`, and ms, p50 and p95."""
    for query in queries[:20]:  # what is read from the disk once
        answer(query)
    found, seconds = 0, []
    for query, truth in zip(queries, right, strict=True):
        start = time.perf_counter()
        ids = answer(query)
        seconds.append(time.perf_counter() - start)
        found += len({*ids} & {*truth.tolist()})
    ms = 1000 * np.percentile(seconds, [50, 95])
    return found / right.size, float(ms[0]), float(ms[1])


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
            for ef in (40, 100, 200, 400)
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
        [(f"ef {ef}", partial(search, graph, efSearch=ef)) for ef in (40, 100, 200, 400)],
    )
    yield "FAISS, exact", (0.0, vectors.nbytes / 1e6), [("", partial(search, flat))]
    faiss.omp_set_num_threads(2)


# -- all of it -----------------------------------------------------------------------------------


def run(
    images: Path, var: Path, sizes: Sequence[int], memory: str, keep: bool = False
) -> list[Figure]:
    import faiss
    from django.core.management import call_command
    from django.db import connection

    from iiifsearch.conf import options
    from ml import registry

    spec = registry.get(options.features[0][0])
    vectors = real(images, var, spec)
    lie, chance = clouds(vectors), np.random.default_rng(0)
    told(vectors, lie, chance)
    queries, _ = draw(lie, QUERIES, chance)
    call_command("flush", interactive=False, verbosity=0)
    flat, stored, figures = faiss.IndexFlatIP(spec.dim), 0, []
    with connection.cursor() as cursor:
        cursor.execute(f"SET maintenance_work_mem = '{memory}'")
        cursor.execute(f"DROP INDEX IF EXISTS ann_{spec.key.replace('-', '_')}")
    everything = np.empty((max(sizes), spec.dim), np.float32)
    for rows in sorted(sizes):
        start = time.perf_counter()
        hang(stored + 1, rows)
        while stored < rows:
            # As Postgres keeps them: half precision.
            some = draw(lie, min(BATCH, rows - stored), chance)[0].astype(np.float16)
            everything[stored : stored + len(some)] = some
            store(everything[stored : stored + len(some)], stored + 1, spec)
            flat.add(everything[stored : stored + len(some)])
            stored += len(some)
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")
        print(f"\n{rows:,} vectors stored after {time.perf_counter() - start:.0f} s", flush=True)
        right = 1 + flat.search(queries, K)[1]
        kept = keep and rows == max(sizes)
        for ways in (ways_of_postgres(rows, spec, kept), ways_of_faiss(everything[:rows], flat)):
            for way, (build, size), settings in ways:
                for setting, ready in settings:
                    found = asked(ready(), queries, right)
                    figure = Figure(way, rows, setting, build, size, *found)
                    figures.append(figure)
                    _line(figure)
    return figures


def _line(one: Figure) -> None:
    print(
        f"| {one.way} | {one.setting} | {one.build:.0f} | {one.size:.0f} | {one.recall:.3f} "
        f"| {one.p50:.2f} | {one.p95:.2f} |",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=Path, required=True)
    parser.add_argument("--var", type=Path, required=True)
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--memory", default="3GB", help="maintenance_work_mem of the builds")
    parser.add_argument("--json", type=Path, help="write the figures there, too")
    parser.add_argument("--m", type=int, help="of HNSW; what the engine has")
    parser.add_argument("--ef-construction", type=int, help="of HNSW; what the engine has")
    parser.add_argument(
        "--keep",
        action="store_true",
        help="of the last size try the engine's index alone; it stays",
    )
    chosen = parser.parse_args()
    with installation(chosen.var):
        from iiifsearch.index import ann

        ann.M = chosen.m or ann.M
        ann.EF_CONSTRUCTION = chosen.ef_construction or ann.EF_CONSTRUCTION
        figures = run(chosen.images, chosen.var, chosen.sizes, chosen.memory, chosen.keep)
    if chosen.json:
        chosen.json.write_text(json.dumps([asdict(one) for one in figures], indent=1))


if __name__ == "__main__":
    main()
