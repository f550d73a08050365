"""How far a run is: its URLs, and the pictures that it asked for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Min, Q
from django.utils import timezone

from catalog.harvest.run import OPEN, next_due
from catalog.models import HarvestRun, Picture

#: The pace is that of the last so many seconds.
WINDOW = timedelta(seconds=60)
Outcome = Picture.Outcome


@dataclass(frozen=True)
class Progress:
    """URLs: ``found = pending + dealt_with``. Pictures, of which each passes from one count to the
    next: ``wanted = waiting + fetched + skipped + failed``, ``fetched = to_extract + extracted``.

    ``rate``: URLs and pictures dealt with a second, of late; None where nothing moved.
    ``seconds_left``: at that rate; None where nobody can tell. ``resumes_at``: when the next URL is
    due, where all that is left waits.
    """

    state: str
    found: int
    pending: int
    wanted: int
    waiting: int
    fetched: int
    extracted: int
    skipped: int
    failed: int
    rate: float | None
    seconds_left: float | None
    resumes_at: datetime | None

    @property
    def dealt_with(self) -> int:
        return self.found - self.pending

    @property
    def to_extract(self) -> int:
        return self.fetched - self.extracted

    @property
    def moving(self) -> bool:
        """Whether anything is still to be done for the run."""
        if self.state == HarvestRun.State.CANCELLED:
            return bool(self.to_extract)
        return self.state in OPEN or bool(self.waiting or self.to_extract)

    @property
    def total(self) -> int:
        """Steps: a URL is one, a picture two (fetching it, and looking at it)."""
        return self.found + 2 * self.wanted

    @property
    def done(self) -> int:
        ended = self.skipped + self.failed
        return self.dealt_with + self.fetched + self.extracted + 2 * ended


def progress_of(run: HarvestRun) -> Progress:
    """The progress of ``run`` at this moment, in a constant number of queries."""
    run.refresh_from_db()
    fetched = Q(outcome__in=[Outcome.KEPT, Outcome.LOOKED_AT, Outcome.EVICTED])
    counts = run.pictures.aggregate(
        wanted=Count("pk"),
        waiting=Count("pk", filter=Q(outcome=Outcome.WAITING)),
        fetched=Count("pk", filter=fetched),
        extracted=Count("pk", filter=fetched & Q(read_at__isnull=False)),
        skipped=Count("pk", filter=Q(outcome=Outcome.SKIPPED)),
        failed=Count("pk", filter=Q(outcome=Outcome.FAILED)),
    )
    rate = _rate(run)
    left = run.pending + 2 * counts["waiting"] + counts["fetched"] - counts["extracted"]
    return Progress(
        state=run.state,
        found=run.found,
        pending=run.pending,
        rate=rate,
        seconds_left=left / rate if rate and left else (0.0 if not left else None),
        resumes_at=next_due(run) if run.pending else None,
        **counts,
    )


def _rate(run: HarvestRun) -> float | None:
    now = timezone.now()
    since = max(now - WINDOW, run.started_at or now)
    seconds = (now - since).total_seconds()
    if seconds < 1:
        return None
    urls = run.items.filter(at__gt=since).exclude(outcome="pending").count()
    pictures = run.pictures.aggregate(
        fetched=Count("pk", filter=Q(fetched_at__gt=since)),
        extracted=Count("pk", filter=Q(read_at__gt=since)),
    )
    steps = urls + pictures["fetched"] + pictures["extracted"]
    return steps / seconds if steps else None


@dataclass(frozen=True)
class FailureGroup:
    """Failures of one kind at one host. ``what``: "url" or "picture"; ``example`` is a reason."""

    what: str
    kind: str
    host: str
    count: int
    example: str


def failures_of(run: HarvestRun) -> list[FailureGroup]:
    """What failed in a run, by kind and host, the most frequent first."""
    groups = []
    for what, rows in (
        ("url", run.items.filter(outcome="failed")),
        ("picture", run.pictures.filter(outcome="failed")),
    ):
        counted = rows.values("kind", "host").annotate(count=Count("pk"), example=Min("reason"))
        groups += [FailureGroup(what, **group) for group in counted.order_by("-count")[:50]]
    return sorted(groups, key=lambda group: -group.count)
