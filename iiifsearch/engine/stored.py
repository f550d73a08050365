"""Vectors of rows that are known: as they are stored, and compared with others."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np
from django.db import connection
from numpy.typing import NDArray

from iiifsearch.engine import pipeline
from iiifsearch.engine.rows import Neighbour, Vector, distance_sql, part_sql
from iiifsearch.index.ann import ann_index
from iiifsearch.metrics.measures import stage
from ml.specs import EncoderSpec

Box = tuple[float, float, float, float]

#: Some hundred rows are compared sooner than the processes have started that Postgres would share
#: them out among: 2 ms beside 9.
_AT_ONCE = ("SET LOCAL max_parallel_workers_per_gather = 0",)


def boxes_of(spec: EncoderSpec, rows: Collection[Neighbour]) -> dict[int, Box]:
    """Where the regions lie that ``rows`` were found by: x, y, width, height in shares of the
    canvas's sides; by canvas."""
    pairs = [(row.canvas_id, row.part) for row in rows]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT r.canvas_id, r.box_x, r.box_y, r.box_w, r.box_h FROM iiifsearch_regionvector r "
            "JOIN unnest(%s::bigint[], %s::int[]) AS found(canvas_id, ordinal) "
            "ON r.canvas_id = found.canvas_id AND r.ordinal = found.ordinal WHERE r.encoder = %s",
            [[pair[0] for pair in pairs], [pair[1] for pair in pairs], spec.key],
        )
        return {row[0]: tuple(row[1:]) for row in cursor.fetchall()}


@dataclass(frozen=True, eq=False)
class Cosines:
    """How alike canvases are to what is asked.

    ``canvas_ids``: of those that have a vector by any feature. ``by_feature``: -1 to 1, float64
    (len(canvas_ids),); NaN where a canvas has no vector by it.
    """

    canvas_ids: Sequence[int]
    by_feature: Mapping[EncoderSpec, NDArray[np.float64]]

    def __len__(self) -> int:
        return len(self.canvas_ids)

    def at(self, places: NDArray[np.intp]) -> Cosines:
        """Those at ``places``, (N,), in that order."""
        ids = [self.canvas_ids[place] for place in places]
        return Cosines(ids, {spec: column[places] for spec, column in self.by_feature.items()})


@stage("neighbours")
def similarities(vectors: Mapping[EncoderSpec, Vector], canvas_ids: Collection[int]) -> Cosines:
    """The cosines of ``canvas_ids`` with every one of ``vectors`` (encoders of whole pictures)."""
    found: dict[str, dict[int, float]] = {spec.key: {} for spec in vectors}
    if canvas_ids and vectors:
        distances = " ".join(
            f"WHEN '{spec.key}' THEN {distance_sql(spec, vector)}"
            for spec, vector in vectors.items()
        )
        statement = (
            f"SELECT v.canvas_id, v.encoder, 1 - CASE v.encoder {distances} END "
            "FROM iiifsearch_canvasvector v WHERE v.canvas_id = ANY(%s) AND v.encoder = ANY(%s)"
        )
        for canvas_id, key, cosine in pipeline.fetch(
            _AT_ONCE, statement, [list(canvas_ids), list(found)]
        ):
            found[key][canvas_id] = cosine
    ids = list(dict.fromkeys(chain.from_iterable(found.values())))
    return Cosines(
        ids,
        {
            spec: np.array([found[spec.key].get(pk, np.nan) for pk in ids], np.float64)
            for spec in vectors
        },
    )


def cosines(
    spec: EncoderSpec, vectors: NDArray[np.float32], rows: Sequence[Neighbour]
) -> NDArray[np.float32]:
    """The cosines of ``rows``, as `nearest` found them, with each of ``vectors``, float32
    (S, dim): float32 (len(rows), S); -1 where a row is no longer there."""
    part = part_sql(spec) or "NULL::bigint"
    each = ", ".join(f"1 - ({distance_sql(spec, vector)})" for vector in vectors)
    index = ann_index(spec)
    which = "v.canvas_id = ANY(%s)"
    params: list[Any] = [[row.canvas_id for row in rows]]
    if part_sql(spec):
        which += f" AND {part} = ANY(%s)"
        params.append([row.part for row in rows])
    statement = (
        f"SELECT v.canvas_id, {part}, ARRAY[{each}] FROM {index.table} v "
        f"WHERE {index.filter_sql} AND {which}"
    )
    told = {
        (canvas_id, of): found
        for canvas_id, of, found in pipeline.fetch(_AT_ONCE, statement, params)
    }
    nothing = [-1.0] * len(vectors)
    return np.array([told.get((row.canvas_id, row.part), nothing) for row in rows], np.float32)


def stored_vectors(specs: Collection[EncoderSpec], canvas_id: int) -> dict[EncoderSpec, Vector]:
    """The vectors of a canvas, float32 (dim,), of those encoders that have made one."""
    by_key = {spec.key: spec for spec in specs}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT encoder, vec::text FROM iiifsearch_canvasvector "
            "WHERE canvas_id = %s AND encoder = ANY(%s)",
            [canvas_id, list(by_key)],
        )
        return {
            by_key[key]: np.array(text[1:-1].split(","), np.float32)
            for key, text in cursor.fetchall()
        }
