"""Rows of libraries that are made up for benchmarks, stored at once."""

from __future__ import annotations

from typing import Any

import numpy as np

PER_MANIFEST = 100


def hang(cluster: np.ndarray, years: np.ndarray) -> np.ndarray:
    """Store canvases in published manifests; their ids, (N,)."""
    from django.utils import timezone

    from catalog.models import Canvas, Manifest, ManifestCanvas

    manifests = Manifest.objects.bulk_create(
        Manifest(
            key=f"m{n}", uri=f"m{n}", url=f"m{n}", version=3, raw={}, content_hash="",
            harvested_at=timezone.now(),
        )
        for n in range(-(-len(cluster) // PER_MANIFEST))
    )  # fmt: skip
    canvases = Canvas.objects.bulk_create(
        (
            Canvas(
                key=f"c{n}", uri=f"c{n}", raw_id=f"c{n}", year=int(years[n]),
                maker=f"Maker {cluster[n]}", object_type=f"type{cluster[n] % 4}",
            )
            for n in range(len(cluster))
        ),
        batch_size=5000,
    )  # fmt: skip
    ManifestCanvas.objects.bulk_create(
        (
            ManifestCanvas(
                canvas=canvas, manifest=manifests[n // PER_MANIFEST], position=n % PER_MANIFEST
            )
            for n, canvas in enumerate(canvases)
        ),
        batch_size=5000,
    )
    return np.array([canvas.pk for canvas in canvases])


def hang_alike(first: int, last: int) -> None:
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


def copy_vectors(into: str, ids: np.ndarray, key: str, vectors: np.ndarray) -> None:
    """By binary COPY. ``ids``: (N,) or (N, columns before the encoder)."""
    from django.db import connection
    from pgvector import HalfVector
    from pgvector.psycopg import register_vector

    before = ids.reshape(len(ids), -1)
    connection.ensure_connection()
    register_vector(connection.connection)
    with (
        connection.cursor() as cursor,
        cursor.copy(f"COPY {into} FROM STDIN (FORMAT BINARY)") as copy,
    ):
        copy.set_types([*["int8"] * before.shape[1], "text", "halfvec"])
        for row, vector in zip(before.tolist(), vectors.astype(np.float16), strict=True):
            copy.write_row((*row, key, HalfVector(vector)))
