"""Whether a cluster holds the library as the layout says; not asked on one machine."""

from __future__ import annotations

from collections.abc import Iterator

from iiifsearch.cluster import state, steps
from iiifsearch.cluster.layout import CANVASES, DISTRIBUTED, LOCAL, REFERENCE
from iiifsearch.doctor.asking import one, rows
from iiifsearch.doctor.findings import Finding, error, ok, warning


def layout() -> Iterator[Finding]:
    """Every table in its place, with the keys that belong there."""
    found = state.read()
    for table, text in misplaced(found):
        yield error(table, text, "manage.py distribute, with web servers and workers stopped")
    missing = [step for step in steps.all_steps(found) if "create_" not in step.sql]
    if missing:
        yield warning(
            "keys",
            f"{len(missing)} things are not as the layout has them, such as: {missing[0].sql}",
            "manage.py distribute --dry-run lists them, manage.py distribute does them.",
        )
    if not missing and not list(misplaced(found)):
        yield ok("layout", f"{len(DISTRIBUTED)} tables are distributed by canvas.")


def misplaced(found: state.State) -> Iterator[tuple[str, str]]:
    """Tables that are not where they belong, and how that is."""
    canvases = found.placed.get(CANVASES)
    for table, column in DISTRIBUTED.items():
        place = found.placed.get(table)
        if place is None:
            yield table, "It is not distributed: searches that join it go over the coordinator."
        elif place.column != column:
            yield table, f"It is distributed by {place.column or 'nothing'}, not by {column}."
        elif canvases is not None and place.group != canvases.group:
            yield table, f"It is not colocated with {CANVASES}: joins by canvas are refused."
    for table in REFERENCE:
        place = found.placed.get(table)
        if place is None or place.column:
            yield table, "It is not whole on every node: searches that join it are refused."
    for table in LOCAL:
        if table in found.placed:
            yield table, "It is spread over nodes, and belongs on the coordinator alone."


def shards() -> Iterator[Finding]:
    """Every shard on a node that is there."""
    lost = rows(
        "SELECT s.logicalrelid::text, count(*) FROM pg_dist_shard s WHERE NOT EXISTS ("
        "SELECT FROM pg_dist_placement p JOIN pg_dist_node n USING (groupid) "
        "WHERE p.shardid = s.shardid AND p.shardstate = 1 AND n.isactive) "
        "GROUP BY 1 ORDER BY 1"
    )
    for table, count in lost:
        yield error(
            table,
            f"{count} shards are on no node that is active: what they hold is not found.",
            "In psql: SELECT * FROM citus_get_active_worker_nodes(); start the node that is "
            "missing, or restore it from its copy (docs/scaling.md).",
        )
    spread = rows(
        "SELECT n.nodename, n.nodeport, count(*) FROM pg_dist_shard s "
        "JOIN pg_dist_placement p USING (shardid) JOIN pg_dist_node n USING (groupid) "
        "WHERE s.logicalrelid = %s::regclass GROUP BY 1, 2 ORDER BY 3 DESC",
        [CANVASES],
    )
    if spread and spread[0][2] > 2 * spread[-1][2]:
        yield warning(
            "shards",
            f"{spread[0][0]} has {spread[0][2]} shards of the canvases, {spread[-1][0]} only "
            f"{spread[-1][2]}.",
            "In psql: SELECT citus_rebalance_start();",
        )
    if not lost:
        yield ok("shards", f"All are placed, on {len(spread)} nodes.")


def nodes() -> Iterator[Finding]:
    """What a search sets must reach the nodes, and rows must be lockable."""
    if one("SELECT current_setting('citus.propagate_set_commands')") != "local":
        yield error(
            "citus.propagate_set_commands",
            "It is not 'local': the nodes look through their indexes with their own settings, "
            "and find fewer.",
            "manage.py distribute sets it for the database; then start all processes again.",
        )
    copies = one(
        "SELECT count(*) FROM pg_dist_shard s JOIN pg_dist_placement p USING (shardid) "
        "WHERE s.logicalrelid = %s::regclass GROUP BY shardid ORDER BY 1 DESC LIMIT 1",
        [CANVASES],
    )
    if copies and copies > 1:
        yield error(
            "citus.shard_replication_factor",
            f"Shards are kept {copies} times: no row can be locked, and harvests fail.",
            "Restore the library into a cluster with citus.shard_replication_factor = 1; copy "
            "nodes as a whole (docs/scaling.md).",
        )
    yield from _pgvector()


def _pgvector() -> Iterator[Finding]:
    asked = rows(
        "SELECT success, result FROM run_command_on_all_nodes("
        "$$SELECT extversion FROM pg_extension WHERE extname = 'vector'$$)"
    )
    found = {str(version) for done, version in asked if done}
    if failed := sum(not done for done, _ in asked):
        yield error(
            "nodes",
            f"{failed} nodes cannot be reached by the coordinator.",
            "In psql on the coordinator: SELECT * FROM citus_check_cluster_node_health();",
        )
    elif len(found) != 1:
        yield error(
            "pgvector",
            f"The nodes have different versions: {', '.join(sorted(found)) or 'none'}.",
            "Install the same package everywhere; then on the coordinator: "
            "ALTER EXTENSION vector UPDATE;",
        )
    else:
        yield ok("nodes", f"All have pgvector {found.pop()}.")
