"""Nearest neighbours at ten thousand, a hundred thousand and a million vectors: which index?

    python -m benchmarks.vectors --images ../shared/data/paintings --var /tmp/bench-vectors

Vectors are made up as the real ones of the pictures under ``--images`` lie (`benchmarks.made_up`,
of the default encoder), stored in a library of as many canvases on the embedded Postgres. Asked
with vectors that are not in there: 200 of pictures. Each way to index them is built, asked one
question at a time on one connection, and dropped: halfvec HNSW as the engine has it, HNSW over bits
with the nearest ones compared again, IVFFlat, inverted files (`benchmarks.inverted`); and FAISS,
HNSW and exact, in this process on one thread, with the same vectors. What is right is told by the
exact one. Takes about half an hour at a million; some 10 GB of disk. ``--var`` is made, and left,
for the curious.

Texts lie elsewhere than pictures, and find less: ``--texts`` asks with those of a folder as SemArt
lays it out, and the vectors are those of the space that texts and pictures share.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.harvest import installation
from benchmarks.inverted import ways_of_words
from benchmarks.made_up import Cloud, Vectors, clouds, draw, likeness, real
from benchmarks.rows import copy_vectors, hang_alike
from benchmarks.ways import Answer, K, ways_of_faiss, ways_of_postgres

QUERIES = 200
#: Where vectors are stored.
INTO = "iiifsearch_canvasvector (canvas_id, encoder, vec)"
#: Inverted files are not tried with more rows: the time that they take grows with the library.
MOST_INVERTED = 100_000
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


def of_texts(folder: Path, spec: Any) -> Vectors:
    """Of the comments in a folder as SemArt lays it out, (Q, dim), in the space of ``spec``."""
    from iiifsearch.encoders import encoder
    from ml import registry
    from ml.crossmodal import semart, space
    from ml.crossmodal.sentences import sentences

    partner = registry.partner(spec)
    if partner is None:
        raise SystemExit(f"No texts can be compared with {spec.name}.")
    split = next(split for split in semart.there(folder) if split != "train")
    said = [one.comment for one in semart.read(folder, split).paintings if one.comment]
    reader = encoder(partner.name)
    parts = [[text] if partner.reads_whole else sentences(text) for text in said]
    return np.stack([space.mean(reader.encode(some)) for some in parts])


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


# -- all of it -----------------------------------------------------------------------------------


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


def run(
    spec: Any, vectors: Vectors, queries: Vectors | None, sizes: Sequence[int], keep: bool = False
) -> list[Figure]:
    """``vectors``: (N, dim), real ones, which many more are made like; ``queries``: (Q, dim), or as
    many are made up. ``keep``: of the last size the engine's index alone, which stays."""
    import faiss
    from django.core.management import call_command
    from django.db import connection

    from iiifsearch.index.ann import ann_index

    lie, chance = clouds(vectors), np.random.default_rng(0)
    told(vectors, lie, chance)
    if queries is None:
        queries, _ = draw(lie, QUERIES, chance)
    call_command("flush", interactive=False, verbosity=0)
    with connection.cursor() as cursor:
        cursor.execute(f"DROP INDEX IF EXISTS {ann_index(spec).name}")
    flat, stored, figures = faiss.IndexFlatIP(spec.dim), 0, []
    everything = np.empty((max(sizes), spec.dim), np.float32)
    for rows in sorted(sizes):
        start = time.perf_counter()
        hang_alike(stored + 1, rows)
        while stored < rows:
            # As Postgres keeps them: half precision.
            some = draw(lie, min(BATCH, rows - stored), chance)[0].astype(np.float16)
            everything[stored : stored + len(some)] = some
            ids = np.arange(stored + 1, stored + len(some) + 1)
            copy_vectors(INTO, ids, spec.key, some)
            flat.add(everything[stored : stored + len(some)])
            stored += len(some)
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")
        print(f"\n{rows:,} vectors stored after {time.perf_counter() - start:.0f} s", flush=True)
        print(f"| {' | '.join(field.name for field in fields(Figure))} |", flush=True)
        right = 1 + flat.search(queries, K)[1]
        kept = keep and rows == max(sizes)
        tried = [ways_of_postgres(rows, spec, kept), ways_of_faiss(everything[:rows], flat)]
        if rows <= MOST_INVERTED:
            tried.append(ways_of_words(everything[:rows], spec))
        for way, (build, size), settings in chain(*tried):
            for setting, ready in settings:
                found = asked(ready(), queries, right)
                figures.append(Figure(way, rows, setting, build, size, *found))
                _line(figures[-1])
    return figures


def _line(one: Figure) -> None:
    print(
        f"| {one.way} | {one.rows} | {one.setting} | {one.build:.0f} | {one.size:.0f} "
        f"| {one.recall:.3f} | {one.p50:.2f} | {one.p95:.2f} |",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=Path, required=True)
    parser.add_argument("--texts", type=Path, help="ask with the comments in there")
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
        from django.db import connection

        from iiifsearch.conf import options
        from iiifsearch.encoders import joint
        from ml import registry

        with connection.cursor() as cursor:
            cursor.execute(f"SET maintenance_work_mem = '{chosen.memory}'")
        spec, queries = registry.get(options.features[0][0]), None
        if chosen.texts and (pair := joint()):
            spec = pair[0]
            queries = of_texts(chosen.texts, spec)
        vectors = real(chosen.images, chosen.var, spec)
        figures = run(spec, vectors, queries, chosen.sizes, chosen.keep)
    if chosen.json:
        chosen.json.write_text(json.dumps([asdict(one) for one in figures], indent=1))


if __name__ == "__main__":
    main()
