"""What the engine, a harvest and the index send, held to the rules of a cluster; and what they
answer there, to what they answer on one machine."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalog import cluster
from iiifsearch.cluster.layout import DISTRIBUTED, REFERENCE
from tests.iiifsearch.cluster.doors import DOORS
from tests.iiifsearch.cluster.parts import Schema
from tests.iiifsearch.cluster.rules import broken
from tests.iiifsearch.conftest import Library

#: What is not asked of a cluster: transactions, settings, our own locks.
_PASSED_OVER = ("SAVEPOINT", "RELEASE", "ROLLBACK", "SET ", "COPY", "DECLARE", "FETCH", "CLOSE")


@pytest.fixture(scope="module")
def schema() -> Schema:
    columns = {
        model._meta.db_table: frozenset(f.column for f in model._meta.concrete_fields if f.column)
        for model in apps.get_models(include_auto_created=True)
    }
    return Schema(columns, DISTRIBUTED, frozenset(REFERENCE))


def held(queries: CaptureQueriesContext, schema: Schema, *, local: bool = False) -> None:
    """``local``: a join with what is on the coordinator is admitted: Citus does it, by a copy."""
    said: dict[str, set[str]] = {}
    for query in queries.captured_queries:
        # Of executemany Django tells the statement once, without its values.
        sql = re.sub(r"%s|%\((\w+)\)s", "NULL", re.sub(r"^\d+ times: ", "", query["sql"]))
        if sql.upper().startswith(_PASSED_OVER):
            continue
        for rule in broken(sql, schema):
            if not (local and "on the coordinator alone" in rule):
                said.setdefault(rule, set()).add(sql[:1500])
    assert not said, "\n\n".join(f"{rule}:\n" + "\n".join(sqls) for rule, sqls in said.items())


#: Those that look for neighbours.
_NEAREST = set(DOORS) - {"holding", "random", "map", "rules", "scales"}


@pytest.mark.parametrize("door", DOORS)
def test_the_engine(door: str, sharded: None, library: Library, schema: Schema) -> None:
    with CaptureQueriesContext(connection) as queries:
        DOORS[door](library)
    asked = " ".join(query["sql"] for query in queries.captured_queries)
    assert any(table in asked for table in DISTRIBUTED), "nothing was asked"
    assert ("<=>" in asked) == (door in _NEAREST)
    held(queries, schema)


def test_answers_are_those_of_one_machine(
    sharded: None, library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = {name: DOORS[name](library) for name in _COMPARED}
    monkeypatch.setattr(cluster, "_ask", lambda: False)
    cluster.forget()
    for name, found in there.items():
        assert DOORS[name](library) == found, name


#: All but the map, which is made anew each time, and the guesses, which are found once.
_COMPARED = [name for name in DOORS if name not in ("map", "guesses")]


def test_a_harvest(sharded: None, library: Library, schema: Schema) -> None:
    from iiifsearch.index.everything import index_everything
    from tests.iiifsearch.rich import hang, painted

    with CaptureQueriesContext(connection) as queries:
        hang(library, "collage", painted(9))
        library.harvest(library.urls["boats"])
        index_everything()
    assert any("INSERT INTO" in query["sql"] for query in queries.captured_queries)
    held(queries, schema, local=True)


def test_a_withdrawal(sharded: None, library: Library, schema: Schema, settings: Any) -> None:
    from catalog.withdrawal import withdraw

    with CaptureQueriesContext(connection) as queries:
        withdraw(library.canvas("letter").key, reason="It was asked for.")
        withdraw(library.manifest("jardin").key, reason="It was asked for.")
    held(queries, schema, local=True)
