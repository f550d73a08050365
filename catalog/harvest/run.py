"""Harvest runs: asked for, begun, worked on, paused, ended.

All work of a run stands in the database (`catalog.harvest.frontier`): whoever works on it takes
what is due, and may be killed at any moment. Nothing here raises for what the outside world does:
the reason stands on the run and its items.
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from django.db import connection, transaction
from django.db.models import Exists, F, Min, OuterRef, Q
from django.utils import timezone

from catalog.conf import options
from catalog.harvest import frontier, members, wanted
from catalog.harvest.frontier import Entry
from catalog.harvest.visit import Visitor
from catalog.locks import alone
from catalog.models import LONGEST_URI, HarvestItem, HarvestRun, Host, Picture, Source
from catalog.signals import changes_made

log = logging.getLogger(__name__)
State = HarvestRun.State
Outcome = HarvestItem.Outcome

#: States in which a run has not ended.
OPEN = (State.QUEUED, State.RUNNING, State.PAUSED)
#: First half of the advisory locks that whoever works on a run holds; the second is its id.
_LOCKS = 0x49494946
#: Seconds between two signals that changes were made: each wakes the index.
SIGNAL_SECONDS = 2.0
#: Seconds between two looks at whether the run was paused.
LOOK_SECONDS = 0.5
#: A host that failed so many times in a row, an hour's rest between each, is given up.
GIVE_UP_AFTER = 30

EVERY = {
    Source.Every.HOUR: timedelta(hours=1),
    Source.Every.DAY: timedelta(days=1),
    Source.Every.WEEK: timedelta(weeks=1),
    Source.Every.MONTH: timedelta(days=30),
}


class BadSource(ValueError):
    """The text is not a URL that can be harvested; the message says why."""


class WrongState(ValueError):
    """The run is in a state in which this cannot be done; the message says which."""


# -- asking for a harvest ------------------------------------------------------------------------


def request(url: str, *, user: Any = None, queue: bool = True, full: bool = False) -> HarvestRun:
    """Note that ``url`` is to be harvested, and queue the job. Raises BadSource.

    Where a run of the same source has not ended, that one is returned. ``full``: everything is
    read anew, also what the server calls unchanged. ``queue`` False: the caller performs it.
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
    with transaction.atomic():
        source, _ = Source.objects.get_or_create(url=url, defaults={"added_by": user})
        Source.objects.select_for_update().get(pk=source.pk)  # two clicks take turns
        waiting = source.runs.filter(state__in=OPEN).first() if queue else None
        if waiting is not None:
            return waiting
        if source.every:
            source.next_at = timezone.now() + EVERY[Source.Every(source.every)]
            source.save(update_fields=["next_at"])
        run = HarvestRun.objects.create(source=source, requested_by=user, full=full)
        if queue:
            wake(run)
    return run


def wake(run: HarvestRun) -> None:
    """Have a worker work on ``run``, once the current transaction has committed."""
    from catalog.tasks import enqueue_fetches, enqueue_harvest  # the tasks module imports this one

    enqueue_harvest(run.pk)
    waiting = run.pictures.filter(outcome=Picture.Outcome.WAITING, may_keep=True)
    enqueue_fetches(set(waiting.order_by("host").values_list("host", flat=True).distinct()))


# -- working on it -------------------------------------------------------------------------------


def perform(run: HarvestRun) -> HarvestRun:
    """Do the whole run at once, and return it with its counts. What fails for now has failed."""
    with alone(_LOCKS, run.pk) as mine:
        if mine:
            work(run, patient=False)
    run.refresh_from_db()
    return run


