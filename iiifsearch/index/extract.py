"""Pictures -> vectors. Reading and decoding of the next batch overlaps with encoding.

Every function walks through its work once, can be run again at any time, skips what is done, and
returns counts that add up.
"""

from __future__ import annotations

import logging
import math
import threading
import time
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from typing import get_args

from django.db import connections, transaction

from catalog import images, kept
from catalog.harvest import failures, pictures, wanted
from catalog.models import Canvas, Picture
from iiifsearch.answering import one_version
from iiifsearch.conf import options
from iiifsearch.index import batches, features, find_pictures, find_work, store
from iiifsearch.index.counts import Counts, Progress
from iiifsearch.index.find_pictures import Origin
from iiifsearch.index.find_work import Work

log = logging.getLogger(__name__)

READERS: dict[Origin, int] = {"fresh": 2, "kept": 2, "unkept": 8, "elsewhere": 8}
#: Batches that are being read while one is encoded: their pictures are all in memory.
BATCHES_AHEAD = 1

Reading = list[tuple[Work, Canvas, "Future[images.Pixels]"]]

#: In this process one thread works on an origin. Another may wait for it to end; whatever a third
#: one would find, that one finds.
_busy: dict[Origin, threading.Lock] = {origin: threading.Lock() for origin in get_args(Origin)}
_waiting: dict[Origin, threading.Lock] = {origin: threading.Lock() for origin in get_args(Origin)}
#: Encoders use all cores: two at a time would only take memory. Not held while a museum is asked.
_encoding = threading.Lock()


class Damaged(images.ImageError):
    """The file of a kept picture cannot be read."""


def index_pictures(
    origin: Origin, progress: Progress = lambda count: None, *, seconds: float = math.inf
) -> Counts:
    """Make what features are missing of the pictures of one origin (`find_pictures.Origin`), for
    about ``seconds``.

    Does nothing where another thread of this process waits to do the same.
    """
    if not _waiting[origin].acquire(blocking=False):
        return Counts()
    with _busy[origin]:
        _waiting[origin].release()
        return _Extraction(origin, seconds).run(progress)


def new_pictures_wait() -> bool:
    """Whether a picture that was just fetched lacks a feature."""
    return find_pictures.waiting("fresh", find_work.picture_features())


