"""Background jobs: ids in, service called."""

from __future__ import annotations

import logging

from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued, UniqueViolation
from procrastinate.jobs import Status

from catalog.harvest import run as harvesting
from catalog.models import HarvestRun

log = logging.getLogger(__name__)


@app.task(queue="harvest", pass_context=False)
def harvest(run_id: int) -> None:
    """Perform one harvest run. A run that has ended is left alone, so a job may come twice."""
    run = HarvestRun.objects.select_related("source").get(pk=run_id)
    if run.state in (HarvestRun.State.QUEUED, HarvestRun.State.RUNNING):
        harvesting.perform(run)


@app.periodic(cron="* * * * *")
@app.task(queue="harvest", queueing_lock="retry-stalled", pass_context=False)
async def retry_stalled(timestamp: int) -> None:
    """Give the jobs of a worker that was killed to one that lives."""
    for job in await app.job_manager.get_stalled_jobs():
        log.warning("Job %s (%s) lost its worker and is tried again", job.id, job.task_name)
        try:
            await app.job_manager.retry_job(job)
        except (AlreadyEnqueued, UniqueViolation):
            # Another one like it waits already, for the lock that the lost one still holds.
            await app.job_manager.finish_job(job, status=Status.FAILED, delete_job=True)


@app.periodic(cron="* * * * *")
@app.task(queue="harvest", queueing_lock="close-abandoned", pass_context=False)
def close_abandoned(timestamp: int) -> None:
    """Runs whose process died outside a worker do not look busy for ever."""
    harvesting.close_abandoned()
