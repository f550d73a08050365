"""Texts -> words and vectors: of the comments of every canvas whose texts changed.

Every function walks through its work once, can be run again at any time, skips what is done, and
returns counts that add up.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

import numpy as np
from django.db import transaction
from numpy.typing import NDArray

from catalog.models import Comment
from iiifsearch.answering import one_version
from iiifsearch.conf import options
from iiifsearch.encoders import encoder, text_specs
from iiifsearch.index import batches, find_work, store, words
from iiifsearch.index.counts import Counts, Progress
from iiifsearch.index.find_work import Work
from iiifsearch.metrics.measures import batch
from ml.crossmodal import space
from ml.specs import EncoderSpec

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


@one_version()
def index_texts(progress: Progress = lambda count: None, *, walk: bool = True) -> Counts:
    """Make words and vectors of the comments of every canvas whose texts changed. ``walk`` False:
    of those that were noted as changed only."""
    counts = Counts()
    find = find_work.texts if walk else find_work.changed_texts
    for found in find(find_work.text_features(), options.batch * 4):
        for spec in text_specs():
            encoder(spec.key)  # here: one that cannot be loaded is no text's fault
        made = batches.apart(found, _make, "text_revision")
        counts += Counts(done=len(made.done), failed=len(made.failed))
        progress(len(found))
    return counts


def _make(works: Sequence[Work]) -> set[int]:
    """Make and store what ``works`` lack; ids of those whose texts are still the same."""
    specs, of_words = text_specs(), words.feature()
    to_index = lacking(works, of_words)
    to_encode = {spec: lacking(works, spec.key) for spec in specs}
    comments = list(
        Comment.objects.filter(canvas_id__in=to_index.union(*to_encode.values())).order_by(
            "canvas_id", "id"
        )
    )
    meaningful = {
        spec: [c for c in comments if c.canvas_id in ids and _meaningful(c)]
        for spec, ids in to_encode.items()
    }
    vectors = {spec: read(spec, [_text(c) for c in some]) for spec, some in meaningful.items()}
    with transaction.atomic():
        # A harvest may have replaced comments meanwhile: it raised the revision, and those
        # canvases are found again.
        same = store.still_at(works)
        if indexed := to_index & same:
            store.comment_words(indexed, [words_of(c) for c in comments if c.canvas_id in indexed])
        for spec, some in meaningful.items():
            kept = [comment.canvas_id in same for comment in some]
            pairs = [(c.canvas_id, c.pk) for c in some if c.canvas_id in same]
            if encoded := to_encode[spec] & same:
                store.comment_vectors(encoded, pairs, spec, vectors[spec][kept])
        store.seen(work for work in works if work.canvas_id in same)
        find_work.off_the_list(same)
    return same


def lacking(works: Sequence[Work], key: str) -> set[int]:
    """The canvases of ``works`` that lack the feature of that key."""
    return {work.canvas_id for work in works if key in work.features}


def read(spec: EncoderSpec, texts: Sequence[str]) -> NDArray[np.float32]:
    """N texts -> float32 (N, dim)."""
    if not texts:
        return np.empty((0, spec.dim), np.float32)
    reader = encoder(spec.key)
    with batch(spec.name, len(texts)):
        return space.reader(reader)(texts) if spec.space else reader.encode(texts)


def _meaningful(comment: Comment) -> bool:
    if comment.origin == Comment.Origin.METADATA:
        return len(comment.body) >= SHORTEST_MEANINGFUL_METADATA
    return any(char.isalpha() for char in comment.body)


def _text(comment: Comment) -> str:
    return comment.body[: words.LONGEST_TEXT]


def words_of(comment: Comment) -> store.CommentWords:
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
