"""How many bytes a canvas takes, table by table.

    python -m benchmarks.sizes [--json]

Of the library that the settings name, as it is: the demo's, once `manage.py demo` has made it and
`manage.py index` has nothing left to do; or one of your own. For each table: rows a canvas; bytes
of a row as it is stored, with what is put aside (TOAST); then bytes a canvas of the table's file,
of its TOAST and of its indexes, as the file system has them. Of fewer than some thousand canvases
files are mostly empty pages: then the rows tell, and indexes are to be reckoned from their entries.
On a cluster the sizes of all shards are added up. Reads every row once.
"""

from __future__ import annotations

import argparse
import json
import os
from dataclasses import asdict, dataclass

#: Bytes of a row's header, and of the pointer to it.
_HEADER = 24 + 4
#: Canvases from which on files tell.
_MANY = 5000


@dataclass(frozen=True)
class Size:
    """Of one table. Bytes ``a_row``; the others a canvas."""

    table: str
    rows: float
    a_row: float
    table_file: float
    toast: float
    indexes: float

    @property
    def whole(self) -> float:
        return self.table_file + self.toast + self.indexes


def measured() -> tuple[int, list[Size]]:
    """The number of canvases, and every table of the library that has a row."""
    from django.apps import apps
    from django.db import connection

    from catalog.cluster import distributed
    from iiifsearch.cluster.layout import DISTRIBUTED, LOCAL, REFERENCE

    found, models = [], apps.get_models(include_auto_created=True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM catalog_canvas")
        canvases = max(1, cursor.fetchone()[0])
        for table in (*DISTRIBUTED, *REFERENCE, *LOCAL):
            model = next(m for m in models if m._meta.db_table == table)
            columns = [f.column for f in model._meta.concrete_fields if f.column]
            # As it is stored: compressed, and with what is put aside.
            stored = " + ".join(f'coalesce(pg_column_size("{column}"), 0)' for column in columns)
            cursor.execute(f"SELECT count(*), coalesce(avg({stored}), 0)::float FROM {table}")
            rows, a_row = cursor.fetchone()
            if not rows:
                continue
            sizes = _FILES.format(table=table)
            if distributed() and table in DISTRIBUTED:
                sizes = (
                    "SELECT sum(split_part(result, ' ', 1)::float), "
                    "sum(split_part(result, ' ', 2)::float), "
                    "sum(split_part(result, ' ', 3)::float) "
                    f"FROM run_command_on_shards('{table}', $cmd${_SHARD}$cmd$)"
                )
            cursor.execute(sizes)
            files = [float(value or 0) / canvases for value in cursor.fetchone()]
            found.append(Size(table, rows / canvases, a_row + _HEADER, *files))
    return canvases, sorted(found, key=lambda one: -one.whole)


_FILES = (
    "SELECT pg_relation_size(c.oid), "
    "coalesce(pg_total_relation_size(nullif(c.reltoastrelid, 0)), 0), pg_indexes_size(c.oid) "
    "FROM pg_class c WHERE c.oid = '{table}'::regclass"
)
_SHARD = (
    "SELECT concat_ws(' ', pg_relation_size(c.oid), "
    "coalesce(pg_total_relation_size(nullif(c.reltoastrelid, 0)), 0), pg_indexes_size(c.oid)) "
    "FROM pg_class c WHERE c.oid = '%s'::regclass"
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    os.environ.setdefault(  # noqa: TID251 - as manage.py does
        "DJANGO_SETTINGS_MODULE", "iiifsearch.settings.demo"
    )
    import django

    django.setup()
    from django.conf import settings

    if settings.EMBEDDED_POSTGRES is not None:
        settings.EMBEDDED_POSTGRES.start()
    canvases, sizes = measured()
    if arguments.json:
        print(json.dumps({"canvases": canvases, "tables": [asdict(one) for one in sizes]}))
        return
    print(f"{canvases:,} canvases; bytes of a row, and bytes a canvas of everything else\n")
    if canvases < _MANY:
        print(f"Fewer than {_MANY:,}: files are mostly empty pages; go by the rows.\n")
    print(
        f"{'table':30}{'rows':>8}{'a row':>8}{'in rows':>9}{'table':>9}{'TOAST':>9}{'indexes':>9}"
    )
    for one in sizes:
        print(
            f"{one.table:30}{one.rows:8.2f}{one.a_row:8.0f}{one.rows * one.a_row:9.0f}"
            f"{one.table_file:9.0f}{one.toast:9.0f}{one.indexes:9.0f}"
        )
    in_rows = sum(one.rows * one.a_row for one in sizes)
    files = [
        sum(getattr(one, name) for one in sizes) for name in ("table_file", "toast", "indexes")
    ]
    print(f"{'all':30}{'':8}{'':8}{in_rows:9.0f}" + "".join(f"{value:9.0f}" for value in files))


if __name__ == "__main__":
    main()
