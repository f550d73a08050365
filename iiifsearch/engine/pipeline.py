"""A statement with settings of its own, there and back once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import connection

from catalog.cluster import distributed

Rows = list[tuple[Any, ...]]


def fetch(settings: Sequence[str], sql: str, params: Sequence[Any]) -> Rows:
    """The rows of ``sql``, for which alone ``settings`` ("SET LOCAL …") hold."""
    way = piped if distributed() else in_one_message
    return way(settings, sql, params)


def in_one_message(settings: Sequence[str], sql: str, params: Sequence[Any]) -> Rows:
    """All of it is one message, hence one transaction: a fifth faster than a pipeline where a
    search takes half a millisecond."""
    with connection.cursor() as cursor:
        cursor.execute("; ".join((*settings, sql)), params)
        for _ in settings:
            cursor.nextset()
        return cursor.fetchall()


def piped(settings: Sequence[str], sql: str, params: Sequence[Any]) -> Rows:
    """They, BEGIN and COMMIT are sent at once, each as a message of its own: so a cluster hands
    every one of them on to its nodes, which of several in one message it would not."""
    connection.ensure_connection()
    raw = connection.connection
    own = not connection.in_atomic_block
    before, after = (["BEGIN"], ["COMMIT"]) if own else ([], [])
    with connection.wrap_database_errors, connection.cursor() as cursor:
        try:
            with raw.pipeline():
                for statement in (*before, *settings):
                    raw.execute(statement)
                cursor.execute(sql, params)
                for statement in after:
                    raw.execute(statement)
        except Exception:
            if own:
                raw.rollback()  # COMMIT was passed over
            raise
        return cursor.fetchall()
