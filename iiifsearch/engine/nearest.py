"""Nearest neighbours in Postgres.

As many canvases as were asked for are found wherever that many exist: a walk through the graph
that comes back with fewer is followed by an exact scan. A query that is to use an index repeats
its cast and its condition as literals, else Postgres would sort every row.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection

from catalog.cluster import same_canvas
from iiifsearch.conf import options
from iiifsearch.engine import pipeline
from iiifsearch.engine.plan import MOST_VISITED, How, Plan, plan
from iiifsearch.engine.rows import Neighbour, Vector, distance_sql, part_sql
from iiifsearch.engine.scope import Scope
from iiifsearch.engine.stored import stored_vectors
from iiifsearch.index.ann import AnnIndex, ann_index
from iiifsearch.metrics.measures import stage
from ml.specs import EncoderSpec

#: Rows that a walk through the graph may visit before it gives up; past it an exact scan is the
#: cheaper way, and follows.
MAX_SCAN_TUPLES = 40_000

#: Rows among the nearest for each canvas among them, at most about, by what tells them apart.
ROWS_A_CANVAS = {"": 1, "v.comment_id": 4, "v.ordinal": 12}
#: By the last of so many it is told whether a walk went astray.
_JUDGED = 10
#: Of a million, no walk that keeps so many went astray (docs/adr/0033-which-index.md).
_SURE = 500
_AGAIN = "; again, further: the first walk ended among strangers"
#: A walk met the scope as its size tells where it met this much of what was expected.
_AS_EXPECTED = 0.75


@dataclass(frozen=True)
class Neighbours:
    """Neighbours, nearest first, each canvas once, and how they were found."""

    rows: tuple[Neighbour, ...]
    plan: str


@stage("neighbours")
def nearest(
    spec: EncoderSpec, vector: Vector, scope: Scope, count: int, *, least: int | None = None
) -> Neighbours:
    """The ``count`` canvases of ``scope`` that are nearest to ``vector`` (float32 (dim,)).

    ``least``: as many do where more are not found at once; else all ``count``.
    """
    least = count if least is None else least
    index = ann_index(spec)
    chosen = plan(index, scope, count)
    if chosen.how is How.EXACT:
        return Neighbours(_exactly(index, vector, scope, count, chosen), str(chosen))
    # Several comments or regions of one canvas may be near, and it counts once.
    times = ROWS_A_CANVAS[part_sql(spec)]
    visit = times * chosen.visit
    # Of regions far more are needed than a walk keeps at once: it goes on from where it was.
    if not spec.of_regions:
        visit = min(MOST_VISITED, visit)
    how = "relaxed_order" if spec.of_regions else "off"
    walk, kept = walk_sql(index, vector, scope, visit), _kept(visit)
    rows, told = _run(walk, kept, how), str(chosen)
    if kept < _SURE and _astray(spec, rows[:count]):
        rows, told = _run(walk, _SURE, how), f"{told}{_AGAIN}"
    # Where fewer are in scope than its size tells, the scope lies elsewhere than the query, and
    # a longer walk would end with whatever it meets there first.
    expected = _AS_EXPECTED * visit / times * chosen.share
    if len(rows) < least and chosen.how is How.ITERATIVE and len(rows) >= expected:
        longer = graph_sql(index, vector, scope, 2 * times * count)
        rows = _once([*rows, *_run(longer, kept, "relaxed_order")])
    if len(rows) >= least:
        return Neighbours(tuple(rows[:count]), told)
    found = _in_scope(index, vector, scope, count, chosen)
    return Neighbours(found, f"{told}; that found {len(rows)} of {count}, so exact")


def _kept(visit: int) -> int:
    """Candidates that a walk keeps: of these the last ones are the least certain."""
    return min(MOST_VISITED, max(options.ef_search, 2 * visit))


def _astray(spec: EncoderSpec, rows: Sequence[Neighbour]) -> bool:
    """Whether a walk seems to have come to another part of the library than the query lies in: the
    tenth of what it found is noise, which the tenth of many strangers never is. Where they lie in
    clouds, one walk in a hundred does so; a page without any hit is worth a second one."""
    judged = rows[:_JUDGED]
    return bool(judged) and judged[-1].similarity < spec.min_similarity


def _run(statement: tuple[str, list[Any]], kept: int, iterative_scan: str) -> list[Neighbour]:
    """Neighbours by a statement that goes through the graph."""
    settings = (
        f"SET LOCAL hnsw.ef_search = {kept}",
        f"SET LOCAL hnsw.iterative_scan = {iterative_scan}",
        f"SET LOCAL hnsw.max_scan_tuples = {MAX_SCAN_TUPLES}",
    )
    rows = pipeline.fetch(settings, *statement)
    return _once(map(Neighbour._make, rows))


def _once(rows: Iterable[Neighbour]) -> list[Neighbour]:
    """Nearest first, each canvas once; of two that are as near, the one that came first into the
    library, however the rows were come by."""
    best: dict[int, Neighbour] = {}
    for row in sorted(rows, key=lambda row: (-row.similarity, row.canvas_id, row.part or 0)):
        best.setdefault(row.canvas_id, row)
    return list(best.values())


def nearest_of_each(
    spec: EncoderSpec, canvas_ids: Collection[int], scope: Scope, count: int
) -> dict[int, tuple[Neighbour, ...]]:
    """The ``count`` canvases of ``scope`` nearest to each of ``canvas_ids``, without itself; a
    canvas that has no vector is left out. An exact scan is one statement for all of them."""
    index = ann_index(spec)
    if plan(index, scope, count + 1).how is How.EXACT:
        found: dict[int, list[Neighbour]] = {}
        with connection.cursor() as cursor:
            cursor.execute(*each_sql(index, canvas_ids, scope, count))
            for asked, canvas_id, similarity in cursor.fetchall():
                found.setdefault(asked, []).append(Neighbour(canvas_id, float(similarity)))
        return {pk: tuple(rows) for pk, rows in found.items()}
    near = {}
    for pk in canvas_ids:
        if spec in (own := stored_vectors([spec], pk)):
            rows = nearest(spec, own[spec], scope, count + 1).rows
            near[pk] = tuple(row for row in rows if row.canvas_id != pk)[:count]
    return near


def each_sql(
    index: AnnIndex, canvas_ids: Collection[int], scope: Scope, count: int
) -> tuple[str, list[Any]]:
    """The vectors in scope are read once, and compared with those of all that are asked about."""
    ids, params = scope.ids_sql()
    vectors = f"SELECT v.canvas_id, v.vec::halfvec({index.spec.dim}) AS vec FROM {index.table} v"
    return (
        f"WITH ids AS MATERIALIZED ({ids}), far AS MATERIALIZED ("
        f"{vectors} JOIN ids ON ids.id = v.canvas_id WHERE {index.filter_sql}), "
        f"asked AS MATERIALIZED ({vectors} WHERE {index.filter_sql} AND v.canvas_id = ANY(%s)) "
        "SELECT a.canvas_id, near.canvas_id, 1 - near.distance FROM asked a CROSS JOIN LATERAL ("
        "SELECT f.canvas_id, f.vec <=> a.vec AS distance FROM far f "
        "WHERE f.canvas_id <> a.canvas_id ORDER BY distance, f.canvas_id LIMIT %s) AS near "
        "ORDER BY a.canvas_id, near.distance, near.canvas_id",
        [*params, list(canvas_ids), count],
    )


def walk_sql(
    index: AnnIndex, vector: Vector, scope: Scope, visit: int, *, exactly: bool = False
) -> tuple[str, list[Any]]:
    """The ``visit`` rows of the library that are nearest, and of these what is in scope: all that
    are in scope and as near, so that a filter costs no recall. ``exactly``: by reading every row,
    for no index is in the order of a sum."""
    scoped, params = scope.where_sql()
    comment, public, more = _comments(index.spec, scope, "sc.id")
    distance = distance_sql(index.spec, vector)
    column = part_sql(index.spec) and f", {part_sql(index.spec)}"
    order = f"({distance}) + 0, v.canvas_id" if exactly else "distance"
    return (
        f"SELECT v.canvas_id, 1 - v.distance, {comment} FROM ("
        f"SELECT v.canvas_id, {distance} AS distance{column} FROM {index.table} v "
        f"WHERE {index.filter_sql} ORDER BY {order} LIMIT %s) AS v "
        f"JOIN catalog_canvas sc ON sc.id = v.canvas_id WHERE {scoped} {public}",
        [visit, *params, *more],
    )


def graph_sql(index: AnnIndex, vector: Vector, scope: Scope, count: int) -> tuple[str, list[Any]]:
    """``count`` rows in scope, as the graph comes by them: for an iterative scan."""
    distance = distance_sql(index.spec, vector)
    scoped, params = scope.sql("v.canvas_id")
    comment, public, more = _comments(index.spec, scope)
    return (
        f"SELECT v.canvas_id, 1 - ({distance}), {comment} FROM {index.table} v "
        f"WHERE {index.filter_sql} AND {scoped} {public} ORDER BY {distance} LIMIT %s",
        [*params, *more, count],
    )


def _exactly(
    index: AnnIndex, vector: Vector, scope: Scope, count: int, chosen: Plan
) -> tuple[Neighbour, ...]:
    """Of a whole library nearly everything is in scope: what is nearest is found first, and asked
    then whether it may be seen; a few ids more are cheaper than all of them."""
    if not chosen.visit:
        return _in_scope(index, vector, scope, count, chosen)
    visit = ROWS_A_CANVAS[part_sql(index.spec)] * chosen.visit
    statement, params = walk_sql(index, vector, scope, visit, exactly=True)
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        rows = _once(map(Neighbour._make, cursor.fetchall()))
    if len(rows) >= count:
        return tuple(rows[:count])
    return _in_scope(index, vector, scope, count, chosen)


def _in_scope(
    index: AnnIndex, vector: Vector, scope: Scope, count: int, chosen: Plan
) -> tuple[Neighbour, ...]:
    with connection.cursor() as cursor:
        cursor.execute(*exact_sql(index, vector, scope, count, chosen.ids))
        return tuple(map(Neighbour._make, cursor.fetchall()))


def exact_sql(
    index: AnnIndex, vector: Vector, scope: Scope, count: int, listed: tuple[int, ...] | None = None
) -> tuple[str, list[Any]]:
    """Begins with the scope, or with its ids where they were listed; what is materialised goes by
    no index. Of texts the nearest comment of each canvas counts."""
    ids, params = scope.ids_sql()
    if listed is not None:
        ids, params = "SELECT unnest(%s::bigint[]) AS id", [list(listed)]
    comment, public, more = _comments(index.spec, scope)
    part = part_sql(index.spec)
    once = part and "DISTINCT ON (v.canvas_id)"
    order = part and f"ORDER BY v.canvas_id, distance, {part}"
    return (
        f"WITH ids AS MATERIALIZED ({ids}), far AS MATERIALIZED ("
        f"SELECT {once} v.canvas_id, {distance_sql(index.spec, vector)} AS distance, "
        f"{comment} AS part FROM ids JOIN {index.table} v ON v.canvas_id = ids.id "
        f"WHERE {index.filter_sql} {public} {order}) "
        "SELECT canvas_id, 1 - distance, part FROM far "
        "ORDER BY distance, canvas_id LIMIT %s",
        [*params, *more, count],
    )


def _comments(
    spec: EncoderSpec, scope: Scope, canvas: str = "v.canvas_id"
) -> tuple[str, str, list[Any]]:
    """The column of the part; of texts, the condition that they are public and in scope.
    ``canvas``: the column of the canvas, of a table."""
    if spec.modality == "image":
        return part_sql(spec) or "NULL::bigint", "", []
    filtered, params = scope.comments.sql("c")
    public = (
        "AND EXISTS (SELECT 1 FROM catalog_comment c WHERE c.id = v.comment_id"
        f"{same_canvas('c.canvas_id', canvas)} AND c.state = 'published'{filtered})"
    )
    return part_sql(spec), public, params


def explain(spec: EncoderSpec, vector: Vector, scope: Scope, count: int) -> str:
    """The plan of the walk through the graph, as EXPLAIN tells it: for tests and operators."""
    statement, params = walk_sql(ann_index(spec), vector, scope, count)
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {statement}", params)
        return "\n".join(row[0] for row in cursor.fetchall())
