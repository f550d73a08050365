"""Fetching the pictures that are wanted: those of one host at a time, several at once.

A slow host holds up nobody else: each host's pictures are a job of their own.
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta

from django.db import InterfaceError, OperationalError, connection, connections
from django.db.models import Q, QuerySet
from django.utils import timezone

from catalog import images, kept
from catalog.cluster import distributed
from catalog.conf import options
from catalog.harvest import failures
from catalog.harvest.visit import RETRY_MINUTES
from catalog.models import Canvas, HarvestRun, Host, Picture, State
from catalog.signals import pictures_kept

log = logging.getLogger(__name__)
Outcome = Picture.Outcome

#: Pictures asked for at a time; their bytes are all in memory.
BATCH = 16
SIGNAL_SECONDS = 2.0


@dataclass
class Counts:
    """Pictures by what became of them. ``held_up``: why the rest is left for later, if it is."""

    kept: int = 0
    skipped: int = 0
    failed: int = 0
    held_up: str = ""

    @property
    def total(self) -> int:
        return self.kept + self.skipped + self.failed


#: Those of its run, if it has one.
_STOPPED = (HarvestRun.State.PAUSED, HarvestRun.State.CANCELLED)


def to_fetch() -> QuerySet[Picture]:
    """Pictures that are to be fetched and kept, whose run is not paused or cancelled."""
    rows = Picture.objects.filter(outcome=Outcome.WAITING, may_keep=True).exclude(host="")
    rows = rows.exclude(canvas__state=State.WITHDRAWN)
    return rows.filter(Q(run=None) | ~Q(run__state__in=_STOPPED))


# From one host of the index `pictures_to_fetch` to the next, and of each the first picture that
# `to_fetch` would give: hosts are few, pictures many. Not a join with canvases, which the planner
# might begin at the first canvas of all.
_DUE_HOSTS = """
WITH RECURSIVE hosts AS (
    (SELECT host FROM catalog_picture
     WHERE outcome = 'waiting' AND may_keep AND host > '' ORDER BY host LIMIT 1)
    UNION ALL
    SELECT (SELECT p.host FROM catalog_picture p
            WHERE p.outcome = 'waiting' AND p.may_keep AND p.host > hosts.host
            ORDER BY p.host LIMIT 1)
    FROM hosts WHERE hosts.host IS NOT NULL
)
SELECT hosts.host FROM hosts CROSS JOIN LATERAL (
    SELECT 1 FROM catalog_picture p
    WHERE p.host = hosts.host AND p.outcome = 'waiting' AND p.may_keep
        AND (p.run_id IS NULL OR p.run_id <> ALL(%s))
        AND (SELECT state FROM catalog_canvas WHERE id = p.canvas_id) <> 'withdrawn' LIMIT 1
) found
WHERE hosts.host <> ALL(%s) ORDER BY hosts.host
"""


# The two steps of the same on a cluster, where nothing is recursive: each a statement of its own.
_NEXT_HOST = """
SELECT min(host) FROM catalog_picture WHERE outcome = 'waiting' AND may_keep AND host > %s
"""
_IS_DUE = """
SELECT 1 FROM catalog_picture p JOIN catalog_canvas c ON c.id = p.canvas_id
WHERE p.host = %s AND p.outcome = 'waiting' AND p.may_keep
    AND (p.run_id IS NULL OR p.run_id <> ALL(%s)) AND c.state <> 'withdrawn' LIMIT 1
