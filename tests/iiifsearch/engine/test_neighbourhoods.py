"""The neighbours of many canvases at once are those of each by itself, exact or by the graph."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection

from iiifsearch.engine.nearest import nearest, nearest_of_each
from iiifsearch.engine.plan import How, plan
from iiifsearch.engine.scope import Scope
from iiifsearch.engine.stored import stored_vectors
from iiifsearch.index import ann
from iiifsearch.models import CanvasVector
from tests.iiifsearch.engine.test_classes import SPEC, fill, one_encoder

__all__ = ["one_encoder"]


@pytest.mark.parametrize("how", [How.EXACT, How.GRAPH])
@pytest.mark.django_db(transaction=True)
def test_many_at_once(how: How, settings: Any) -> None:
    canvases = fill("some", 60, seed=1)
    if how is How.GRAPH:
        settings.IIIFSEARCH = {**settings.IIIFSEARCH, "exact_rows": 10}
        ann.build_all()
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE iiifsearch_canvasvector")
    assert plan(ann.ann_index(SPEC), Scope(), 6).how is how
    asked = [canvas.pk for canvas in canvases[:5]]
    CanvasVector.objects.filter(canvas=asked[4]).delete()
    found = nearest_of_each(SPEC, asked, Scope(), 5)
    assert set(found) == set(asked[:4]), "one without a vector is left out"
    for pk in asked[:4]:
        alone = nearest(SPEC, stored_vectors([SPEC], pk)[SPEC], Scope(without=(pk,)), 5).rows
        assert [row.canvas_id for row in found[pk]] == [row.canvas_id for row in alone]
        cosines = [row.similarity for row in found[pk]]
        assert cosines == pytest.approx([row.similarity for row in alone], abs=1e-5)
