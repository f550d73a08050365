"""What waits for a person, what is under way, the room it takes, and the index: on the front page.

Whoever looks sees what their permissions show. Nothing here counts further than MOST, and what
takes a walk through a whole table is remembered for some minutes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.core.cache import cache
from django.db import connection
from django.db.models import QuerySet, Sum
from django.urls import NoReverseMatch, reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from catalog.admin.display import change_url, list_url, number, shortened
from catalog.admin.report import PAUSABLE, bar
from catalog.conf import options
from catalog.models import HarvestItem, HarvestRun, Picture
from iiifsearch.admin import state
from iiifsearch.doctor.disk import free_of
from iiifsearch.index import manage
from iiifsearch.models import Duplicate, TagGuess

#: Beyond so many the page says "more than".
MOST = 1000
RUNS_SHOWN = 5
#: Seconds for which the size of all pictures is remembered.
_REMEMBERED = 600


@dataclass(frozen=True)
class Tile:
    count: str
    label: str
    url: str
    bad: bool = False


@dataclass(frozen=True)
class Underway:
    """A harvest that is under way."""

    name: str
    url: str
    state: str
    label: str
    bar: SafeString


@dataclass(frozen=True)
class Room:
    """Bytes. ``free``: on the disk that pictures are kept on; None where nobody can tell."""

    database: int
    pictures: int
    free: int | None


@dataclass(frozen=True)
class Needs:
    tiles: list[Tile]
    runs: list[Underway]
    runs_url: str
    room: Room | None
    index: list[state.HNSW]
    builds: list[manage.Build]
    index_url: str

    @property
    def built(self) -> list[state.HNSW]:
        return [one for one in self.index if one.built]


def needs_of(user: Any) -> Needs:
    """What ``user`` may see of it."""
    sees_runs = _may(user, "catalog.view_harvestrun", "catalog.change_harvestrun")
    sees_index = _may(user, "iiifsearch.view_seen", "iiifsearch.change_seen")
    index_url = _page("admin_index_state")
    return Needs(
        tiles=_tiles(user),
        runs=_underway() if sees_runs else [],
        runs_url=list_url(HarvestRun),
        room=_room() if sees_index else None,
        index=list(state.hnsw_indexes().values()) if sees_index and index_url else [],
        builds=manage.builds() if sees_index and index_url else [],
        index_url=index_url,
    )


def _may(user: Any, *names: str) -> bool:
    return any(user.has_perm(name) for name in names)


def _page(name: str) -> str:
    """The address of a page that belongs to no model; "" where a project has left it out."""
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""


def _tiles(user: Any) -> list[Tile]:
    """Only what there is: a person whom nothing waits for reads no zeros."""
    found: list[tuple[QuerySet, str, str]] = []
    if _may(user, "iiifsearch.change_duplicate"):
        pairs = Duplicate.objects.filter(decision=Duplicate.Decision.OPEN)
        found.append((pairs, gettext("pairs to decide on"), list_url(Duplicate, decision="open")))
    if _may(user, "iiifsearch.change_tagguess") and (url := _page("admin_tags")):
        guesses = TagGuess.objects.filter(decision=TagGuess.Decision.OPEN)
        found.append((guesses, gettext("tags to decide on"), url))
    if _may(user, "catalog.change_picture"):
        pictures = Picture.objects.filter(outcome=Picture.Outcome.FAILED)
        url = list_url(Picture, outcome__exact="failed")
        found.append((pictures, gettext("pictures could not be fetched"), url))
    if _may(user, "catalog.change_harvestrun"):
        newest = list(HarvestRun.objects.order_by("-id").values_list("pk", flat=True)[:20])
        items = HarvestItem.objects.filter(run__in=newest, outcome=HarvestItem.Outcome.FAILED)
        url = list_url(HarvestItem, outcome__exact="failed")
        found.append((items, gettext("URLs failed in the latest harvests"), url))
    tiles = []
    for rows, label, url in found:
        count = _up_to_most(rows)
        if count:
            told = gettext("more than %(n)s") % {"n": number(MOST)} if count > MOST else str(count)
            failed = rows.model in (Picture, HarvestItem)
            tiles.append(Tile(told, label, url, failed))
    return tiles


def _up_to_most(rows: QuerySet) -> int:
    return rows.order_by()[: MOST + 1].count()


def _underway() -> list[Underway]:
    runs = HarvestRun.objects.filter(state__in=PAUSABLE).select_related("source").order_by("-id")
    return [
        Underway(
            shortened(str(run.source)),
            change_url(HarvestRun, run.pk),
            run.state,
            run.get_state_display(),
            bar(run),
        )
        for run in runs[:RUNS_SHOWN]
    ]


def _room() -> Room:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_database_size(current_database())")
        (database,) = cursor.fetchone()
    return Room(database, _kept(), free_of(options.storage))


def _kept() -> int:
    """Remembered, unless there is nothing: then it may soon be otherwise."""
    size: int = cache.get("iiifsearch-kept") or 0
    if not size and (size := Picture.objects.aggregate(size=Sum("size"))["size"] or 0):
        cache.set("iiifsearch-kept", size, _REMEMBERED)
    return size
