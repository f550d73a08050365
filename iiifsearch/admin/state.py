"""How far the index is, as its page shows it: the pictures, the features and their HNSW indexes,
the failures. What is counted for it: ``tally``."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime

from django.db import connection
from django.db.models import Count
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext
from procrastinate.contrib.django.models import ProcrastinateJob

from catalog.admin.display import list_url, moment, number
from catalog.admin.reasons import kind_in_words, without_urls
from catalog.conf import options
from catalog.models import Canvas, Picture
from iiifsearch import answering
from iiifsearch.admin.tally import Counted, Lookout
from iiifsearch.index import ann, find_work, manage
from iiifsearch.models import Duplicate
from ml.specs import EncoderSpec

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
    (None for words and points, which have none). ``instead_of``: the key of the version that
    answers, where it is to take over from that; "" else."""

    count: find_work.Count
    hnsw: HNSW | None
    spec: EncoderSpec | None = None
    failures: list[Failure] = field(default_factory=list)
    instead_of: str = ""

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


#: Queues of background jobs, in the order in which a picture passes through them.
QUEUES = ("harvest", "fetch", "extract", "index")


def features(counted: Counted) -> list[Feature]:
    """Every live feature."""
    indexes = hnsw_indexes()
    specs = {key: index.spec for key, index in manage.live_keys().items()}
    instead_of = {new.key: old.key for one in answering.live() for old, new in one.steps}
    failed: dict[str, list[Failure]] = defaultdict(list)
    for one in counted.failures:
        url = list_url(Canvas, id__in=",".join(map(str, one.canvases)))
        failed[one.feature].append(Failure(one.reason, one.count, one.due, url))
    return [
        Feature(
            count,
            indexes.get(count.feature),
            specs.get(count.feature),
            failed.get(count.feature, []),
            instead_of.get(count.feature, ""),
        )
        for count in counted.features
    ]


@dataclass(frozen=True)
class TakingOver:
    """A version that answers, and the one that is to take over."""

    old: EncoderSpec
    new: EncoderSpec


def waiting() -> list[TakingOver]:
    """Versions that are to take over."""
    return [TakingOver(old, new) for one in answering.live() for old, new in one.steps]


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


def lookout(of: Lookout) -> list[dict[str, object]]:
    """How far the look-out for near-duplicates is, in tiles."""
    return [
        {"text": number(of.looked_at), "label": gettext("canvases compared with their neighbours")},
        {"text": number(of.failed), "label": gettext("could not be"), "bad": of.failed > 0},
        {"text": number(of.pairs), "label": gettext("pairs found")},
        {
            "text": number(of.open),
            "label": gettext("to decide on"),
            "url": list_url(Duplicate, decision="open"),
        },
    ]


def pictures(counted: Counted) -> Pictures:
    """What became of all pictures, and how much room they take."""
    return Pictures(
        {outcome: n for outcome, (n, _) in counted.pictures.items()},
        sum(size for _, size in counted.pictures.values()),
        options.max_storage_bytes,
    )


def unfetched(counted: Counted) -> list[Unfetched]:
    """Pictures that could not be fetched, the most frequent fault first."""
    again = reverse("admin:catalog_picture_retry")
    return [
        Unfetched(
            group.count,
            kind_in_words(group.kind) or "unnamed",
            group.host,
            without_urls(group.reason),
            group.due,
            list_url(Picture, outcome__exact="failed", kind=group.kind, host=group.host),
            f"{again}?{urlencode({'kind': group.kind, 'host': group.host})}",
        )
        for group in counted.unfetched
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
