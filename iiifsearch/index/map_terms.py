"""What is typical of the areas of a map: its terms are makers, types, tags, and words of comments.

Only what is public counts, on canvases and in texts.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence

from django.db import connection

from catalog.cluster import same_canvas
from iiifsearch.conf import options
from iiifsearch.engine.scope import Scope
from iiifsearch.engine.tags import LONGEST_TAG
from iiifsearch.index.words import CONFIGURATIONS
from iiifsearch.models import LibraryMap, MapArea
from ml.map.typical import typical

#: Letters of the shortest word that can be typical of anything.
SHORTEST_WORD = 3

_SPOKEN = (
    "catalog_comment t LEFT JOIN catalog_manifest m ON m.id = t.manifest_id "
    "WHERE t.state = 'published' AND (m.id IS NULL OR m.state = 'published')"
)
_IS_TAG = "(t.origin = 'metadata' OR t.motivation = 'tagging')"


def name_areas(made: LibraryMap) -> None:
    """Find out what is typical of each area of the map, and store it."""
    counts, spelling, sizes = _bearers(made)
    areas = list(made.areas.order_by("number"))
    small = [area for area in areas if not area.large]
    for rows in (small, [area for area in areas if area.large]):
        parts = [_small_within(area, small) for area in rows]
        bearers = [sum((counts[number] for number in numbers), Counter()) for numbers in parts]
        found = typical(bearers, [sum(sizes[number] for number in numbers) for numbers in parts])
        for area, terms in zip(rows, found, strict=True):
            area.terms = [spelling[term] for term in terms]
    MapArea.objects.bulk_update(areas, ["terms"])


def _small_within(area: MapArea, small: Sequence[MapArea]) -> list[int]:
    if not area.large:
        return [area.number]
    return [one.number for one in small if one.within == area.number]


def _bearers(made: LibraryMap) -> tuple[dict[int, Counter[str]], dict[str, str], dict[int, int]]:
    """By small area: how many of its canvases bear a term, in lower case. Then how such a term is
    spelled; and how many canvases are in each area."""
    public, params = Scope().ids_sql()
    of_area: dict[int, Counter[str]] = defaultdict(Counter)
    spelling: dict[str, str] = {}
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH placed AS MATERIALIZED (SELECT p.canvas_id, p.area FROM iiifsearch_mapplace p "
            f"WHERE p.map_id = %s AND p.canvas_id IN ({public})), "
            "borne AS ("
            "SELECT p.area, p.canvas_id, c.maker AS term FROM placed p "
            "JOIN catalog_canvas c ON c.id = p.canvas_id "
            "UNION ALL SELECT p.area, p.canvas_id, c.object_type FROM placed p "
            "JOIN catalog_canvas c ON c.id = p.canvas_id "
            "UNION ALL SELECT p.area, p.canvas_id, said.body FROM placed p "
            f"JOIN (SELECT t.canvas_id, t.body FROM {_SPOKEN} AND {_IS_TAG} "
            "AND length(t.body) <= %s) AS said ON said.canvas_id = p.canvas_id "
            "UNION ALL SELECT p.area, p.canvas_id, w.word FROM placed p "
            "JOIN iiifsearch_term w ON w.canvas_id = p.canvas_id "
            f"JOIN (SELECT t.id, t.canvas_id FROM {_SPOKEN} AND NOT {_IS_TAG}) AS said "
            f"ON said.id = w.comment_id{same_canvas('said.canvas_id', 'w.canvas_id')} "
            "WHERE length(w.word) >= %s) "
            "SELECT area, lower(btrim(term)) AS folded, min(btrim(term)), "
            "count(DISTINCT canvas_id) FROM borne WHERE btrim(term) <> '' "
            "GROUP BY area, folded",
            [made.pk, *params, LONGEST_TAG, SHORTEST_WORD],
        )
        for area, folded, spelled, count in cursor:
            of_area[area][folded] = count
            spelling.setdefault(folded, spelled)
        for word in _stop_words(cursor, [term for term in spelling if term.isalpha()]):
            for counts in of_area.values():
                counts.pop(word, None)
        cursor.execute(
            "SELECT p.area, count(*) FROM iiifsearch_mapplace p "
            f"WHERE p.map_id = %s AND p.canvas_id IN ({public}) GROUP BY p.area",
            [made.pk, *params],
        )
        sizes = defaultdict(int, dict(cursor.fetchall()))
    return of_area, spelling, sizes


def _stop_words(cursor: object, words: Sequence[str]) -> list[str]:
    """Those of ``words`` that Postgres passes over in one of the library's languages."""
    names = {CONFIGURATIONS[language] for language in options.text_languages}
    passed_over = " OR ".join(f"ts_lexize('{name}_stem', word) = '{{}}'" for name in sorted(names))
    if not passed_over:
        return []
    cursor.execute(  # type: ignore[attr-defined]
        f"SELECT word FROM unnest(%s::text[]) AS word WHERE {passed_over}", [list(words)]
    )
    return [word for (word,) in cursor.fetchall()]  # type: ignore[attr-defined]
