"""What is loaded after a restart of the database server."""

from __future__ import annotations

import pytest
from django.db import connection

from iiifsearch import tasks
from iiifsearch.index import ann, prewarm
from tests.iiifsearch.conftest import Library

#: The embedded server has no pg_prewarm. One that is called as it is, and tells what it was asked.
STANDS_IN = """
CREATE TABLE asked (name text, mode text);
CREATE FUNCTION pg_prewarm(regclass, mode text DEFAULT 'buffer', fork text DEFAULT 'main')
RETURNS bigint LANGUAGE sql AS 'INSERT INTO asked VALUES ($1::text, $2); SELECT 1::bigint';
"""


@pytest.fixture(autouse=True)
def nothing_filled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prewarm, "_filled", None)
    monkeypatch.setattr(prewarm, "_LATELY", "100 years")


def asked() -> list[tuple[str, str]]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, mode FROM asked")
        return cursor.fetchall()


def test_a_server_without_it_is_left_alone(library: Library) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_available_extensions WHERE name = 'pg_prewarm'")
        if cursor.fetchone()[0]:
            pytest.skip("This server has pg_prewarm.")
    assert not prewarm.due() and prewarm.load() == []
    tasks.load_indexes()


def test_the_indexes_that_are_searched_are_loaded_once(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    with connection.cursor() as cursor:
        cursor.execute(STANDS_IN)
    assert prewarm.due()
    names = {index.name for index in ann.live_indexes()}
    assert set(prewarm.load()) == names
    assert {name for name, _ in asked()} == names and {mode for _, mode in asked()} == {"buffer"}
    assert not prewarm.due() and prewarm.load() == []
    # Another start, long ago.
    monkeypatch.setattr(prewarm, "_filled", None)
    monkeypatch.setattr(prewarm, "_LATELY", "0 seconds")
    assert not prewarm.due() and prewarm.load() == []


def test_what_is_larger_than_its_memory_is_read_only(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    with connection.cursor() as cursor:
        cursor.execute(STANDS_IN)
    sizes = {index.name: 2**50 for index in ann.live_indexes()}
    monkeypatch.setattr(prewarm.manage, "index_sizes", lambda: sizes)
    prewarm.load()
    assert {mode for _, mode in asked()} == {"read"}
