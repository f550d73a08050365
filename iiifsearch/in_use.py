"""Types of object and years of what is published: read off the whole library, and remembered."""

from __future__ import annotations

from typing import Any

from django.core.cache import cache
from django.db import connection

#: Types of object that are told.
MOST_TYPES = 50
#: Seconds for which they are remembered.
REMEMBERED = 3600
_KEY = "iiifsearch-in-use"


def read() -> dict[str, Any]:
    """``types``: the most frequent first. ``years``: the first and the last; None where none is
    known."""
    found: dict[str, Any] = cache.get_or_set(_KEY, _read, REMEMBERED) or {}
    return found


def forget() -> None:
    """What was withdrawn is not told of any more; by other processes only where they share the
    cache, else they forget it by and by."""
    cache.delete(_KEY)


def _read() -> dict[str, Any]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT object_type FROM catalog_canvas WHERE state = 'published' "
            "AND object_type <> '' GROUP BY object_type "
            "ORDER BY count(*) DESC, object_type LIMIT %s",
            [MOST_TYPES],
        )
        types = [row[0] for row in cursor.fetchall()]
        cursor.execute("SELECT min(year), max(year) FROM catalog_canvas WHERE state = 'published'")
        first, last = cursor.fetchone()
    return {"types": types, "years": None if first is None else [first, last]}
