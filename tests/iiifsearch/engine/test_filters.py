"""Filters and plans: whatever is asked, as many rows come back as there are."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from catalog.models import Canvas, Collection, CollectionCanvas, Manifest, State
from iiifsearch.engine import nearest as engine
from iiifsearch.engine.draw import at_random
from iiifsearch.engine.filters import WorkFilter
from iiifsearch.engine.nearest import nearest
from iiifsearch.engine.plan import How, plan
from iiifsearch.engine.rows import Neighbour
from iiifsearch.engine.scope import Scope
from iiifsearch.index import ann, store
from iiifsearch.models import CanvasVector
from ml import registry
from tests.iiifsearch.engine.indexed import hung, unit
from tests.iiifsearch.pages.conftest import CC0, Gallery

SPEC = registry.get("palette")
COUNT = 400


@pytest.fixture
def gallery(db: None) -> Gallery:
    return Gallery()


def found(**works: Any) -> set[str]:
    ids, params = Scope(works=WorkFilter(**works)).ids_sql()
    return set(
        Canvas.objects.extra(where=[f"id IN ({ids})"], params=params).values_list(
            "title", flat=True
        )
    )


@pytest.mark.parametrize(
    ("works", "titles"),
    [
        ({"maker": "cézanne"}, {"Apples"}),
        ({"maker": "PAUL CEZANNE"}, {"Apples"}),
        ({"maker": "cezanne paul"}, {"Apples"}),
        ({"maker": "cez"}, set()),
        ({"maker": "cezanne", "maker_exact": True}, set()),
        ({"maker": "paul cezanne", "maker_exact": True}, {"Apples"}),
        ({"maker": "paul"}, {"Apples", "Fish"}),
        ({"maker": "山田"}, {"Sea"}),
        ({"maker": "'; DROP TABLE x; -- %s"}, set()),
        ({"object_type": "painting"}, {"Apples", "Sea"}),
        ({"years": (1890, 1900)}, {"Apples", "Sea"}),
        ({"years": (1891, None)}, {"Sea", "Fish"}),
        ({"years": (None, 1890)}, {"Apples"}),
        ({"rights": "public-domain"}, {"Apples"}),
        ({"rights": "open"}, {"Apples", "Fish"}),
        ({"rights": "https://creativecommons.org/licenses/by"}, {"Fish", "Sea"}),
        ({"rights": "http://www.creativecommons.org/licenses/by-nc/"}, {"Sea"}),
        ({"rights": "%"}, set()),
        ({"maker": "paul", "years": (1900, 2000)}, {"Fish"}),
    ],
)
def test_filters(works: dict[str, Any], titles: set[str], gallery: Gallery) -> None:
    by, nc = (f"http://creativecommons.org/licenses/{name}/4.0/" for name in ("by", "by-nc"))
    for title, maker, year, kind, rights in (
        ("Apples", "Paul Cézanne", 1890, "Painting (oil)", CC0),
        ("Fish", "Paul Klee", 1925, "drawing", by),
        ("Sea", "山田", 1900, "Scroll painting", nc),
        ("Nameless", "", None, "", ""),
    ):
        canvas = gallery.hang(title, kept=False, rights=rights)
        Canvas.objects.filter(pk=canvas.pk).update(maker=maker, year=year, object_type=kind)
    assert found(**works) == titles


def test_a_canvas_s_own_rights_come_before_its_manifest_s(gallery: Gallery) -> None:
    canvas = gallery.hang("Fish", kept=False, rights=CC0)
    Canvas.objects.filter(pk=canvas.pk).update(rights="http://rightsstatements.org/vocab/InC/1.0/")
    assert found(rights="public-domain") == set()
    assert found(rights="rightsstatements.org/vocab/InC/") == {"Fish"}


def test_the_field_of_a_hostile_source_can_be_stored(gallery: Gallery) -> None:
    canvas = gallery.hang("Fish", kept=False)
    Canvas.objects.filter(pk=canvas.pk).update(maker="x" * 3000 + " y" * 900_000)
    assert found(maker="z") == set()


@pytest.fixture
def many(gallery: Gallery, settings: Any) -> np.ndarray[Any, Any]:
    """400 canvases with vectors, in an index; the year is the number. float32 (400, 24)."""
    vectors = unit(np.random.default_rng(0).normal(size=(COUNT, SPEC.dim)))
    hung(gallery, SPEC, vectors)
    settings.IIIFSEARCH = {**settings.IIIFSEARCH, "exact_rows": 20, "ef_search": 40}
    return vectors


def years(rows: tuple[Neighbour, ...]) -> list[int]:
    by_id = dict(Canvas.objects.values_list("pk", "year"))
    return [by_id[row.canvas_id] for row in rows]


@pytest.mark.parametrize("last", [0, 2, 19, 150, 399])
@pytest.mark.parametrize("asked", [1, 10, 200, 500])
def test_as_many_rows_as_there_are_and_the_right_ones(
    last: int, asked: int, many: np.ndarray[Any, Any]
) -> None:
    query = many[7]
    answer = nearest(SPEC, query, Scope(works=WorkFilter(years=(None, last))), asked)
    there = many[: last + 1].astype(np.float16).astype(np.float32)
    best = np.argsort(-(there @ query), kind="stable")[:asked]
    assert len(answer.rows) == min(asked, last + 1), answer.plan
    right = set(years(answer.rows)) & set(best.tolist())
    assert len(right) >= 0.97 * len(best), answer.plan
    assert [r.similarity for r in answer.rows] == sorted(r.similarity for r in answer.rows)[::-1]


def test_the_plan_follows_the_size_of_the_scope(
    many: np.ndarray[Any, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("iiifsearch.engine.plan._VISIT", 0)
    monkeypatch.setattr("iiifsearch.engine.plan.MOST_VISITED", 150)
    index = ann.ann_index(SPEC)

    def how(last: int | None, count: int) -> How:
        return plan(index, Scope(works=WorkFilter(years=(None, last))), count).how

    assert how(9, 10) is How.EXACT
    assert how(300, 10) is How.GRAPH
    assert how(300, 100) is How.ITERATIVE
    assert how(None, 100) is How.GRAPH


def test_an_iterative_scan_that_gives_up_is_followed_by_an_exact_one(
    many: np.ndarray[Any, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("iiifsearch.engine.plan._VISIT", 0)
    monkeypatch.setattr("iiifsearch.engine.plan.MOST_VISITED", 40)
    monkeypatch.setattr(engine, "MOST_VISITED", 40)
    scope = Scope(works=WorkFilter(years=(None, 300)))
    walked = nearest(SPEC, many[7], scope, 100)
    assert walked.plan.startswith("HNSW, iterative")
    assert len(walked.rows) == 100
    # As where it meets hnsw.max_scan_tuples, or its memory is full.
    whole = engine.graph_sql
    monkeypatch.setattr(engine, "graph_sql", lambda *asked: whole(*asked[:3], 5))
    gave_up = nearest(SPEC, many[7], scope, 100)
    assert gave_up.plan.endswith("so exact")
    assert len(gave_up.rows) == 100


def test_a_scope_far_from_the_query_is_scanned(
    many: np.ndarray[Any, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The walk meets none of it, and a longer one would end with the first it meets."""
    monkeypatch.setattr("iiifsearch.engine.plan._VISIT", 0)
    far = np.argsort(many @ many[7])[:100].tolist()
    ids = list(Canvas.objects.filter(year__in=far).values_list("pk", flat=True))
    curated = Collection.objects.create(key="far", title="Far")
    CollectionCanvas.objects.bulk_create(
        CollectionCanvas(collection=curated, canvas_id=pk) for pk in ids
    )
    answer = nearest(SPEC, many[7], Scope(collection_id=curated.pk), 10)
    assert answer.plan.endswith("so exact")
    nearest_first = sorted(far, key=lambda n: -(many @ many[7])[n])
    assert set(years(answer.rows)) <= set(nearest_first[:12])  # half floats swap near ones


