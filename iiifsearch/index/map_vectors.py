"""The vectors that a map of the library is made of: of what is public, a sample where that is too
much."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from django.db import connection
from numpy.typing import NDArray

from iiifsearch.engine.scope import Scope
from iiifsearch.models import CanvasVector
from ml.specs import EncoderSpec

#: What goes before each half-precision vector as Postgres sends it: two counts of two bytes.
_HEADER = 4
#: The numbers by which a sample is drawn: an order that has nothing to do with the canvases, and in
#: which those that are there stay where they are when others come.
_BY_CHANCE = "hashint8extended(v.canvas_id, 0)"


@dataclass(frozen=True)
class State:
    """``canvases``: public ones that have a vector. ``text``: short, and another one as soon as
    one of them is new, gone, or shows something else."""

    canvases: int
    text: str


def state(spec: EncoderSpec, most: int) -> State:
    public, params = Scope().ids_sql()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*), coalesce(sum(hashint8extended(v.canvas_id, c.pixel_revision)), 0) "
            f"FROM {CanvasVector._meta.db_table} v JOIN catalog_canvas c ON c.id = v.canvas_id "
            f"WHERE v.encoder = %s AND v.canvas_id IN ({public})",
            [spec.key, *params],
        )
        count, told = cursor.fetchone()
    return State(count, f"{spec.key} {most} {count} {told}")


def vectors(spec: EncoderSpec, most: int) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Ids of at most ``most`` public canvases, int64 (N,), in their order, and their vectors,
    float32 (N, dim). Read as they come: the table is never in memory twice."""
    public, params = Scope().ids_sql()
    ids = np.empty(most, np.int64)
    rows = np.empty((most, spec.dim), np.float32)
    count = 0
    with connection.chunked_cursor() as cursor:
        cursor.execute(
            f"SELECT v.canvas_id, halfvec_send(v.vec) FROM {CanvasVector._meta.db_table} v "
            f"WHERE v.encoder = %s AND v.canvas_id IN ({public}) ORDER BY {_BY_CHANCE} LIMIT %s",
            [spec.key, *params, most],
        )
        for canvas_id, sent in cursor:
            ids[count] = canvas_id
            rows[count] = np.frombuffer(sent, ">f2", offset=_HEADER)
            count += 1
    # In an order of their own, so that the same canvases make the same map.
    order = np.argsort(ids[:count])
    return ids[:count][order], rows[:count][order]
