"""Where a query matched inside a text: the very words, with a little before and after them.

Postgres decides which words match, with the configurations that found them; only the words of
the texts on one page are asked about, each once.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from django.db import connection

from catalog.models import Comment
from iiifsearch.content_search.annotations import TextQuote
from iiifsearch.engine.words import QueryTerm, tsquery_sql
from iiifsearch.index import words as folding

#: Characters of context on each side, and the most matches that are shown of one text.
CONTEXT = 60
MOST_QUOTES = 10

Span = tuple[int, int]


def quotes(
    comments: Sequence[Comment], terms: Sequence[QueryTerm]
) -> dict[int, tuple[TextQuote, ...]]:
    """Quotes by comment id; texts that match by meaning only have none."""
    wanted = [term for term in terms if not term.negated]
    if not comments or not wanted:
        return {}
    matching = _matching_words(comments, [term for term in wanted if term.kind != "unspaced"])
    runs = [term.folded for term in wanted if term.kind == "unspaced"]
    found = {}
    for comment in comments:
        config = folding.configuration(comment.language)
        spans = [
            match.span()
            for match in folding.WORD.finditer(comment.body)
            if (config, folding.fold(match.group())) in matching
        ]
        spans += _unspaced_spans(comment.body, runs)
        if spans:
            found[comment.pk] = _as_quotes(comment.body, _merged(comment.body, sorted(spans)))
    return found


def _matching_words(
    comments: Sequence[Comment], terms: Sequence[QueryTerm]
) -> set[tuple[str, str]]:
    """Those (configuration, folded word) of the comments that one of the terms looks for."""
    if not terms:
        return set()
    asked = {
        (config, folding.fold(word))
        for comment in comments
        for config in [folding.configuration(comment.language)]
        for word in folding.WORD.findall(comment.body)
    }
    if not asked:
        return set()
    # A phrase is marked word by word: each of its words is looked for by itself.
    single = [
        QueryTerm("word", word, folding.fold(word))
        for term in terms
        for word in folding.WORD.findall(term.text)
    ]
    parts = [tsquery_sql(term) for term in single]
    query = " || ".join(sql for sql, _ in parts)
    params = [value for _, values in parts for value in values]
    configurations, listed = zip(*sorted(asked), strict=True)
    text = folding.folding_sql("w.word")
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT w.configuration, w.word FROM unnest(%s::text[], %s::text[]) "
            f"AS w(configuration, word), (SELECT {query} AS query) q "
            f"WHERE to_tsvector(w.configuration::regconfig, {text}) @@ q.query",
            [list(configurations), list(listed), *params],
        )
        return set(cursor.fetchall())


def _unspaced_spans(body: str, runs: Sequence[str]) -> list[Span]:
    """Places of the looked-for runs; where a run is not there whole, of its pairs."""
    spans: list[Span] = []
    for run in runs:
        whole = [match.span() for match in re.finditer(re.escape(run), body)]
        if not whole and len(run) > 2:
            pairs = {run[i : i + 2] for i in range(len(run) - 1)}
            whole = [m.span() for pair in pairs for m in re.finditer(re.escape(pair), body)]
        spans += whole
    return spans


def _merged(body: str, spans: Sequence[Span]) -> list[Span]:
    """Matches with nothing but blanks between them are one."""
    merged: list[Span] = []
    for start, end in spans:
        if merged and (start <= merged[-1][1] or not body[merged[-1][1] : start].strip()):
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def _as_quotes(body: str, spans: Sequence[Span]) -> tuple[TextQuote, ...]:
    return tuple(
        TextQuote(body[max(0, start - CONTEXT) : start], body[start:end], body[end : end + CONTEXT])
        for start, end in spans[:MOST_QUOTES]
    )
