"""Nearest neighbours in Postgres: the only place with distance operators.

A small scope is scanned exactly; a large one goes through the encoder's HNSW index, iteratively,
so that a filter never leaves fewer rows than were asked for. Every query repeats the index's cast
and its condition as literals, else Postgres would sort every row.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from django.db import connection, transaction
from numpy.typing import NDArray
from pgvector import HalfVector

from iiifsearch.conf import options
from iiifsearch.engine.scope import Scope
from iiifsearch.index.ann import AnnIndex, ann_index
from ml.specs import EncoderSpec

#: Rows that an iterative scan may look at before it gives up: the whole library if need be.
MAX_SCAN_TUPLES = 10_000_000


@dataclass(frozen=True)
class Neighbour:
    """A row near the query. ``similarity``: cosine, -1 to 1. ``comment_id``: for texts."""

    canvas_id: int
    similarity: float
    comment_id: int | None = None


@dataclass(frozen=True)
class Neighbours:
    """Neighbours, nearest first, each canvas once, and how they were found."""

    rows: tuple[Neighbour, ...]
    plan: str


def nearest(spec: EncoderSpec, vector: NDArray[np.float32], scope: Scope, count: int) -> Neighbours:
    """The ``count`` canvases of ``scope`` that are nearest to ``vector`` (float32 (dim,))."""
    index = ann_index(spec)
    rows_in_scope = _rows_in_scope(index, scope)
    exact = rows_in_scope <= options.exact_rows
    # Several comments of one canvas may be near: ask for more, so that enough canvases remain.
    wanted = count if spec.modality == "image" else count * 4
    statement, params = _statement(index, vector, scope, wanted, exact=exact)
    with transaction.atomic(), connection.cursor() as cursor:
        if not exact:
            _set_scan(cursor, wanted)
        cursor.execute(statement, params)
        found = cursor.fetchall()
    best: dict[int, Neighbour] = {}
    for row in found:
        best.setdefault(row[0], Neighbour(row[0], float(row[1]), row[2]))
    how = (
        f"exact over {rows_in_scope} rows"
        if exact
        else f"HNSW, more than {options.exact_rows} rows"
    )
    return Neighbours(tuple(best.values())[:count], how)


def stored_vector(spec: EncoderSpec, canvas_id: int) -> NDArray[np.float32] | None:
    """The vector of a canvas, float32 (dim,), or None where there is none yet."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT vec::text FROM iiifsearch_canvasvector WHERE canvas_id = %s AND encoder = %s",
            [canvas_id, spec.key],
        )
        row = cursor.fetchone()
    return None if row is None else np.array(HalfVector.from_text(row[0]).to_list(), np.float32)


def explain(spec: EncoderSpec, vector: NDArray[np.float32], scope: Scope, count: int) -> str:
    """The plan of the HNSW query, as EXPLAIN tells it: for tests and for operators."""
    statement, params = _statement(ann_index(spec), vector, scope, count, exact=False)
    with transaction.atomic(), connection.cursor() as cursor:
        _set_scan(cursor, count)
        cursor.execute(f"EXPLAIN {statement}", params)
        return "\n".join(row[0] for row in cursor.fetchall())


def _rows_in_scope(index: AnnIndex, scope: Scope) -> int:
    """Rows to scan, counted no further than the limit of exact scans and one."""
    condition, params = ("TRUE", []) if scope.whole_library else scope.sql("v.canvas_id")
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT count(*) FROM (SELECT 1 FROM {index.table} v WHERE {index.filter_sql} "
            f"AND {condition} LIMIT %s) AS counted",
            [*params, options.exact_rows + 1],
        )
        return int(cursor.fetchone()[0])


def _set_scan(cursor: Any, wanted: int) -> None:
    """Settings of this transaction alone. ``ef_search`` beyond 1000 is refused by pgvector."""
    ef_search = min(1000, max(options.ef_search, wanted))
    cursor.execute(
        f"SET LOCAL hnsw.ef_search = {ef_search}; SET LOCAL hnsw.iterative_scan = strict_order; "
        f"SET LOCAL hnsw.max_scan_tuples = {MAX_SCAN_TUPLES}"
    )


def _statement(
    index: AnnIndex, vector: NDArray[np.float32], scope: Scope, count: int, *, exact: bool
) -> tuple[str, list[Any]]:
    query = f"'{HalfVector(vector.astype(np.float16)).to_text()}'::halfvec({index.spec.dim})"
    distance = f"{index.vector_sql} <=> {query}"
    # "+ 0" hides the expression from the index: an exact scan must not go through the graph.
    order = f"({distance}) + 0" if exact else distance
    scoped, params = scope.sql("v.canvas_id")
    comment, join = "NULL::bigint", ""
    if index.spec.modality == "text":
        filtered, more = scope.comments.sql("c")
        comment = "v.comment_id"
        join = (
            "AND EXISTS (SELECT 1 FROM catalog_comment c WHERE c.id = v.comment_id "
            f"AND c.state = 'published'{filtered})"
        )
        params = [*params, *more]
    return (
        f"SELECT v.canvas_id, 1 - ({distance}), {comment} FROM {index.table} v "
        f"WHERE {index.filter_sql} AND {scoped} {join} ORDER BY {order} LIMIT %s",
        [*params, count],
    )
