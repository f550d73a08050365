"""Hits that show the same picture, brought together under the best of them.

Only by what curators said: the same work, or a copy. What nobody decided on is not folded, however
sure verification is: of a detail, or of a version in another frame, it is as sure.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from django.db import connection

from iiifsearch.engine.hits import Answer, Hit
from iiifsearch.index.duplicates import joined
from iiifsearch.models import Duplicate

#: Verdicts by which two canvases show the same.
FOLDED = (Duplicate.Decision.SAME_WORK, Duplicate.Decision.COPY)
#: Pairs that one answer is folded by.
MOST_PAIRS = 10_000

# From the hits to all that is joined to them, for two may be joined by a third that is no hit.
_JOINED = """
WITH RECURSIVE reached (id) AS (
    SELECT unnest(%(ids)s::bigint[])
    UNION
    SELECT near.id FROM reached CROSS JOIN LATERAL (
        SELECT second_id FROM iiifsearch_duplicate
        WHERE first_id = reached.id AND decision = ANY(%(folded)s)
        UNION ALL
        SELECT first_id FROM iiifsearch_duplicate
        WHERE second_id = reached.id AND decision = ANY(%(folded)s)
    ) near (id)
)
SELECT d.first_id, d.second_id FROM reached
JOIN iiifsearch_duplicate d ON d.first_id = reached.id AND d.decision = ANY(%(folded)s)
LIMIT %(most)s
"""


def fold(answer: Answer) -> Answer:
    """The same hits, in their order, each picture once: the best hit of it holds the others
    (`Hit.same`). One query; a notice says how many were folded."""
    pairs = _pairs(hit.canvas_id for hit in answer.hits)
    leads = _leads(pairs[:MOST_PAIRS])
    groups: dict[int, list[Hit]] = {}
    for hit in answer.hits:
        groups.setdefault(leads.get(hit.canvas_id, hit.canvas_id), []).append(hit)
    hits = tuple(replace(best, same=tuple(others)) for best, *others in groups.values())
    notices = list(answer.notices)
    if folded := len(answer.hits) - len(hits):
        notices.append(f"Folded into others that show the same picture: {folded}.")
    if len(pairs) > MOST_PAIRS:
        notices.append(f"Only {MOST_PAIRS} pairs were looked at to fold by.")
    return replace(answer, hits=hits, notices=tuple(notices))


def _pairs(canvas_ids: Iterable[int]) -> list[tuple[int, int]]:
    folded = [verdict.value for verdict in FOLDED]
    values: dict[str, Any] = {"ids": list(canvas_ids), "folded": folded, "most": MOST_PAIRS + 1}
    with connection.cursor() as cursor:
        cursor.execute(_JOINED, values)
        return cursor.fetchall()


def _leads(pairs: Iterable[tuple[int, int]]) -> dict[int, int]:
    """For each canvas of a pair the smallest that it is joined to."""
    return {pk: group[0] for group in joined(pairs) for pk in group}
