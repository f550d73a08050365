"""The URLs of a run: found, due, dealt with. All of it in the database, so that a run goes on where
it was, whatever happens to the process that works on it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import F, Q
from django.utils import timezone

from catalog.conf import options
from catalog.harvest.failures import host_of
from catalog.models import LONGEST_URI, HarvestItem, HarvestRun, Source, identity

Task = HarvestItem.Task
Outcome = HarvestItem.Outcome


@dataclass(frozen=True)
class Entry:
    """A URL to be visited. ``collection_id``: the collection that lists it, or of which it is a
    further page."""

    url: str
    task: str = Task.READ
    target: str = ""
    depth: int = 0
    collection_id: int | None = None
    is_page: bool = False


_ADD = """
INSERT INTO catalog_harvestitem
    (run_id, url, mark, task, target, depth, collection_id, is_page, host, outcome, kind, reason,
     warnings, canvases, attempts, at)
SELECT %s, e.url, e.mark, e.task, e.target, e.depth, e.collection_id, e.is_page, e.host,
       'pending', '', '', '[]', 0, 0, now()
FROM unnest(%s::text[], %s::text[], %s::text[], %s::text[], %s::smallint[], %s::bigint[],
            %s::boolean[], %s::text[])
     WITH ORDINALITY AS e(url, mark, task, target, depth, collection_id, is_page, host, place)
ORDER BY e.place
ON CONFLICT (run_id, mark) DO NOTHING
"""
_ADDED_AT_ONCE = 5000


def add(run: HarvestRun, entries: Iterable[Entry]) -> int:
    """Note the URLs that the run does not know yet, in order; how many they were.

    Where CATALOG["max_manifests"] bites, the run's message says so, and what was left out.
    """
    given = list(entries)
    wanted = [entry for entry in given if _fits(entry.url)]
    added = 0
    with transaction.atomic():
        found = HarvestRun.objects.select_for_update().values_list("found", "state")
        known, state = found.get(pk=run.pk)
        if state == HarvestRun.State.CANCELLED:
            return 0
        # Collections and pages are no finds, but there is an end to them too.
        if run.items.filter(outcome=Outcome.READ).count() > options.max_manifests:
            known = options.max_manifests
        for start in range(0, len(wanted), _ADDED_AT_ONCE):
            room = options.max_manifests - known - added
            chunk = wanted[start : start + _ADDED_AT_ONCE]
            if len(chunk) > room:
                chunk = _unknown(run, chunk)
            if len(chunk) > room:
                limit(
                    run,
                    f"More than {options.max_manifests} URLs: the rest were left out "
                    "(CATALOG['max_manifests']).",
                )
                chunk = chunk[: max(0, room)]
            added += _insert(run, chunk)
        refused = _refuse(run, [entry for entry in given if not _fits(entry.url)])
        HarvestRun.objects.filter(pk=run.pk).update(
            found=F("found") + added + refused, failed=F("failed") + refused
        )
    return added


def _refuse(run: HarvestRun, entries: Sequence[Entry]) -> int:
    """Record URLs that cannot be asked for as failures at once; how many were new."""
    rows = {
        identity(entry.url): HarvestItem(
            run=run,
            url=entry.url[:200].replace("\0", ""),
            mark=identity(entry.url),
            depth=entry.depth,
            outcome=Outcome.FAILED,
            kind="bad-url",
            reason=f"The URL is empty, longer than {LONGEST_URI} bytes, or holds a zero byte.",
        )
        for entry in entries
    }
    known = set(run.items.filter(mark__in=[*rows]).values_list("mark", flat=True))
    HarvestItem.objects.bulk_create([row for mark, row in rows.items() if mark not in known])
    return len(rows.keys() - known)


def _fits(url: str) -> bool:
    return 0 < len(url.encode("utf-8", "replace")) <= LONGEST_URI and "\0" not in url


def _insert(run: HarvestRun, entries: Sequence[Entry]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            _ADD,
            [
                run.pk,
                [e.url for e in entries],
                [identity(e.url) for e in entries],
                [str(e.task) for e in entries],
                [e.target for e in entries],
                [e.depth for e in entries],
                [e.collection_id for e in entries],
                [e.is_page for e in entries],
                [host_of(e.url) for e in entries],
            ],
        )
        return int(cursor.rowcount)


def _unknown(run: HarvestRun, entries: Sequence[Entry]) -> list[Entry]:
    marks = {identity(entry.url): entry for entry in reversed(entries)}
    for mark in run.items.filter(mark__in=marks).values_list("mark", flat=True):
        del marks[mark]
    return [entry for entry in entries if marks.get(identity(entry.url)) is entry]


def limit(run: HarvestRun, text: str) -> None:
    """Tell once, on the run, that a limit bit."""
    current = HarvestRun.objects.values_list("message", flat=True).get(pk=run.pk)
    if text not in current:
        HarvestRun.objects.filter(pk=run.pk).update(message=f"{current} {text}".strip())


# The hosts of what is to do, one after another by the index, and the next few URLs of each that
# does not rest.
_DUE = """
WITH RECURSIVE hosts AS (
    (SELECT host FROM catalog_harvestitem
     WHERE run_id = %(run)s AND outcome = 'pending' ORDER BY host LIMIT 1)
    UNION ALL
    SELECT (SELECT i.host FROM catalog_harvestitem i
            WHERE i.run_id = %(run)s AND i.outcome = 'pending' AND i.host > h.host
            ORDER BY i.host LIMIT 1)
    FROM hosts h WHERE h.host IS NOT NULL
)
SELECT next.id FROM hosts h CROSS JOIN LATERAL (
    SELECT i.id FROM catalog_harvestitem i
    WHERE i.run_id = %(run)s AND i.outcome = 'pending' AND i.host = h.host
      AND (i.due_at IS NULL OR i.due_at <= clock_timestamp()) AND i.id <> ALL(%(under_way)s)
    ORDER BY i.id LIMIT %(each)s
) next
WHERE h.host IS NOT NULL AND NOT EXISTS (
    SELECT 1 FROM catalog_host r WHERE r.name = h.host AND r.rests_until > clock_timestamp())