def work(
    run: HarvestRun,
    *,
    patient: bool = True,
    seconds: float = math.inf,
    on_hosts: Callable[[set[str]], None] = lambda hosts: None,
) -> None:
    """Deal with what is due, for about ``seconds``, and end the run when nothing is left.

    ``on_hosts`` is told of hosts whose pictures are to be fetched.
    """
    _begin(run)
    until = time.monotonic() + seconds
    visitor = Visitor(run, patient=patient)
    news = _News()
    look = 0.0
    try:
        while time.monotonic() < until:
            if time.monotonic() > look:  # has somebody paused it?
                if _state(run) != State.RUNNING:
                    break
                look = time.monotonic() + LOOK_SECONDS
            tally = visitor.visit_some()
            if tally is None:
                break
            on_hosts(tally.hosts)
            news.add(tally.changed)
        visitor.settle()
    finally:
        visitor.close()
        news.tell()
    _end(run)


class _News:
    """Tells that changes were made, now and then and at the end: not after each of them."""

    def __init__(self) -> None:
        self._any = False
        self._told = time.monotonic()

    def add(self, changed: bool) -> None:
        self._any |= changed
        if time.monotonic() - self._told > SIGNAL_SECONDS:
            self.tell()

    def tell(self) -> None:
        if self._any:
            changes_made.send(sender=HarvestRun)
        self._any, self._told = False, time.monotonic()


@transaction.atomic
def _begin(run: HarvestRun) -> None:
    rows = HarvestRun.objects.filter(pk=run.pk, state=State.QUEUED)
    if rows.update(state=State.RUNNING, started_at=timezone.now()):
        wanted.adopt(run)
        frontier.add(run, [Entry(run.source.url)])


def _state(run: HarvestRun) -> str:
    return HarvestRun.objects.values_list("state", flat=True).get(pk=run.pk)


@transaction.atomic
def _end(run: HarvestRun) -> None:
    """End the run, if nothing of it is left to do."""
    now = timezone.now()
    row = HarvestRun.objects.select_for_update(of=("self",)).select_related("source").get(pk=run.pk)
    if row.state != State.RUNNING or frontier.pending(row):
        return
    source = row.source
    members.leave(row)
    # A stream is read anew from where it was, unless every page of it was read.
    if source.kind == Source.Kind.STREAM and not _failed_pages(row) and row.read_to:
        source.read_to = max(row.read_to, source.read_to or row.read_to)
    if source.every:
        source.next_at = now + EVERY[Source.Every(source.every)]
    source.save(update_fields=["read_to", "next_at"])
    nothing = row.found and row.failed == row.found
    row.state = State.FAILED if nothing else State.DONE
    row.finished_at = now
    row.save(update_fields=["state", "finished_at"])
    _prune(source)


def _failed_pages(run: HarvestRun) -> bool:
    pages = run.items.filter(Q(is_page=True) | Q(depth=0), outcome=Outcome.FAILED)
    return pages.exists()


def _prune(source: Source) -> None:
    """The list of URLs of a run long past is of no use to anybody; its counts stay."""
    kept = source.runs.order_by("-pk").values_list("pk", flat=True)[: max(1, options.runs_kept)]
    old = HarvestItem.objects.filter(run__source=source, run__lt=min(kept))
    old.exclude(run__state__in=OPEN).delete()


# -- what a person can do ------------------------------------------------------------------------


def pause(run: HarvestRun) -> None:
    """Leave the run, and the pictures that it asked for, as they are for now."""
    _change(run, (State.QUEUED, State.RUNNING, *_fetching(run)), State.PAUSED, "paused")


def resume(run: HarvestRun) -> None:
    """Go on with a paused run."""
    state = State.RUNNING if run.started_at else State.QUEUED
    _change(run, (State.PAUSED,), state, "resumed")
    wake(run)


def cancel(run: HarvestRun) -> None:
    """End the run where it is. What it stored stays; pictures that wait are not fetched on its
    account."""
    now = timezone.now()
    _change(run, (*OPEN, *_fetching(run)), State.CANCELLED, "cancelled", finished_at=now)
    with transaction.atomic():  # the URLs before the run, as whoever works on it locks them
        count = run.items.filter(outcome=Outcome.PENDING).update(
            outcome=Outcome.SKIPPED, due_at=None, kind="cancelled", reason="It was cancelled."
        )
        HarvestRun.objects.filter(pk=run.pk).update(skipped=F("skipped") + count)


