"""Everything that is missing, made at once: for the command, and for tests."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from catalog.harvest import pictures, wanted
from catalog.locks import alone
from catalog.models import Picture
from iiifsearch.conf import options
from iiifsearch.index import ann, scales, takeover
from iiifsearch.index.counts import Counts, Progress
from iiifsearch.index.extract import index_pictures
from iiifsearch.index.find_pictures import ORIGINS
from iiifsearch.index.texts import index_texts
from iiifsearch.models import CanvasVector

#: Seconds of fetching after which what was fetched is looked at.
FETCH_SECONDS = 20.0


def index_everything(progress: Progress = lambda count: None) -> Counts:
    """Fetch the pictures that are wanted, make whatever features are missing, then the HNSW
    indexes that are missing."""
    counts = make_searchable(progress)
    wanted.retry_due()
    for host in pictures.due_hosts():
        held_up = ""
        while not held_up and pictures.to_fetch().filter(host=host).exists():
            fetched = pictures.fetch_of(host, seconds=FETCH_SECONDS)
            held_up = fetched.held_up or ("" if fetched.total else "nothing came of it")
            counts += Counts(failed=fetched.failed) + index_pictures("fresh", progress)
    for origin in ORIGINS:
        counts += index_pictures(origin, progress)
    _build()
    return counts


def make_searchable(progress: Progress = lambda count: None, *, walk: bool = True) -> Counts:
    """Read the texts that changed, and build the HNSW indexes if it is time. ``walk``: look
    through all canvases, and not only at those that were noted as changed."""
    with _in_turn():
        counts = index_texts(progress, walk=walk)
    _build()
    return counts


def _build() -> None:
    if ann.due() and time_to_build():
        ann.build_all()
    takeover.take_over()
    scales.measure_due()


def time_to_build() -> bool:
    """Vectors are stored fast without an index and slowly with one: while a first harvest is under
    way it is built only when exact search would take long."""
    # What a withdrawal left behind waits for a harvest; it has no host.
    waiting = Picture.objects.filter(outcome=Picture.Outcome.WAITING)
    fetching = waiting.exclude(host="").exists()
    reading = Picture.objects.filter(
        outcome__in=[Picture.Outcome.KEPT, Picture.Outcome.SKIPPED], read_at=None
    ).exists()
    many = len(CanvasVector.objects.all()[: options.exact_rows + 1]) > options.exact_rows
    return many or not (fetching or reading)


#: Names the lock that whoever reads texts holds; any number that nobody else uses will do.
_INDEXING = 0x69696902


@contextmanager
def _in_turn() -> Iterator[None]:
    """Wait until nobody else reads texts: the command and a worker would do the same work twice.

    The lock is asked for again and again, not waited for inside one statement: whoever builds an
    index concurrently waits for all statements that run.
    """
    while True:
        with alone(_INDEXING) as mine:
            if mine:
                yield
                return
        time.sleep(0.5)