ORDER BY next.id LIMIT %(most)s
"""
#: URLs that are looked up at a time, of all hosts.
MOST = 64


def due(run: HarvestRun, each: int, under_way: Collection[int] = ()) -> list[HarvestItem]:
    """The next URLs whose time has come, in the order in which they were found: at most ``each``
    of a host, none of a host that rests, none of those ``under_way``.

    A stream is read to its end before anything else is done, and what moved is given its new
    address before anything is asked for: the newest word on each object counts.
    """
    pending = run.items.filter(outcome=Outcome.PENDING)
    if run.source.kind == Source.Kind.STREAM:
        first = pending.filter(Q(is_page=True) | Q(task=Task.MOVE))
        if first.exists():
            now = timezone.now()
            pages = first.filter(is_page=True)
            if pages.exists():
                rows = pages.filter(Q(due_at=None) | Q(due_at__lte=now)).order_by("id")
            else:
                rows = first.order_by("-id")  # found newest first: done oldest first
            return [] if under_way else list(rows[:1])
    with connection.cursor() as cursor:
        values: dict[str, Any] = {"run": run.pk, "each": each, "most": MOST}
        values["under_way"] = [*under_way]
        cursor.execute(_DUE, values)
        ids = [row[0] for row in cursor.fetchall()]
    found = pending.in_bulk(ids)
    return [found[pk] for pk in ids if pk in found]


def settle(item: HarvestItem, outcome: str, **more: Any) -> None:
    """Record what became of one URL. ``more``: other columns of the item."""
    settle_all([item], outcome, of_canvases=more.get("canvases", 0), **more)


@transaction.atomic(savepoint=False)
def settle_all(
    items: Sequence[HarvestItem], outcome: str, *, of_canvases: int = 0, **more: Any
) -> None:
    """The same for several, with ``of_canvases`` canvases in all; counts change for those only
    that nobody settled before."""
    if "reason" in more:
        more["reason"] = more["reason"].replace("\0", "")
    rows = HarvestItem.objects.filter(
        pk__in=[item.pk for item in items], outcome=Outcome.PENDING
    ).update(outcome=outcome, due_at=None, at=timezone.now(), **more)
    if rows:
        HarvestRun.objects.filter(pk=items[0].run_id).update(
            **{outcome: F(outcome) + rows, "canvases": F("canvases") + of_canvases}
        )


def note(items: Sequence[tuple[HarvestItem, int, int]]) -> None:
    """Set (item, manifest id, canvases) of URLs that are about to be settled together."""
    with connection.cursor() as cursor:
        cursor.execute(
            _NOTE,
            [
                [item.pk for item, _, _ in items],
                [manifest for _, manifest, _ in items],
                [canvases for _, _, canvases in items],
            ],
        )


_NOTE = """
UPDATE catalog_harvestitem i SET manifest_id = n.manifest_id, canvases = n.canvases
FROM unnest(%s::bigint[], %s::bigint[], %s::int[]) AS n(id, manifest_id, canvases)
WHERE i.id = n.id AND i.outcome = 'pending'
"""


@transaction.atomic(savepoint=False)
def dismiss(item: HarvestItem, warnings: list[dict[str, str]]) -> None:
    """Record that one URL was a collection or a page, which is no find by itself."""
    rows = HarvestItem.objects.filter(pk=item.pk, outcome=Outcome.PENDING).update(
        outcome=Outcome.READ, due_at=None, at=timezone.now(), warnings=warnings, reason=""
    )
    HarvestRun.objects.filter(pk=item.run_id).update(found=F("found") - rows)


def postpone(item: HarvestItem, until: datetime, reason: str) -> None:
    """Leave a URL that was tried for later."""
    HarvestItem.objects.filter(pk=item.pk, outcome=Outcome.PENDING).update(
        due_at=until, reason=reason, attempts=F("attempts") + 1
    )


def rest(item: HarvestItem, until: datetime, reason: str) -> None:
    """Leave a URL for later that was not even asked for. What else there is of its host is not
    due while the host rests."""
    rows = HarvestItem.objects.filter(pk=item.pk, outcome=Outcome.PENDING)
    rows.update(due_at=until, reason=reason)


def pending(run: HarvestRun) -> bool:
    return run.items.filter(outcome=Outcome.PENDING).exists()
