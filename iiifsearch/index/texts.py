"""Texts -> words and vectors: of the comments of every canvas whose texts changed.

Every function walks through its work once, can be run again at any time, skips what is done, and
returns counts that add up.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from django.db import transaction

from catalog.models import Comment
from iiifsearch.conf import options
from iiifsearch.encoders import text_encoder
from iiifsearch.index import batches, find_work, store, words
from iiifsearch.index.counts import Counts, Progress
from iiifsearch.index.find_work import Work
from ml import registry

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


def index_texts(progress: Progress = lambda count: None, *, walk: bool = True) -> Counts:
    """Make words and vectors of the comments of every canvas whose texts changed. ``walk`` False:
    of those that were noted as changed only."""
    counts = Counts()
    find = find_work.texts if walk else find_work.changed_texts
    for found in find(find_work.text_features(), options.batch * 4):
        text_encoder()  # here: one that cannot be loaded is no text's fault
        made = batches.apart(found, _make, "text_revision")
        counts += Counts(done=len(made.done), failed=len(made.failed))
        progress(len(found))
    return counts


def _make(works: Sequence[Work]) -> set[int]:
    """Make and store what ``works`` lack; ids of those whose texts are still the same."""
    spec, of_words = registry.get(options.text_encoder), words.feature()
    to_index = {work.canvas_id for work in works if of_words in work.features}
    to_encode = {work.canvas_id for work in works if spec.key in work.features}
    comments = list(
        Comment.objects.filter(canvas_id__in=to_index | to_encode).order_by("canvas_id", "id")
    )
    meaningful = [c for c in comments if c.canvas_id in to_encode and _meaningful(c)]
    vectors = text_encoder().encode([_sentence(comment) for comment in meaningful])
    with transaction.atomic():
        # A harvest may have replaced comments meanwhile: it raised the revision, and those
        # canvases are found again.
        same = store.still_at(works)
        kept = [comment.canvas_id in same for comment in meaningful]
        pairs = [(c.canvas_id, c.pk) for c in meaningful if c.canvas_id in same]
        if indexed := to_index & same:
            store.comment_words(indexed, [_words(c) for c in comments if c.canvas_id in indexed])
        if encoded := to_encode & same:
            store.comment_vectors(encoded, pairs, spec, vectors[kept])
        store.seen(work for work in works if work.canvas_id in same)
        find_work.off_the_list(same)
    return same


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
