"""Laying an existing library out over the nodes of a cluster."""

from __future__ import annotations

from collections.abc import Iterator

from django.db import connection

from catalog import cluster
from catalog.locks import alone
from iiifsearch.cluster import state, steps
from iiifsearch.cluster.layout import DISTRIBUTED, REFERENCE

#: Names the lock of whoever distributes; any number that nobody else uses will do.
_DISTRIBUTING = 0x69696903


class CannotDistribute(Exception):
    """Why the library cannot be distributed now, and what to do."""


def distribute(shards: int) -> Iterator[steps.Step]:
    """Do every step that is missing, each as it is yielded. Raises CannotDistribute before the
    first. A step that fails leaves those before it done; run it again when that is mended."""
    _be_ready()
    with alone(_DISTRIBUTING) as mine:
        if not mine:
            raise CannotDistribute("Somebody else distributes the library just now.")
        with connection.cursor() as cursor:
            # Copies of a shard would forbid to lock a row; a node is copied as a whole instead.
            cursor.execute("SET citus.shard_replication_factor = 1")
        missing = steps.all_steps(state.read(), shards)
        if missing:
            _be_alone()
        for step in missing:
            yield step
            _run(step.sql)
        tables = ", ".join((*DISTRIBUTED, *REFERENCE))
        if missing:
            yield steps.Step(f"ANALYZE {tables}", "the planners of all nodes know the sizes")
            _run(f"ANALYZE {tables}")
    cluster.forget()


def _be_ready() -> None:
    if not state.installed():
        raise CannotDistribute(
            "The database has no extension citus. On a server that has it, in psql: "
            "CREATE EXTENSION citus; docs/scaling.md tells how to come to one."
        )
    nodes = _rows("SELECT groupid, shouldhaveshards FROM pg_dist_node WHERE isactive")
    if not any(group == 0 for group, _ in nodes):
        raise CannotDistribute(
            "The coordinator does not know by what name the nodes reach it. In psql: "
            "SELECT citus_set_coordinator_host('NAME', 5432);"
        )
    if not any(holds for _, holds in nodes):
        raise CannotDistribute(
            "No node takes any shards. In psql, for each worker: "
            "SELECT citus_add_node('NAME', 5432);"
        )


def _be_alone() -> None:
    others = _rows(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
        "AND backend_type = 'client backend' AND pid <> pg_backend_pid() "
        "AND application_name NOT LIKE 'citus%%'"
    )[0][0]
    if others:
        raise CannotDistribute(
            f"{others} others are connected to the database. Stop web servers and workers first: "
            "what they would write to a table that moves would wait, and fail."
        )


def _run(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql)


def _rows(sql: str) -> list[tuple[int, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, [])
        return cursor.fetchall()
