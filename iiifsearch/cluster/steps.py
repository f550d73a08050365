"""What is to be done to a database so that its tables lie as the layout says.

Computed from how it is: what was done is not done again, so an interrupted run goes on where it
was. On a cluster

- every key of a distributed table contains the column that it is distributed by: a primary key is
  begun with it, another one becomes a plain index (`catalog.locks.take_turns` keeps a canvas from
  being stored twice; keys are made of URIs, or at random);
- foreign keys are kept between rows of one canvas, and between tables that are whole on every
  node. Citus refuses the others, or, where they lead to a table on every node, transactions that
  write both. What they guard is guarded by Django, which deletes what refers to a row with it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.apps import apps

from iiifsearch.cluster.layout import CANVASES, DISTRIBUTED, REFERENCE
from iiifsearch.cluster.state import ForeignKey, State, Unique

#: Shards of a table: twice the processors of the nodes that a library may come to have, at most;
#: nodes are added by moving shards, and each shard has an HNSW graph of its own.
SHARDS = 32


@dataclass(frozen=True)
class Step:
    """One statement, and what it is for."""

    sql: str
    why: str


def all_steps(found: State, shards: int = SHARDS) -> list[Step]:
    """All that is missing, in order."""
    return [*of_keys(found), *placing(found, shards), *tying(found)]


def of_keys(found: State) -> list[Step]:
    """Foreign keys and unique ones: needs no Citus."""
    return [*_untying(found), *_keys(found)]


# -- keys ----------------------------------------------------------------------------------------


def _untying(found: State) -> list[Step]:
    """Foreign keys that are none of those to be, or that would hinder a table from moving."""
    kept = set(_kept(found))
    return [
        Step(f"ALTER TABLE {key.table} DROP CONSTRAINT {key.name}", "not between these tables now")
        for key in found.foreign_keys
        if key not in kept
    ]


def _kept(found: State) -> list[ForeignKey]:
    """Foreign keys that are as they are to be, between tables that are where they belong."""
    there = set(found.foreign_keys)
    return [
        key for key in foreign_keys() if key in there and {key.table, key.to} <= set(found.placed)
    ]


def _keys(found: State) -> list[Step]:
    steps = []
    for unique in found.uniques:
        column = DISTRIBUTED[unique.table]
        if column in unique.columns:
            continue
        steps += _begun(unique, column) if unique.primary else _made_plain(unique)
    # A key that was begun with the canvas finds nothing by the rest of it; also after a run that
    # was interrupted between the two.
    for unique in found.uniques:
        if not unique.primary or unique.columns == (DISTRIBUTED[unique.table],):
            continue
        if "id" in unique.columns and (name := f"{unique.table}_by_id") not in found.indexes:
            steps.append(Step(f"CREATE INDEX {name} ON {unique.table} (id)", "rows by their id"))
    return steps


def _begun(unique: Unique, column: str) -> list[Step]:
    columns = ", ".join((column, *unique.columns))
    return [
        Step(
            f"ALTER TABLE {unique.table} DROP CONSTRAINT {unique.name}, "
            f"ADD CONSTRAINT {unique.name} PRIMARY KEY ({columns})",
            f"a key of {unique.table} begins with {column}",
        )
    ]


def _made_plain(unique: Unique) -> list[Step]:
    drop = f"DROP INDEX {unique.name}"
    if unique.constraint:
        drop = f"ALTER TABLE {unique.table} DROP CONSTRAINT {unique.name}"
    return [
        # Both in one message, hence both or neither.
        Step(
            f"{drop}; CREATE INDEX {unique.name} {unique.plain}",
            f"{', '.join(unique.columns)} cannot be unique over all nodes",
        )
    ]


# -- places --------------------------------------------------------------------------------------


def placing(found: State, shards: int) -> list[Step]:
    """Tables to the nodes, with their rows."""
    steps = []
    if not found.propagates:
        setting = f"ALTER DATABASE {found.database} SET citus.propagate_set_commands = 'local'"
        steps.append(Step(setting, "what a search sets holds on the nodes, too"))
    missing = [table for table in DISTRIBUTED if table not in found.placed]
    if missing:
        # Loading is many times faster without; `manage.py index` builds them, on all nodes.
        steps += [
            Step(f"DROP INDEX {name}", "it is built anew on the nodes")
            for name, table in found.graphs.items()
            if table in missing
        ]
    steps += [
        Step(f"SELECT create_reference_table('{table}')", "whole on every node")
        for table in REFERENCE
        if table not in found.placed
    ]
    for table in missing:
        column = DISTRIBUTED[table]
        how = f"shard_count => {shards}, colocate_with => 'none'"
        if table != CANVASES:
            how = f"colocate_with => '{CANVASES}'"
        steps.append(
            Step(
                f"SELECT create_distributed_table('{table}', '{column}', {how})", "spread by canvas"
            )
        )
    moved = [*(t for t in REFERENCE if t not in found.placed), *missing]
    return steps + [
        Step(
            f"SELECT truncate_local_data_after_distributing_table('{table}')",
            "what was moved is deleted here",
        )
        for table in dict.fromkeys([*found.left_behind, *moved])
        if table in DISTRIBUTED or table in REFERENCE
    ]


def tying(found: State) -> list[Step]:
    """The foreign keys that are kept and are not there."""
    there = set(_kept(found))
    return [
        Step(
            f"ALTER TABLE {key.table} ADD CONSTRAINT {key.name} "
            f"FOREIGN KEY ({', '.join(key.columns)}) "
            f"REFERENCES {key.to} ({', '.join(key.to_columns)}) DEFERRABLE INITIALLY DEFERRED",
            "rows of one canvas" if key.table in DISTRIBUTED else "both are whole on every node",
        )
        for key in foreign_keys()
        if key not in there
    ]


def foreign_keys() -> list[ForeignKey]:
    """As they are to be: between distributed tables with the canvas on both sides; and between
    tables that are whole on every node."""
    found = []
    for model in apps.get_models(include_auto_created=True):
        for field in model._meta.concrete_fields:
            other: Any = field.remote_field and field.related_model
            if not other:
                continue
            table, to = model._meta.db_table, other._meta.db_table
            columns: tuple[str, ...] = (str(field.column),)
            theirs: tuple[str, ...] = (other._meta.pk.column,)
            if table in DISTRIBUTED and to in DISTRIBUTED:
                if field.column != DISTRIBUTED[table]:
                    columns, theirs = (DISTRIBUTED[table], *columns), (DISTRIBUTED[to], *theirs)
            elif table not in REFERENCE or to not in REFERENCE:
                continue
            found.append(ForeignKey(table, f"{table}_{field.column}_tied", columns, to, theirs))
    return found
