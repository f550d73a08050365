"""Pictures -> vectors. Reading and decoding of the next batch overlaps with encoding.

Every function walks through its work once, can be run again at any time, skips what is done, and
returns counts that add up.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

from django.db import connections, transaction

from catalog import images
from catalog.harvest import failures
from catalog.harvest.pictures import looked_at
from catalog.models import Canvas
from iiifsearch.conf import options
from iiifsearch.encoders import encoder
from iiifsearch.index import find_work, store
from iiifsearch.index.counts import Counts, Progress
from iiifsearch.index.find_work import Origin, Work
from ml import registry

log = logging.getLogger(__name__)

READERS: dict[Origin, int] = {"fresh": 2, "kept": 2, "unkept": 8, "elsewhere": 8}
#: Batches that are being read while one is encoded: their pictures are all in memory.
BATCHES_AHEAD = 1

Reading = list[tuple[Work, Canvas, "Future[images.Pixels]"]]

#: Encoders use all cores: a second extraction in this process would only take memory. One may wait
#: for the first to end; whatever a third one would find, that one finds.
_busy, _waiting = threading.Lock(), threading.Lock()


def index_pictures(origin: Origin, progress: Progress = lambda count: None) -> Counts:
    """Make what features are missing of the pictures of one origin (`find_work.Origin`).

    Does nothing where another thread of this process waits to do the same.
    """
    if not _waiting.acquire(blocking=False):
        return Counts()
    with _busy:
        _waiting.release()
        return _index(origin, progress)


def _index(origin: Origin, progress: Progress) -> Counts:
    counts = Counts()
    pool = ThreadPoolExecutor(READERS[origin], thread_name_prefix=f"read-{origin}")
    try:
        for batch in _ahead(origin, pool):
            counts += _encode_batch(batch)
            progress(len(batch))
    finally:
        pool.shutdown(cancel_futures=True)
    return counts


def _ahead(origin: Origin, pool: ThreadPoolExecutor) -> Iterator[Reading]:
    """Batches in order, with the next one already being read."""
    waiting: deque[Reading] = deque()
    for found in find_work.pictures(origin, find_work.picture_features(), options.batch):
        canvases = (
            Canvas.objects.select_related("picture")
            .prefetch_related("images")
            .in_bulk([work.canvas_id for work in found])
        )
        waiting.append(
            [
                (
                    work,
                    canvases[work.canvas_id],
                    pool.submit(_pixels, canvases[work.canvas_id], work.shows),
                )
                for work in found
                if work.canvas_id in canvases
            ]
        )
        if len(waiting) > BATCHES_AHEAD:
            yield waiting.popleft()
    yield from waiting


def _pixels(canvas: Canvas, shows: bool) -> images.Pixels:
    if not shows:
        raise images.NothingToSee(canvas.picture.reason)
    try:
        return images.pixels(canvas)
    finally:
        connections.close_all()  # a connection belongs to its thread


def _encode_batch(batch: Reading) -> Counts:
    counts = Counts()
    ready: list[tuple[Work, Canvas, images.Pixels]] = []
    for work, canvas, future in batch:
        try:
            ready.append((work, canvas, future.result()))
        except images.NothingToSee as error:
            store.nothing_to_see(work.canvas_id, work.features, work.revision, str(error))
            looked_at([canvas], nothing=str(error))
            counts.skipped += 1
        except Exception as error:
            # Whatever a hostile server makes of one canvas, the others have their turn.
            known = isinstance(error, images.ImageError)
            reason = failures.reason_of(error)
            log.warning("No pixels for canvas %s: %s", canvas.raw_id, reason, exc_info=not known)
            store.failed(
                *(work.canvas_id, work.features, work.revision, reason),
                transient=getattr(error, "transient", False),
            )
            counts.failed += 1
    made = {}
    for name in options.image_encoders:
        spec = registry.get(name)
        lacking = [(work, pixels) for work, _, pixels in ready if spec.key in work.features]
        if lacking:
            vectors = encoder(name).encode([pixels.array for _, pixels in lacking])
            made[spec] = ([work.canvas_id for work, _ in lacking], vectors)
    with transaction.atomic():
        # What a harvest changed or somebody withdrew in the meantime is found again, or not at all.
        same = store.still_at([work for work, _, _ in ready], "pixel_revision")
        for spec, (ids, vectors) in made.items():
            kept = [pk in same for pk in ids]
            store.canvas_vectors([pk for pk in ids if pk in same], spec, vectors[kept])
        ready = [each for each in ready if each[0].canvas_id in same]
        store.seen(
            (work.canvas_id, feature, work.revision)
            for work, _, _ in ready
            for feature in work.features
        )
        looked_at([canvas for _, canvas, _ in ready])
    counts.done += len(ready)
    return counts
