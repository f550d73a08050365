"""A statement with settings of its own, there and back once."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from typing import Any

from django.db import connection


def fetch(settings: Sequence[str], sql: str, params: Sequence[Any]) -> list[tuple[Any, ...]]:
    """The rows of ``sql``, for which ``settings`` ("SET LOCAL …") hold.

    They, BEGIN and COMMIT are sent at once, each as a message of its own: so a cluster hands
    every one of them on to its nodes, which of several in one message it would not.
    """
    connection.ensure_connection()
    raw = connection.connection
    own = nullcontext() if connection.in_atomic_block else raw.transaction()
    with connection.wrap_database_errors, raw.pipeline(), own:
        for setting in settings:
            raw.execute(setting, prepare=False)
        with connection.cursor() as cursor:
            cursor.execute(sql, params)
            return cursor.fetchall()  # type: ignore[no-any-return]
