"""How far the index is: the pictures, what ``find_work`` counts, the HNSW indexes, the failures."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime

from django.contrib.postgres.aggregates import ArrayAgg
from django.db import connection
from django.db.models import Count, F, Min, Q, Sum
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext
from procrastinate.contrib.django.models import ProcrastinateJob

from catalog.admin.display import list_url, moment, number
from catalog.admin.reasons import (
    MOST_GROUPS,
    REASON_WITHOUT_URLS,
    kind_in_words,
    without_urls,
)
from catalog.conf import options
from catalog.models import Canvas, Picture, State
from iiifsearch.index import ann, duplicates, find_work, manage
from iiifsearch.models import Duplicate, Seen
from ml.specs import EncoderSpec

#: Canvases that one link leads to: their ids stand in its address.
CANVASES_LINKED = 100

_INDEXES = """
SELECT c.relname, i.indisvalid, pg_relation_size(c.oid)
FROM pg_class c JOIN pg_index i ON i.indexrelid = c.oid
WHERE c.relname = ANY(%s) AND pg_table_is_visible(c.oid)
"""


@dataclass(frozen=True)
class HNSW:
    """The index of an encoder. ``built`` is None where there is none, False where it is broken."""

    name: str
    built: bool | None
    size: int
    at: datetime | None = None

    @property
    def when(self) -> str:
        return moment(self.at)


@dataclass(frozen=True)
class Failure:
    """Canvases of which a feature could not be made, for one reason; ``due``: those that will be
    tried again by themselves."""

    reason: str
    count: int
    due: int
    canvases_url: str


@dataclass(frozen=True)
class Feature:
    """A live feature: its counts, its HNSW index (None for words, which need none), its encoder
    (None for words and points, which have none)."""

    count: find_work.Count
    hnsw: HNSW | None
    spec: EncoderSpec | None = None
    failures: list[Failure] = field(default_factory=list)

    @property
    def weights(self) -> str:
        """The first digits of the SHA-256 of what was learned; "" where nothing was."""
        learned = self.spec and self.spec.weights
        return learned.sha256[:12] if learned else ""

    @property
    def finished(self) -> int:
        return self.count.canvases - self.count.pending

    @property
    def cells(self) -> list[str]:
        """Canvases, and what became of them, as the page shows them."""
        of = self.count
        return [number(n) for n in (of.canvases, of.done, of.skipped, of.failed, of.pending)]


@dataclass(frozen=True)
class Queue:
    """Jobs of one queue."""

    name: str
    waiting: int
    running: int


@dataclass(frozen=True)
class Pictures:
    """Pictures by what became of them. ``size``: bytes of what is kept; ``room``: bytes that it
    may take, 0 for as many as there is room for."""

    counts: dict[str, int]
    size: int
    room: int

    @property
    def tiles(self) -> list[dict[str, object]]:
        return [
            {
                "label": outcome.label,
                "count": self.counts.get(outcome, 0),
                "text": number(self.counts.get(outcome, 0)),
                "bad": outcome == Picture.Outcome.FAILED and self.counts.get(outcome, 0) > 0,
                "url": list_url(Picture, outcome__exact=outcome),
            }
            for outcome in Picture.Outcome
        ]

    @property
    def percent(self) -> int | None:
        return 100 * self.size // self.room if self.room else None


@dataclass(frozen=True)
class Unfetched:
    """Pictures that could not be fetched, of one kind and one host; ``reason`` is an example."""

    count: int
    kind: str
    host: str
    reason: str
    due: int
    url: str
    again: str


@dataclass(frozen=True)
class Lookout:
    """Near-duplicates: canvases that were looked at, and that could not be; pairs that were found,
    and those of them that nobody has decided on."""

    looked_at: int
    failed: int
    pairs: int
    open: int

    @property
    def tiles(self) -> list[dict[str, object]]:
        said: list[dict[str, object]] = [
            {
                "text": number(self.looked_at),
                "label": gettext("canvases compared with their neighbours"),
            },
            {"text": number(self.failed), "label": gettext("could not be"), "bad": self.failed > 0},
            {"text": number(self.pairs), "label": gettext("pairs found")},
        ]
        url = list_url(Duplicate, decision="open")
        return [*said, {"text": number(self.open), "label": gettext("to decide on"), "url": url}]


#: Queues of background jobs, in the order in which a picture passes through them.
QUEUES = ("harvest", "fetch", "extract", "index")


def features() -> list[Feature]:
    """Every live feature. The number of queries does not depend on what there is."""
    indexes = hnsw_indexes()
    failed = failures()
    specs = {key: index.spec for key, index in manage.live_keys().items()}
    return [
        Feature(
            count,
            indexes.get(count.feature),
            specs.get(count.feature),
            failed.get(count.feature, []),
        )
        for count in find_work.counts()
    ]


def hnsw_indexes() -> dict[str, HNSW]:
    """The HNSW index of every live encoder, by the encoder's key."""
    wanted = ann.live_indexes()
    with connection.cursor() as cursor:
        cursor.execute(_INDEXES, [[index.name for index in wanted]])
        found = {name: (valid, size) for name, valid, size in cursor.fetchall()}
    at = manage.built_at()
    return {
        index.spec.key: HNSW(index.name, *found.get(index.name, (None, 0)), at.get(index.name))
        for index in wanted
    }


