"""Background jobs: ids in, service called. Each takes its turn and makes room for others: what is
left when its time is over is a job of its own.

A job may be lost or come twice: `keep_going` looks every minute for work that nobody does.
"""

from __future__ import annotations

import contextlib
import logging
from functools import partial
from typing import Any

from django.db import InterfaceError, OperationalError, close_old_connections, transaction
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued, UniqueViolation
from procrastinate.jobs import Status

from catalog.harvest import pictures, wanted
from catalog.harvest import run as harvesting
from catalog.models import HarvestRun

log = logging.getLogger(__name__)

#: Seconds that one job works before others have their turn.
TURN_SECONDS = 60.0
#: The database is gone: it will come back.
WITHOUT_DATABASE = RetryStrategy(
    max_attempts=8, wait=2, exponential_wait=2, retry_exceptions={OperationalError, InterfaceError}
)


@app.task(queue="harvest", retry=WITHOUT_DATABASE)
def harvest(run_id: int) -> None:
    """Work on a harvest run. One that has ended is left alone, so a job may come twice."""
    close_old_connections()
    run = HarvestRun.objects.select_related("source").filter(pk=run_id).first()
    if run is None or run.state not in (HarvestRun.State.QUEUED, HarvestRun.State.RUNNING):
        return
    harvesting.work(run, seconds=TURN_SECONDS, on_hosts=enqueue_fetches)
    if run_id in harvesting.to_continue():
        enqueue_harvest(run_id)


@app.task(queue="fetch", retry=WITHOUT_DATABASE)
def fetch(host: str) -> None:
    """Fetch pictures of one host."""
    close_old_connections()
    counts = pictures.fetch_of(host, seconds=TURN_SECONDS)
    if not counts.held_up and pictures.to_fetch().filter(host=host).exists():
        enqueue_fetches({host})


def enqueue_harvest(run_id: int) -> None:
    """Have a worker work on a run, once the current transaction has committed."""
    name = f"harvest-{run_id}"
    job = harvest.configure(lock=name, queueing_lock=name)
    transaction.on_commit(partial(_defer, job, run_id=run_id))


def enqueue_fetches(hosts: set[str]) -> None:
    """Have workers fetch the pictures of ``hosts``; each host is one job at a time."""
    for host in hosts:
        name = f"fetch-{host}"
        job = fetch.configure(lock=name, queueing_lock=name)
        transaction.on_commit(partial(_defer, job, host=host))


def _defer(job: Any, **values: object) -> None:
    with contextlib.suppress(AlreadyEnqueued):  # the job that waits will find this work too
        job.defer(**values)


@app.periodic(cron="* * * * *")
@app.task(queue="harvest", queueing_lock="keep-going", pass_context=False)
def keep_going(timestamp: int) -> None:
    """What a killed worker, a lost job, a rest or a schedule left to be done."""
    close_old_connections()
    for source in harvesting.due_sources():
        log.info("Harvesting %s, as scheduled", source.url)
        harvesting.request(source.url)
    harvesting.give_up()
    for run_id in harvesting.to_continue():
        enqueue_harvest(run_id)
    wanted.retry_due()
    enqueue_fetches(set(pictures.due_hosts()))


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
