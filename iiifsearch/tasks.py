"""Background jobs: services called, nothing decided. Found work is walked through once; running a
job twice does nothing twice."""

from __future__ import annotations

import contextlib
import logging
import time
from functools import partial
from typing import Any

from django.db import transaction
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

from catalog.harvest import pictures
from catalog.models import Picture
from catalog.tasks import TURN_SECONDS, UPKEEP, enqueue_fetches, outliving
from iiifsearch.engine import map as shown_map
from iiifsearch.index import manage, prewarm
from iiifsearch.index.duplicates import find_duplicates
from iiifsearch.index.everything import make_searchable
from iiifsearch.index.extract import index_pictures, new_pictures_wait
from iiifsearch.index.find_pictures import Origin
from iiifsearch.index.guesses import find_guesses
from iiifsearch.index.map import CannotMap, make_map, refresh_map
from iiifsearch.rules.fill import fill_all, with_rules

log = logging.getLogger(__name__)


@app.task(queue="index", lock="index", queueing_lock="index")
@outliving
def index() -> None:
    """Make the texts searchable that changed, and build the indexes that are missing."""
    counts = make_searchable(walk=False)
    if counts.total:
        _fill_if_needed()
    if counts.done:
        _defer(guesses)


@app.task(queue="extract", queueing_lock="extract")
@outliving
def extract() -> None:
    """Make the features of pictures that were just fetched."""
    _index("fresh", extract)


@app.task(queue="fetch", queueing_lock="look", lock="look")
@outliving
def look() -> None:
    """Look at pictures that must not be kept."""
    _index("unkept", look)


@app.task(queue="extract", lock="duplicates", queueing_lock="duplicates")
@outliving
def duplicates() -> None:
    """Look for pairs that show the same picture, among canvases that were not looked at yet.

    Once no new picture waits for its features: without these nobody finds it, and who makes them
    asks for this when done.
    """
    if new_pictures_wait():
        return
    if find_duplicates(seconds=TURN_SECONDS).unfinished:
        _defer(duplicates)


@app.periodic(cron="43 * * * *")
@app.task(queue=UPKEEP, queueing_lock="keep-comparing", pass_context=False)
@outliving
def keep_comparing(timestamp: int) -> None:
    """What was published since, and what a killed worker left behind."""
    _defer(duplicates)


@app.task(queue="index", lock="guesses", queueing_lock="guesses")
@outliving
def guesses() -> None:
    """Guess tags of canvases that were not looked at yet, or have changed; once no new picture
    waits for its vector, since without these nobody is its neighbour."""
    if new_pictures_wait():
        return
    if find_guesses(seconds=TURN_SECONDS).unfinished:
        _defer(guesses)


@app.periodic(cron="13 * * * *")
@app.task(queue=UPKEEP, queueing_lock="keep-guessing", pass_context=False)
@outliving
def keep_guessing(timestamp: int) -> None:
    """What was published since, and what was looked at long ago."""
    _defer(guesses)


@app.periodic(cron="37 3 * * *")
@app.task(queue="index", lock="map", queueing_lock="map", pass_context=False)
@outliving
def library_map(timestamp: int) -> None:
    """Make the map of the library, where something changed since yesterday."""
    try:
        make_map(log.info)
    except CannotMap as error:
        log.warning("No map is made: %s", error)


@app.task(queue="index", lock="map", queueing_lock="refresh-map")
@outliving
def refresh_library_map() -> None:
    """Draw the map's thumbnails and find its names anew, without what is no longer public."""
    refresh_map()


@app.periodic(cron="*/5 * * * *")
@app.task(queue=UPKEEP, queueing_lock="keep-mapping", pass_context=False)
@outliving
def keep_mapping(timestamp: int) -> None:
    """What was withdrawn, or taken back to draft, since the map's thumbnails were drawn."""
    made = shown_map.current()
    if made is not None and shown_map.stale(made):
        _defer(refresh_library_map)


@app.task(queue="index", lock="fill", queueing_lock="fill")
@outliving
def fill_collections() -> None:
    """Bring the collections that rules fill up to date."""
    fill_all()


@app.periodic(cron="*/10 * * * *")
@app.task(queue=UPKEEP, queueing_lock="keep-filling", pass_context=False)
@outliving
def keep_filling(timestamp: int) -> None:
    """What was published, withdrawn or described otherwise since."""
    _fill_if_needed()


