"""What might be said of a painting, for a curator to decide on: comments on others that fit what
it shows, and tags that paintings like it bear."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db import connection
from django.db.models import Q

from catalog.models import Canvas, Comment, State
from iiifsearch.conf import options
from iiifsearch.encoders import joint
from iiifsearch.engine.nearest import Vector, nearest, stored_vectors
from iiifsearch.engine.scope import Scope
from ml import registry
from ml.specs import EncoderSpec
from ml.tags import guess

#: Paintings that are asked for their tags.
NEIGHBOURS = 30
#: A tag that only one of them bears is no guess.
LEAST_VOUCHERS = 2
#: Characters of a metadata row that can be a tag.
LONGEST_TAG = 60
#: Comments that are counted to tell how rare a tag is, about.
COUNTED = 50_000


class NoSuggestion(Exception):
    """Why nothing can be suggested, and what to do."""


@dataclass(frozen=True)
class Fitting:
    """A published comment on another canvas. ``similarity``: cosine, -1 to 1, with the picture."""

    comment: Comment
    similarity: float


@dataclass(frozen=True)
class GuessedTag:
    """``kind``: what kind of tag, as the metadata row that says it is called, "tag" where it is
    free. ``relevance``: 0 to 1, the share of the say of all neighbours that speaks for it.
    ``score``: the same, the more the rarer it is. ``vouchers``: canvases that bear it, nearest
    first. ``borne``: the painting bears it already."""

    kind: str
    text: str
    relevance: float
    score: float
    vouchers: tuple[int, ...]
    borne: bool


def comments(canvas: Canvas, count: int) -> list[Fitting]:
    """The ``count`` canvases with comments that fit ``canvas`` best, of each the best one.

    Raises NoSuggestion.
    """
    both = joint()
    if both is None:
        raise NoSuggestion(
            'No encoder in IIIFSEARCH["image_encoders"] can be compared with texts: add one that '
            "can, such as art-joint."
        )
    image, text = both
    vector = _vector(canvas, image)
    rows = nearest(text, vector, Scope(without=(canvas.pk,)), count).rows
    found = Comment.objects.select_related("canvas").in_bulk([row.part for row in rows])
    return [
        Fitting(found[row.part], row.similarity)
        for row in rows
        if row.part in found and row.similarity >= text.min_similarity
    ]


def tags(canvas: Canvas, count: int) -> list[GuessedTag]:
    """The ``count`` likeliest tags of ``canvas``, by what its nearest neighbours bear: free tags,
    and what short rows of their metadata say, such as style, school or technique.

    Raises NoSuggestion.
    """
    spec = registry.get(options.features[0][0])
    near = nearest(spec, _vector(canvas, spec), Scope(without=(canvas.pk,)), NEIGHBOURS).rows
    borne = _tags_of([canvas.pk, *(row.canvas_id for row in near)])
    names: dict[str, tuple[str, str]] = {}
    for row in near:  # as the nearest one spells it
        names = {**borne.get(row.canvas_id, {}), **names}
    frequency, counted = _frequency(names)
    guessed = guess(
        [row.similarity for row in near],
        [list(borne.get(row.canvas_id, {})) for row in near],
        frequency,
        counted,
    )
    own = borne.get(canvas.pk, {})
    return [
        GuessedTag(
            *names[one.tag],
            one.relevance,
            one.score,
            tuple(near[place].canvas_id for place in one.vouchers),
            one.tag in own,
        )
        for one in guessed
        if len(one.vouchers) >= LEAST_VOUCHERS
    ][:count]


def _vector(canvas: Canvas, spec: EncoderSpec) -> Vector:
    vectors = stored_vectors([spec], canvas.pk)
    if spec not in vectors:
        raise NoSuggestion(f"{canvas.key} has no {spec.name} yet: run manage.py index.")
    return vectors[spec]


def _tags_of(canvas_ids: Iterable[int]) -> dict[int, dict[str, tuple[str, str]]]:
    """By canvas: its tags, folded, with their labels and texts as they are written."""
    rows = Comment.objects.filter(_is_tag(), canvas_id__in=list(canvas_ids), state=State.PUBLISHED)
    found: dict[int, dict[str, tuple[str, str]]] = {}
    for row in rows.order_by("canvas_id", "id"):
        label = row.label if row.origin == Comment.Origin.METADATA else "tag"
        text = row.body.strip()
        if text and len(text) <= LONGEST_TAG:
            found.setdefault(row.canvas_id, {}).setdefault(_key(label, text), (label, text))
    return found


def _is_tag() -> Q:
    return Q(origin=Comment.Origin.METADATA) | Q(motivation="tagging")


def _key(label: str, text: str) -> str:
    return f"{label.casefold()}\n{text.casefold()}"


def _frequency(names: dict[str, tuple[str, str]]) -> tuple[dict[str, int], int]:
    """How many canvases bear each tag, of how many: in a sample of the comments of the library,
    the same one as long as these do not change."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT greatest(reltuples, 1) FROM pg_class WHERE oid = 'catalog_comment'::regclass"
        )
        percent = min(100.0, 100.0 * COUNTED / cursor.fetchone()[0])
        cursor.execute(
            "WITH listed AS (SELECT canvas_id, lower(CASE WHEN origin = 'metadata' THEN label "
            "ELSE 'tag' END) || E'\\n' || lower(btrim(body)) AS key FROM catalog_comment "
            "TABLESAMPLE SYSTEM (%s) REPEATABLE (1) WHERE state = 'published' "
            "AND (origin = 'metadata' OR motivation = 'tagging') AND length(body) <= %s) "
            "SELECT key, count(DISTINCT canvas_id) FROM listed WHERE key = ANY(%s) GROUP BY key "
            "UNION ALL SELECT NULL, count(DISTINCT canvas_id) FROM listed",
            [percent, LONGEST_TAG, list(names)],
        )
        counts = dict(cursor.fetchall())
    return counts, counts.pop(None)
