"""Do the work that was found: pixels or texts -> vectors and words -> stored.

Every function walks through its work once, can be run again at any time, skips what is done, and
returns counts that add up. Fetching and decoding of the next batches overlap with encoding.
"""

from __future__ import annotations

import logging
import time
import unicodedata
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass

from django.db import connection, transaction

from catalog import images
from catalog.models import Canvas, Comment
from iiifsearch.conf import options
from iiifsearch.encoders import encoder, text_encoder
from iiifsearch.index import ann, find_work, store, words
from iiifsearch.index.find_work import Work
from ml import registry

log = logging.getLogger(__name__)

FETCHERS = 8
#: Batches that are being fetched while one is encoded: their pictures are all in memory.
BATCHES_AHEAD = 1

Progress = Callable[[int], None]


@dataclass
class Counts:
    """Canvases by what became of them."""

    done: int = 0
    skipped: int = 0
    failed: int = 0

    @property
    def total(self) -> int:
        return self.done + self.skipped + self.failed

    def __add__(self, other: Counts) -> Counts:
        return Counts(
            self.done + other.done, self.skipped + other.skipped, self.failed + other.failed
        )


def index_everything(progress: Progress = lambda count: None) -> Counts:
    """Make whatever is missing, then the HNSW indexes that are missing.

    ``progress`` is told of every batch: the number of canvases finished with one kind of work.
    """
    with alone():
        counts = index_texts(progress) + index_pictures(progress)
        if counts.done or ann.missing():
            ann.build_all()
    return counts


#: Names the lock that whoever indexes holds; any number that nobody else uses will do.
_INDEXING = 0x696969_0002


@contextmanager
def alone() -> Iterator[None]:
    """Wait until nobody else indexes: the command and a worker would do the same work twice.

    The lock is asked for again and again, not waited for inside one statement: whoever builds an
    index concurrently waits for all statements that run.
    """
    with connection.cursor() as cursor:
        while True:
            cursor.execute("SELECT pg_try_advisory_lock(%s)", [_INDEXING])
            if cursor.fetchone()[0]:
                break
            time.sleep(0.5)
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [_INDEXING])


# -- pictures ----------------------------------------------------------------------------------

Fetching = list[tuple[Work, Canvas, "Future[images.Pixels]"]]


def index_pictures(progress: Progress = lambda count: None) -> Counts:
    """Fetch every canvas that lacks a picture feature, once, and make all features it lacks."""
    counts = Counts()
    pool = ThreadPoolExecutor(FETCHERS, thread_name_prefix="fetch")
    try:
        for batch in _ahead(pool):
            counts += _encode_batch(batch)
            progress(len(batch))
    finally:
        pool.shutdown(cancel_futures=True)
    return counts


def _ahead(pool: ThreadPoolExecutor) -> Iterator[Fetching]:
    """Batches in order, with the next ones already being fetched."""
    waiting: deque[Fetching] = deque()
    features = find_work.picture_features()
    for found in find_work.pending("pixel_revision", features, options.batch):
        canvases = (
            Canvas.objects.select_related("derivative")
            .prefetch_related("images")
            .in_bulk([work.canvas_id for work in found])
        )
        waiting.append(
            [
                (
                    work,
                    canvases[work.canvas_id],
                    pool.submit(images.pixels, canvases[work.canvas_id]),
                )
                for work in found
                if work.canvas_id in canvases
            ]
        )
        if len(waiting) > BATCHES_AHEAD:
            yield waiting.popleft()
    yield from waiting


