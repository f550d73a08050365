"""The indexes and the tables, as they are and as they should not be."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from iiifsearch.doctor import features, indexes, tables
from iiifsearch.index import ann
from tests.iiifsearch.doctor.told import execute, levels, told
from tests.iiifsearch.vectors import INDEX, fill

KEY = INDEX.spec.key


@pytest.mark.django_db
def test_indexes_that_are_missing(settings: Any) -> None:
    fill(300)
    found = told(indexes.live_indexes)
    assert set(found) == {"live_indexes"} and found["live_indexes"].level == "note"
    assert INDEX.name in found["live_indexes"].text
    settings.IIIFSEARCH = {**settings.IIIFSEARCH, "exact_rows": 200}
    found = told(indexes.live_indexes)
    assert found[KEY].level == "warning" and "300 vectors" in found[KEY].text
    assert found[KEY].advice == f"manage.py encoders --build {KEY}"
    ann.build_all()
    assert levels(indexes.live_indexes) == {"ok"}


@pytest.mark.django_db
def test_indexes_that_were_left_half_built() -> None:
    fill(10)
    ann.build(INDEX)
    assert levels(indexes.broken_indexes) == {"ok"}
    for name in (f"{INDEX.name}_ccnew", "somebodys"):
        execute(f"CREATE INDEX {name} ON iiifsearch_seen (outcome)")
        execute(f"UPDATE pg_index SET indisvalid = false WHERE indexrelid = '{name}'::regclass")
    found = told(indexes.broken_indexes)
    half = found[f"{INDEX.name}_ccnew"]
    assert half.level == "error" and "half-built" in half.text
    assert half.advice == f"manage.py encoders --build {KEY}"
    assert found["somebodys"].advice.endswith("DROP INDEX CONCURRENTLY somebodys;")
    assert ann.build_alone(INDEX)
    assert set(told(indexes.broken_indexes)) == {"somebodys"}


@pytest.mark.django_db
def test_graphs_that_do_not_fit(settings: Any) -> None:
    fill(3000)
    execute("SET LOCAL maintenance_work_mem = '1MB'")
    settings.IIIFSEARCH = {**settings.IIIFSEARCH, "build_memory_mb": 100}
    assert levels(indexes.build_memory) == {"ok"}
    settings.IIIFSEARCH = {**settings.IIIFSEARCH, "build_memory_mb": 10}
    assert told(indexes.build_memory)[KEY].level == "note"
    settings.IIIFSEARCH = {**settings.IIIFSEARCH, "build_memory_mb": 6}
    found = told(indexes.build_memory)
    assert set(found) == {KEY} and found[KEY].level == "warning"
    assert "set IIIFSEARCH['build_memory_mb'] to 10" in found[KEY].advice


@pytest.mark.django_db
def test_shared_memory_that_is_too_small() -> None:
    execute("SET LOCAL maintenance_work_mem = '2000GB'")
    found = told(indexes.shared_memory)["shared_memory"]
    assert found.level == "warning" and "shm_size" in found.advice
    execute("SET LOCAL maintenance_work_mem = '1MB'")
    assert told(indexes.shared_memory)["shared_memory"].level == "ok"


@pytest.mark.django_db
def test_indexes_that_memory_does_not_hold() -> None:
    fill(100)
    ann.build(INDEX)
    assert levels(indexes.cached) == {"ok"}
    execute("SET LOCAL effective_cache_size = '8kB'")
    assert told(indexes.cached)["cached"].level == "warning"


@pytest.mark.django_db
def test_features_that_are_lacking() -> None:
    execute("UPDATE pg_class SET reltuples = -1 WHERE oid = 'catalog_canvas'::regclass")
    assert "no canvases yet" in told(features.features)["features"].text
    fill(500)
    execute(
        "INSERT INTO iiifsearch_seen (canvas_id, feature, revision, outcome, reason, attempts, "
        f"seen_at) SELECT id, '{KEY}', 1, 'done', '', 1, now() FROM catalog_canvas"
    )
    execute("ANALYZE iiifsearch_seen")
    found = told(features.features)["features"]
    assert found.level == "note" and "Of 501 canvases" in found.text
    assert "hog-1: 500" in found.text and KEY not in found.text


@pytest.fixture
def counted(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Postgres's counters are written by transactions that end; the rows that count are few."""
    monkeypatch.setattr(tables, "_MANY", 100)
    quiet = ("iiifsearch_canvasvector", "catalog_canvas")
    flush()  # or what this connection did before is counted after
    for table in quiet:
        execute(f"ALTER TABLE {table} SET (autovacuum_enabled = false)")
        execute(f"VACUUM {table}")  # what other tests took back
        execute(f"SELECT pg_stat_reset_single_table_counters('{table}'::regclass)")
    yield
    execute(f"DROP INDEX IF EXISTS {INDEX.name}")
    for table in quiet:
        execute(f"ALTER TABLE {table} RESET (autovacuum_enabled)")


def flush() -> None:
    execute("SELECT pg_stat_force_next_flush()")


def test_dead_rows_and_what_the_planner_knows(counted: None) -> None:
    fill(400, analyze=False)
    flush()
    found = told(tables.statistics)["catalog_canvas"]
    assert found.level == "warning" and found.advice == "In psql: ANALYZE catalog_canvas;"
    assert "catalog_canvas" not in told(tables.dead_rows)
    execute("ANALYZE catalog_canvas")
    execute("UPDATE catalog_canvas SET text_revision = text_revision + 1")
    flush()
    found = told(tables.dead_rows)["catalog_canvas"]
    assert found.level == "warning" and "401 dead rows" in found.text
    assert "vacuumed never" in found.text and "VACUUM (ANALYZE) catalog_canvas;" in found.advice
    execute("VACUUM (ANALYZE) catalog_canvas")
    flush()
    assert "catalog_canvas" not in told(tables.dead_rows) | told(tables.statistics)


def test_an_index_whose_rows_were_replaced(counted: None) -> None:
    fill(400)
    execute("UPDATE iiifsearch_canvasvector SET vec = vec")  # before the index: none of its matter
    flush()
    assert ann.build(INDEX)
    assert told(tables.rewritten)["rewritten"].level == "ok"
    execute("UPDATE iiifsearch_canvasvector SET vec = vec WHERE canvas_id % 2 = 0")
    flush()
    found = told(tables.rewritten)[KEY]
    assert found.level == "warning" and "200 rows" in found.text
    assert f"manage.py encoders --build {KEY}" in found.advice
    assert "VACUUM iiifsearch_canvasvector;" in found.advice
    assert ann.build_alone(INDEX)
    assert KEY not in told(tables.rewritten)
    execute(f"COMMENT ON INDEX {INDEX.name} IS NULL")
    assert told(tables.rewritten)["rewritten"].level == "note"
