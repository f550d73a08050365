"""Store what was made: a batch is one transaction, vectors and progress together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
from django.db import connection, transaction
from django.db.models.expressions import CombinedExpression
from django.utils import timezone
from numpy.typing import NDArray
from pgvector import HalfVector

from catalog.locks import hold
from catalog.models import Canvas
from iiifsearch.conf import options
from iiifsearch.index import words
from iiifsearch.index.find_work import Work
from iiifsearch.models import (
    OF_PICTURES,
    CanvasVector,
    CommentText,
    CommentVector,
    LocalFeatures,
    RegionVector,
    Seen,
    Term,
)
from ml.regional import Regions
from ml.specs import EncoderSpec

#: Minutes to wait before the second, third, ... try for a canvas whose pixels could not be had.
RETRY_MINUTES = (1, 10, 60, 24 * 60)


class PoisonedVector(ValueError):
    """A vector that must not be stored; the message names the canvas and the encoder."""


@dataclass(frozen=True)
class CommentWords:
    """What the full-text index is to know of one comment."""

    canvas_id: int
    comment_id: int
    configuration: str
    text: str  # folded
    weight: float
    terms: tuple[str, ...]


def checked(
    vectors: NDArray[np.float32], ids: Sequence[int], spec: EncoderSpec
) -> list[HalfVector]:
    """float32 (N, dim) -> N half vectors. Raises PoisonedVector before anything is written."""
    if vectors.shape != (len(ids), spec.dim):
        raise PoisonedVector(
            f"{spec.key}: {vectors.shape} vectors for {len(ids)} canvases, {spec.dim} dims wanted"
        )
    half = vectors.astype(np.float16)
    for canvas_id, row in zip(ids, half, strict=True):
        if not np.isfinite(row).all() or not row.any():
            raise PoisonedVector(f"{spec.key} of canvas {canvas_id} is zero or not finite")
    return [HalfVector(row) for row in half]


def canvas_vectors(ids: Sequence[int], spec: EncoderSpec, vectors: NDArray[np.float32]) -> None:
    """Insert or replace one vector a canvas. Call inside a transaction."""
    CanvasVector.objects.bulk_create(
        [
            CanvasVector(canvas_id=pk, encoder=spec.key, vec=vec)
            for pk, vec in zip(ids, checked(vectors, ids, spec), strict=True)
        ],
        update_conflicts=True,
        unique_fields=["canvas_id", "encoder"],
        update_fields=["vec"],
    )


@dataclass(frozen=True)
class Points:
    """Local features: how many, as `ml.local.compact.pack` packs them, and 256 grey values."""

    count: int
    packed: bytes
    thumbnail: bytes


def region_vectors(ids: Sequence[int], spec: EncoderSpec, found: Sequence[Regions]) -> None:
    """Replace the vectors of the regions of canvases. Call inside a transaction."""
    RegionVector.objects.filter(canvas_id__in=list(ids), encoder=spec.key).delete()
    RegionVector.objects.bulk_create(
        [
            RegionVector(
                canvas_id=pk,
                encoder=spec.key,
                ordinal=ordinal,
                **dict(zip(("box_x", "box_y", "box_w", "box_h"), map(float, box), strict=True)),
                vec=vec,
            )
            for pk, regions in zip(ids, found, strict=True)
            for ordinal, (box, vec) in enumerate(
                zip(
                    regions.boxes,
                    checked(regions.vectors, [pk] * len(regions.boxes), spec),
                    strict=True,
                )
            )
        ]
    )


def local_features(ids: Sequence[int], kind: str, found: Sequence[Points]) -> None:
    """Insert or replace the local features of canvases. Call inside a transaction."""
    LocalFeatures.objects.bulk_create(
        [
            LocalFeatures(
                canvas_id=pk,
                kind=kind,
                points=points.count,
                packed=points.packed,
                thumbnail=points.thumbnail,
            )
            for pk, points in zip(ids, found, strict=True)
        ],
        update_conflicts=True,
        unique_fields=["canvas_id", "kind"],
        update_fields=["points", "packed", "thumbnail"],
    )


def comment_vectors(
    canvases: Iterable[int],
    comments: Sequence[tuple[int, int]],
    spec: EncoderSpec,
    vectors: NDArray[np.float32],
) -> None:
    """Replace the comment vectors of ``canvases``; ``comments``: (canvas id, comment id)."""
    CommentVector.objects.filter(canvas_id__in=list(canvases), encoder=spec.key).delete()
    half = checked(vectors, [canvas for canvas, _ in comments], spec)
    CommentVector.objects.bulk_create(
        [
            CommentVector(canvas_id=canvas, comment_id=comment, encoder=spec.key, vec=vec)
            for (canvas, comment), vec in zip(comments, half, strict=True)
        ]
    )


def comment_words(canvases: Iterable[int], texts: Sequence[CommentWords]) -> None:
    """Replace the words of ``canvases``."""
    ids = list(canvases)
    CommentText.objects.filter(canvas_id__in=ids).delete()
    Term.objects.filter(canvas_id__in=ids).delete()
    statement = (
        "INSERT INTO iiifsearch_commenttext (canvas_id, comment_id, weight, words) "
        f"VALUES (%s, %s, %s, {words.vector_sql()})"
    )
    with connection.cursor() as cursor:
        cursor.executemany(
            statement,
            [
                (
                    *(text.canvas_id, text.comment_id, text.weight, text.configuration),
                    *(words.spaced(text.text), words.grams(text.text)),
                )
                for text in texts
            ],
        )
    Term.objects.bulk_create(
        [
            Term(
                canvas_id=text.canvas_id,
                comment_id=text.comment_id,
                word=word,
                folded=words.fold(word)[: Term.LONGEST],
            )
            for text in texts
            for word in text.terms
        ],
        batch_size=5000,
    )


def seen(
    works: Iterable[Work], outcome: Seen.Outcome = Seen.Outcome.DONE, reason: str = ""
) -> None:
    """Note every feature of ``works`` as done, or as skipped with a reason."""
    Seen.objects.bulk_create(
        [
            Seen(
                canvas_id=work.canvas_id,
                feature=feature,
                revision=work.revision,
                outcome=outcome,
                reason=reason,
            )
            for work in works
            for feature in work.features
        ],
        update_conflicts=True,
        unique_fields=["canvas_id", "feature"],
        update_fields=["revision", "outcome", "reason", "attempts", "retry_at", "seen_at"],
    )


#: A column of `Canvas`, or what several make together.
Revision = str | CombinedExpression


def still_at(found: Sequence[Work], revision: Revision = "text_revision") -> set[int]:
    """Lock the canvases of ``found``; ids of those whose texts (or pictures: "pixel_revision") are
    as they were when found. Withdrawal raises both revisions."""
    ids = [work.canvas_id for work in found]
    hold(ids)
    now = dict(Canvas.objects.filter(pk__in=ids).values_list("pk", revision))
    return {work.canvas_id for work in found if now.get(work.canvas_id) == work.revision}


@transaction.atomic
def nothing_to_see(work: Work, reason: str) -> None:
    """Note that a canvas shows nothing, and drop what was made of what it showed before."""
    if not still_at([work], "pixel_revision"):
        return
    for model in OF_PICTURES:
        model._default_manager.filter(canvas_id=work.canvas_id).delete()
    seen([work], Seen.Outcome.SKIPPED, reason)


@transaction.atomic
def failed(
    work: Work, reason: str, *, transient: bool = False, revision: Revision = "pixel_revision"
) -> bool:
    """Note a failure; a transient one is tried again, later and later, ``max_attempts`` times.
    Whether it will be. ``revision`` as in `still_at`."""
    if not still_at([work], revision):
        return False
    again = None
    for feature in work.features:
        row = Seen.objects.filter(canvas_id=work.canvas_id, feature=feature)
        known = row.filter(revision=work.revision, outcome=Seen.Outcome.FAILED).first()
        attempts = (known.attempts if known else 0) + 1
        again = None
        if transient and attempts < options.max_attempts:
            minutes = RETRY_MINUTES[min(attempts, len(RETRY_MINUTES)) - 1]
            again = timezone.now() + timedelta(minutes=minutes)
        Seen.objects.update_or_create(
            canvas_id=work.canvas_id,
            feature=feature,
            defaults={
                "revision": work.revision,
                "outcome": Seen.Outcome.FAILED,
                "reason": reason[:2000].replace("\0", ""),
                "attempts": attempts,
                "retry_at": again,
            },
        )
    return again is not None