def test_conditions_add_up(many: np.ndarray[Any, Any]) -> None:
    manifest = Manifest.objects.get()
    scope = Scope(manifest_id=manifest.pk, works=WorkFilter(years=(10, 12)))
    assert sorted(years(nearest(SPEC, many[0], scope, 10).rows)) == [10, 11, 12]
    Manifest.objects.update(state=State.DRAFT)
    assert nearest(SPEC, many[0], scope, 10).rows == ()


def test_without_an_index_all_is_scanned(many: np.ndarray[Any, Any]) -> None:
    spec = registry.get("colour-layout")
    ids = list(CanvasVector.objects.values_list("canvas_id", flat=True))
    store.canvas_vectors(ids, spec, np.ones((len(ids), spec.dim), np.float32))
    assert len(nearest(spec, np.ones(spec.dim, np.float32), Scope(), 500).rows) == COUNT


def test_at_random(many: np.ndarray[Any, Any]) -> None:
    scope = Scope(works=WorkFilter(years=(None, 299)))
    drawn = [[hit.canvas_id for hit in at_random(scope, 10, seed).hits] for seed in (1, 1, 2)]
    assert drawn[0] == drawn[1] != drawn[2]
    assert len(set(drawn[0])) == 10
    assert at_random(scope, 10, 1).plans["random"].startswith("drew from more than 20")
    few = at_random(Scope(works=WorkFilter(years=(None, 4))), 10, 1)
    assert len(few.hits) == 5 and few.plans["random"].startswith("shuffled 5")
    seen = {
        pk for seed in range(60) for pk in (h.canvas_id for h in at_random(scope, 10, seed).hits)
    }
    assert len(seen) > 200
    assert at_random(Scope(works=WorkFilter(maker="nobody")), 10, 1).hits == ()
