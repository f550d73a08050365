"""The memory of an HNSW build: what a graph takes, and giving a build that much.

A graph that no longer fits into ``maintenance_work_mem`` is finished on disk, many times slower;
pgvector then says so in a NOTICE ("hnsw graph no longer fits into maintenance_work_mem after N
tuples"). A row takes, on a 64-bit server, as `hnsw.h` of pgvector 0.8 lays it out: the element with
its lock and row ids (about 150 bytes), the vector (8 + 2 * dims: half precision), 2 * m neighbours
of 16 bytes on the lowest layer and m on each of the 1 / (m - 1) layers above it that a row lies on
in the mean, and the headers of these allocations.

Measured with Postgres 18.4, pgvector 0.8.5, m = 16, by the N of that NOTICE at 2, 4 and 8 MB, with
and without parallel workers: 971 bytes a row of 128 dims (N = 2158, 4324, 8633), 1482 of 384 dims
(1414, 2830, 5658), within 0.2 % in all twelve builds. So a row takes 185 + 2 * dims + 16 * 2 * m
+ (16 * m + 24) / (m - 1) bytes: a million of 384 dims 1.5 GB.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import OperationalError, connection
from psycopg.errors import Diagnostic, DiskFull
from psycopg.pq import TransactionStatus

from iiifsearch.conf import options
from iiifsearch.index import estimates

if TYPE_CHECKING:
    from iiifsearch.index.ann import AnnIndex

log = logging.getLogger(__name__)

MB = 2**20
#: Bytes of a row's element and of the headers of its allocations; of one neighbour.
_ELEMENT, _NEIGHBOUR = 185, 16
#: Rows are estimated, and memory is taken in blocks: so much more, and so many bytes.
_MARGIN, _LEAST = 1.1, 4 * MB
#: What Postgres calls a piece of shared memory, in messages of any language.
_SEGMENT = '"/PostgreSQL.'


@dataclass(frozen=True)
class Memory:
    """Of one build, bytes. ``need``: what its graph takes. ``given``: what the build may take."""

    need: int
    given: int

    @property
    def fits(self) -> bool:
        return self.need <= self.given


def need(rows: int, dim: int, m: int) -> int:
    """Bytes that the graph of ``rows`` vectors of ``dim`` half-precision numbers takes, rounded up
    by a tenth: for a setting, not for a bill."""
    upper = (_NEIGHBOUR * m + 24) / (m - 1)
    a_row = _ELEMENT + 2 * dim + _NEIGHBOUR * 2 * m + upper
    return _LEAST + int(_MARGIN * rows * a_row)


def memory_of(index: AnnIndex, *, times: int = 1) -> Memory:
    """Of a build of ``index`` now, or when it has so many ``times`` the rows."""
    rows = estimates.rows(index.table, index.filter_sql)
    wanted = need(times * rows, index.spec.dim, index.m)
    servers = _setting()
    return Memory(wanted, max(servers, min(wanted, options.build_memory_mb * MB)))


@contextmanager
def enough_for(index: AnnIndex) -> Iterator[None]:
    """What this session builds meanwhile has the memory that the graph takes, or what the options
    allow; then the setting is what it was. Too little is logged: before, and when it runs out."""
    memory = memory_of(index)
    if not memory.fits:
        log.warning("%s is built slowly. %s", index.name, advice(memory))

    def heard(notice: Diagnostic) -> None:
        found = re.search(r"no longer fits .* after (\d+) tuples", notice.message_primary or "")
        if found:
            log.warning(
                "The graph of %s has no more room in memory after %s rows: the rest takes many "
                "times longer. %s",
                index.name,
                found[1],
                advice(memory),
            )

    connection.ensure_connection()
    heard_by = connection.connection
    heard_by.add_notice_handler(heard)
    try:
        with _set("maintenance_work_mem", f"{memory.given // 1024}kB"):
            yield
    finally:
        heard_by.remove_notice_handler(heard)


def advice(memory: Memory) -> str:
    """What to do where a build has too little."""
    megabytes = -(-memory.need // MB)
    return (
        f"Its graph takes about {megabytes:,} MB, a build may take {memory.given // MB:,}. If the "
        f"database server has that much to spare, set IIIFSEARCH['build_memory_mb'] to {megabytes}."
    )


def no_shared_memory(error: OperationalError) -> bool:
    """Whether /dev/shm of the database server was too small for processes that build together."""
    return isinstance(error.__cause__, DiskFull) and _SEGMENT in str(error)


def tell_no_shared_memory(index: AnnIndex, error: OperationalError) -> None:
    log.warning(
        "%s is built by one process, which takes longer: the shared memory of the database server "
        "(/dev/shm) is too small for several. Give it IIIFSEARCH['build_memory_mb'] = %s MB and "
        "some more (in a container: shm_size). Postgres said: %s",
        index.name,
        options.build_memory_mb,
        str(error).strip(),
    )


@contextmanager
def one_process() -> Iterator[None]:
    """What this session builds meanwhile, one process builds, in memory of its own."""
    with _set("max_parallel_maintenance_workers", "0"):
        yield


def _setting() -> int:
    """``maintenance_work_mem`` of this session, in bytes."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_size_bytes(current_setting('maintenance_work_mem'))")
        return int(cursor.fetchone()[0])


@contextmanager
def _set(name: str, value: str) -> Iterator[None]:
    """A setting of this session, and afterwards what it was."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting(%s)", [name])
        (before,) = cursor.fetchone()
        cursor.execute("SELECT set_config(%s, %s, false)", [name, value])
    try:
        yield
    finally:
        # A session that is gone has no settings; a transaction that failed takes its own back.
        gone = connection.connection is None or connection.connection.closed
        if not gone and connection.connection.info.transaction_status != TransactionStatus.INERROR:
            with connection.cursor() as cursor:
                cursor.execute("SELECT set_config(%s, %s, false)", [name, before])
