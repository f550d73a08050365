"""About so many rows of a large table, the same ones each time."""

from __future__ import annotations

import random
from typing import Any

from django.db import connection

from catalog.cluster import distributed
from iiifsearch.index import estimates


def of(table: str, alias: str, count: int) -> tuple[str, str, list[Any]]:
    """About ``count`` rows of a table that holds rows of canvases: what stands after its name in
    FROM, a condition that begins with AND, or nothing, and the condition's parameters.

    On one machine some of the table's pages are read; a cluster does not do that, and is asked
    for the rows of canvases that are drawn by chance.
    """
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {estimates.whole_sql(table)}")
        rows = max(1.0, float(cursor.fetchone()[0]))
        share = min(1.0, count / rows)
        if not distributed():
            return f" TABLESAMPLE SYSTEM ({100 * share:.6f}) REPEATABLE (1)", "", []
        if share == 1:
            return "", "", []
        cursor.execute("SELECT min(id), max(id) FROM catalog_canvas")
        low, high = cursor.fetchone()
    drawn = random.Random(0).sample(  # noqa: S311 - a sample, no secret
        range(low, high + 1), max(1, round(share * (high - low + 1)))
    )
    return "", f" AND {alias}.canvas_id = ANY(%s)", [drawn]
