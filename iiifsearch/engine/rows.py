"""Rows that have vectors, as statements name and compare them: distance operators stand here."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ml.specs import EncoderSpec

Vector = NDArray[np.float32]


class Neighbour(NamedTuple):
    """A row near the query. ``similarity``: cosine, -1 to 1. ``part``: of a text the id of its
    comment, of a region its ordinal."""

    canvas_id: int
    similarity: float
    part: int | None = None


def distance_sql(spec: EncoderSpec, vector: Vector) -> str:
    """The cosine distance of rows ``v`` from ``vector``, float32 (dim,)."""
    query = _written(vector.astype(np.float16).tobytes())
    return f"v.vec::halfvec({spec.dim}) <=> '{query}'::halfvec({spec.dim})"


@lru_cache(maxsize=64)  # a search compares the same vectors in several statements
def _written(halves: bytes) -> str:
    """Five digits tell one half-precision number from any other, and are read in half the time."""
    numbers = np.frombuffer(halves, np.float16).tolist()
    return f"[{('%.5g,' * len(numbers) % tuple(numbers))[:-1]}]"


def part_sql(spec: EncoderSpec) -> str:
    """The column that tells the vectors of one canvas apart; "" where it has only one."""
    if spec.modality == "text":
        return "v.comment_id"
    return "v.ordinal" if spec.of_regions else ""
