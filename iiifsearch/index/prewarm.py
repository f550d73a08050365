"""After a restart of the database server: its indexes are brought into memory before somebody
waits for them, where it has the extension pg_prewarm."""

from __future__ import annotations

import logging

from django.db import connection

from iiifsearch import answering
from iiifsearch.index import ann, manage
from ml.specs import EncoderSpec

log = logging.getLogger(__name__)

#: A server that has run for longer has what it needs in memory.
_LATELY = "10 minutes"
#: When the server began whose memory this process filled.
_filled: object = None


def due() -> bool:
    """Whether the server began lately, and can load indexes. One small question."""
    return _began() not in (None, _filled)


def load() -> list[str]:
    """Load the HNSW indexes that searches go by, once after each start of the server; their names.
    Where they are larger than its own memory, into that of the operating system.

    Does nothing without pg_prewarm: the first searches read what they need from the disk.
    """
    global _filled
    began = _began()
    if began in (None, _filled):
        return []
    sizes = manage.index_sizes()
    wanted = [ann.ann_index(spec).name for one in answering.live() for spec in _searched(one)]
    names = [name for name in dict.fromkeys(wanted) if name in sizes]
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_size_bytes(current_setting('shared_buffers'))")
        fits = sum(sizes[name] for name in names) <= cursor.fetchone()[0]
        for name in names:
            cursor.execute(
                "SELECT pg_prewarm(%s::regclass, %s)", [name, "buffer" if fits else "read"]
            )
    _filled = began
    log.info("Loaded after a restart of the database: %s", ", ".join(names) or "nothing")
    return names


def _searched(one: answering.Live) -> list[EncoderSpec]:
    return [spec for spec in (one.answers, one.reader) if spec]


def _began() -> object:
    """When the server began; None where that is long ago, or where it has no pg_prewarm."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_postmaster_start_time() WHERE to_regproc('pg_prewarm') IS NOT NULL "
            f"AND pg_postmaster_start_time() > now() - interval '{_LATELY}'"
        )
        row = cursor.fetchone()
    return row[0] if row else None
