"""Whether the library is spread over the nodes of a Citus cluster.

There a few things are done another way, each beside what it is done for on one machine. The
layout, and how a library comes to have it: `iiifsearch.cluster`.
"""

from __future__ import annotations

from django.db import connection

#: By database. A process that runs while a library is distributed is to be started again.
_KNOWN: dict[tuple[str, ...], bool] = {}


def distributed() -> bool:
    """Whether canvases are distributed over the nodes of a cluster; asked once a process."""
    settings = connection.settings_dict
    database = tuple(str(settings[name]) for name in ("HOST", "PORT", "NAME"))
    if database not in _KNOWN:
        _KNOWN[database] = _ask()
    return _KNOWN[database]


def forget() -> None:
    """Ask anew: the library was distributed just now."""
    _KNOWN.clear()


def same_canvas(one: str, other: str) -> str:
    """A condition on two columns, beginning with AND, that a join of two tables which hold rows of
    canvases needs on a cluster: it never leaves a node. "" on one machine, where the key of the
    row says enough, and saying it twice would have the planner believe in fewer rows."""
    return f" AND {one} = {other}" if distributed() else ""


def _ask() -> bool:
    connection.ensure_connection()
    # Not by Django's cursor: this is no part of the question that somebody is at.
    with connection.wrap_database_errors, connection.connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass('pg_catalog.pg_dist_partition') IS NOT NULL")
        if not cursor.fetchone()[0]:
            return False
        cursor.execute(
            "SELECT EXISTS (SELECT 1 FROM pg_dist_partition "
            "WHERE logicalrelid = to_regclass('catalog_canvas') AND partmethod = 'h')"
        )
        return bool(cursor.fetchone()[0])
