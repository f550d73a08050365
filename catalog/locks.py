"""Turns that are taken across processes, by Postgres's advisory locks.

Numbers name what is locked; any will do that nobody else uses in this database.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection


def take_turn(uri: str) -> None:
    """Whoever writes a manifest, known by its normal form, waits here for whoever else does; until
    the transaction ends."""
    number = int.from_bytes(hashlib.blake2b(uri.encode(), digest_size=8).digest(), signed=True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [number])


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
