"""What the page of the index's state counts, for which it walks through whole tables.

In a small library that is done when somebody looks. In a large one it takes minutes: a worker does
it, and the page shows what was counted last, with the time, and has it counted anew when that is
old.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib.postgres.aggregates import ArrayAgg
from django.db import connection, transaction
from django.db.models import Count, F, Min, Q, Sum
from django.utils import timezone

from catalog.admin.reasons import MOST_GROUPS, REASON_WITHOUT_URLS
from catalog.models import Picture, State
from iiifsearch import tasks
from iiifsearch.index import duplicates, find_work
from iiifsearch.models import Duplicate, Seen, Tally

#: Canvases, about, up to which everything is counted when somebody looks.
SMALL = 20_000
#: A tally is old after so many seconds, and after so many times as long as it took.
OLD_SECONDS, OLD_TIMES = 60, 20
#: Canvases of one failure that one link leads to: their ids stand in its address.
CANVASES_LINKED = 100


@dataclass(frozen=True)
class Failed:
    """Canvases of which ``feature`` could not be made, for one reason. ``due``: those that will be
    tried again by themselves. ``canvases``: ids of the first of them."""

    feature: str
    reason: str
    count: int
    due: int
    canvases: list[int]


@dataclass(frozen=True)
class Unfetched:
    """Pictures that could not be fetched, of one kind and one host; ``reason`` is an example."""

    count: int
    kind: str
    host: str
    reason: str
    due: int


@dataclass(frozen=True)
class Lookout:
    """Near-duplicates: canvases that were looked at, and that could not be; pairs that were found,
    and those of them that nobody has decided on."""

    looked_at: int
    failed: int
    pairs: int
    open: int


@dataclass(frozen=True)
class Counted:
    """``pictures``: by what became of them, how many there are, and bytes that are kept. ``at``:
    when it was counted; None: now."""

    features: list[find_work.Count]
    failures: list[Failed]
    pictures: dict[str, tuple[int, int]]
    unfetched: list[Unfetched]
    lookout: Lookout
    at: datetime | None = None


def current() -> Counted | None:
    """Now in a small library; else what was counted last, None where that is still to be done."""
    if _about_canvases() <= SMALL:
        return count()
    row = Tally.objects.first()
    if row is None or timezone.now() - row.at > _lasts(row):
        transaction.on_commit(tasks.count_anew)
    return None if row is None else _read(row)


def renew() -> None:
    """Count, and keep it for `current`."""
    start = timezone.now()
    counted = asdict(count())
    del counted["at"]
    seconds = (timezone.now() - start).total_seconds()
    Tally.objects.update_or_create(
        pk=1, defaults={"counted": counted, "at": start, "seconds": seconds}
    )


def count() -> Counted:
    """The number of queries does not depend on what there is; the time they take does."""
    return Counted(find_work.counts(), _failures(), _pictures(), _unfetched(), _lookout())


def _lasts(row: Tally) -> timedelta:
    return timedelta(seconds=max(OLD_SECONDS, OLD_TIMES * row.seconds))


def _read(row: Tally) -> Counted:
    said: dict[str, Any] = row.counted
    return Counted(
        [find_work.Count(**one) for one in said["features"]],
        [Failed(**one) for one in said["failures"]],
        {outcome: (n, size) for outcome, (n, size) in said["pictures"].items()},
        [Unfetched(**one) for one in said["unfetched"]],
        Lookout(**said["lookout"]),
        row.at,
    )


def _about_canvases() -> int:
    """As the planner believes."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT reltuples FROM pg_class WHERE oid = 'catalog_canvas'::regclass")
        return int(cursor.fetchone()[0])


def _failures() -> list[Failed]:
    """Reasons by feature, the commonest first: of the canvases that `find_work.counts` counts."""
    pixels, texts = find_work.picture_features(), find_work.text_features()
    current = Q(feature__in=pixels, revision=F("canvas__pixel_revision"))
    current |= Q(feature__in=texts, revision=F("canvas__text_revision"))
    groups = (
        Seen.objects.filter(current, outcome=Seen.Outcome.FAILED)
        .exclude(canvas__state=State.WITHDRAWN)
        .annotate(why=REASON_WITHOUT_URLS)
        .values("feature", "why")
        .annotate(
            count=Count("canvas_id"),
            due=Count("canvas_id", filter=Q(retry_at__isnull=False)),
            canvases=ArrayAgg("canvas_id", order_by="canvas_id"),
        )
        .order_by("-count", "why")[: MOST_GROUPS * 4]
    )
    return [
        Failed(
            group["feature"],
            group["why"],
            group["count"],
            group["due"],
            group["canvases"][:CANVASES_LINKED],
        )
        for group in groups
    ]


def _pictures() -> dict[str, tuple[int, int]]:
    found = Picture.objects.order_by().values("outcome").annotate(n=Count("pk"), size=Sum("size"))
    return {row["outcome"]: (row["n"], row["size"] or 0) for row in found}


def _unfetched() -> list[Unfetched]:
    """The most frequent fault first."""
    groups = (
        Picture.objects.filter(outcome=Picture.Outcome.FAILED)
        .values("kind", "host")
        .annotate(count=Count("pk"), due=Count("due_at"), reason=Min("reason"))
        .order_by("-count", "kind", "host")[:MOST_GROUPS]
    )
    return [Unfetched(**group) for group in groups]


def _lookout() -> Lookout:
    seen = Seen.objects.filter(feature=duplicates.FEATURE)
    failed = Q(outcome=Seen.Outcome.FAILED)
    looked = seen.aggregate(
        done=Count("feature", filter=~failed), failed=Count("feature", filter=failed)
    )
    undecided = Q(decision=Duplicate.Decision.OPEN)
    pairs = Duplicate.objects.aggregate(all=Count("pk"), open=Count("pk", filter=undecided))
    return Lookout(looked["done"], looked["failed"], pairs["all"], pairs["open"])
