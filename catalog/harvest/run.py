"""Harvest runs: ``request`` makes one and queues it, ``perform`` does it, in a worker or at once.

A run never raises for what the outside world does: the reason stands on the run and its items. A
run whose process died is noticed (``close_abandoned``), for whoever performs one holds a lock that
dies with the connection.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from django.db import DatabaseError, connection, transaction
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from catalog.harvest.walk import Outcome, Walk
from catalog.models import LONGEST_URI, HarvestRun, Source

log = logging.getLogger(__name__)
State = HarvestRun.State

#: First half of the advisory locks that running runs hold; the second is the run's id.
_LOCKS = 0x49494946
#: A run younger than this may be about to get its job or its lock.
GRACE = timedelta(minutes=2)


class BadSource(ValueError):
    """The text is not a URL that can be harvested; the message says why."""


def request(url: str, *, user: Any = None, queue: bool = True) -> HarvestRun:
    """Note that ``url`` is to be harvested, and queue the job. Raises BadSource.

    Where a run of the same source waits in the queue already, that one is returned.
    """
    url = url.strip()
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError as error:
        raise BadSource(f"{url!r} is not a URL: {error}.") from error
    if parts.scheme not in ("http", "https") or not host or any(c.isspace() for c in url):
        raise BadSource(f"{url!r} is not a URL. Paste the address of a manifest or a collection.")
    if len(url.encode()) > LONGEST_URI or "\0" in url:
        raise BadSource(f"The URL is longer than {LONGEST_URI} bytes, or holds a zero byte.")
    from catalog.tasks import harvest  # the tasks module imports this one

    with transaction.atomic():
        source, _ = Source.objects.get_or_create(url=url, defaults={"added_by": user})
        waiting = source.runs.filter(state=State.QUEUED).first() if queue else None
        if waiting is not None and _has_job(waiting):
            return waiting
        run = HarvestRun.objects.create(source=source, requested_by=user)
        if queue:
            harvest.defer(run_id=run.pk)  # a row of the same transaction
    return run


def perform(run: HarvestRun) -> HarvestRun:
    """Do what ``run`` asks for, and return it with its counts.

    A run that a killed worker left behind begins anew; what it had stored is then unchanged.
    """
    run.items.all().delete()
    for name in ("found", "canvases", *Outcome.values):
        setattr(run, name, 0)
    run.state, run.started_at, run.message = State.RUNNING, timezone.now(), ""
    run.save()
    walk = Walk(run)
    try:
        with _alive(run):
            walk.go()
    except BaseException as error:
        run.state = State.FAILED
        run.message = f"It broke off: {type(error).__name__}: {error}".rstrip(": ")
        raise
    else:
        nothing = run.found and run.failed == run.found
        run.state = State.FAILED if nothing else State.DONE
        run.message = " ".join([*run.message.splitlines(), *walk.limits])
    finally:
        run.finished_at = timezone.now()
        try:
            run.save()
        except DatabaseError:  # gone: the run is closed as abandoned, once it is back
            log.exception("The end of run %s could not be noted", run.pk)
    return run


@contextmanager
def _alive(run: HarvestRun) -> Iterator[None]:
    """Hold the lock that tells that somebody is at work on ``run``."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s, %s)", [_LOCKS, run.pk % 2**31])
    try:
        yield
    finally:
        if connection.connection is not None and not connection.connection.closed:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [_LOCKS, run.pk % 2**31])


def _has_job(run: HarvestRun) -> bool:
    return ProcrastinateJob.objects.filter(
        task_name="catalog.tasks.harvest", status__in=("todo", "doing"), args__run_id=run.pk
    ).exists()


def close_abandoned() -> int:
    """Mark as failed the runs that nobody performs and no job will; how many there were."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT objid FROM pg_locks WHERE locktype = 'advisory' AND classid = %s", [_LOCKS]
        )
        alive = {row[0] for row in cursor.fetchall()}
    closed = 0
    open_runs = HarvestRun.objects.filter(state__in=(State.QUEUED, State.RUNNING))
    for run in open_runs.filter(created_at__lt=timezone.now() - GRACE):
        if run.pk % 2**31 not in alive and not _has_job(run):
            run.state, run.finished_at = State.FAILED, timezone.now()
            run.message = "The process that performed it ended. Harvest again: nothing is lost."
            run.save(update_fields=["state", "finished_at", "message"])
            closed += 1
    return closed
