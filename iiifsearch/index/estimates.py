"""How many rows there are, about, without counting them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any
from zlib import crc32

from django.core.cache import cache
from django.db import connection

from catalog.cluster import distributed

#: Seconds for which what a cluster said is believed: to ask takes a way to one of its nodes.
_REMEMBERED = 300


def rows(table: str, condition: str = "true", params: Sequence[Any] = ()) -> int:
    """Rows of ``table v`` that meet ``condition``, as the planner believes: by what ANALYZE saw,
    and by how the file has grown since. Reads no row; at least 1.

    Without any ANALYZE the share that meets a condition is a guess. On a cluster one shard is
    asked, and the others are taken to be like it.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            f"EXPLAIN (FORMAT JSON) SELECT FROM {table} v WHERE {condition}", list(params)
        )
        (said,) = cursor.fetchone()
    return planned_rows(json.loads(said) if isinstance(said, str) else said)


def planned_rows(said: list[Any]) -> int:
    """The rows of a plan as EXPLAIN (FORMAT JSON) tells it. Citus believes in 100,000 whatever is
    asked; what the node of one task believes, times the tasks, is nearer."""
    plan = said[0]["Plan"]
    job = plan.get("Distributed Query", {}).get("Job", {})
    if not job.get("Tasks"):
        return int(plan["Plan Rows"])
    (remote,) = job["Tasks"][0]["Remote Plan"][0]
    return int(remote["Plan"]["Plan Rows"]) * int(job["Task Count"])


def remembered(table: str, condition: str = "true") -> int:
    """The same, from some minutes ago: for whoever asks at every search."""
    key = f"rows-{table}-{crc32(condition.encode())}"
    known = cache.get(key)
    if known is None:
        known = rows(table, condition)
        cache.set(key, known, _REMEMBERED)
    return int(known)


def whole_sql(table: str) -> str:
    """SQL for the rows of a whole table as of the last ANALYZE, -1 where there was none; of one
    that is distributed over a cluster the coordinator has none itself."""
    if distributed():
        return f"{remembered(table)}::float"
    return f"(SELECT reltuples FROM pg_class WHERE oid = '{table}'::regclass)"
