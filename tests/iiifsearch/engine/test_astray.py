"""A walk through the graph that ends among strangers is followed by a longer one."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from iiifsearch.engine.nearest import nearest
from iiifsearch.engine.scope import Scope
from iiifsearch.index import store
from ml import registry
from tests.iiifsearch.engine.indexed import hung, unit
from tests.iiifsearch.pages.conftest import Gallery

COUNT, K = 1500, 10
SPEC = registry.get("efficientnet-lite0")
AGAIN = "again, further: the first walk ended among strangers"

Strangers = tuple[list[int], np.ndarray[Any, Any]]


@pytest.fixture
def strangers(db: None, settings: Any) -> Strangers:
    """Canvases that have nothing in common: ids, and float32 (1500, 384). In so many dimensions a
    walk that keeps few candidates misses most of the nearest."""
    settings.IIIFSEARCH = {**settings.IIIFSEARCH, "exact_rows": 20, "ef_search": 10}
    vectors = unit(np.random.default_rng(0).normal(size=(COUNT, SPEC.dim)))
    return hung(Gallery(), SPEC, vectors), vectors


def test_among_strangers_it_is_walked_again_and_further(strangers: Strangers) -> None:
    ids, vectors = strangers
    found = 0
    for query in unit(np.random.default_rng(1).normal(size=(20, SPEC.dim))):
        answer = nearest(SPEC, query, Scope(), K)
        assert answer.plan.endswith(AGAIN)
        right = {ids[place] for place in np.argsort(-(vectors @ query))[:K]}
        found += len(right & {row.canvas_id for row in answer.rows})
    assert found >= 0.98 * 20 * K


def test_one_walk_is_enough_where_it_comes_to_what_is_alike(strangers: Strangers) -> None:
    ids, vectors = strangers
    alike = ids[1 : K + 1]
    store.canvas_vectors(alike, SPEC, unit(vectors[:1] + 0.3 * vectors[1 : K + 1]))
    answer = nearest(SPEC, vectors[0], Scope(), K)
    assert AGAIN not in answer.plan
    assert {row.canvas_id for row in answer.rows} <= {ids[0], *alike}
