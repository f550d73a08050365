"""Turns that are taken across processes; each ends with the transaction that took it."""

from __future__ import annotations

import hashlib

from django.db import connection


def take_turn(uri: str) -> None:
    """Whoever writes a manifest, known by its normal form, waits here for whoever else does."""
    number = int.from_bytes(hashlib.blake2b(uri.encode(), digest_size=8).digest(), signed=True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [number])
