"""A made-up library in which searches find what they find in a real one: for `benchmarks.http` and
`benchmarks.beside`.

As many canvases as one likes, each with title, maker, a comment of three sentences and a kept
picture, one of a few dozen. Pictures and texts are encoded for real; the library's vectors lie
around theirs, so that a region or an upload finds neighbours above the cut-offs. Filling takes
some 3 ms a canvas, the HNSW indexes included.
"""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from benchmarks.comments import say
from benchmarks.made_up import Vectors, clouds, draw, unit
from benchmarks.rows import copy_vectors, hang

#: Pictures that are drawn, or taken of the real ones to be kept; real ones that are looked at.
KEPT, LOOKED_AT = 48, 2000
#: Texts that are encoded.
READ = 400
#: Length of the noise around what was encoded, beside 1: two around one have a cosine of about .7.
NOISE = 0.6


@dataclass(frozen=True)
class Shown:
    """A picture: its JPEG, at most 1024 pixels a side, and its size."""

    jpeg: bytes
    width: int
    height: int

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.jpeg).hexdigest()


def pictures(images: Path | None) -> list[Shown]:
    """`KEPT` of those below ``images``, as an image server would send them; else drawn ones."""
    from benchmarks.museum import painted
    from benchmarks.pictures import sent
    from iiifsearch.evaluation.library import pictures_in

    if images is None:
        files = [painted(seed) for seed in range(KEPT)]
    else:
        found = pictures_in(images)
        files = [sent(path) for path in found[:: max(1, len(found) // KEPT)][:KEPT]]
    made = []
    for jpeg in files:
        with Image.open(io.BytesIO(jpeg)) as image:
            made.append(Shown(jpeg, *image.size))
    return made


def fill(count: int, images: Path | None, chance: np.random.Generator) -> list[Shown]:
    """Store the library, in place of what is there. The pictures: canvas n, counted from 0 in the
    order of ids, shows that at n % their number."""
    from django.core.management import call_command
    from django.db import connection

    from iiifsearch.index import ann, scales

    call_command("flush", interactive=False, verbosity=0)
    with connection.cursor() as cursor:  # loading is several times faster without them
        for index in ann.live_indexes():
            cursor.execute(f"DROP INDEX IF EXISTS {index.name}")
    shown = pictures(images)
    canvases = hang(np.arange(count) % 997, 1500 + np.arange(count) % 400)
    _keep(canvases, shown)
    comments = say(canvases, chance)
    _look(canvases, shown, images, chance)
    _read(comments, chance)
    _seen()
    ann.build_all()
    scales.measure_due()
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    return shown


def _keep(canvases: np.ndarray, shown: list[Shown]) -> None:
    """Sizes and titles of the canvases, and their kept pictures: canvases share files."""
    from django.db import connection
    from django.utils import timezone

    from catalog import kept
    from catalog.models import Picture

    for one in shown:
        kept.write(kept.path(Picture(sha256=one.digest)), one.jpeg)
    now, first = timezone.now(), int(canvases[0])
    sizes = [[one.width for one in shown], [one.height for one in shown]]
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE catalog_canvas SET title = 'Boats at rest, no. ' || id, pixel_revision = 1, "
            "width = 4 * (%s::int[])[1 + (id - %s) %% %s], "
            "height = 4 * (%s::int[])[1 + (id - %s) %% %s]",
            [sizes[0], first, len(shown), sizes[1], first, len(shown)],
        )
    Picture.objects.bulk_create(
        (
            Picture(
                canvas_id=pk, revision=1, outcome=Picture.Outcome.KEPT, sha256=one.digest,
                width=one.width, height=one.height, size=len(one.jpeg), fetched_at=now, read_at=now,
            )
            for n, pk in enumerate(canvases.tolist())
            if (one := shown[n % len(shown)])
        ),
        batch_size=5000,
    )  # fmt: skip


def _look(
    canvases: np.ndarray, shown: list[Shown], images: Path | None, chance: np.random.Generator
) -> None:
    """Vectors by the encoders that searches go by."""
    from iiifsearch.conf import options
    from iiifsearch.encoders import encoder, joint
    from iiifsearch.evaluation.library import pictures_in, read
    from ml import registry

    pair = joint()
    names = [name for name, _ in options.features] + ([pair[0].name] if pair else [])
    if images is None:
        seen = [np.asarray(Image.open(io.BytesIO(one.jpeg)).convert("RGB")) for one in shown]
    else:
        seen = [read(path) for path in pictures_in(images)[:LOOKED_AT]]
    for name in names:
        vectors = drawn(encoder(name).encode(seen), len(canvases), chance)
        into = "iiifsearch_canvasvector (canvas_id, encoder, vec)"
        copy_vectors(into, canvases, registry.get(name).key, vectors)


def _read(comments: np.ndarray, chance: np.random.Generator) -> None:
    """Vectors of the comments by those who read them."""
    from catalog.models import Comment
    from iiifsearch.encoders import encoder, text_specs

    bodies = list(Comment.objects.order_by("id").values_list("body", flat=True)[:READ])
    for spec in text_specs():
        vectors = drawn(encoder(spec.name).encode(bodies), len(comments), chance)
        into = "iiifsearch_commentvector (canvas_id, comment_id, encoder, vec)"
        copy_vectors(into, comments, spec.key, vectors)


def drawn(real: Vectors, count: int, chance: np.random.Generator) -> Vectors:
    """float32 (count, dim) of unit length; the nth around the one at n % their number, or, of a
    thousand and more, as these lie (`benchmarks.made_up`)."""
    if len(real) >= 1000:
        return draw(clouds(unit(real)), count, chance)[0]
    noise = chance.standard_normal((count, real.shape[1]), dtype=np.float32)
    return unit(real[np.arange(count) % len(real)] + NOISE * noise / real.shape[1] ** 0.5)


def _seen() -> None:
    """Nothing is left for a worker to make, though not all features were made."""
    from django.db import connection

    from iiifsearch.index.find_work import picture_features, text_features

    with connection.cursor() as cursor:
        for features, revision in (
            (picture_features(), "pixel_revision"),
            (text_features(), "text_revision"),
        ):
            cursor.execute(
                "INSERT INTO iiifsearch_seen "
                "(canvas_id, feature, revision, outcome, reason, attempts, seen_at) "
                f"SELECT id, feature, {revision}, 'done', '', 1, now() "
                "FROM catalog_canvas, unnest(%s::text[]) AS feature",
                [list(features)],
            )
        cursor.execute("TRUNCATE iiifsearch_changed")


def canvas_ids(count: int, chance: np.random.Generator) -> list[int]:
    """Of ``count`` canvases drawn by chance: their ids follow each other, and no manifest brought
    them, as it did those that were harvested since."""
    from catalog.models import Canvas

    own = Canvas.objects.filter(home=None)
    first, last = own.earliest("id").pk, own.latest("id").pk
    return [int(pk) for pk in chance.integers(first, last + 1, count)]


def described() -> dict[str, Any]:
    """How large it is."""
    from catalog.models import Canvas, Comment
    from iiifsearch.models import CanvasVector, CommentVector

    return {
        "canvases": Canvas.objects.count(),
        "comments": Comment.objects.count(),
        "vectors of pictures": CanvasVector.objects.count(),
        "vectors of comments": CommentVector.objects.count(),
    }
