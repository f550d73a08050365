"""The engine's doors: search by words, by likeness of any kind, and at random."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from catalog.geometry import Rect
from catalog.models import Canvas
from iiifsearch.answering import one_version
from iiifsearch.conf import options
from iiifsearch.encoders import called
from iiifsearch.engine import evidence, meaning, words
from iiifsearch.engine.combine import judged, ranked
from iiifsearch.engine.draw import at_random
from iiifsearch.engine.fuse import scored, told
from iiifsearch.engine.hits import Answer, ChannelResult
from iiifsearch.engine.query import Example, Query, Vectors
from iiifsearch.engine.scales import scales
from iiifsearch.engine.scope import Scope
from iiifsearch.engine.stored import similarities
from iiifsearch.metrics.measures import search
from ml.crossmodal.sentences import sentences

__all__ = [
    "at_random",
    "by_canvas",
    "by_picture",
    "by_query",
    "by_vectors",
    "by_words",
    "likeness",
]


@one_version()
def by_words(query: str, scope: Scope = Scope()) -> Answer:  # noqa: B008 - frozen
    """Canvases by what is said of them, in words and in sense, and by what they show.

    Makers and years that the query names speak for those that were found (`engine.evidence`).
    """
    with search("comment" if len(sentences(query)) > 1 else "words"):
        return _by_words(query, scope)


def _by_words(query: str, scope: Scope) -> Answer:
    terms, notices = words.parse(query)
    wanted = [term for term in terms if not term.negated]
    unwanted = [term for term in terms if term.negated]
    if not wanted:
        return Answer((), (*notices, "The query holds no word to look up."))
    # An encoder of sentences knows nothing of a minus sign.
    sense = " ".join(term.text for term in wanted) if unwanted else query
    by_sense = [meaning.by_comments(sense, scope), meaning.by_pictures(sense, scope)]
    results = [result for result in by_sense if result is not None]
    if unwanted:
        results = [_without(result, unwanted) for result in results]
    results.insert(0, words.search(terms, scope, options.candidates))
    results += evidence.named(sense, scored(results))
    return _answer(results, [*notices, *filter(None, [meaning.cut_short(sense)])])


def _without(result: ChannelResult, unwanted: list[words.QueryTerm]) -> ChannelResult:
    """The hits whose comments hold none of the excluded words."""
    holding = words.holding(unwanted, [hit.canvas_id for hit in result.found])
    kept = tuple(hit for hit in result.found if hit.canvas_id not in holding)
    return replace(result, found=kept)


def _answer(results: list[ChannelResult], notices: list[str]) -> Answer:
    shares = scored(results)
    notices += [result.cut for result in results if result.cut]
    capped = len(shares) > options.candidates or any(result.capped for result in results)
    if capped:
        notices.append(f"Only the best {options.candidates} are listed.")
    listed = dict(islice(shares.items(), options.candidates))
    return Answer(
        tuple(told(listed, results)),
        tuple(notices),
        {result.channel: result.plan for result in results},
        capped,
        {result.channel: result.cut_off for result in results},
    )


# -- by likeness -------------------------------------------------------------------------------


@one_version()
def by_query(query: Query) -> Answer:
    """Canvases that are like what is asked; those that are examples are left out.

    Raises `iiifsearch.engine.query.BadQuery`, and `catalog.images.ImageError` where pixels are
    needed and cannot be had.
    """
    count = query.count or options.candidates
    with search(query.kind):
        return ranked(query.vectors(), query.weights(), query.where(), count, query.drawn())


def by_canvas(canvas: Canvas, scope: Scope = Scope(), region: Rect | None = None) -> Answer:  # noqa: B008
    """Canvases that look like ``canvas``, or like ``region`` of it (canvas units)."""
    return by_query(Query([Example(canvas=canvas, region=region)], scope=scope))


def by_picture(array: NDArray[np.uint8], scope: Scope = Scope()) -> Answer:  # noqa: B008
    """Canvases that look like a picture, uint8 (H, W, 3) sRGB."""
    return by_query(Query([Example(pixels=array)], scope=scope))


@one_version()
def by_vectors(vectors: Vectors, scope: Scope) -> Answer:
    """Canvases near ``vectors``: float32 (dim,) of unit length, of live image encoders, which
    count as the options say, and for 1 where these say nothing."""
    told = dict(options.features)
    features = {called(spec): told.get(called(spec), 1.0) for spec in vectors}
    return by_query(Query([Example(vectors=vectors)], features, scope=scope))


@one_version()
def likeness(canvas: Canvas, region: Rect | None, other: Canvas) -> tuple[str, ...]:
    """How alike ``other`` is to ``canvas`` or to ``region`` of it: a sentence for each feature by
    which it is, none where it is not; as `by_canvas` says it."""
    query = Query([Example(canvas=canvas, region=region)])
    vectors = query.vectors()
    near = similarities(vectors, [other.pk])
    hits = judged(near, query.weights(), scales(vectors))
    return hits[0].why if hits else ()
