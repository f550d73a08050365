"""Background jobs: ids in, service called. Each takes its turn and makes room for others: what is
left when its time is over is a job of its own.

A job may be lost or come twice: `keep_going` looks every minute for work that nobody does. So no
job is ever tried again by the queue itself: it would meet the one that waits already.
"""

from __future__ import annotations

import contextlib
import functools
import logging
from collections.abc import Callable
from functools import partial
from typing import Any

from django.db import InterfaceError, OperationalError, close_old_connections, transaction
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued, UniqueViolation
from procrastinate.jobs import Job, Status

from catalog.harvest import pictures, wanted
from catalog.harvest import run as harvesting
from catalog.models import HarvestRun

log = logging.getLogger(__name__)

#: Seconds that one job works before others have their turn.
TURN_SECONDS = 60.0
#: A job that works in turns and is said to be at work for so long was lost.
LOST_SECONDS = 1800
#: The queue of the jobs that look after all others. Every worker takes part in it.
UPKEEP = "upkeep"
#: Days that the rows of jobs which failed are kept for whoever wants to know why.
KEPT_HOURS = 72


def outliving(task: Callable[..., None]) -> Callable[..., None]:
    """Of a job: begin with a connection that works, and end quietly where the database goes away:
    it comes back, and whoever looks after the jobs then finds the work again."""

    @functools.wraps(task)
    def body(*args: Any, **values: Any) -> None:
        close_old_connections()
        try:
            task(*args, **values)
        except (OperationalError, InterfaceError) as error:
            log.warning("%s broke off, and is taken up again: %s", task.__name__, error)
            close_old_connections()

    return body


@app.task(queue="harvest")
@outliving
def harvest(run_id: int) -> None:
    """Work on a harvest run. One that has ended is left alone, so a job may come twice."""
    run = HarvestRun.objects.select_related("source").filter(pk=run_id).first()
    if run is None or run.state not in (HarvestRun.State.QUEUED, HarvestRun.State.RUNNING):
        return
    harvesting.work(run, seconds=TURN_SECONDS, on_hosts=enqueue_fetches)
    if run_id in harvesting.to_continue():
        enqueue_harvest(run_id)


@app.task(queue="fetch")
@outliving
def fetch(host: str) -> None:
    """Fetch pictures of one host."""
    counts = pictures.fetch_of(host, seconds=TURN_SECONDS)
    if counts.total and not counts.held_up and pictures.to_fetch().filter(host=host).exists():
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
@app.task(queue=UPKEEP, queueing_lock="keep-going", pass_context=False)
@outliving
def keep_going(timestamp: int) -> None:
    """What a killed worker, a lost job, a rest or a schedule left to be done."""
    for step in (_schedules, harvesting.give_up, _harvests, wanted.retry_due, _fetches):
        try:
            step()
        except (OperationalError, InterfaceError):
            raise
        except Exception:  # one that fails does not keep the others from their turn
            log.exception("Upkeep: %s", step.__name__)


def _schedules() -> None:
    for source in harvesting.due_sources():
        log.info("Harvesting %s, as scheduled", source.url)
        harvesting.request(source.url)


def _harvests() -> None:
    for run_id in harvesting.to_continue():
        enqueue_harvest(run_id)


def _fetches() -> None:
    enqueue_fetches(set(pictures.due_hosts()))


@app.periodic(cron="* * * * *")
@app.task(queue=UPKEEP, queueing_lock="retry-stalled", pass_context=False)
async def retry_stalled(timestamp: int) -> None:
    """Give the jobs of a worker that was killed to one that lives; and those that are said to be
    at work although their worker has lost them, when the database was away."""
    manager = app.job_manager
    lost = [*await manager.get_stalled_jobs()]
    for task in (harvest, fetch):
        lost += await manager.get_stalled_jobs(nb_seconds=LOST_SECONDS, task_name=task.name)
    for job in {job.id: job for job in lost}.values():
        await _give_back(job)


async def _give_back(job: Job) -> None:
    log.warning("Job %s (%s) lost its worker and is tried again", job.id, job.task_name)
    try:
        await app.job_manager.retry_job(job)
    except (AlreadyEnqueued, UniqueViolation):
        # Another one like it waits already, for the lock that the lost one still holds.
        await app.job_manager.finish_job(job, status=Status.FAILED, delete_job=True)


@app.periodic(cron="17 4 * * *")
@app.task(queue=UPKEEP, queueing_lock="forget-failed", pass_context=False)
async def forget_failed(timestamp: int) -> None:
    """Rows of jobs that failed do not pile up for ever."""
    await app.job_manager.delete_old_jobs(
        nb_hours=KEPT_HOURS, include_failed=True, include_cancelled=True, include_aborted=True
    )