@transaction.atomic
def retry(run: HarvestRun, *, kind: str = "", host: str = "") -> int:
    """Have the failed URLs and pictures of a run tried again; how many. ``kind``, ``host``: those
    of one group only."""
    which = {name: value for name, value in (("kind", kind), ("host", host)) if value}
    row = HarvestRun.objects.select_for_update(of=("self",)).get(pk=run.pk)
    if row.state == State.CANCELLED:
        raise WrongState("The harvest was cancelled. Harvest the source again.")
    items = row.items.filter(outcome=Outcome.FAILED, **which)
    urls = items.update(outcome=Outcome.PENDING, attempts=0, due_at=None, kind="", reason="")
    pictures = wanted.again(Picture.objects.filter(run=row, **which))
    if urls:
        row.failed -= urls
        row.finished_at, row.message = None, ""
        row.state = State.PAUSED if row.state == State.PAUSED else State.RUNNING
        row.started_at = row.started_at or timezone.now()
        row.save(update_fields=["failed", "state", "message", "started_at", "finished_at"])
    if urls or pictures:
        wake(row)
    return urls + pictures


def _fetching(run: HarvestRun) -> tuple[str, ...]:
    """States of a run whose URLs are done, if it still waits for pictures."""
    return (State.DONE, State.FAILED) if waiting_pictures(run) else ()


def _change(run: HarvestRun, allowed: tuple[str, ...], state: str, word: str, **more: Any) -> None:
    if not HarvestRun.objects.filter(pk=run.pk, state__in=allowed).update(state=state, **more):
        run.refresh_from_db()
        raise WrongState(f"Run {run.pk} is {run.get_state_display()}: it cannot be {word}.")
    run.refresh_from_db()


# -- what nobody has to think of -----------------------------------------------------------------


def to_continue() -> list[int]:
    """Ids of the runs that have something due and that nobody outside the queue works on."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT objid FROM pg_locks WHERE locktype = 'advisory' AND classid = %s AND granted",
            [_LOCKS],
        )
        alive = {row[0] for row in cursor.fetchall()}
    pending = HarvestItem.objects.filter(run=OuterRef("pk"), outcome=Outcome.PENDING)
    resting = Host.objects.filter(rests_until__gt=timezone.now()).values("name")
    due = pending.filter(Q(due_at=None) | Q(due_at__lte=timezone.now())).exclude(host__in=resting)
    runs = HarvestRun.objects.filter(
        Q(state=State.QUEUED) | Q(state=State.RUNNING) & (Exists(due) | ~Exists(pending))
    )
    return [pk for pk in runs.values_list("pk", flat=True) if pk % 2**31 not in alive]


def give_up() -> int:
    """Fail what is left to do at hosts that have answered nothing for about a day; how many."""
    dead = Host.objects.filter(failures__gte=GIVE_UP_AFTER).values("name")
    given_up = 0
    for run in HarvestRun.objects.filter(state=State.RUNNING):
        with transaction.atomic():
            rows = run.items.filter(outcome=Outcome.PENDING, host__in=dead).update(
                outcome=Outcome.FAILED, due_at=None, kind="host-resting"
            )
            if rows:
                HarvestRun.objects.filter(pk=run.pk).update(failed=F("failed") + rows)
                wake(run)
        given_up += rows
    return given_up


def due_sources() -> list[Source]:
    """Sources whose next harvest is due and that are not being harvested."""
    running = HarvestRun.objects.filter(source=OuterRef("pk"), state__in=OPEN)
    due = Source.objects.exclude(every="").filter(~Exists(running))
    return list(due.filter(Q(next_at=None) | Q(next_at__lte=timezone.now())))


def next_due(run: HarvestRun) -> Any:
    """When the next of the run's URLs is due; None where nothing waits."""
    return run.items.filter(outcome=Outcome.PENDING).aggregate(at=Min("due_at"))["at"]


def waiting_pictures(run: HarvestRun) -> int:
    """Pictures that the run asked for and that are still to be fetched."""
    return run.pictures.filter(outcome=Picture.Outcome.WAITING).count()
