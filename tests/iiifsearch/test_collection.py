"""The bundled collection, from its manifest URLs to the right answers, through the real thing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from catalog.harvest.run import perform, request
from catalog.models import Canvas, Manifest
from fixtures import build
from fixtures.serve import running_collection
from fixtures.works import EXAMPLES, WORKS
from iiifsearch.engine.search import by_canvas, by_words
from iiifsearch.index.everything import index_everything

#: A third of the size: the drawing is what takes the time.
SCALE = 0.3


@pytest.mark.django_db
def test_the_bundled_collection_is_found(encoders: Path, settings: Any, tmp_path: Path) -> None:
    settings.CATALOG = {**settings.CATALOG, "storage": tmp_path / "pictures"}
    with running_collection(tmp_path / "collection", scale=SCALE, quiet=True) as base:
        for url in build.collection_urls(base):
            run = perform(request(url, queue=False))
            assert run.failed == 0, list(run.items.values_list("reason", flat=True))
        done = index_everything()
    assert done.failed == 0
    assert Manifest.objects.count() == len(WORKS)
    slugs = {
        canvas.pk: canvas.uri.split("/manifests/")[1].split("/")[0]
        for canvas in Canvas.objects.all()
    }

    def found(hits: Any) -> list[str]:
        return [slugs[hit.canvas_id] for hit in hits]

    for query, slug in EXAMPLES:
        assert slug in found(by_words(query).hits)[:3], query

    copies = [work for work in WORKS if work.variant_kind in ("copy", "crop")]
    assert len(copies) >= 8
    for work in copies:
        front = Canvas.objects.get(uri__endswith=f"/manifests/{work.slug}/canvas/1")
        assert found(by_canvas(front).hits)[0] == work.variant_of, work.slug
