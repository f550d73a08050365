"""Whether one feature was made of all canvases of which another one was."""

from __future__ import annotations

from django.db import connection

# From the last canvas on: whoever makes what a new encoder lacks begins with the first, so that
# the first question is the answer for nearly as long as something lacks.
_LACKING = """
SELECT old.canvas_id FROM iiifsearch_seen old
JOIN catalog_canvas c ON c.id = old.canvas_id AND c.state <> 'withdrawn'
LEFT JOIN iiifsearch_seen new ON new.canvas_id = old.canvas_id AND new.feature = %s
    AND new.outcome <> 'failed' AND new.revision >= old.revision
WHERE old.feature = %s AND old.outcome = 'done' AND new.canvas_id IS NULL
ORDER BY old.canvas_id DESC LIMIT %s
"""


def lacking(old: str, new: str, most: int) -> list[int]:
    """Up to ``most`` canvases that have the feature ``old``, and ``new`` not, or from an earlier
    revision; the last first."""
    with connection.cursor() as cursor:
        cursor.execute(_LACKING, [new, old, most])
        return [pk for (pk,) in cursor.fetchall()]


def covered(old: str, new: str) -> bool:
    """Whether ``new`` was made of all that ``old`` was made of. "Nothing to see" counts as made,
    a failure does not."""
    return not lacking(old, new, 1)
