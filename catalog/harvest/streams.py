"""Reading a stream of changes (IIIF Change Discovery API 1.0, section 3).

Pages are read backwards from the last one, each page being a URL of the run like any other; of
several activities on one object the newest counts, for a run knows each URL once. A stream that
was read before is read back to the moment that had been reached then.

`catalog.harvest.frontier` has all pages read first, then moves what moved, oldest first, and
then does the rest: so the newest word on the new address is heard, too.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, Value
from django.db.models.functions import Coalesce, Greatest
from django.utils import timezone

from catalog.harvest import frontier, members
from catalog.harvest.failures import host_of
from catalog.harvest.frontier import Entry
from catalog.iiif.types import (
    ParsedActivity,
    ParsedActivityPage,
    ParsedStream,
    ReadingWarning,
)
from catalog.locks import take_turn
from catalog.models import HarvestItem, HarvestRun, Manifest, State, identity

Task = HarvestItem.Task
Outcome = HarvestItem.Outcome

#: In `HarvestItem.target`: the page is read on the way from the first to the last.
FORWARDS = "forwards"
#: Moments later than this from now are mistakes. (Clocks differ, and so do time zones.)
AHEAD = timedelta(days=1)


def read_stream(run: HarvestRun, item: HarvestItem, parsed: ParsedStream) -> None:
    """Go to the last page, by way of the activities that stand in the stream itself. Where it
    names no last page, against section 3.1, go through all from the first."""
    if not item.is_page and item.depth == 0:
        members.describe(run, "stream", run.source.label or item.url)
    if parsed.activities or parsed.last:
        backwards = _is_backwards(parsed.warnings)
        _Page(run, item, backwards, parsed.id).read(parsed.activities, parsed.last)
    elif parsed.first:
        frontier.add(run, [Entry(parsed.first, target=FORWARDS, is_page=True)])
    else:
        _carry_over(run)


def read_page(run: HarvestRun, item: HarvestItem, parsed: ParsedActivityPage) -> None:
    """Find what changed on this page, and go on to the one before it, unless that is known."""
    page = _Page(run, item, _is_backwards(parsed.warnings), parsed.part_of or "")
    page.read(parsed.activities, parsed.next if item.target == FORWARDS else parsed.prev)


def _is_backwards(warnings: tuple[ReadingWarning, ...]) -> bool:
    return any(warning.code == "activities-backwards" for warning in warnings)


class _Page:
    """A page of a stream being read. ``stream``: what it says that it is part of. ``backwards``:
    the publisher writes the newest first, so that its last page holds the oldest."""

    def __init__(self, run: HarvestRun, item: HarvestItem, backwards: bool, stream: str) -> None:
        self._run = run
        self._item = item
        self._in_order = not backwards and item.target != FORWARDS
        self._us = {identity(url) for url in (run.source.url, stream) if url}

    def read(self, activities: tuple[ParsedActivity, ...], further: str | None) -> None:
        now = timezone.now()
        self._note_newest(activities, now)
        since = _since(self._run, now)
        deletions_only = self._item.task == Task.READ_DELETED
        entries: list[Entry] = []
        for activity in reversed(activities):
            # What happened at that very moment may have been told only afterwards.
            if since is not None and activity.end_time is not None and activity.end_time < since:
                if self._in_order:
                    further = None
                    break
                continue
            if activity.type == "refresh":
                if since is None and self._in_order:
                    further = None  # everything that exists has been named since
                    break
                deletions_only = self._in_order
                continue
            entries += self._entries(activity, deletions_only)
        if further:
            task = Task.READ_DELETED if deletions_only else Task.READ
            entries.append(Entry(further, task=task, target=self._item.target, is_page=True))
        _note(self._run, entries)
        if not further:
            _carry_over(self._run)

    def _note_newest(self, activities: tuple[ParsedActivity, ...], now: datetime) -> None:
        """Not later than now: a bare date means the end of that day, of which more may come."""
        moments = [a.end_time for a in activities if a.end_time and a.end_time <= now + AHEAD]
        if moments:
            newest = Value(min(max(moments), now))
            HarvestRun.objects.filter(pk=self._run.pk).update(
                read_to=Greatest(Coalesce(F("read_to"), newest), newest)
            )

    def _entries(self, activity: ParsedActivity, deletions_only: bool) -> Iterator[Entry]:
        elsewhere = activity.target_id and identity(activity.target_id) not in self._us
        match activity.type:
            case "add" | "remove" if elsewhere:
                return  # section 3.5.2: it came to, or left, another stream
            case "delete" | "remove":
                yield Entry(activity.object_id, task=Task.GONE, target=activity.type)
            case _ if deletions_only or activity.object_kind == "other":
                return
            case "move" if activity.target_id and "\0" not in activity.target_id:
                # Newest first: where a newer word on the new address is known, that one counts.
                yield Entry(activity.object_id, task=Task.MOVE, target=activity.target_id)
                yield Entry(activity.target_id, depth=1)
            case _:
                yield Entry(activity.object_id, depth=1)


def _since(run: HarvestRun, now: datetime) -> datetime | None:
    """The moment up to which the stream need not be read again."""
    source = run.source
    if source.read_to is not None and source.read_to > now + AHEAD:
        source.read_to = None  # it was taken from an activity of the far future
        source.save(update_fields=["read_to"])
    return None if run.full else source.read_to


def _note(run: HarvestRun, entries: Sequence[Entry]) -> None:
    """Note what is to be done, newest first. A move is done also where there is a newer word on
    the old address: it has a mark of its own then."""
    moves = [identity(entry.url) for entry in entries if entry.task == Task.MOVE]
    known = set(run.items.filter(mark__in=moves).values_list("mark", flat=True))
    together: list[Entry] = []
    for entry in entries:
        mark = identity(entry.url)
        if entry.task != Task.MOVE or mark not in known:
            together.append(entry)
        elif "\0" not in entry.url:
            frontier.add(run, together)
            together = []
            _, new = run.items.get_or_create(
                mark=identity(f"{entry.url} moved to {entry.target}"),
                defaults={
                    "url": entry.url,
                    "task": Task.MOVE,
                    "target": entry.target,
                    "host": host_of(entry.url),
                },
            )
            HarvestRun.objects.filter(pk=run.pk).update(found=F("found") + int(new))
        known.add(mark)
    frontier.add(run, together)


def left_out(activities: tuple[ParsedActivity, ...]) -> list[dict[str, str]]:
    """A warning about activities on things that are neither manifests nor collections."""
    count = sum(activity.object_kind == "other" for activity in activities)
    if not count:
        return []
    text = f"{count} activities on things that are no manifests or collections were left out."
    return [{"code": "activity-left-out", "message": text, "path": "orderedItems"}]


def named(url: str) -> Manifest | None:
    """The manifest that a stream calls by ``url``: by its id, or by where it was fetched."""
    found = Manifest.objects.filter(Q(uri=identity(url)) | Q(url=url)).defer("raw")
    return found.order_by(Coalesce(Q(uri=identity(url)), Value(False)).desc()).first()


def moved(run: HarvestRun, item: HarvestItem) -> None:
    """Give a manifest its new address, and with it a chance to be recognised there."""
    uri = identity(item.target)
    with transaction.atomic():
        take_turn(uri)  # a harvest may be storing what is there
        old = named(item.url)
        there = Manifest.objects.filter(uri=uri).defer("raw").first()
        if old is None or old.state == State.WITHDRAWN:
            frontier.settle(item, Outcome.SKIPPED, reason="It is not here.", manifest=old)
        elif there is None:
            rows = Manifest.objects.filter(pk=old.pk).exclude(state=State.WITHDRAWN)
            rows.update(uri=uri, url=item.target, etag="", last_modified="")
            reason = f"Now at {item.target}."
            frontier.settle(item, Outcome.UPDATED, reason=reason, manifest=old)
        elif there.pk == old.pk:
            frontier.settle(item, Outcome.SKIPPED, reason="It is there already.", manifest=old)
        else:
            _moved_onto(run, item, old)


def _moved_onto(run: HarvestRun, item: HarvestItem, old: Manifest) -> None:
    """What is at the new address was harvested before: the old one is not there any more, unless
    the stream says something newer of it."""
    from catalog.harvest import absent  # it needs `named`

    reason = f"It moved to {item.target}, which is here too."
    newer = run.items.filter(mark=identity(item.url)).exclude(pk=item.pk)
    ours = old.source_id == run.source_id and old.state == State.PUBLISHED
    if newer.exists() or not ours:
        frontier.settle(item, Outcome.SKIPPED, reason=reason, manifest=old)
        return
    frontier.settle(item, Outcome.UPDATED, reason=reason, manifest=old)
    absent.gone(old, reason)


def _carry_over(run: HarvestRun) -> None:
    """What failed in the runs before, and no run since has heard of, is asked for again: a stream
    tells of each change once. After the last page: a newer word of the stream goes first."""
    of_source = HarvestItem.objects.filter(run__source=run.source, run__lt=run.pk, is_page=False)
    left = Q(outcome=Outcome.FAILED) | Q(outcome=Outcome.SKIPPED, kind="cancelled")
    since = of_source.filter(mark=OuterRef("mark"), run__gt=OuterRef("run"))
    failed = of_source.filter(left, ~Exists(since), depth__gt=0).order_by("id")
    rows = failed.values_list("url", "task", "target", "depth").iterator()
    frontier.add(run, [Entry(url, task, target, depth) for url, task, target, depth in rows])
