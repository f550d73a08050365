"""What a database holds, to be compared."""

from __future__ import annotations

from django.db import connection

from iiifsearch.backup.tables import tables


def rows_of_all_tables() -> dict[str, list[str]]:
    """Every row of every table that is backed up, as text; by table."""
    found = {}
    with connection.cursor() as cursor:
        for table in tables():
            columns = ", ".join(map(connection.ops.quote_name, table.columns))
            cursor.execute(f"SELECT ({columns})::text FROM {table.name} AS t ORDER BY 1")
            found[table.name] = [row[0] for row in cursor.fetchall()]
    return found


def in_another_session(sql: str) -> None:
    """Run and commit a statement beside what is under way here."""
    import psycopg

    with psycopg.connect(**connection.get_connection_params() | {"cursor_factory": None}) as other:
        other.execute(sql)
