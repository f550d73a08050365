"""What is told of every job while a worker does it."""

from __future__ import annotations

import time
from typing import Any

from procrastinate.job_context import JobContext

from iiifsearch.logs import about
from iiifsearch.metrics import measures


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
