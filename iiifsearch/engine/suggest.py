"""What might be said of a painting, for a curator to decide on: comments on others that fit what
it shows, and tags that paintings like it bear."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from catalog.models import Canvas, Comment
from iiifsearch.conf import options
from iiifsearch.encoders import called, joint, serving
from iiifsearch.engine.nearest import nearest, nearest_of_each
from iiifsearch.engine.rows import Neighbour, Vector
from iiifsearch.engine.scope import Scope
from iiifsearch.engine.stored import stored_vectors
from iiifsearch.engine.tags import Tag, Tags, Vocabulary, borne_by, vocabulary
from ml.specs import EncoderSpec
from ml.tags import Guess, guess

#: Paintings that are asked for their tags.
NEIGHBOURS = 30
#: A tag that only one of them bears is no guess.
LEAST_VOUCHERS = 2


class NoSuggestion(Exception):
    """Why nothing can be suggested, and what to do."""


@dataclass(frozen=True)
class Fitting:
    """A published comment on another canvas. ``similarity``: cosine, -1 to 1, with the picture."""

    comment: Comment
    similarity: float


@dataclass(frozen=True)
class GuessedTag:
    """``relevance``: 0 to 1, the share of the say of those neighbours that bear a tag of this kind.
    ``score``: the same, the more the rarer it is. ``vouchers``: canvases that bear it, nearest
    first. ``borne``: the painting bears it already."""

    tag: Tag
    relevance: float
    score: float
    vouchers: tuple[int, ...]
    borne: bool


@dataclass(frozen=True)
class Neighbourhood:
    """A painting's ``own`` tags, its nearest neighbours, and ``theirs``, in the same order."""

    own: Tags
    near: tuple[Neighbour, ...]
    theirs: tuple[Tags, ...]

    @property
    def similarities(self) -> list[float]:
        """Cosines, -1 to 1."""
        return [row.similarity for row in self.near]

    @property
    def kinds(self) -> set[str]:
        """Labels, folded, of what the neighbours bear."""
        return {tag.kind for tags in self.theirs for tag in tags.values()}

    def of_kind(self, kind: str) -> list[list[str]]:
        """The marks of that kind that each neighbour bears."""
        return [[mark for mark, tag in tags.items() if tag.kind == kind] for tags in self.theirs]

    def named(self, mark: str) -> Tag:
        """As the nearest one that bears it spells it."""
        return next(tags[mark] for tags in self.theirs if mark in tags)

    def vouchers(self, one: Guess) -> tuple[int, ...]:
        """Ids of the canvases that vouch for a guess, nearest first."""
        return tuple(self.near[place].canvas_id for place in one.vouchers)


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
    _vector(canvas, of_tags())
    known = vocabulary()
    around = neighbourhoods([canvas.pk], known)[canvas.pk]
    guessed = [
        one
        for kind in around.kinds
        for one in guess(around.similarities, around.of_kind(kind), known.frequency, known.counted)
        if len(one.vouchers) >= LEAST_VOUCHERS
    ]
    return [
        GuessedTag(
            around.named(one.tag),
            one.relevance,
            one.score,
            around.vouchers(one),
            one.tag in around.own,
        )
        for one in sorted(guessed, key=lambda one: (-one.score, one.tag))
    ][:count]


def neighbourhoods(canvas_ids: Collection[int], known: Vocabulary) -> dict[int, Neighbourhood]:
    """Of each of ``canvas_ids`` that has a vector: who is near it, and what tags they bear."""
    near = nearest_of_each(of_tags(), canvas_ids, Scope(), NEIGHBOURS)
    borne = borne_by({*canvas_ids, *(row.canvas_id for rows in near.values() for row in rows)})
    tags = {pk: known.tags(found) for pk, found in borne.items()}
    return {
        pk: Neighbourhood(
            tags.get(pk, {}), rows, tuple(tags.get(row.canvas_id, {}) for row in rows)
        )
        for pk, rows in near.items()
    }


def of_tags() -> EncoderSpec:
    """By what neighbours are told that are asked for their tags."""
    return serving(options.features[0][0])


def _vector(canvas: Canvas, spec: EncoderSpec) -> Vector:
    vectors = stored_vectors([spec], canvas.pk)
    if spec not in vectors:
        raise NoSuggestion(f"{canvas.key} has no {called(spec)} yet: run manage.py index.")
    return vectors[spec]
