"""How the library is, read from the database when somebody asks: from its own estimates and the
queue's rows. No table that grows with the library is counted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from django.db import Error, connection, transaction
from prometheus_client import Metric
from prometheus_client.core import GaugeMetricFamily as Gauge
from prometheus_client.registry import Collector

from catalog.conf import options
from catalog.models import Canvas, Comment, Manifest
from iiifsearch.doctor.disk import usage_of
from iiifsearch.health import missing
from iiifsearch.index import ann
from iiifsearch.jobs import SILENT_SECONDS, WORKERS_ALIVE
from iiifsearch.models import CanvasVector, CommentVector, LocalFeatures, RegionVector

#: Tables whose rows are told, as the planner believes.
TABLES = (Manifest, Canvas, Comment, LocalFeatures)
VECTORS = (CanvasVector, RegionVector, CommentVector)
#: What takes the database longer than that is left out; the scrape goes on.
TIMEOUT = "5s"

_ROWS = """
SELECT relname, reltuples FROM pg_class
WHERE relname = ANY(%s) AND pg_table_is_visible(oid) AND reltuples >= 0
"""
#: How the rows of a table are shared out between encoders, as ANALYZE saw it.
_SHARES = """
SELECT told.encoder, told.share * c.reltuples
FROM pg_class c
JOIN pg_stats s ON s.tablename = c.relname AND s.schemaname = c.relnamespace::regnamespace::text
CROSS JOIN LATERAL unnest(s.most_common_vals::text::text[], s.most_common_freqs)
    AS told(encoder, share)
WHERE c.relname = ANY(%s) AND s.attname = 'encoder' AND pg_table_is_visible(c.oid)
    AND c.reltuples >= 0
"""
_SIZES = """
SELECT relname, pg_relation_size(oid) FROM pg_class
WHERE relname = ANY(%s) AND pg_table_is_visible(oid)
"""
_JOBS = "SELECT queue_name, status::text, count(*) FROM procrastinate_jobs GROUP BY 1, 2"
#: The first job of each queue that is due and waits; since when: it was queued, or became due.
_OLDEST = """
SELECT j.queue_name, max(extract(epoch FROM now() - greatest(j.scheduled_at, told.at)))
FROM (
    SELECT min(id) AS id FROM procrastinate_jobs
    WHERE status = 'todo' AND (scheduled_at IS NULL OR scheduled_at <= now())
    GROUP BY queue_name
) first
JOIN procrastinate_jobs j ON j.id = first.id
JOIN LATERAL (
    SELECT max(e.at) AS at FROM procrastinate_events e
    WHERE e.job_id = j.id AND e.type IN ('deferred', 'deferred_for_retry')
) told ON true
GROUP BY j.queue_name
"""
_DATABASE = "SELECT pg_database_size(current_database())"

#: name, what it is, labels, statement and what it is given.
_Asked = tuple[str, str, list[str], str, list[Any]]


class LibraryCollector(Collector):
    """Where the database does not answer, its metrics are left out, and one says so."""

    def collect(self) -> Iterator[Metric]:
        yield _one(
            "iiifsearch_ready",
            "1 where /health/ready answers 200: migrated, and encoders exported.",
            not missing(),
        )
        yield from _disk()
        try:
            families = [_family(*asked) for asked in _asked()]
        except Error:
            yield _one("iiifsearch_database_up", "1 where the database told all of this.", False)
            return
        yield _one("iiifsearch_database_up", "1 where the database told all of this.", True)
        yield from families


def _asked() -> Iterable[_Asked]:
    return (
        (
            "iiifsearch_rows_estimated",
            "Rows of a table, as Postgres estimates them; of one it never analysed, nothing.",
            ["table"],
            _ROWS,
            [[model._meta.db_table for model in TABLES]],
        ),
        (
            "iiifsearch_vectors_estimated",
            "Vectors of an encoder, as Postgres estimates them.",
            ["encoder"],
            _SHARES,
            [[model._meta.db_table for model in VECTORS]],
        ),
        (
            "iiifsearch_index_bytes",
            "Size of an HNSW index.",
            ["index"],
            _SIZES,
            [[index.name for index in ann.live_indexes()]],
        ),
        ("iiifsearch_database_bytes", "Size of the database.", [], _DATABASE, []),
        (
            "iiifsearch_jobs",
            "Background jobs, by queue and status: todo, doing, failed ...",
            ["queue", "status"],
            _JOBS,
            [],
        ),
        (
            "iiifsearch_oldest_job_age_seconds",
            "Seconds that the first job of a queue has been due and waits; nothing if none does.",
            ["queue"],
            _OLDEST,
            [],
        ),
        (
            "iiifsearch_workers",
            "Workers that are alive. A process counts once for each of its queues.",
            [],
            WORKERS_ALIVE,
            [SILENT_SECONDS],
        ),
    )


def _family(name: str, told: str, labels: list[str], statement: str, given: list[Any]) -> Gauge:
    family = Gauge(name, told, labels=labels)
    for *values, number in _rows(statement, given):
        family.add_metric(values, float(number))
    return family


def _rows(statement: str, given: list[Any]) -> Sequence[Any]:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL statement_timeout = '{TIMEOUT}'")
        cursor.execute(statement, given)
        return cursor.fetchall()


def _disk() -> Iterator[Metric]:
    """Of the disk that pictures are kept on."""
    if (found := usage_of(options.storage)) is None:
        return
    size, free = found
    yield _one("iiifsearch_pictures_free_bytes", "Free room where pictures are kept.", free)
    yield _one("iiifsearch_pictures_disk_bytes", "Size of that disk.", size)


def _one(name: str, told: str, value: float) -> Gauge:
    return Gauge(name, told, value=float(value))