"""


def due_hosts() -> list[str]:
    """Hosts that have pictures to fetch, and that do not rest."""
    stopped = list(HarvestRun.objects.filter(state__in=_STOPPED).values_list("pk", flat=True))
    resting = resting_hosts()
    if distributed():
        return [host for host in _waiting_hosts() if host not in resting and _due(host, stopped)]
    with connection.cursor() as cursor:
        cursor.execute(_DUE_HOSTS, [stopped, list(resting)])
        return [row[0] for row in cursor.fetchall()]


def _waiting_hosts() -> Iterator[str]:
    host: str | None = ""
    while host is not None:
        with connection.cursor() as cursor:
            cursor.execute(_NEXT_HOST, [host])
            (host,) = cursor.fetchone()
        if host is not None:
            yield host


def _due(host: str, stopped: list[int]) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(_IS_DUE, [host, stopped])
        return cursor.fetchone() is not None


def resting_hosts() -> set[str]:
    """Hosts that are left alone for now."""
    resting = Host.objects.filter(rests_until__gt=timezone.now())
    return set(resting.values_list("name", flat=True))


def _places(host: str) -> int:
    """How many of its pictures are asked for at a time by this job; `catalog.hosts` counts all."""
    row = Host.objects.filter(name=host).first()
    return max(1, (row and row.concurrency) or options.host_concurrency)


def fetch_of(host: str, *, seconds: float = math.inf) -> Counts:
    """Fetch the wanted pictures of ``host``, for about ``seconds``."""
    until = time.monotonic() + seconds
    counts = Counts()
    told, last = time.monotonic(), 0
    pool = ThreadPoolExecutor(_places(host), thread_name_prefix="fetch")
    try:
        while time.monotonic() < until and not counts.held_up:
            batch = _next(host, last)
            if not batch or _no_room(batch, counts):
                break
            last = batch[-1].pk
            for picture, canvas, future in _fetched(pool, batch):
                _settle(picture, canvas, future, counts)
            if time.monotonic() - told > SIGNAL_SECONDS:
                pictures_kept.send(sender=Picture)
                told = time.monotonic()
    finally:
        pool.shutdown(cancel_futures=True)
        if counts.total:
            pictures_kept.send(sender=Picture)
    return counts


def _no_room(batch: Sequence[Picture], counts: Counts) -> bool:
    """Whether the kept pictures take all that they may, though others were given up for these."""
    kept.make_room()
    if kept.full():
        counts.held_up = (
            f"The kept pictures take {options.max_storage_bytes / 2**30:.1f} GiB, which is all "
            "they may (CATALOG['max_storage_bytes']), and none can be given up unseen."
        )
        log.warning("Pictures are not fetched: %s", counts.held_up)
        _note(batch[0], kind="disk", reason=counts.held_up)
    return bool(counts.held_up)


def _next(host: str, after: int) -> list[Picture]:
    rows = to_fetch().filter(host=host, canvas__gt=after)
    return list(rows.order_by("canvas")[:BATCH])


def _fetched(
    pool: ThreadPoolExecutor, batch: Sequence[Picture]
) -> Iterator[tuple[Picture, Canvas, Future[images.FetchedPicture]]]:
    canvases = (
        Canvas.objects.select_related("picture")
        .prefetch_related("images")
        .in_bulk([picture.pk for picture in batch])
    )
    asked = [
        (picture, canvases[picture.pk], pool.submit(_fetch, canvases[picture.pk]))
        for picture in batch
        if picture.pk in canvases
    ]
    yield from asked


def _fetch(canvas: Canvas) -> images.FetchedPicture:
    """In a thread: ask the image server."""
    try:
        return images.fetch_derivative(canvas)
    finally:
        connections.close_all()  # a connection belongs to its thread


def _settle(
    picture: Picture, canvas: Canvas, future: Future[images.FetchedPicture], counts: Counts
) -> None:
    try:
        kept.keep(picture, future.result(), revision=canvas.pixel_revision)
        counts.kept += 1
    except kept.StorageError as error:
        log.error("Pictures are not fetched: %s", error)
        _note(picture, kind="disk", reason=str(error))
        counts.held_up = str(error)
    except images.NothingToSee as error:
        _end(picture, canvas, Outcome.SKIPPED, "nothing-to-see", str(error))
        counts.skipped += 1
    except (OperationalError, InterfaceError):
        raise  # our own database is away: no picture is to blame
    except Exception as error:
        # Whatever a hostile server makes of one canvas, the others have their turn.
        if not isinstance(error, images.ImageError):
            log.exception("No pixels for canvas %s", canvas.raw_id)
        if failures.kind_of(error) == "host-resting":
            counts.held_up = failures.reason_of(error)
            return
        failed(picture, canvas, error)
        counts.failed += 1


def failed(picture: Picture, canvas: Canvas, error: Exception) -> None:
    """Note why the picture, which was waited for, cannot be had, and when it is asked for again."""
    attempts = picture.attempts + 1
    due = None
    if getattr(error, "transient", False) and attempts < options.max_tries:
        wait = RETRY_MINUTES[min(attempts, len(RETRY_MINUTES)) - 1]
        due = timezone.now() + timedelta(minutes=wait)
        due = max(due, failures.until_of(error) or due)
    reason = failures.reason_of(error)
    log.warning("No pixels for canvas %s: %s", canvas.raw_id, reason)
    _end(
        picture,
        canvas,
        Outcome.FAILED,
        failures.kind_of(error),
        reason,
        attempts=attempts,
        due_at=due,
    )


def _end(
    picture: Picture, canvas: Canvas, outcome: str, kind: str, reason: str, **more: object
) -> None:
    _note(picture, outcome=outcome, kind=kind, reason=reason[:2000], read_at=None, **more)
    if outcome == Outcome.SKIPPED and picture.sha256:
        kept.drop(picture)


def _note(picture: Picture, **values: object) -> None:
    """Unless a harvest wanted the picture anew, or it was withdrawn, in the meantime."""
    rows = Picture.objects.filter(pk=picture.pk, revision=picture.revision)
    rows.filter(outcome=Outcome.WAITING).update(fetched_at=timezone.now(), **values)


_LOOKED_AT = """
UPDATE catalog_picture p SET
    read_at = now(),
    outcome = CASE WHEN p.outcome = 'waiting' AND NOT p.may_keep THEN %s ELSE p.outcome END,
    fetched_at = CASE WHEN p.outcome = 'waiting' THEN now() ELSE p.fetched_at END,
    reason = CASE WHEN p.outcome = 'waiting' THEN %s ELSE p.reason END
FROM unnest(%s::bigint[], %s::int[]) AS n(canvas_id, revision)
WHERE p.canvas_id = n.canvas_id AND p.revision = n.revision
"""


def looked_at(canvases: Sequence[Canvas], *, nothing: str = "") -> None:
    """Whoever makes features tells that nobody waits for these pictures any more; ``nothing``: why
    there is nothing to see. Unless a harvest wanted them anew in the meantime."""
    outcome = Outcome.SKIPPED if nothing else Outcome.LOOKED_AT
    if nothing:
        for picture in Picture.objects.filter(canvas__in=canvases, outcome=Outcome.SKIPPED).exclude(
            sha256=""
        ):
            kept.drop(picture)
    with connection.cursor() as cursor:
        cursor.execute(
            _LOOKED_AT,
            [
                outcome,
                nothing,
                [canvas.pk for canvas in canvases],
                [canvas.pixel_revision for canvas in canvases],
            ],
        )
