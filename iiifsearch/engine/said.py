"""Conditions on a canvas by what is said of it: complete, without a ranking.

Only what everybody can read counts: published comments, of a published manifest or written here.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db import connection

from catalog.cluster import same_canvas
from iiifsearch.engine.filters import Params, folded_sql
from iiifsearch.engine.tags import LONGEST_TAG
from iiifsearch.engine.words import QueryTerm, parse, tsquery_sql
from iiifsearch.index import words as folding

_PUBLIC = (
    "c.state = 'published' AND (c.manifest_id IS NULL OR EXISTS (SELECT 1 FROM catalog_manifest cm "
    "WHERE cm.id = c.manifest_id AND cm.state = 'published'))"
)
_TAGS = (
    "SELECT c.canvas_id FROM catalog_comment c WHERE "
    "(c.origin = 'metadata' OR c.motivation = 'tagging') "
    f"AND length(c.body) <= {LONGEST_TAG} AND {folded_sql('btrim(c.body)')} = {folded_sql('%s')} "
    f"AND {_PUBLIC}"
)


@dataclass(frozen=True)
class Tagged:
    """A row of the metadata, or a tag, says ``text``, whatever its case and accents. ``label``:
    what the row or the tag is called; "" for any."""

    text: str
    label: str = ""

    def sql(self, canvas: str) -> tuple[str, Params]:
        """A condition on ``catalog_canvas AS canvas``, beginning with AND."""
        label = f" AND {folded_sql('btrim(c.label)')} = {folded_sql('%s')}" if self.label else ""
        params = [self.text, self.label] if self.label else [self.text]
        return f" AND {canvas}.id IN ({_TAGS}{label})", params


@dataclass(frozen=True)
class Says:
    """Every one of ``terms`` stands in some comment; none of those that are excluded in any."""

    terms: tuple[QueryTerm, ...]

    def sql(self, canvas: str) -> tuple[str, Params]:
        """Conditions on ``catalog_canvas AS canvas``, each beginning with AND."""
        condition, params = "", []
        holding = (
            "SELECT w.canvas_id FROM iiifsearch_commenttext w JOIN catalog_comment c "
            f"ON c.id = w.comment_id{same_canvas('c.canvas_id', 'w.canvas_id')} "
            f"WHERE {_PUBLIC} AND w.words @@ "
        )
        for term in self.terms:
            query, values = tsquery_sql(term)
            if term.negated:
                condition += f" AND NOT EXISTS ({holding}{query} AND w.canvas_id = {canvas}.id)"
            else:
                condition += f" AND {canvas}.id IN ({holding}{query})"
            params += values
        return condition, params


def says(query: str) -> Says:
    """All words of ``query``, as a search reads them: "phrases", -excluded ones. Words that say
    nothing by themselves ("the") count only where there are no others."""
    terms, _ = parse(query)
    asked = [term for term in terms if term.kind == "word"]
    if not asked:
        return Says(tuple(terms))
    default = folding.configuration("")
    each = f"numnode(plainto_tsquery('{default}', {folding.folding_sql('%s')})) = 0"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join([each] * len(asked))}", [term.folded for term in asked])
        stops = {term for term, stop in zip(asked, cursor.fetchone(), strict=True) if stop}
    telling = [term for term in terms if term not in stops]
    wanted = any(not term.negated for term in telling)
    return Says(tuple(telling if wanted else terms))