def _encode_batch(batch: Fetching) -> Counts:
    counts = Counts()
    ready: list[tuple[Work, Canvas, images.Pixels]] = []
    for work, canvas, future in batch:
        try:
            ready.append((work, canvas, future.result()))
        except images.NothingToSee as error:
            store.nothing_to_see(work.canvas_id, work.features, work.revision, str(error))
            images.forget(work.canvas_id)
            counts.skipped += 1
        except Exception as error:
            # Whatever a hostile server makes of one canvas, the others have their turn.
            known = isinstance(error, images.ImageError)
            reason = str(error) if known else f"{type(error).__name__}: {error}"
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
    for _, canvas, pixels in ready:
        derivative = getattr(canvas, "derivative", None)
        if derivative is None or derivative.pixel_revision != canvas.pixel_revision:
            images.keep(canvas, pixels)
    with transaction.atomic():
        for spec, (ids, vectors) in made.items():
            store.canvas_vectors(ids, spec, vectors)
        store.seen(
            (work.canvas_id, feature, work.revision)
            for work, _, _ in ready
            for feature in work.features
        )
    counts.done += len(ready)
    return counts


# -- texts -------------------------------------------------------------------------------------

#: How much a match counts by where the text stands; among hits that cover the query alike.
WEIGHTS = {
    Comment.Origin.LABEL: 1.0,
    Comment.Origin.SUMMARY: 0.6,
    Comment.Origin.ANNOTATION: 0.6,
    Comment.Origin.CURATOR: 0.6,
    Comment.Origin.METADATA: 0.5,
}
#: A metadata value shorter than this is a name or a size: words find it, meaning does not.
SHORTEST_MEANINGFUL_METADATA = 80
LONGEST_TERM = 60


def index_texts(progress: Progress = lambda count: None) -> Counts:
    """Make words and vectors of the comments of every canvas whose texts changed."""
    counts = Counts()
    features = find_work.text_features()
    for found in find_work.pending("text_revision", features, options.batch * 4):
        ids = [work.canvas_id for work in found]
        comments = list(Comment.objects.filter(canvas_id__in=ids).order_by("canvas_id", "id"))
        spec = registry.get(options.text_encoder)
        meaningful = [comment for comment in comments if _meaningful(comment)]
        vectors = text_encoder().encode([_sentence(comment) for comment in meaningful])
        with transaction.atomic():
            # A harvest may have replaced comments meanwhile: it raised the revision, and those
            # canvases are found again.
            same = store.still_at(found)
            kept = [comment.canvas_id in same for comment in meaningful]
            pairs = [(c.canvas_id, c.pk) for c in meaningful if c.canvas_id in same]
            store.comment_words(same, [_words(c) for c in comments if c.canvas_id in same])
            store.comment_vectors(same, pairs, spec, vectors[kept])
            store.seen(_rows([work for work in found if work.canvas_id in same]))
        counts.done += len(same)
        progress(len(found))
    return counts


def _rows(found: Iterable[Work]) -> Iterator[tuple[int, str, int]]:
    for work in found:
        for feature in work.features:
            yield work.canvas_id, feature, work.revision


def _meaningful(comment: Comment) -> bool:
    if comment.origin == Comment.Origin.METADATA:
        return len(comment.body) >= SHORTEST_MEANINGFUL_METADATA
    return any(char.isalpha() for char in comment.body)


def _sentence(comment: Comment) -> str:
    return comment.body[: words.LONGEST_TEXT]


def _words(comment: Comment) -> store.CommentWords:
    body = comment.body[: words.LONGEST_TEXT]
    folded = words.fold(body)
    # Letters with their accents, of one width: else an accent by itself would part a word.
    plain = unicodedata.normalize("NFKC", body)
    terms = {
        word.lower()[:LONGEST_TERM]
        for word in (*words.WORD.findall(plain), *words.UNSPACED_RUN.findall(plain))
        # Years are worth completing; sizes, and what an apostrophe leaves behind, are not.
        if (len(word) == 4 if word.isdigit() else len(word) > 1 or not word.isascii())
    }
    return store.CommentWords(
        comment.canvas_id,
        comment.pk,
        words.configuration(comment.language),
        folded,
        WEIGHTS[Comment.Origin(comment.origin)],
        tuple(sorted(terms)),
    )
