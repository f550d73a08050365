"""Terms that begin with what was typed, out of what is public in the scope.

Which words are listed may rest on a part of the rows, where a short prefix matches very many. How
often each of them occurs is always counted in full.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from dataclasses import dataclass
from typing import Any

from django.db import connection

from catalog.cluster import same_canvas
from iiifsearch.engine import words
from iiifsearch.engine.scope import Scope
from iiifsearch.index import sample
from iiifsearch.index import words as folding
from iiifsearch.models import Term

MOST_TERMS = 20
#: Rows that are looked at to find the words, in the order in which they come.
MOST_ROWS = 20_000
#: Where there are more, the most frequent words show in a sample of about so many of all rows.
SAMPLE_ROWS = 200_000

#: What comes before a word that is to be excluded.
_EXCLUDING = re.compile(r'(?:^|\s)-"?$')


def complete(prefix: str, scope: Scope, *, minimum: int = 1) -> list[tuple[str, int]]:
    """(what to search for, number of annotations that hold it), the most frequent ones.

    Of a query of several words the last one is completed, and the others stay before it: an
    annotation counts that holds them all. Accents and width make no difference.
    """
    text = unicodedata.normalize("NFKC", prefix).lower()
    before, last = _split(text)
    if not last or _EXCLUDING.search(before):
        return []
    asked = Asked(folding.fold(last), before, scope)
    found = asked.look(MOST_ROWS + 1)
    if found.total() > MOST_ROWS:
        frequent = [*_most_frequent(asked.sample()), *_most_frequent(found)]
        found = asked.count(list(dict.fromkeys(frequent))[:MOST_TERMS])
    return [
        (f"{before.lstrip()}{word}", found[word])
        for word in _most_frequent(found)
        if found[word] >= minimum
    ]


def _split(text: str) -> tuple[str, str]:
    """What stands before the last word, and that word; "" where the text ends with none."""
    for pattern in (folding.WORD, folding.UNSPACED_RUN):
        for last in pattern.finditer(text):
            if last.end() == len(text):
                return text[: last.start()], last.group()
    return text, ""


def _most_frequent(found: Counter[str]) -> list[str]:
    return sorted(found, key=lambda word: (-found[word], word))[:MOST_TERMS]


@dataclass(frozen=True)
class Asked:
    """A folded prefix, the text that stands before it, and where to look."""

    prefix: str
    before: str
    scope: Scope

    def look(self, limit: int) -> Counter[str]:
        """Words of the first ``limit`` rows."""
        statement, params = self.statement(" LIMIT %s")
        return _counted(statement, [*params, limit])

    def sample(self) -> Counter[str]:
        """Words of a sample of all rows, the same one each time."""
        sampled, more, params = sample.of("iiifsearch_term", "t", SAMPLE_ROWS)
        statement, asked = self.statement(more, sampled)
        return _counted(statement, [*asked, *params])

    def count(self, listed: list[str]) -> Counter[str]:
        """All rows of the ``listed`` words."""
        statement, params = self.statement(" AND t.folded = ANY(%s) AND t.word = ANY(%s)")
        folded = [folding.fold(word)[: Term.LONGEST] for word in listed]
        return _counted(statement, [*params, folded, listed])

    def statement(self, more: str = "", sampled: str = "") -> tuple[str, list[Any]]:
        """The rows of public words in scope that begin with the prefix."""
        scoped, scope_params = self.scope.sql("t.canvas_id")
        held, held_params = self._held()
        escaped = re.sub(r"([\\%_])", r"\\\1", self.prefix)
        return (
            f"SELECT t.word FROM iiifsearch_term t{sampled} "
            "JOIN catalog_comment c ON c.id = t.comment_id "
            f"AND c.state = 'published'{same_canvas('c.canvas_id', 't.canvas_id')} "
            f"WHERE t.folded LIKE %s AND {scoped}{held}{more}",
            [f"{escaped}%", *scope_params, *held_params],
        )

    def _held(self) -> tuple[str, list[Any]]:
        """Conditions on the same annotation: the words before the prefix, as they are written."""
        parts: list[str] = []
        params: list[Any] = []
        for term in words.parse(self.before)[0]:
            if term.kind == "word" and len(term.folded) == 1:
                continue  # a search for several words does not look them up either
            if term.kind == "word" and not term.folded.isdigit():
                table, condition = "iiifsearch_term", "h.folded = %s"
                params.append(term.folded[: Term.LONGEST])
            else:  # terms hold neither phrases, nor parts of runs without spaces, nor all numbers
                query, query_params = words.tsquery_sql(term)
                table, condition = "iiifsearch_commenttext", f"h.words @@ {query}"
                params += query_params
            parts.append(
                f" AND {'NOT ' if term.negated else ''}EXISTS (SELECT 1 FROM {table} h WHERE "
                f"h.canvas_id = t.canvas_id AND h.comment_id = t.comment_id AND {condition})"
            )
        return "".join(parts), params


def _counted(statement: str, params: list[Any]) -> Counter[str]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT word, count(*) FROM ({statement}) AS found GROUP BY word", params)
        return Counter(dict(cursor.fetchall()))
