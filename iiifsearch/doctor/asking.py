"""Asking the database. No question scans a table that grows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.db import connection

from iiifsearch.embedded_postgres import EmbeddedPostgres


def rows(sql: str, params: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, list(params) or None)
        return cursor.fetchall()


def one(sql: str, params: Sequence[Any] = ()) -> Any:
    """The first column of the first row; None where there is no row."""
    found = rows(sql, params)
    return found[0][0] if found else None


def embedded() -> EmbeddedPostgres | None:
    """The embedded Postgres, where it is the database."""
    return getattr(settings, "EMBEDDED_POSTGRES", None)


def beside_us() -> bool:
    """Whether the server seems to run on this machine: it is reached by a socket, or by
    localhost."""
    host = str(connection.settings_dict.get("HOST") or "")
    return not host or host.startswith("/") or host in ("localhost", "127.0.0.1", "::1")


def size(count: float) -> str:
    """Bytes in words: "1.5 GB" (2**30 bytes)."""
    for unit in ("bytes", "kB", "MB", "GB"):
        if count < 1024 or unit == "GB":
            break
        count /= 1024
    return f"{count:,.0f} {unit}" if unit in ("bytes", "kB") else f"{count:,.1f} {unit}"
