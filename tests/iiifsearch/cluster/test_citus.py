"""On a real cluster. These ask for one that IIIFSEARCH_CITUS_DSN names:

    IIIFSEARCH_CITUS_DSN=postgresql://iiifsearch:PASSWORD@127.0.0.1:5433/iiifsearch \\
        python -m pytest -m citus tests/iiifsearch/cluster/test_citus.py

It is the URL of a database with the extension citus (and pgvector on every node), whose coordinator
and nodes know each other, and whose user may make databases. A database `test_citus_iiifsearch` is
made beside it, on every node, and dropped at the end. Without the variable they are skipped.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import dj_database_url
import psycopg
import pytest
from django.core.management import call_command
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext

from catalog import cluster
from catalog.models import Canvas
from iiifsearch.cluster import state
from iiifsearch.doctor import cluster as doctor
from iiifsearch.doctor.findings import Level
from iiifsearch.engine.nearest import walk_sql
from iiifsearch.engine.scope import Scope
from iiifsearch.index import ann
from iiifsearch.settings import environment
from ml import registry
from tests.iiifsearch.cluster.doors import DOORS
from tests.iiifsearch.conftest import Library

DSN = environment.text("IIIFSEARCH_CITUS_DSN")
DATABASE = "test_citus_iiifsearch"

pytestmark = [
    pytest.mark.citus,
    pytest.mark.skipif(not DSN, reason="IIIFSEARCH_CITUS_DSN names no cluster"),
]


@pytest.fixture(scope="module")
def citus() -> Iterator[dict[str, Any]]:
    """A database of its own on every node; the settings to reach it by."""
    with psycopg.connect(DSN, autocommit=True) as admin:
        nodes = admin.execute(
            "SELECT groupid, nodename, nodeport FROM pg_dist_node WHERE isactive"
        ).fetchall()
    asked = dj_database_url.parse(DSN)

    def each(statement: str, database: str) -> None:
        for group, host, port in nodes:
            where = {"host": host, "port": port} if group else {}
            with psycopg.connect(DSN, autocommit=True, dbname=database, **where) as there:
                there.execute(statement)

    each("SET citus.enable_create_database_propagation = off", asked["NAME"])
    each(f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)", asked["NAME"])
    each(f"CREATE DATABASE {DATABASE}", asked["NAME"])
    each("CREATE EXTENSION citus", DATABASE)
    each("CREATE EXTENSION vector", DATABASE)
    with psycopg.connect(DSN, autocommit=True, dbname=DATABASE) as there:
        for group, host, port in nodes:
            if group:
                there.execute("SELECT citus_add_node(%s, %s)", [host, port])
            else:
                there.execute("SELECT citus_set_coordinator_host(%s, %s)", [host, port])
    yield {**asked, "NAME": DATABASE}
    each(f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)", asked["NAME"])


@pytest.fixture
def on_citus(
    citus: dict[str, Any], library: Library, django_db_blocker: Any
) -> Iterator[tuple[Library, dict[str, Any]]]:
    """The library of one machine, and what it answers there; then the same rows on the cluster,
    distributed, as the database of this test."""
    from iiifsearch.backup.tables import tables

    answers = {name: DOORS[name](library) for name in _COMPARED}
    rows = []
    with connection.cursor() as cursor:
        for table in tables():
            with cursor.copy(table.copy_out()) as copy:
                rows.append((table, b"".join(bytes(part) for part in copy)))
    alone = connections["default"]
    there = alone.__class__({**alone.settings_dict, **citus}, "default")
    connections["default"] = there
    cluster.forget()
    try:
        call_command("migrate", verbosity=0)
        with there.cursor() as cursor:
            names = ", ".join(table.name for table, _ in rows)
            cursor.execute(f"TRUNCATE {names} CASCADE")
            for table, data in rows:
                with cursor.copy(table.copy_in(table.columns)) as copy:
                    copy.write(data)
        call_command("distribute", shards=4)
        ann.build_all()
        yield library, answers
    finally:
        there.close()
        connections["default"] = alone
        cluster.forget()


_COMPARED = [name for name in DOORS if name not in ("map", "guesses", "scales", "classes")]


def test_everything(on_citus: tuple[Library, dict[str, Any]]) -> None:
    """One test: to distribute a library takes a minute."""
    library, answers = on_citus
    assert cluster.distributed()
    assert not list(doctor.misplaced(state.read()))
    for check in (doctor.layout, doctor.shards, doctor.nodes):
        assert all(finding.level is Level.OK for finding in check()), list(check())
    call_command("distribute")  # once more: there is nothing left to do

    with CaptureQueriesContext(connection) as queries:
        for name, expected in answers.items():
            assert DOORS[name](library) == expected, name
    for query in queries.captured_queries:
        if query["sql"].lstrip().upper().startswith(("SELECT", "WITH")):
            _explained(query["sql"])

    _top_k_is_pushed_down(library)
    _harvesting_goes_on(library)


def _explained(sql: str) -> Any:
    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN (FORMAT JSON) " + sql.replace("%", "%%"), [])
        said = cursor.fetchone()[0]
    return json.loads(said) if isinstance(said, str) else said


def _top_k_is_pushed_down(library: Library) -> None:
    """Each shard walks through its own graph, and stops at the limit."""
    spec = registry.get("efficientnet-lite0")
    from iiifsearch.engine.stored import stored_vectors

    vector = stored_vectors([spec], library.canvas("boats").pk)[spec]
    sql, params = walk_sql(ann.ann_index(spec), vector, Scope(), 40)
    with connection.cursor() as cursor:
        cursor.execute("BEGIN")
        try:
            # So few rows would be sorted else.
            cursor.execute("SET LOCAL enable_seqscan = off")
            cursor.execute("SET LOCAL enable_sort = off")
            cursor.execute("SET LOCAL citus.explain_all_tasks = on")
            cursor.execute(f"EXPLAIN {sql}", params)
            told = "\n".join(row[0] for row in cursor.fetchall())
        finally:
            cursor.execute("ROLLBACK")
    tasks = told.split("->  Task")[1:]
    walks = [task for task in tasks if "iiifsearch_canvasvector_" in task]
    assert len(walks) == 4, told
    for task in walks:
        assert "Limit" in task and "Index Scan using ann_efficientnet_lite0" in task, task


def _harvesting_goes_on(library: Library) -> None:
    """One more work, and one that is there already: each once."""
    from tests.iiifsearch.rich import hang, painted

    before = Canvas.objects.count()
    hang(library, "collage", painted(9))
    library.harvest(library.urls["boats"])
    assert Canvas.objects.count() == before + 1
