"""The memory of an HNSW build: estimated, given, taken back, and told where it is too little."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.management import call_command
from django.db import OperationalError, ProgrammingError, connection
from hypothesis import given
from hypothesis import strategies as st

from iiifsearch.index import ann, build_memory, estimates, manage
from iiifsearch.index.build_memory import MB, Memory, memory_of, need
from iiifsearch.index.watching import watching
from tests.iiifsearch.vectors import INDEX, fill


def setting(name: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting(%s)", [name])
        return str(cursor.fetchone()[0])


@pytest.fixture
def cleared(transactional_db: None) -> Iterator[None]:
    """Settings of the session, and the index, go."""
    yield
    with connection.cursor() as cursor:
        cursor.execute("RESET ALL")
        cursor.execute(f"DROP INDEX IF EXISTS {INDEX.name}")


@pytest.mark.parametrize(
    ("rows", "dim", "bytes_"), [(8633, 128, 8 * MB), (5658, 384, 8 * MB), (1414, 384, 2 * MB)]
)
def test_the_formula_is_what_was_measured(rows: int, dim: int, bytes_: int) -> None:
    graph = (need(rows, dim, 16) - need(0, dim, 16)) / build_memory._MARGIN
    assert graph == pytest.approx(bytes_, rel=0.01)


@given(st.integers(0, 10**9), st.integers(1, 4000), st.integers(2, 100))
def test_more_takes_more(rows: int, dim: int, m: int) -> None:
    assert need(rows, dim, m) > rows * (2 * dim + 32 * m)
    assert need(rows + 1, dim, m) >= need(rows, dim, m)
    assert need(rows, dim + 1, m) >= need(rows, dim, m)


@pytest.mark.django_db
def test_rows_are_estimated() -> None:
    fill(3000)
    assert estimates.rows(INDEX.table, INDEX.filter_sql) == pytest.approx(3000, rel=0.05)
    assert estimates.rows(INDEX.table, "v.encoder = %s", ["hog-1"]) < 100
    once, twice = memory_of(INDEX), memory_of(INDEX, times=2)
    assert twice.need - once.need == pytest.approx(once.need - 4 * MB, rel=0.01)


@pytest.mark.django_db
def test_never_less_than_the_servers_never_more_than_allowed(settings: Any) -> None:
    fill(3000)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL maintenance_work_mem = '3MB'")
    settings.IIIFSEARCH = {**settings.IIIFSEARCH, "build_memory_mb": 1}
    assert memory_of(INDEX).given == 3 * MB and not memory_of(INDEX).fits
    settings.IIIFSEARCH = {**settings.IIIFSEARCH, "build_memory_mb": 5}
    assert memory_of(INDEX).given == 5 * MB and not memory_of(INDEX).fits
    settings.IIIFSEARCH = {**settings.IIIFSEARCH, "build_memory_mb": 500}
    memory = memory_of(INDEX)
    assert memory.given == memory.need < 10 * MB
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL maintenance_work_mem = '64MB'")
    assert memory_of(INDEX) == Memory(memory.need, 64 * MB)


def test_a_build_has_what_it_needs_and_gives_it_back(
    cleared: None, caplog: pytest.LogCaptureFixture
) -> None:
    fill(3000)  # 4.1 MB
    with connection.cursor() as cursor:
        cursor.execute("SET maintenance_work_mem = '1MB'")
    assert ann.build(INDEX)
    assert ann.build_alone(INDEX)
    assert caplog.messages == []
    assert setting("maintenance_work_mem") == "1MB"


def test_too_little_is_told_and_the_build_goes_on(
    cleared: None, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    fill(3000)
    settings.IIIFSEARCH = {**settings.IIIFSEARCH, "build_memory_mb": 2}
    with connection.cursor() as cursor:
        cursor.execute("SET maintenance_work_mem = '1MB'")
    with caplog.at_level(logging.WARNING):
        assert ann.build_all().count(INDEX.name) == 1
    assert INDEX.name not in ann.missing()
    before, while_it_ran = (one for one in caplog.messages if INDEX.name in one)
    assert "built slowly" in before and "set IIIFSEARCH['build_memory_mb'] to 10" in before
    assert "no more room in memory after 1" in while_it_ran
    assert setting("maintenance_work_mem") == "1MB"


def test_without_shared_memory_one_process_builds(
    cleared: None, caplog: pytest.LogCaptureFixture
) -> None:
    fill(3000)
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {INDEX.table} SET (parallel_workers = 2)")
        cursor.execute("SET max_parallel_maintenance_workers = 2")
        # More than any machine's /dev/shm has.
        cursor.execute("SET maintenance_work_mem = '2000GB'")
    try:
        assert ann.build(INDEX) and ann.build_alone(INDEX)
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"ALTER TABLE {INDEX.table} RESET (parallel_workers)")
    assert INDEX.name not in ann.missing()
    assert sum("built by one process" in one for one in caplog.messages) == 2
    assert setting("max_parallel_maintenance_workers") == "2"
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_class WHERE relname LIKE 'ann%%ccnew%%'")
        assert cursor.fetchone() == (0,)


@pytest.mark.django_db
def test_a_build_that_fails_says_why_itself() -> None:
    with (
        pytest.raises(ProgrammingError, match='column "vec" does not exist'),
        build_memory.enough_for(INDEX),
        connection.cursor() as cursor,
    ):
        cursor.execute("CREATE INDEX ON iiifsearch_seen USING hnsw (vec halfvec_cosine_ops)")
    assert not build_memory.no_shared_memory(OperationalError("no space left on device"))


def test_a_build_can_be_watched(cleared: None, settings: Any) -> None:
    fill(4000)
    settings.IIIFSEARCH = {**settings.IIIFSEARCH, "build_memory_mb": 2}
    with connection.cursor() as cursor:
        cursor.execute("SET maintenance_work_mem = '1MB'")
    seen: list[manage.Build] = []
    with watching(seen.extend, every=0.02):
        assert ann.build_alone(INDEX)
    loading = [one for one in seen if "loading tuples" in one.phase]
    assert loading and {one.name for one in seen} == {INDEX.name}
    assert any(one.percent is not None for one in loading)
    assert manage.in_words(loading[-1:]).startswith(f"{INDEX.name}: building index: loading tuples")
    assert manage.in_words([]) == ""


def test_the_terminal_shows_it(
    cleared: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("iiifsearch.index.watching.EVERY", 0.02)
    monkeypatch.setattr("tqdm.std.tqdm.monitor_interval", 0)
    fill(4000)
    call_command("encoders", "--build", INDEX.spec.key)
    told = capsys.readouterr()
    assert re.search(rf"{INDEX.name}: building index: loading tuples \d+ %", told.err)
    assert told.out == f"The index of {INDEX.spec.key} is built.\n"


def test_the_index_command_shows_its_bar(cleared: None, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("index")
    told = capsys.readouterr()
    assert "Indexing" in told.err and "0 made, 0 skipped, 0 failed." in told.out
    assert ann.missing() == []
    with connection.cursor() as cursor:
        for index in ann.live_indexes():
            cursor.execute(f"DROP INDEX {index.name}")


def test_what_an_index_notes_of_itself() -> None:
    built = ann.noted("built 2026-01-02T03:04:05+00:00 changes 12")
    assert built is not None and (built.at.year, built.changes) == (2026, 12)
    before = ann.noted("built 2026-01-02T03:04:05+00:00")
    assert before is not None and before.changes is None
    for others in (None, "", "a note of somebody", "built yesterday", "built 2026-01-02 changes x"):
        assert ann.noted(others) is None
