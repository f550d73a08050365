"""What the page of a run shows: how far it is, what it waits for, what went wrong."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import Count, Exists, Min, OuterRef, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from catalog.admin.display import about, clock, list_url, number
from catalog.admin.reasons import MOST_GROUPS, kind_in_words, without_urls
from catalog.harvest.progress import Progress, failures_of, progress_of
from catalog.models import HarvestItem, HarvestRun, Host, Picture

State = HarvestRun.State
Outcome = HarvestItem.Outcome

ITEMS_SHOWN = 25
WAITS_SHOWN = 10
#: A run that waits longer than this has probably no worker to do it.
PATIENCE = timedelta(minutes=1)

OUTCOMES = ("created", "updated", "unchanged", "skipped", "failed")
PAUSABLE = (State.QUEUED, State.RUNNING)
CANCELLABLE = (*PAUSABLE, State.PAUSED)

_WARNINGS = """
SELECT w->>'code', count(*), count(DISTINCT i.id), min(w->>'message')
FROM catalog_harvestitem i, jsonb_array_elements(i.warnings) AS w
WHERE i.run_id = %s GROUP BY 1 ORDER BY 2 DESC LIMIT %s
"""


def duration(run: HarvestRun) -> timedelta | None:
    """How long it took, or has taken so far; None before it began."""
    if run.started_at is None:
        return None
    spent = (run.finished_at or timezone.now()) - run.started_at
    return timedelta(seconds=round(spent.total_seconds()))


def bar(run: HarvestRun) -> SafeString:
    """How many of the URLs that were found so far are dealt with: for lists, without a query."""
    if not run.found:
        return format_html('<progress aria-label="{}"></progress>', gettext("Progress"))
    return format_html(
        '<progress max="{}" value="{}" aria-label="{}"></progress>',
        run.found,
        run.found - run.pending,
        gettext("Progress"),
    )


def report_of(run: HarvestRun, *, whole: bool, may_steer: bool) -> dict[str, Any]:
    """The context of ``report.html``. Without ``whole``, what takes a walk through all URLs of
    the run is left out while it moves: the page asks again every few seconds. ``may_steer``:
    whoever looks at it is shown the buttons for what can be done."""
    progress = progress_of(run)
    watching = progress.moving and run.state != State.CANCELLED
    waiting_for = waits(run) if watching else []
    any_failed = bool(run.failed or progress.failed)
    return {
        "run": run,
        "progress": progress,
        "watching": watching,
        "stage": _stage(run, watching),
        "fetching": run.state == State.DONE and watching,
        "stuck": _stuck(run, progress, waiting_for),
        "took": duration(run),
        "percent": min(100, 100 * progress.done // progress.total) if progress.total else 0,
        "steps": gettext("%(done)s of %(total)s steps")
        % {"done": number(progress.done), "total": number(progress.total)},
        "pace": _pace(progress) if run.state != State.PAUSED else "",
        "urls": _urls(run),
        "pictures": _pictures(run, progress) if progress.wanted else [],
        "waits": waiting_for,
        "can": _can(run, any_failed) if may_steer else {},
        "failures": failures(run) if any_failed else [],
        "show_warnings": whole or not watching,
        "warnings": warnings(run) if whole or not watching else [],
        "items": [(item, reason_of(item)) for item in latest(run)],
        "items_url": list_url(HarvestItem, run=run.pk),
    }


def _can(run: HarvestRun, any_failed: bool) -> dict[str, bool]:
    return {
        "pause": run.state in PAUSABLE,
        "resume": run.state == State.PAUSED,
        "cancel": run.state in CANCELLABLE,
        "retry": any_failed and run.state != State.CANCELLED,
    }


def _stage(run: HarvestRun, watching: bool) -> tuple[str, str]:
    """The state as its pill says it: a run whose URLs are done may still fetch pictures."""
    if run.state == State.DONE and watching:
        return State.RUNNING.value, gettext("fetching pictures")
    return run.state, run.get_state_display()


def _stuck(run: HarvestRun, progress: Progress, waiting_for: list[Wait]) -> str:
    """That nothing happens, and nothing says why; "" where all is well."""
    if run.state == State.QUEUED and timezone.now() - run.created_at > PATIENCE:
        waited = about((timezone.now() - run.created_at).total_seconds())
        return gettext("It has been waiting for %(span)s") % {"span": waited}
    began = run.started_at
    idle = run.state == State.RUNNING and progress.rate is None and not waiting_for
    if idle and began and timezone.now() - began > PATIENCE:
        return gettext("Nothing has happened for a minute")
    return ""


def _pace(progress: Progress) -> str:
    if progress.rate is None:
        return ""
    steps = number(round(progress.rate, 1 if progress.rate < 10 else None))
    rate = gettext("%(steps)s steps a second") % {"steps": steps}
    left = progress.seconds_left
    both = gettext("%(span)s left, at %(rate)s")
    return both % {"span": about(left), "rate": rate} if left else rate


def _tile(label: str, count: int, url: str = "", *, bad: bool = False) -> dict[str, Any]:
    return {"label": label, "count": number(count), "url": url, "bad": bad and count > 0}


def _urls(run: HarvestRun) -> list[dict[str, Any]]:
    def listed(outcome: str) -> str:
        return list_url(HarvestItem, run=run.pk, outcome__exact=outcome)

    return [
        _tile(gettext("found"), run.found, list_url(HarvestItem, run=run.pk)),
        _tile(gettext("to do"), run.pending, listed(Outcome.PENDING)),
        *(
            _tile(str(Outcome(name).label), getattr(run, name), listed(name), bad=name == "failed")
            for name in OUTCOMES
        ),
        _tile(gettext("canvases"), run.canvases),
    ]


def _pictures(run: HarvestRun, progress: Progress) -> list[dict[str, Any]]:
    def listed(outcome: str) -> str:
        return list_url(Picture, run=run.pk, outcome__exact=outcome)

    kinds = Picture.Outcome
    return [
        _tile(gettext("wanted"), progress.wanted, list_url(Picture, run=run.pk)),
        _tile(gettext("to be fetched"), progress.waiting, listed(kinds.WAITING)),
        _tile(gettext("fetched"), progress.fetched),
        _tile(gettext("looked at"), progress.extracted),
        _tile(gettext("nothing to see"), progress.skipped, listed(kinds.SKIPPED)),
        _tile(gettext("failed"), progress.failed, listed(kinds.FAILED), bad=True),
    ]


# -- what it waits for ---------------------------------------------------------------------------


@dataclass(frozen=True)
class Wait:
    """A host that the run leaves alone for now. ``urls``: how many of its URLs wait for that."""

    host: str
    until: datetime
    reason: str
    urls: int

    @property
    def when(self) -> str:
        seconds = (self.until - timezone.now()).total_seconds()
        text = gettext("%(time)s (in %(span)s)")
        return text % {"time": clock(self.until), "span": about(seconds)}

    @property
    def count(self) -> str:
        return number(self.urls)

    @property
    def url(self) -> str:
        return list_url(Host, q=self.host)


def waits(run: HarvestRun) -> list[Wait]:
    """Hosts whose URLs or pictures wait, the first that is asked again first."""
    now = timezone.now()
    later = (
        run.items.filter(outcome=Outcome.PENDING, due_at__gt=now)
        .values("host")
        .annotate(count=Count("pk"), until=Min("due_at"), why=Min("reason"))
        .order_by("until")[:WAITS_SHOWN]
    )
    found = {
        row["host"]: Wait(row["host"], row["until"], without_urls(row["why"]), row["count"])
        for row in later
    }
    pictures = run.pictures.filter(outcome=Picture.Outcome.WAITING, host=OuterRef("name"))
    resting = Host.objects.filter(Q(name__in=[*found]) | Exists(pictures), rests_until__gt=now)
    columns = ("name", "rests_until", "rest_reason")
    for name, until, reason in resting.order_by("rests_until").values_list(*columns)[:WAITS_SHOWN]:
        urls = found[name].urls if name in found else 0
        found[name] = Wait(name, until, without_urls(reason), urls)
    return sorted(found.values(), key=lambda wait: wait.until)[:WAITS_SHOWN]


# -- what went wrong -----------------------------------------------------------------------------


def failures(run: HarvestRun) -> list[dict[str, Any]]:
    """Groups of failures, the largest first, each with the list of its rows and the address that
    has them tried again."""
    again = reverse("admin:catalog_harvestrun_retry", args=[run.pk])
    shown = []
    for group in failures_of(run)[:MOST_GROUPS]:
        model = HarvestItem if group.what == "url" else Picture
        which = {key: value for key in ("kind", "host") if (value := getattr(group, key))}
        shown.append(
            {
                "what": "URL" if group.what == "url" else "picture",
                "count": number(group.count),
                "many": group.count != 1,
                "kind": kind_in_words(group.kind) or "unnamed",
                "host": group.host,
                "reason": without_urls(group.example),
                "url": list_url(model, run=run.pk, outcome__exact="failed", **which),
                "again": f"{again}?{urlencode(which)}",
            }
        )
    return shown


def warnings(run: HarvestRun) -> list[dict[str, Any]]:
    """What was odd, by kind: how often, in how many manifests, with an example and a link."""
    with connection.cursor() as cursor:
        cursor.execute(_WARNINGS, [run.pk, MOST_GROUPS])
        rows = cursor.fetchall()
    return [
        {
            "code": code,
            "count": number(count),
            "manifests": number(manifests),
            "example": example,
            "url": list_url(HarvestItem, run=run.pk, warning=code or "any"),
        }
        for code, count, manifests, example in rows
    ]


def latest(run: HarvestRun) -> list[HarvestItem]:
    """URLs that were dealt with last. They come in the order of their ids, so those before the
    first one that is to do; sorting a million by time would take too long here."""
    done = run.items.exclude(outcome=Outcome.PENDING)
    to_do = run.items.filter(outcome=Outcome.PENDING, due_at=None).order_by("id")
    first = to_do.values_list("id", flat=True).first()
    if first is not None:
        done = done.filter(id__lt=first)
    return list(done.defer("warnings").order_by("-id")[:ITEMS_SHOWN])


def reason_of(item: HarvestItem) -> str:
    """The reason without the URL that stands beside it."""
    return item.reason.removeprefix(f"{item.url}: ")
