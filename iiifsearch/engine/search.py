"""The engine's two doors: search by words, and search by a picture."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from catalog import images
from catalog.geometry import Rect
from catalog.models import Canvas
from iiifsearch.conf import options
from iiifsearch.encoders import encoder, text_encoder
from iiifsearch.engine import words
from iiifsearch.engine.fuse import fuse
from iiifsearch.engine.hits import Answer, ChannelResult, Found
from iiifsearch.engine.nearest import nearest, stored_vector
from iiifsearch.engine.scope import Scope
from ml import registry
from ml.specs import EncoderSpec

#: Pixels asked for of a region on its long side: somewhat more than the encoders look at.
QUERY_LONG_SIDE = 512

Vectors = Mapping[EncoderSpec, NDArray[np.float32]]


def by_words(query: str, scope: Scope = Scope()) -> Answer:  # noqa: B008 - frozen
    """Canvases by what is said of them: the words themselves, and what they mean."""
    terms, notices = words.parse(query)
    wanted = [term for term in terms if not term.negated]
    unwanted = [term for term in terms if term.negated]
    if not wanted:
        return Answer((), (*notices, "The query holds no word to look up."))
    # An encoder of sentences knows nothing of a minus sign.
    meaning = " ".join(term.text for term in wanted) if unwanted else query
    results = [words.search(terms, scope, options.candidates), _by_meaning(meaning, scope)]
    if unwanted:
        results[1] = _without(results[1], unwanted)
    return _answer(results, notices)


def _without(result: ChannelResult, unwanted: list[words.QueryTerm]) -> ChannelResult:
    """The hits whose comments hold none of the excluded words."""
    holding = words.holding(unwanted, [hit.canvas_id for hit in result.found])
    kept = tuple(hit for hit in result.found if hit.canvas_id not in holding)
    return replace(result, found=kept)


def _by_meaning(query: str, scope: Scope) -> ChannelResult:
    spec = registry.get(options.text_encoder)
    vector = text_encoder().encode([query])[0]
    return _channel("comments", spec, vector, scope)


def by_canvas(canvas: Canvas, scope: Scope = Scope(), region: Rect | None = None) -> Answer:  # noqa: B008
    """Canvases that look like ``canvas``, or like ``region`` of it (canvas units).

    The canvas itself is left out. Raises `catalog.images.ImageError` where its pixels are needed
    and cannot be had.
    """
    return by_vectors(_vectors(canvas, region), replace(scope, without_canvas=canvas.pk))


def _vectors(canvas: Canvas, region: Rect | None) -> dict[EncoderSpec, NDArray[np.float32]]:
    """What every live image encoder makes of a canvas, stored or made now, or of a region."""
    if region is not None:
        return _encoded(images.pixels(canvas, region=region, long_side=QUERY_LONG_SIDE).array)
    specs = [registry.get(name) for name in options.image_encoders]
    stored = {spec: stored_vector(spec, canvas.pk) for spec in specs}
    known = {spec: vector for spec, vector in stored.items() if vector is not None}
    return known if len(known) == len(specs) else _encoded(images.pixels(canvas).array)


def _encoded(array: NDArray[np.uint8]) -> dict[EncoderSpec, NDArray[np.float32]]:
    encoders = [encoder(name) for name in options.image_encoders]
    return {each.spec: each.encode([array])[0] for each in encoders}


def likeness(canvas: Canvas, region: Rect | None, other: Canvas) -> tuple[str, ...]:
    """How alike ``other`` is to ``canvas`` or to ``region`` of it: a sentence for each encoder by
    which it is, none where it is not."""
    found = []
    for spec, vector in _vectors(canvas, region).items():
        stored = stored_vector(spec, other.pk)
        if stored is not None and (similarity := float(vector @ stored)) >= spec.min_similarity:
            found.append(_why_alike(spec.name, similarity))
    return tuple(found)


def by_picture(array: NDArray[np.uint8], scope: Scope = Scope()) -> Answer:  # noqa: B008
    """Canvases that look like a picture, uint8 (H, W, 3) sRGB."""
    return by_vectors(_encoded(array), scope)


def by_vectors(vectors: Vectors, scope: Scope) -> Answer:
    """Canvases near ``vectors``: one float32 (dim,) of unit length for each encoder."""
    results = [_channel(spec.name, spec, vector, scope) for spec, vector in vectors.items()]
    return _answer(results, [])


def _why_alike(channel: str, similarity: float) -> str:
    if channel == "comments":
        return f"the comment means something alike ({similarity:.2f})"
    return f"looks alike by {channel} ({similarity:.2f})"


def _channel(
    name: str, spec: EncoderSpec, vector: NDArray[np.float32], scope: Scope
) -> ChannelResult:
    neighbours = nearest(spec, vector, scope, options.candidates)
    found = tuple(
        Found(row.canvas_id, row.similarity, _why_alike(name, row.similarity), row.comment_id)
        for row in neighbours.rows
        if row.similarity >= spec.min_similarity
    )
    cut = ""
    if len(found) < len(neighbours.rows):
        cut = f"Those less alike than {spec.min_similarity:g} by {name} were left out."
    return ChannelResult(name, found, neighbours.plan, cut, len(found) >= options.candidates)


def _answer(results: list[ChannelResult], notices: list[str]) -> Answer:
    hits = fuse(results)
    notices += [result.cut for result in results if result.cut]
    capped = len(hits) > options.candidates or any(result.capped for result in results)
    if capped:
        notices.append(f"Only the best {options.candidates} are listed.")
    return Answer(
        tuple(hits[: options.candidates]),
        tuple(notices),
        {result.channel: result.plan for result in results},
        capped,
    )
