"""The tables that grow: dead rows, what the planner knows, and indexes whose rows were replaced.

Postgres's own counters are read (pg_stat_user_tables), never the tables.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from iiifsearch.doctor.asking import rows
from iiifsearch.doctor.findings import Finding, note, ok, warning
from iiifsearch.index import ann

#: Share of dead rows, or of rows replaced since an index was built, from which it is told; and how
#: many there must be.
_SHARE, _MANY = 0.2, 10_000


def dead_rows() -> Iterator[Finding]:
    found = rows(
        "SELECT relname, n_live_tup, n_dead_tup, greatest(last_vacuum, last_autovacuum) "
        "FROM pg_stat_user_tables WHERE pg_table_is_visible(relid) AND n_dead_tup > %s "
        "AND n_dead_tup > %s * (n_live_tup + n_dead_tup) ORDER BY n_dead_tup DESC",
        [_MANY, _SHARE],
    )
    for table, live, dead, at in found:
        yield warning(
            table,
            f"{dead:,} dead rows beside {live:,} living ones; vacuumed {_when(at)}.",
            f"In psql: VACUUM (ANALYZE) {table}; if they stay, look for a transaction that never "
            "ends: SELECT pid, xact_start, query FROM pg_stat_activity ORDER BY xact_start;",
        )
    if not found:
        yield ok("dead_rows", "No table has many.")


def statistics() -> Iterator[Finding]:
    """Without them the planner guesses, and chooses plans for tables of another size."""
    found = rows(
        "SELECT s.relname, s.n_live_tup, s.n_mod_since_analyze, "
        "greatest(s.last_analyze, s.last_autoanalyze) "
        "FROM pg_stat_user_tables s JOIN pg_class c ON c.oid = s.relid "
        "WHERE pg_table_is_visible(s.relid) AND s.n_live_tup > %s "
        "AND (c.reltuples < 0 OR s.n_mod_since_analyze > s.n_live_tup / 2) ORDER BY s.relname",
        [_MANY],
    )
    for table, live, changed, at in found:
        yield warning(
            table,
            f"Of about {live:,} rows {changed:,} changed since the planner looked; analyzed "
            f"{_when(at)}.",
            f"In psql: ANALYZE {table};",
        )
    if not found:
        yield ok("statistics", "The planner knows how large the tables are.")


def rewritten() -> Iterator[Finding]:
    """pgvector's own advice, where much of an index was deleted or replaced: first build it anew,
    then vacuum, for a vacuum repairs a graph row by row."""
    changes = {
        table: (live, changed)
        for table, live, changed in rows(
            "SELECT relname, n_live_tup, n_tup_upd + n_tup_del FROM pg_stat_user_tables "
            "WHERE relname = ANY(%s) AND pg_table_is_visible(relid)",
            [sorted({index.table for index in ann.live_indexes()})],
        )
    }
    notes = dict(
        rows(
            "SELECT relname, obj_description(oid, 'pg_class') FROM pg_class "
            "WHERE relname = ANY(%s) AND relkind = 'i' AND pg_table_is_visible(oid)",
            [[index.name for index in ann.live_indexes()]],
        )
    )
    found = unknown = 0
    for index in ann.live_indexes():
        if index.name not in notes or index.table not in changes:
            continue
        live, changed = changes[index.table]
        built = ann.noted(notes[index.name])
        if built is None or built.changes is None:
            unknown += 1
            continue
        # After a crash Postgres counts from nought.
        since = changed - built.changes if changed >= built.changes else changed
        if since > _MANY and since > _SHARE * live:
            found += 1
            yield warning(
                index.spec.key,
                f"Since {index.name} was built, {since:,} rows of {index.table} were deleted or "
                f"rewritten, beside {live:,} that live: it has grown, and finds less.",
                f"manage.py encoders --build {index.spec.key} (REINDEX INDEX CONCURRENTLY "
                f"{index.name}); when all are done, in psql: VACUUM {index.table};",
            )
    if unknown:
        yield note(
            "rewritten",
            f"Of {unknown} indexes it is not known how much was replaced since they were built.",
            "Nothing needs to be done; it is noted from the next build on.",
        )
    elif not found:
        yield ok("rewritten", "Little was replaced since the indexes were built.")


def _when(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d %H:%M}" if at else "never"
