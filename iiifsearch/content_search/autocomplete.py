"""Terms that begin with what was typed, out of what is public in the scope."""

from __future__ import annotations

from django.db import connection

from iiifsearch.engine.scope import Scope

MOST_TERMS = 20
#: Prefixes of one letter match much: rows looked at before they are counted.
MOST_ROWS = 20_000


def complete(prefix: str, scope: Scope, *, minimum: int = 1) -> list[tuple[str, int]]:
    """(word, number of annotations that hold it), the most frequent ones.

    Of a query of several words the last one is completed, and the others stay before it.
    """
    head, _, last = prefix.lower().rpartition(" ")
    if not last:
        return []
    scoped, params = scope.sql("t.canvas_id")
    escaped = last.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT word, count(*) AS n FROM (SELECT t.word FROM iiifsearch_term t "
            "JOIN catalog_comment c ON c.id = t.comment_id AND c.state = 'published' "
            f"WHERE t.word LIKE %s AND {scoped} LIMIT %s) AS found "
            "GROUP BY word HAVING count(*) >= %s ORDER BY n DESC, word LIMIT %s",
            [f"{escaped}%", *params, MOST_ROWS, minimum, MOST_TERMS],
        )
        rows = cursor.fetchall()
    return [(f"{head} {word}".lstrip(), count) for word, count in rows]
