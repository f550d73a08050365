"""How many rows there are, about, without counting them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from django.db import connection


def rows(table: str, condition: str = "true", params: Sequence[Any] = ()) -> int:
    """Rows of ``table v`` that meet ``condition``, as the planner believes: by what ANALYZE saw,
    and by how the file has grown since. Reads no row; at least 1.

    Without any ANALYZE the share that meets a condition is a guess.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            f"EXPLAIN (FORMAT JSON) SELECT FROM {table} v WHERE {condition}", list(params)
        )
        (said,) = cursor.fetchone()
    plan = json.loads(said) if isinstance(said, str) else said
    return int(plan[0]["Plan"]["Plan Rows"])
