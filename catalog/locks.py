"""Turns that are taken across processes, by Postgres's advisory locks.

Numbers name what is locked; any will do that nobody else uses in this database.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager

from django.db import connection

from catalog.cluster import distributed

#: Names the turns of those who bring canvases; and how many there are. However many canvases a
#: manifest has, and whoever brings some at the same time: Postgres keeps no more locks than these.
_BRINGING = 0x69696902
_TURNS = 1024


def take_turn(uri: str) -> None:
    """Whoever writes a manifest, known by its normal form, waits here for whoever else does; until
    the transaction ends."""
    number = int.from_bytes(hashlib.blake2b(uri.encode(), digest_size=8).digest(), signed=True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [number])


def take_turns(uris: Iterable[str]) -> None:
    """Whoever brings canvases, known by their normal forms, waits here for whoever else may bring
    one of them; until the transaction ends. On a cluster nothing else keeps a canvas from being
    stored twice: a URI can be unique within a node only."""
    turns = {
        int.from_bytes(hashlib.blake2b(uri.encode(), digest_size=4).digest()) % _TURNS
        for uri in uris
    }
    with connection.cursor() as cursor:
        # In one order everywhere: who shares some waits, and does not deadlock.
        cursor.execute(
            "SELECT pg_advisory_xact_lock(%s, turn) FROM unnest(%s::int[]) AS turn",
            [_BRINGING, sorted(turns)],
        )


def hold(ids: Collection[int], table: str = "catalog_canvas", column: str = "id") -> None:
    """Lock canvases, or their rows in another table, in the order of their ids as everywhere;
    until the transaction ends. Read them afterwards: they may have been waited for."""
    if not ids:
        return
    with connection.cursor() as cursor:
        if not distributed():
            cursor.execute(
                f"SELECT FROM {table} WHERE {column} = ANY(%s) ORDER BY {column} FOR UPDATE",
                [list(ids)],
            )
            return
    # A node locks rows of one shard at a time; all are sent at once.
    raw = connection.connection
    with connection.wrap_database_errors, raw.pipeline():
        for pk in sorted(set(ids)):
            raw.execute(f"SELECT FROM {table} WHERE {column} = %s FOR UPDATE", [pk])


@contextmanager
def alone(family: int, member: int = 0) -> Iterator[bool]:
    """Whether nobody else is at this; then nobody else will be until the end. Waits for nobody.

    Belongs to the connection, not to a transaction: it goes when either ends.
    """
    names = [family, member % 2**31]
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", names)
        mine = bool(cursor.fetchone()[0])
    try:
        yield mine
    finally:
        alive = connection.connection is not None and not connection.connection.closed
        if mine and alive:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", names)
