"""How to look for neighbours in a scope: chosen from its size.

An exact scan costs so much for each row in scope; a walk through the graph so much for each row
that it visits, and of a scope that is one in s of the library it visits s rows for each it keeps.
The exact scan is therefore cheaper for scopes of up to sqrt(rows asked * rows of the library *
the ratio of the two costs). A walk keeps at most `MOST_VISITED` rows at once; where that is
unlikely to be enough, it is an iterative one. Whatever is chosen, `iiifsearch.engine.nearest` sees
to it that no row is missing; a wrong choice costs time alone.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from enum import StrEnum
from math import ceil, isqrt

from django.db import connection

from catalog.cluster import distributed
from iiifsearch.conf import options
from iiifsearch.engine.scope import Scope
from iiifsearch.index import ann, estimates
from iiifsearch.index.ann import AnnIndex

#: A row that the graph visits costs as much as this many rows of an exact scan.
_VISIT = 8
#: Scopes of so many canvases are listed without any question.
_FEW = 2000
#: Ids that are drawn to estimate how large a scope is.
_SAMPLE = 400
#: pgvector's limit of ``hnsw.ef_search``: the nearest rows that one walk keeps.
MOST_VISITED = 1000


class How(StrEnum):
    EXACT = "exact"
    GRAPH = "HNSW"
    ITERATIVE = "HNSW, iterative"


@dataclass(frozen=True)
class Plan:
    """``why``: in words. ``ids``: the canvases in scope, where they were listed to be scanned.

    ``visit``: rows of the library that are looked at whether they are in scope, nearest first; 0:
    the scope comes first. ``share``: of the library that is in scope, about.
    """

    how: How
    why: str
    ids: tuple[int, ...] | None = None
    visit: int = 0
    share: float = 1.0

    def __str__(self) -> str:
        return f"{self.how} {self.why}"


def plan(index: AnnIndex, scope: Scope, count: int) -> Plan:
    """The plan for ``count`` neighbours."""
    library = _indexed(index)
    if scope.whole_library:
        if library is None or library <= options.exact_rows:
            visit = ceil(_ROOM * count)
            few = library is not None and library <= visit
            return Plan(How.EXACT, "over the whole library", visit=0 if few else visit)
        return _walk(How.GRAPH, f"over about {library} rows", count, 1.0)
    # Without an index there is only one way, and a library that is small needs none.
    most = options.exact_rows
    if library is not None:
        most = max(most, isqrt(_VISIT * count * library))
    ids = in_scope(scope, min(_FEW, most) + 1)
    if len(ids) <= min(_FEW, most):
        return Plan(How.EXACT, f"over {len(ids)} rows", ids)
    # A sample tells at less cost than a list whether a scope is far larger than it may be.
    share = 0.0 if library is None or library <= most else _share(scope)
    if share * (library or 0) <= 2 * most:
        ids = in_scope(scope, most + 1)
        if len(ids) <= most:
            return Plan(How.EXACT, f"over {len(ids)} rows", ids)
    if library is None or library <= most:
        return Plan(How.EXACT, f"over more than {most} rows")
    share = max(share, most / library)
    enough = _ROOM * count / share <= MOST_VISITED
    why = f"in a scope of about {share:.0%} of {library} rows"
    return _walk(How.GRAPH if enough else How.ITERATIVE, why, count, share)


#: A walk keeps so many times the rows that are expected to be needed.
_ROOM = 1.25


def _walk(how: How, why: str, count: int, share: float) -> Plan:
    visit = ceil(_ROOM * count / share)
    if share < 1:  # of too few rows nobody could tell whether they meet the scope as expected
        visit = max(visit, options.ef_search // 2)
    return Plan(how, why, None, min(MOST_VISITED, visit), share)


def _share(scope: Scope) -> float:
    """Share of the public canvases that is in scope, by a sample of ids."""
    chance = random.Random(0)  # noqa: S311 - a sample, no secret
    some, params = scope.ids_sql()
    every, more = Scope().ids_sql()
    with connection.cursor() as cursor:
        cursor.execute("SELECT min(id), max(id) FROM catalog_canvas")
        low, high = cursor.fetchone()
        drawn = [chance.randint(low, high) for _ in range(_SAMPLE)]
        cursor.execute(
            "SELECT a.n, b.n FROM "
            f"(SELECT count(*) AS n FROM ({some} AND sc.id = ANY(%s)) AS in_scope) AS a, "
            f"(SELECT count(*) AS n FROM ({every} AND sc.id = ANY(%s)) AS there) AS b",
            [*params, drawn, *more, drawn],
        )
        in_scope, there = cursor.fetchone()
    return in_scope / there if there else 0.0


def _indexed(index: AnnIndex) -> int | None:
    """Rows of the HNSW index when Postgres last looked; None where there is no index, or where it
    was never looked at."""
    if distributed():
        # What the coordinator holds of the index is empty: the shards have the rows.
        return (
            None
            if index.name in ann.missing()
            else estimates.remembered(index.table, index.filter_sql)
        )
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.reltuples FROM pg_class c JOIN pg_index i ON i.indexrelid = c.oid "
            "WHERE c.relname = %s AND i.indisvalid AND pg_table_is_visible(c.oid)",
            [index.name],
        )
        row = cursor.fetchone()
    return None if row is None or row[0] < 0 else int(row[0])


def in_scope(scope: Scope, most: int) -> tuple[int, ...]:
    """Ids of canvases in scope, not more than ``most``, in no order."""
    ids, params = scope.ids_sql()
    with connection.cursor() as cursor:
        cursor.execute(f"{ids} LIMIT %s", [*params, most])
        return tuple(row[0] for row in cursor.fetchall())
