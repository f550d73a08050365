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
from catalog.iiif.types import ParsedActivity, ParsedActivityPage, ParsedStream
from catalog.models import HarvestItem, HarvestRun, Manifest, Source, State, identity

Task = HarvestItem.Task


def read_stream(run: HarvestRun, item: HarvestItem, parsed: ParsedStream) -> None:
    """Go to the last page, or read the activities that stand in the stream itself."""
    if not item.is_page and item.depth == 0:
        members.describe(run, "stream", run.source.label or item.url)
    if parsed.activities:
        _read(run, item, parsed.activities, None)
    elif parsed.last:
        frontier.add(run, [Entry(parsed.last, is_page=True)])


def read_page(run: HarvestRun, item: HarvestItem, parsed: ParsedActivityPage) -> None:
    """Find what changed on this page, and go on to the one before it, unless that is known."""
    _read(run, item, parsed.activities, parsed.prev)


def _read(
    run: HarvestRun,
    item: HarvestItem,
    activities: tuple[ParsedActivity, ...],
    before: str | None,
) -> None:
    moments = [a.end_time for a in activities if a.end_time]
    if moments:
        newest = Value(max(moments))
        HarvestRun.objects.filter(pk=run.pk).update(
            read_to=Greatest(Coalesce(F("read_to"), newest), newest)
        )
    since = run.source.read_to
    deletions_only = item.task == Task.READ_DELETED
    entries: list[Entry] = []
    for activity in reversed(activities):
        # What happened at that very moment may have been told only afterwards.
        if since is not None and activity.end_time is not None and activity.end_time < since:
            before = None
            break
        if activity.type == "refresh":
            if since is None:  # everything that exists has been named since
                before = None
                break
            deletions_only = True
            continue
        entries += _entries(activity, deletions_only)
    if before:
        task = Task.READ_DELETED if deletions_only else Task.READ
        entries.append(Entry(before, task=task, is_page=True))
    frontier.add(run, entries)


def _entries(activity: ParsedActivity, deletions_only: bool) -> Iterator[Entry]:
    match activity.type:
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
