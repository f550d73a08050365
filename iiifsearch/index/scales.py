"""Measure how alike strangers are, for every live image encoder, and those that are to take over.

A likeness means something only beside the likeness of pictures that have nothing to do with each
other, and that differs from encoder to encoder and from library to library.
"""

from __future__ import annotations

import random
from collections.abc import Collection
from datetime import timedelta

import numpy as np
from django.db import connection
from django.utils import timezone
from numpy.typing import NDArray

from catalog.cluster import distributed
from iiifsearch.encoders import image_specs
from iiifsearch.models import CanvasVector, FeatureScale
from ml.specs import EncoderSpec

#: Fewer canvases than this make no distribution.
FEWEST = 50
#: Vectors that are compared with each other: 1,000 make half a million pairs.
SAMPLE = 1000
#: Shares of the pairs whose cosines are kept, where at least `_PAIRS_ABOVE` pairs lie above.
QUANTILES = (0.5, 0.9, 0.99, 0.999)
_PAIRS_ABOVE = 10
#: A library of this size is no longer measured anew because it has doubled, only in time.
_LARGE = 20_000
_OLD = timedelta(days=7)


def measure_due() -> list[str]:
    """Measure the live image encoders that were not yet, whose library has doubled since, or whose
    measure is a week old; their keys. Costs next to nothing where none is due."""
    return [spec.key for spec in image_specs() if _due(spec) and measure(spec)]


def _due(spec: EncoderSpec) -> bool:
    known = FeatureScale.objects.filter(encoder=spec.key).first()
    if known is None:
        return True
    if known.canvases < _LARGE:
        return _count(spec, 2 * known.canvases) == 2 * known.canvases
    return known.measured_at < timezone.now() - _OLD


def _count(spec: EncoderSpec, most: int) -> int:
    """Canvases that have a vector, counted no further than ``most``."""
    rows = CanvasVector.objects.filter(encoder=spec.key).values_list("canvas_id")[:most]
    return rows.count()


def measure(spec: EncoderSpec, seed: int = 0) -> bool:
    """Compare up to `SAMPLE` canvases, drawn by chance; False where there are fewer than
    `FEWEST`, and nothing is stored."""
    count = _count(spec, _LARGE)
    vectors = sample(spec, seed) if count >= FEWEST else np.empty((0, spec.dim))
    if len(vectors) < FEWEST:
        return False
    cosines = (vectors @ vectors.T)[np.triu_indices(len(vectors), 1)]
    shares = [q for q in QUANTILES if (1 - q) * len(cosines) >= _PAIRS_ABOVE]
    FeatureScale.objects.update_or_create(
        encoder=spec.key,
        defaults={
            "canvases": count,
            "sample": len(vectors),
            "pairs": len(cosines),
            "mean": float(cosines.mean()),
            "std": float(cosines.std()),
            "quantiles": {str(q): float(np.quantile(cosines, q)) for q in shares},
        },
    )
    return True


def sample(spec: EncoderSpec, seed: int = 0, without: Collection[int] = ()) -> NDArray[np.float32]:
    """float32 (N, dim) of at most `SAMPLE` canvases, none of those ``without``: all of few, of many
    those that follow a number drawn by chance, so that no more is read than is used."""
    left_out = list(without)
    count = _count(spec, SAMPLE + 1)
    table = CanvasVector._meta.db_table
    with connection.cursor() as cursor:
        if count <= SAMPLE:
            cursor.execute(
                f"SELECT vec::text FROM {table} WHERE encoder = %s AND canvas_id <> ALL(%s)",
                [spec.key, left_out],
            )
        else:
            cursor.execute(f"SELECT min(canvas_id), max(canvas_id) FROM {table}")
            low, high = cursor.fetchone()
            chance = random.Random(seed)  # noqa: S311 - a sample, no secret
            drawn = [chance.randint(low, high) for _ in range(SAMPLE)]
            if distributed():
                return _where_drawn(spec, (low, high), chance, left_out)
            cursor.execute(
                "SELECT DISTINCT ON (near.canvas_id) near.vec::text FROM unnest(%s::bigint[]) "
                f"AS d(id) CROSS JOIN LATERAL (SELECT canvas_id, vec FROM {table} "
                "WHERE canvas_id >= d.id AND encoder = %s AND canvas_id <> ALL(%s) "
                "ORDER BY canvas_id LIMIT 1) AS near",
                [drawn, spec.key, left_out],
            )
        return _read(spec, [row[0] for row in cursor.fetchall()])


#: Ids that are drawn at once, and how often, where nodes are asked for them.
_TRIES, _ROUNDS = 4 * SAMPLE, 20


def _where_drawn(
    spec: EncoderSpec, span: tuple[int, int], chance: random.Random, left_out: list[int]
) -> NDArray[np.float32]:
    """Those of ids drawn by chance that have a vector: no node knows what follows a number."""
    found: dict[int, str] = {}
    for _ in range(_ROUNDS):
        drawn = [chance.randint(*span) for _ in range(_TRIES)]
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT canvas_id, vec::text FROM {CanvasVector._meta.db_table} "
                "WHERE encoder = %s AND canvas_id = ANY(%s) AND canvas_id <> ALL(%s)",
                [spec.key, drawn, left_out],
            )
            there = dict(cursor.fetchall())
        found |= {pk: there[pk] for pk in drawn if pk in there}
        if len(found) >= SAMPLE:
            break
    return _read(spec, list(found.values())[:SAMPLE])


def _read(spec: EncoderSpec, texts: list[str]) -> NDArray[np.float32]:
    return np.array(
        [np.fromstring(text.strip("[]"), np.float32, sep=",") for text in texts]
    ).reshape(-1, spec.dim)
