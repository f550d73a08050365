"""Canvases with vectors that are chosen, in an index."""

from __future__ import annotations

from typing import Any

import numpy as np
from django.db import connection

from catalog.models import Canvas, Manifest
from iiifsearch.index import ann, store
from ml.specs import EncoderSpec
from tests.iiifsearch.pages.conftest import Gallery


def hung(gallery: Gallery, spec: EncoderSpec, vectors: np.ndarray[Any, Any]) -> list[int]:
    """The ids of as many public canvases, in the order of ``vectors``, float32 (N, dim); the year
    of each is its place. A walk through the graph is chosen for the rest of the transaction."""
    home = Manifest.objects.get(pk=gallery.hang("Home", kept=False).appearances.get().manifest_id)
    canvases = Canvas.objects.bulk_create(
        Canvas(key=f"k{n}", uri=f"u{n}", raw_id=f"u{n}", year=n) for n in range(len(vectors))
    )
    appearance = home.appearances.model
    appearance.objects.bulk_create(
        appearance(manifest=home, canvas=canvas, position=n + 1)
        for n, canvas in enumerate(canvases)
    )
    ids = [canvas.pk for canvas in canvases]
    store.canvas_vectors(ids, spec, vectors)
    ann.build(ann.ann_index(spec))
    with connection.cursor() as cursor:  # sorting so few rows would be cheaper than the graph
        cursor.execute("SET LOCAL enable_sort = off")
    return ids


def unit(vectors: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Of length 1 each, float32."""
    return (vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)).astype(np.float32)