class _Extraction:
    """One walk through the pictures of an origin."""

    def __init__(self, origin: Origin, seconds: float) -> None:
        self.origin = origin
        self.until = time.monotonic() + seconds
        self.counts = Counts()
        #: Hosts that are asked nothing (more) by this walk.
        self.resting = set() if origin in ("fresh", "kept") else pictures.resting_hosts()

    @one_version()
    def run(self, progress: Progress) -> Counts:
        pool = ThreadPoolExecutor(READERS[self.origin], thread_name_prefix=f"read-{self.origin}")
        keys = find_work.picture_features()
        # Closed here, whatever happens: the lock of a block is this thread's connection's.
        walk = find_pictures.blocks(self.origin, keys, options.batch, self.resting)
        try:
            with closing(walk) as blocks:
                for block in blocks:
                    for batch in self._ahead(block, pool):
                        self._index(batch)
                        progress(len(batch))
                    if self.counts.unfinished:
                        break
        finally:
            pool.shutdown(cancel_futures=True)
        return self.counts

    def _ahead(self, block: Iterable[list[Work]], pool: ThreadPoolExecutor) -> Iterator[Reading]:
        """Batches in order, with the next one already being read."""
        reading: deque[Reading] = deque()
        for found in block:
            reading.append(_read(found, pool))
            if len(reading) > BATCHES_AHEAD:
                yield reading.popleft()
            # What is being read is finished: it was asked for.
            if time.monotonic() > self.until:
                self.counts.unfinished = True
                break
        yield from reading

    def _index(self, batch: Reading) -> None:
        works: list[Work] = []
        canvases: dict[int, Canvas] = {}
        pixels: dict[int, images.Pixels] = {}
        for work, canvas, future in batch:
            try:
                pixels[work.canvas_id] = future.result()
            except images.NothingToSee as error:
                with transaction.atomic():
                    store.nothing_to_see(work, str(error))
                    pictures.looked_at([canvas], nothing=str(error))
                self.counts.skipped += 1
            except batches.DATABASE_ERRORS:
                raise
            except Exception as error:
                # Whatever a hostile server makes of one canvas, the others have their turn.
                known, reason = isinstance(error, images.ImageError), failures.reason_of(error)
                log.warning("No pixels for %s: %s", canvas.raw_id, reason, exc_info=not known)
                self._no_pixels(work, canvas, error)
            else:
                works.append(work)
                canvases[work.canvas_id] = canvas
        if not works:
            return
        with _encoding:
            features.load()  # here: one that cannot be loaded is no picture's fault
        made = batches.apart(works, lambda some: _make(some, canvases, pixels))
        # Nobody waits for these either: what they lack is told by what was noted of the feature.
        pictures.looked_at([canvases[pk] for pk in made.failed])
        self.counts += Counts(done=len(made.done), failed=len(made.failed))

    def _no_pixels(self, work: Work, canvas: Canvas, error: Exception) -> None:
        if failures.kind_of(error) == "host-resting":
            # It was not asked: no try, and those beside it need not try either.
            self.resting.add(canvas.picture.host)
            return
        self.counts.failed += 1
        if self.origin == "unkept":
            # To be told, and tried again, as those are that are fetched to be kept.
            pictures.failed(canvas.picture, canvas, error)
            return
        transient = getattr(error, "transient", False)
        with transaction.atomic():
            again = store.failed(work, failures.reason_of(error), transient=transient)
            if again and isinstance(error, Damaged):
                wanted.anew(canvas)
            elif not again and self.origin in ("fresh", "kept"):
                pictures.looked_at([canvas])


def _read(found: Sequence[Work], pool: ThreadPoolExecutor) -> Reading:
    canvases = (
        Canvas.objects.select_related("picture")
        .prefetch_related("images")
        .in_bulk([work.canvas_id for work in found])
    )
    return [
        (work, canvas, pool.submit(_pixels, canvas, work.shows))
        for work in found
        if (canvas := canvases.get(work.canvas_id)) is not None
        and canvas.pixel_revision == work.revision  # else it is found again
    ]


def _pixels(canvas: Canvas, shows: bool) -> images.Pixels:
    """In a thread: the pixels, from the kept file if there is to be one."""
    if not shows:
        raise images.NothingToSee(canvas.picture.reason)
    try:
        if canvas.picture.outcome != Picture.Outcome.KEPT:
            return images.pixels(canvas)
        found = kept.read(canvas)
        if found is None:
            raise Damaged("The kept picture cannot be read.", kind="damaged", transient=True)
        return found
    finally:
        connections.close_all()  # a connection belongs to its thread


def _make(
    works: Sequence[Work], canvases: dict[int, Canvas], pixels: dict[int, images.Pixels]
) -> set[int]:
    """Make and store what ``works`` lack; ids of those that still show the same."""
    lacking = [
        (feature, [work.canvas_id for work in works if feature.key in work.features])
        for feature in features.live()
    ]
    lacking = [(feature, ids) for feature, ids in lacking if ids]
    wanted = [feature for feature, _ in lacking]
    with _encoding:
        items = features.make_all(wanted, [[pixels[pk].array for pk in ids] for _, ids in lacking])
    made = [
        (feature, dict(zip(ids, some, strict=True)))
        for (feature, ids), some in zip(lacking, items, strict=True)
    ]
    with transaction.atomic():
        # What a harvest changed or somebody withdrew in the meantime is found again, or not at all.
        same = store.still_at(works, "pixel_revision")
        for feature, by_canvas in made:
            still = [pk for pk in by_canvas if pk in same]
            feature.put(still, [by_canvas[pk] for pk in still])
        store.seen(work for work in works if work.canvas_id in same)
        pictures.looked_at([canvases[pk] for pk in same])
    return same
