"""The place in a comment that a painting was found by, wherever hits are shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from catalog.models import Comment
from iiifsearch.content_search.annotations import TextQuote
from iiifsearch.content_search.highlight import quotes
from iiifsearch.engine.hits import Hit
from iiifsearch.engine.words import QueryTerm

EXCERPT_CHARACTERS = 150
#: Characters of an excerpt before its first match.
CONTEXT = 60


@dataclass(frozen=True)
class Excerpt:
    """The place in a comment that a painting was found by.

    ``parts``: its text in order, each with whether it is what was looked for.
    """

    parts: tuple[tuple[bool, str], ...]
    language: str

    @property
    def text(self) -> str:
        return "".join(text for _, text in self.parts)


def excerpts(hits: Sequence[Hit], terms: Sequence[QueryTerm]) -> dict[int, Excerpt]:
    """Excerpts by canvas id. A title stands on the card already and is not quoted."""
    wanted = [comment for hit in hits for comment in hit.comments]
    comments = Comment.objects.exclude(origin=Comment.Origin.LABEL).in_bulk(wanted)
    chosen = {
        hit.canvas_id: comment
        for hit in hits
        if (comment := next((comments[c] for c in hit.comments if c in comments), None))
    }
    marked = quotes(list(chosen.values()), terms)
    return {
        canvas: _excerpt(comment, marked.get(comment.pk, ())) for canvas, comment in chosen.items()
    }


def _excerpt(comment: Comment, found: Sequence[TextQuote]) -> Excerpt:
    """The surroundings of the first match and all matches in them; else how the comment begins."""
    body = comment.body
    spans = [_span(body, quote) for quote in found]
    start, end = 0, EXCERPT_CHARACTERS
    if spans:
        start = max(0, spans[0][0] - CONTEXT)
        end = max(start + EXCERPT_CHARACTERS, spans[0][1])
    # Cut at whole words, where there are any.
    if start:
        start = 1 + body.find(" ", start, spans[0][0]) or start
    if end < len(body):
        blank = body.rfind(" ", spans[0][1] if spans else start, end)
        end = end if blank < 0 else blank
    parts, at = [(False, "… ")] if start else [], start
    for left, right in spans:
        if left >= at and right <= end:
            parts += [(False, body[at:left]), (True, body[left:right])]
            at = right
    parts += [(False, body[at:end]), (False, " …" if end < len(body) else "")]
    return Excerpt(tuple(part for part in parts if part[1]), comment.language)


def _span(body: str, quote: TextQuote) -> tuple[int, int]:
    """Where a quote stands in the text that it was taken from."""
    start = max(0, body.find(quote.prefix + quote.exact + quote.suffix)) + len(quote.prefix)
    return start, start + len(quote.exact)