@app.periodic(cron="* * * * *")
@app.task(queue=UPKEEP, queueing_lock="keep-looking", pass_context=False)
@outliving
def keep_looking(timestamp: int) -> None:
    """What a lost signal or a killed worker left behind."""
    _defer(index)
    _defer(extract)
    _look_if_needed()
    if prewarm.due():
        _defer(load_indexes)


@app.task(queue="index", queueing_lock="load-indexes")
@outliving
def load_indexes() -> None:
    """After a restart of the database server, bring its indexes into memory."""
    prewarm.load()


@app.periodic(cron="53 * * * *")
@app.task(queue="index", lock="index", queueing_lock="index-all", pass_context=False)
@outliving
def index_all(timestamp: int) -> None:
    """What a new text encoder lacks, and failures that are due again: a walk through all texts."""
    make_searchable()


@app.task(queue="index", lock="build")
@outliving
def build_index(key: str) -> None:
    """Build the HNSW index of an encoder, anew where there is one."""
    try:
        if not manage.rebuild(key):
            log.warning("The index of %s is not built: another one is being built now.", key)
    except manage.NotKnown as error:
        log.warning("Nothing is built: %s", error)


@app.task(queue="index", lock="build")
@outliving
def drop_encoder(key: str) -> None:
    """Delete what an encoder left that is not live."""
    try:
        log.info("Dropped: %s", manage.drop(key))
    except (manage.StillLive, manage.NotKnown) as error:
        log.warning("Nothing is dropped: %s", error)


@app.periodic(cron="23 * * * *")
@app.task(queue="extract", lock="extract-all", queueing_lock="extract-all", pass_context=False)
@outliving
def extract_all(timestamp: int) -> None:
    """What a new encoder lacks, and failures that are due again: a walk through all pictures."""
    origins: tuple[Origin, ...] = ("kept", "elsewhere")
    for origin in origins:
        _index(origin, extract_all, timestamp=timestamp)


@app.task(queue="index", lock="tally", queueing_lock="tally")
@outliving
def count() -> None:
    """Count, for the page of the index's state, what takes a walk through whole tables."""
    from iiifsearch.admin.tally import renew  # the admin may not be installed

    renew()


def count_anew() -> None:
    """Have it counted."""
    _defer(count)


def _index(origin: Origin, again: Any, **values: Any) -> None:
    """A turn at the pictures of one origin, and another one where that was not enough."""
    counts = index_pictures(origin, seconds=TURN_SECONDS)
    if counts.total:
        _defer(index)
    if counts.unfinished:
        _defer(again, **values)
    elif counts.done:
        _defer(duplicates)
        _fill_if_needed()
        _defer(guesses)


def look_for_work() -> None:
    """What workers do by and by, at once: fetch, look at what was fetched, and walk through
    everything for what is missing."""
    enqueue_fetches(set(pictures.due_hosts()))
    pictures_arrived()
    changes_made()
    for walk in (index_all, extract_all):
        transaction.on_commit(partial(_defer, walk, timestamp=int(time.time())))


def build_soon(key: str) -> None:
    """Have an index built, once for all who ask."""
    transaction.on_commit(
        lambda: _defer(build_index.configure(queueing_lock=f"build-{key}"), key=key)
    )


def drop_soon(key: str) -> None:
    """Have what an encoder left deleted."""
    transaction.on_commit(
        lambda: _defer(drop_encoder.configure(queueing_lock=f"drop-{key}"), key=key)
    )


def changes_made(**_: Any) -> None:
    """Have the noted changes looked at."""
    transaction.on_commit(lambda: _defer(index))
    transaction.on_commit(_look_if_needed)


def pictures_arrived(**_: Any) -> None:
    """Have the new pictures looked at."""
    transaction.on_commit(lambda: _defer(extract))


def _fill_if_needed() -> None:
    if next(with_rules(), None) is not None:
        _defer(fill_collections)


def _look_if_needed() -> None:
    if Picture.objects.filter(outcome=Picture.Outcome.WAITING, may_keep=False).exists():
        _defer(look)


def _defer(task: Any, **values: Any) -> None:
    with contextlib.suppress(AlreadyEnqueued):  # the job that waits will find this work too
        task.defer(**values)
