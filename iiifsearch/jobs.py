"""Workers, and what is told of every job while one of them does it."""

from __future__ import annotations

import time
from typing import Any

from procrastinate.job_context import JobContext

from iiifsearch.logs import about
from iiifsearch.metrics import measures

#: A worker says every ten seconds that it is alive; one that has been silent for so long is not.
SILENT_SECONDS = 30
#: How many there are, of `SILENT_SECONDS`; a process counts once for each of its queues.
WORKERS_ALIVE = """
SELECT count(*) FROM procrastinate_workers
WHERE last_heartbeat > now() - make_interval(secs => %s)
"""


async def watched(call_next: Any, context: JobContext, worker: Any) -> Any:
    """A middleware of procrastinate's worker: the lines that a job writes name it, and the run that
    it works on; its seconds are measured."""
    job = context.job
    named: dict[str, Any] = {"job_id": job.id, "task": job.task_name}
    if "run_id" in job.task_kwargs:
        named["run_id"] = job.task_kwargs["run_id"]
    start, outcome = time.perf_counter(), "failed"
    with about(**named):
        try:
            result = await call_next()
            outcome = "done"
            return result
        finally:
            if measures.on():
                seconds = time.perf_counter() - start
                measures.JOB_SECONDS.labels(job.task_name, outcome).observe(seconds)
