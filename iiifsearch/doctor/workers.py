"""The workers: alive, and keeping up."""

from __future__ import annotations

from collections.abc import Iterator

from iiifsearch.doctor.asking import one, rows
from iiifsearch.doctor.findings import Finding, note, ok, warning
from iiifsearch.jobs import SILENT_SECONDS, WORKERS_ALIVE

#: A job that is due waits so many seconds at most, where its queue is idle.
_WAIT_SECONDS = 15 * 60
#: Jobs that are looked at: the next ones.
_MOST = 200


def workers() -> Iterator[Finding]:
    """A worker process is heard of once for each of its queues."""
    alive = one(WORKERS_ALIVE, [SILENT_SECONDS])
    if alive:
        yield ok("workers", f"Workers do jobs of {alive} queues.")
    else:
        yield warning(
            "workers",
            "No worker is alive: nothing is harvested, fetched or indexed.",
            "Start one, and let the service manager keep it: manage.py worker",
        )


def jobs() -> Iterator[Finding]:
    """The oldest job of each queue that is due and was not begun."""
    due = rows(
        "SELECT j.queue_name, extract(epoch FROM now() - coalesce(j.scheduled_at, "
        "(SELECT min(e.at) FROM procrastinate_events e WHERE e.job_id = j.id), now()))::float "
        "FROM (SELECT id, queue_name, scheduled_at FROM procrastinate_jobs "
        "      WHERE status = 'todo' AND (scheduled_at IS NULL OR scheduled_at <= now()) "
        "      ORDER BY priority DESC, id LIMIT %s) j",
        [_MOST],
    )
    busy = {
        queue
        for (queue,) in rows(
            "SELECT DISTINCT queue_name FROM procrastinate_jobs "
            "WHERE status = 'doing' AND worker_id IS NOT NULL"
        )
    }
    oldest: dict[str, float] = {}
    for queue, seconds in due:
        oldest[queue] = max(seconds, oldest.get(queue, 0.0))
    late = {queue: seconds for queue, seconds in oldest.items() if seconds > _WAIT_SECONDS}
    for queue, seconds in sorted(late.items()):
        told = f"A job of the queue {queue} waits since {seconds / 60:,.0f} minutes"
        if queue in busy:
            yield note(
                queue,
                f"{told}; another one is being done.",
                f"If that lasts, start one more worker for it: manage.py worker --queues {queue}",
            )
        else:
            yield warning(
                queue,
                f"{told}, and none is being done.",
                f"Start a worker for it: manage.py worker --queues {queue}",
            )
    if not late:
        yield ok("jobs", f"{len(due)} jobs are due, none of them for long.")
