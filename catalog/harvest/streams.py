"""Reading a stream of changes (IIIF Change Discovery API 1.0, section 3).

Pages are read backwards from the last one, each page being a URL of the run like any other; of
several activities on one object the newest counts, for a run knows each URL once. A stream that
was read before is read back to the moment that had been reached then.
"""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import F, Q, Value
from django.db.models.functions import Coalesce, Greatest

from catalog.harvest import frontier, members
from catalog.harvest.frontier import Entry
from catalog.iiif.types import (
    ParsedActivity,
    ParsedActivityPage,
    ParsedStream,
    ReadingWarning,
)
from catalog.models import HarvestItem, HarvestRun, Manifest, Source, State, identity

Task = HarvestItem.Task


#: In `HarvestItem.target`: the page is read on the way from the first to the last.
FORWARDS = "forwards"


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
        self._note_newest(activities)
        since = self._run.source.read_to
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
        frontier.add(self._run, entries)

    def _note_newest(self, activities: tuple[ParsedActivity, ...]) -> None:
        moments = [activity.end_time for activity in activities if activity.end_time]
        if moments:
            newest = Value(max(moments))
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
            case "move" if activity.target_id:
                yield Entry(activity.object_id, task=Task.MOVE, target=activity.target_id)
                yield Entry(activity.target_id, depth=1)
            case _:
                yield Entry(activity.object_id, depth=1)


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


def moved(item: HarvestItem) -> bool:
    """Give a manifest its new address, and with it a chance to be recognised there; False where
    it is not known, or the new address is."""
    old = named(item.url)
    uri = identity(item.target)
    if old is None or old.state == State.WITHDRAWN or Manifest.objects.filter(uri=uri).exists():
        return False
    Manifest.objects.filter(pk=old.pk).update(uri=uri, url=item.target, etag="", last_modified="")
    return True


def carry_over(run: HarvestRun) -> None:
    """What failed in the run before is asked for again: a stream tells of each change once."""
    last = HarvestRun.objects.filter(source=run.source, pk__lt=run.pk).order_by("-pk").first()
    if last is None or run.source.kind != Source.Kind.STREAM:
        return
    failed = last.items.filter(outcome=HarvestItem.Outcome.FAILED, is_page=False)
    rows = failed.values_list("url", "task", "target", "depth").iterator()
    frontier.add(run, (Entry(url, task, target, depth) for url, task, target, depth in rows))
