"""What a database has: keys, foreign keys, and where its tables are. Reads Postgres's catalogue."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.db import connection

from iiifsearch.cluster.layout import DISTRIBUTED, REFERENCE


@dataclass(frozen=True)
class Unique:
    """A unique index. ``constraint``: it belongs to a constraint of its name. ``plain``: CREATE
    INDEX of the same that is not unique, without a name."""

    table: str
    name: str
    columns: tuple[str, ...]
    primary: bool
    constraint: bool
    plain: str


@dataclass(frozen=True)
class ForeignKey:
    table: str
    name: str
    columns: tuple[str, ...]
    to: str
    to_columns: tuple[str, ...]


@dataclass(frozen=True)
class Placed:
    """Where a table is on the cluster. ``column``: what it is distributed by, "" of a table that is
    whole on every node. ``group``: tables of the same one are colocated."""

    column: str
    group: int


@dataclass(frozen=True)
class State:
    """``database``: its name, quoted. ``indexes``: names of all indexes of tables that are
    distributed or will be. ``graphs``: the HNSW indexes among them, and the table of each.
    ``placed``: what the cluster knows. ``left_behind``: tables of which the coordinator still
    holds the rows that were moved to the nodes. ``propagates``: SET LOCAL reaches the nodes."""

    database: str

    uniques: tuple[Unique, ...] = ()
    foreign_keys: tuple[ForeignKey, ...] = ()
    indexes: frozenset[str] = frozenset()
    graphs: dict[str, str] = field(default_factory=dict)
    placed: dict[str, Placed] = field(default_factory=dict)
    left_behind: tuple[str, ...] = ()
    propagates: bool = False


_UNIQUES = """
SELECT t.relname, c.relname, i.indisprimary, k.oid IS NOT NULL,
       ARRAY(SELECT coalesce(a.attname, '') FROM unnest(i.indkey) WITH ORDINALITY u(n, place)
             LEFT JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = u.n ORDER BY place),
       pg_get_indexdef(c.oid)
FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_class t ON t.oid = i.indrelid
LEFT JOIN pg_constraint k ON k.conindid = c.oid AND k.conrelid = t.oid AND k.contype IN ('p', 'u')
WHERE i.indisunique AND t.relname = ANY(%s) AND pg_table_is_visible(t.oid)
ORDER BY array_position(%s, t.relname::text), c.relname
"""
_FOREIGN_KEYS = """
SELECT t.relname, k.conname, r.relname,
       ARRAY(SELECT a.attname FROM unnest(k.conkey) WITH ORDINALITY u(n, place)
             JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = u.n ORDER BY place),
       ARRAY(SELECT a.attname FROM unnest(k.confkey) WITH ORDINALITY u(n, place)
             JOIN pg_attribute a ON a.attrelid = r.oid AND a.attnum = u.n ORDER BY place)
FROM pg_constraint k JOIN pg_class t ON t.oid = k.conrelid JOIN pg_class r ON r.oid = k.confrelid
WHERE k.contype = 'f' AND (t.relname = ANY(%s) OR r.relname = ANY(%s))
  AND pg_table_is_visible(t.oid)
ORDER BY t.relname, k.conname
"""
_INDEXES = """
SELECT c.relname, CASE WHEN m.amname = 'hnsw' THEN t.relname END
FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_class t ON t.oid = i.indrelid
JOIN pg_am m ON m.oid = c.relam
WHERE t.relname = ANY(%s) AND pg_table_is_visible(t.oid) ORDER BY c.relname
"""
_PLACED = """
SELECT c.relname, p.partmethod, p.colocationid,
       CASE p.partmethod WHEN 'h' THEN column_to_column_name(p.logicalrelid, p.partkey) ELSE '' END,
       pg_relation_size(c.oid) > 0
FROM pg_dist_partition p JOIN pg_class c ON c.oid = p.logicalrelid
WHERE pg_table_is_visible(c.oid) AND (p.partmethod = 'h' OR p.repmodel = 't')
"""


def installed() -> bool:
    """Whether the database has the extension citus."""
    return bool(_rows("SELECT 1 FROM pg_extension WHERE extname = 'citus'"))


def read() -> State:
    """The database as it is now."""
    distributed = list(DISTRIBUTED)
    spread = [*distributed, *REFERENCE]
    uniques = tuple(
        Unique(table, name, tuple(columns), primary, constraint, _plain(sql))
        for table, name, primary, constraint, columns, sql in _rows(
            _UNIQUES, [distributed, distributed]
        )
    )
    foreign_keys = tuple(
        ForeignKey(table, name, tuple(columns), to, tuple(to_columns))
        for table, name, to, columns, to_columns in _rows(_FOREIGN_KEYS, [spread, spread])
    )
    indexes = dict(_rows(_INDEXES, [distributed]))
    known = _rows(_PLACED) if installed() else []
    ((propagates,),) = _rows("SELECT current_setting('citus.propagate_set_commands', true)")
    return State(
        connection.ops.quote_name(str(connection.settings_dict["NAME"])),
        uniques,
        foreign_keys,
        frozenset(indexes),
        {name: table for name, table in indexes.items() if table},
        {table: Placed(column, group) for table, _, group, column, _ in known},
        tuple(table for table, *_, left in known if left),
        propagates == "local",
    )


def _plain(sql: str) -> str:
    """ON and what follows, of a CREATE UNIQUE INDEX."""
    return sql[sql.index(" ON ") + 1 :]


def _rows(sql: str, params: list[Any] | None = None) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.fetchall()
