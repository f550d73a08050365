"""The channel of words: Postgres full-text search over every comment of a canvas.

The words of a query may be spread over a title, a maker's name and a comment, so a canvas is
judged as a whole: by how much of the query it covers, each word counting by its rarity (inverse
document frequency). A pasted paragraph then works like two words do: nothing has to match, and
what matches more and rarer words comes first.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Any, Literal

from django.db import connection

from catalog.cluster import same_canvas
from iiifsearch.conf import options
from iiifsearch.engine.hits import ChannelResult, Found
from iiifsearch.engine.scope import Scope
from iiifsearch.index import estimates
from iiifsearch.index import words as folding
from iiifsearch.metrics.measures import stage

#: Words of a query that are looked up; of a longer one the rest is left to the text vectors.
MOST_TERMS = 48

_TOKEN = re.compile(r'(-?)"([^"]+)"|(-?)(\S+)')


@dataclass(frozen=True)
class QueryTerm:
    """One thing to look for. ``text`` is as the user wrote it, ``folded`` as it is looked up."""

    kind: Literal["word", "phrase", "unspaced"]
    text: str
    folded: str
    negated: bool = False


def parse(query: str) -> tuple[list[QueryTerm], list[str]]:
    """Words, "phrases in quotes", -excluded ones, and runs without spaces; and notices.

    >>> [term.folded for term in parse('Boats "at anchor" -moon')[0]]
    ['boats', 'at anchor', 'moon']
    """
    terms: dict[tuple[str, str, bool], QueryTerm] = {}
    # Half-width and full-width forms first: they decide what is written without spaces.
    for minus, phrase, minus_word, chunk in _TOKEN.findall(unicodedata.normalize("NFKC", query)):
        negated = bool(minus or minus_word)
        text = phrase or chunk
        # Runs without spaces are looked up by their characters also inside quotes.
        for run in folding.UNSPACED_RUN.findall(text):
            _add(terms, QueryTerm("unspaced", run, folding.fold(run), negated))
        rest = folding.UNSPACED_RUN.sub(" ", text)
        found = folding.WORD.findall(rest)
        if phrase and len(found) > 1:
            _add(terms, QueryTerm("phrase", rest.strip(), folding.fold(rest.strip()), negated))
        else:
            for word in found:
                _add(terms, QueryTerm("word", word, folding.fold(word), negated))
    listed = list(terms.values())
    if any(len(term.folded) > 1 for term in listed):
        # What an apostrophe leaves behind ("d'été", "it's") looks for nothing by itself.
        listed = [t for t in listed if len(t.folded) > 1 or t.kind == "unspaced"]
    notices = []
    if len(listed) > MOST_TERMS:
        notices.append(
            f"The query has {len(listed)} different words; the first {MOST_TERMS} were looked up."
        )
    # What is excluded stays excluded, however long the query is.
    listed.sort(key=lambda term: not term.negated)
    kept = listed[:MOST_TERMS]
    return [t for t in kept if not t.negated] + [t for t in kept if t.negated], notices


def _add(terms: dict[tuple[str, str, bool], QueryTerm], term: QueryTerm) -> None:
    terms.setdefault((term.kind, term.folded, term.negated), term)


def tsquery_sql(term: QueryTerm) -> tuple[str, list[Any]]:
    """SQL for the tsquery of a term: its forms in every configuration, as alternatives."""
    if term.kind == "unspaced":
        run = term.folded
        pairs = [run[i : i + 2] for i in range(len(run) - 1)] or [run]
        return "%s::tsquery", [" & ".join(_quoted(pair) for pair in dict.fromkeys(pairs))]
    function = "phraseto_tsquery" if term.kind == "phrase" else "plainto_tsquery"
    text = folding.folding_sql("%s")
    each = [f"{function}('{name}', {text})" for name in folding.configurations()]
    return "(" + " || ".join(each) + ")", [term.folded] * len(each)


def _quoted(lexeme: str) -> str:
    return "'" + lexeme.replace("'", "''") + "'"


_SEARCH = """
WITH t(i, query, stop) AS (VALUES {terms}),
matched AS MATERIALIZED (
    SELECT w.canvas_id, t.i, max(w.weight) AS weight,
           (array_agg(w.comment_id ORDER BY w.weight DESC, w.comment_id))[1] AS comment_id
    FROM t JOIN iiifsearch_commenttext w ON w.words @@ t.query
    JOIN catalog_comment c ON c.id = w.comment_id{together} AND c.state = 'published'{filtered}
    WHERE {scoped}{excluded}
    GROUP BY w.canvas_id, t.i
),
size AS (SELECT greatest({canvases}, 1)::float AS n),
found AS (SELECT i, count(*) AS n FROM matched GROUP BY i),
rarity AS (
    SELECT t.i, ln(1 + greatest(size.n, coalesce(found.n, 0)) / (coalesce(found.n, 0) + 0.5)) AS r
    FROM t CROSS JOIN size LEFT JOIN found USING (i)
    WHERE NOT t.stop OR NOT EXISTS (SELECT 1 FROM t other WHERE NOT other.stop)
)
SELECT m.canvas_id, sum(r.r) / (SELECT sum(r) FROM rarity) AS coverage,
       sum(r.r * m.weight) AS strength,
       array_agg(m.i ORDER BY m.i) AS terms,
       (array_agg(m.comment_id ORDER BY r.r * m.weight DESC, m.comment_id))[1] AS comment_id,
       (SELECT count(*) FROM rarity) AS asked
