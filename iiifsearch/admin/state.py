"""How far the index is: what ``find_work`` counts, with the HNSW indexes and the failures."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from django.contrib.postgres.aggregates import ArrayAgg
from django.db import connection
from django.db.models import Count, F, Q
from procrastinate.contrib.django.models import ProcrastinateJob

from catalog.admin.display import list_url
from catalog.admin.reasons import MOST_GROUPS, REASON_WITHOUT_URLS
from catalog.models import Canvas, State
from iiifsearch.index import ann, find_work
from iiifsearch.models import Seen

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


@dataclass(frozen=True)
class Failure:
    """Canvases that fail for one reason; ``due``: those that will be tried again by themselves."""

    reason: str
    count: int
    due: int
    canvases_url: str


@dataclass(frozen=True)
class Feature:
    """A live feature: its counts, its HNSW index (None for words, which need none)."""

    count: find_work.Count
    hnsw: HNSW | None
    failures: list[Failure] = field(default_factory=list)

    @property
    def finished(self) -> int:
        return self.count.canvases - self.count.pending


@dataclass(frozen=True)
class Jobs:
    """Indexing jobs in the queue."""

    waiting: int
    running: int


def features() -> list[Feature]:
    """Every live feature. The number of queries does not depend on what there is."""
    indexes = hnsw_indexes()
    failed = failures()
    return [
        Feature(count, indexes.get(count.feature), failed.get(count.feature, []))
        for count in find_work.counts()
    ]


def hnsw_indexes() -> dict[str, HNSW]:
    """The HNSW index of every live encoder, by the encoder's key."""
    wanted = ann.live_indexes()
    with connection.cursor() as cursor:
        cursor.execute(_INDEXES, [[index.name for index in wanted]])
        found = {name: (valid, size) for name, valid, size in cursor.fetchall()}
    return {index.spec.key: HNSW(index.name, *found.get(index.name, (None, 0))) for index in wanted}


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


def jobs() -> Jobs:
    """What waits and runs in the queue of the index."""
    queue = ProcrastinateJob.objects.filter(queue_name="index", status__in=["todo", "doing"])
    counts = queue.aggregate(
        waiting=Count("id", filter=Q(status="todo")), running=Count("id", filter=Q(status="doing"))
    )
    return Jobs(**counts)
