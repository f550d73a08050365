"""The channels of meaning: canvases of which a comment, or of which the picture, is near what is
asked.

A query is read sentence by sentence, since encoders read few words at a time. The mean of the
vectors of its sentences ranks as the mean of their cosines does; each hit tells the sentence that
is nearest to it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from iiifsearch.conf import options
from iiifsearch.encoders import encoder, joint, serving
from iiifsearch.engine.hits import ChannelResult, Found
from iiifsearch.engine.nearest import nearest
from iiifsearch.engine.rows import Neighbour
from iiifsearch.engine.scope import Scope
from iiifsearch.engine.stored import cosines, similarities
from iiifsearch.metrics.measures import stage
from ml.crossmodal import space
from ml.crossmodal.sentences import sentences
from ml.specs import EncoderSpec

#: Sentences of a query that are read; of a longer one the rest is left to the words.
MOST_SENTENCES = 16
SHOWS = "the picture shows something alike"


def by_comments(query: str, scope: Scope) -> ChannelResult:
    """Canvases of which a comment means what is asked."""
    spec = serving(options.text_encoder)
    return _channel("comments", "the comment means something alike", spec, spec, query, scope)


def by_pictures(query: str, scope: Scope) -> ChannelResult | None:
    """Canvases that show what is asked; None where no live encoder of pictures can tell."""
    both = joint()
    if both is None:
        return None
    return _channel("pictures", SHOWS, *both, query, scope)


def shown(query: str, canvas_id: int) -> str:
    """How well the picture of a canvas shows what is asked, as `by_pictures` says it; "" where it
    does not."""
    both = joint()
    if both is None:
        return ""
    searched, reader = both
    vector = space.mean(encoder(reader.key).encode(_read(query, reader)))
    for cosine in similarities({searched: vector}, [canvas_id]).by_feature[searched]:
        if cosine >= reader.min_similarity:
            return _said(SHOWS, cosine)
    return ""


def cut_short(query: str) -> str:
    """What is not read of a long query, in words; "" where all of it is."""
    count = len(sentences(query))
    if count <= MOST_SENTENCES:
        return ""
    return f"The query has {count} sentences; the first {MOST_SENTENCES} were read for their sense."


def _channel(
    name: str,
    saying: str,
    searched: EncoderSpec,
    reader: EncoderSpec,
    query: str,
    scope: Scope,
) -> ChannelResult:
    """``searched``: whose vectors are kept; ``reader``: who reads the query."""
    asked = _read(query, reader)
    with stage("encoding"):
        vectors = encoder(reader.key).encode(asked)
    near = nearest(searched, space.mean(vectors), scope, options.candidates)
    least = reader.min_similarity
    rows = [row for row in near.rows if row.similarity >= least]
    spoke = _spoke(searched, vectors, rows)
    found = tuple(
        Found(
            row.canvas_id,
            row.similarity,
            _said(saying, row.similarity),
            row.part,
            asked[spoke[place]] if spoke else "",
        )
        for place, row in enumerate(rows)
    )
    cut = ""
    if len(found) < len(near.rows):
        cut = f"Those less alike than {least:g} by {name} were left out."
    return ChannelResult(name, found, near.plan, cut, least, len(found) >= options.candidates)


def _read(query: str, reader: EncoderSpec) -> list[str]:
    return [query] if reader.reads_whole else sentences(query)[:MOST_SENTENCES]


def _said(saying: str, cosine: float) -> str:
    return f"{saying} ({cosine:.2f})"


def _spoke(spec: EncoderSpec, vectors: NDArray[np.float32], rows: list[Neighbour]) -> list[int]:
    """Of each row the sentence that is nearest to it; nothing where there is only one."""
    if len(vectors) < 2 or not rows:
        return []
    return [int(place) for place in cosines(spec, vectors, rows).argmax(axis=1)]