FROM matched m JOIN rarity r USING (i)
GROUP BY m.canvas_id
ORDER BY coverage DESC, strength DESC, m.canvas_id
LIMIT %s
"""


@stage("full_text")
def search(terms: list[QueryTerm], scope: Scope, count: int) -> ChannelResult:
    """The ``count`` canvases that cover most of ``terms``."""
    wanted = [term for term in terms if not term.negated]
    if not wanted:
        return ChannelResult("words", (), "nothing to look up")
    statement, params = _statement(wanted, [t for t in terms if t.negated], scope)
    with connection.cursor() as cursor:
        cursor.execute(statement, [*params, count])
        rows = cursor.fetchall()
    found = [
        Found(canvas, float(coverage), _why([wanted[i] for i in indices], asked), comment)
        for canvas, coverage, _, indices, comment, asked in rows
    ]
    floor = options.min_coverage * found[0].score if found else 0.0
    kept = [hit for hit in found if hit.score >= floor]
    cut = "" if len(kept) == len(found) else "Those that hold few of the words were left out."
    return ChannelResult("words", tuple(kept), "full text", cut, floor, len(kept) >= count)


def holding(terms: list[QueryTerm], canvas_ids: list[int]) -> set[int]:
    """Those of ``canvas_ids`` of which a comment holds one of ``terms``."""
    parts = [tsquery_sql(term) for term in terms]
    either = " || ".join(sql for sql, _ in parts)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT w.canvas_id FROM iiifsearch_commenttext w "
            "JOIN catalog_comment c ON c.id = w.comment_id "
            f"AND c.state = 'published'{same_canvas('c.canvas_id', 'w.canvas_id')} "
            f"WHERE w.canvas_id = ANY(%s) AND w.words @@ ({either})",
            [canvas_ids, *(value for _, values in parts for value in values)],
        )
        return {row[0] for row in cursor.fetchall()}


def _statement(
    wanted: list[QueryTerm], unwanted: list[QueryTerm], scope: Scope
) -> tuple[str, list[Any]]:
    values, params = [], []
    default = folding.configuration("")
    for index, term in enumerate(wanted):
        query, query_params = tsquery_sql(term)
        stop, stop_params = "FALSE", []
        if term.kind == "word":
            stop = f"numnode(plainto_tsquery('{default}', {folding.folding_sql('%s')})) = 0"
            stop_params = [term.folded]
        values.append(f"({index}, {query}, {stop})")
        params += [*query_params, *stop_params]
    filtered, filter_params = scope.comments.sql("c")
    scoped, scope_params = scope.sql("w.canvas_id")
    excluded, excluded_params = "", []
    for term in unwanted:
        query, query_params = tsquery_sql(term)
        excluded += (
            " AND NOT EXISTS (SELECT 1 FROM iiifsearch_commenttext n "
            "JOIN catalog_comment nc ON nc.id = n.comment_id "
            f"AND nc.state = 'published'{same_canvas('nc.canvas_id', 'n.canvas_id')} "
            f"WHERE n.canvas_id = w.canvas_id AND n.words @@ {query})"
        )
        excluded_params += query_params
    statement = _SEARCH.format(
        terms=", ".join(values),
        together=same_canvas("c.canvas_id", "w.canvas_id"),
        filtered=filtered,
        scoped=scoped,
        excluded=excluded,
        canvases=estimates.whole_sql("catalog_canvas"),
    )
    return statement, [*params, *filter_params, *scope_params, *excluded_params]


def _why(matched: list[QueryTerm], of: int) -> str:
    listed = ", ".join(f'"{term.text}"' for term in matched[:6])
    more = "" if len(matched) <= 6 else f" and {len(matched) - 6} more"
    return f"matched {listed}{more}" + (f" ({len(matched)} of {of} words)" if of > 1 else "")