def failures() -> dict[str, list[Failure]]:
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
    found: dict[str, list[Failure]] = defaultdict(list)
    for group in groups:
        ids = ",".join(str(pk) for pk in group["canvases"][:CANVASES_LINKED])
        url = list_url(Canvas, id__in=ids)
        found[group["feature"]].append(Failure(group["why"], group["count"], group["due"], url))
    return dict(found)


def lookout() -> Lookout:
    """How far the look-out for near-duplicates is."""
    seen = Seen.objects.filter(feature=duplicates.FEATURE)
    failed = Q(outcome=Seen.Outcome.FAILED)
    looked = seen.aggregate(
        done=Count("feature", filter=~failed), failed=Count("feature", filter=failed)
    )
    undecided = Q(decision=Duplicate.Decision.OPEN)
    pairs = Duplicate.objects.aggregate(all=Count("pk"), open=Count("pk", filter=undecided))
    return Lookout(looked["done"], looked["failed"], pairs["all"], pairs["open"])


def pictures() -> Pictures:
    """What became of all pictures, and how much room they take."""
    found = Picture.objects.order_by().values("outcome").annotate(n=Count("pk"), size=Sum("size"))
    rows = {row["outcome"]: row for row in found}
    return Pictures(
        {outcome: row["n"] for outcome, row in rows.items()},
        sum(row["size"] or 0 for row in rows.values()),
        options.max_storage_bytes,
    )


def unfetched() -> list[Unfetched]:
    """Pictures that could not be fetched, the most frequent fault first."""
    again = reverse("admin:catalog_picture_retry")
    groups = (
        Picture.objects.filter(outcome=Picture.Outcome.FAILED)
        .values("kind", "host")
        .annotate(count=Count("pk"), due=Count("due_at"), example=Min("reason"))
        .order_by("-count", "kind", "host")[:MOST_GROUPS]
    )
    return [
        Unfetched(
            group["count"],
            kind_in_words(group["kind"]) or "unnamed",
            group["host"],
            without_urls(group["example"]),
            group["due"],
            list_url(Picture, outcome__exact="failed", kind=group["kind"], host=group["host"]),
            f"{again}?{urlencode({key: group[key] for key in ('kind', 'host')})}",
        )
        for group in groups
    ]


def queues() -> list[Queue]:
    """What waits and runs in every queue."""
    jobs = ProcrastinateJob.objects.filter(queue_name__in=QUEUES, status__in=["todo", "doing"])
    counted = jobs.order_by().values_list("queue_name", "status").annotate(n=Count("id"))
    counts = {(name, status): n for name, status, n in counted}
    return [
        Queue(name, counts.get((name, "todo"), 0), counts.get((name, "doing"), 0))
        for name in QUEUES
    ]
