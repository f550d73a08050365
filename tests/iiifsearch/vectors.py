"""Many canvases with vectors, made by the database: for tests of indexes."""

from __future__ import annotations

from django.db import connection

from catalog.models import Canvas
from iiifsearch.index import ann
from ml import registry

INDEX = ann.ann_index(registry.get("colour"))

_FILL = """
WITH made AS (
    INSERT INTO catalog_canvas ({columns})
    SELECT {values} FROM catalog_canvas c, generate_series(1, %s) i WHERE c.id = %s RETURNING id
)
INSERT INTO iiifsearch_canvasvector (canvas_id, encoder, vec)
SELECT id, %s, (SELECT array_agg(random() - 0.5) FROM generate_series(1, %s) WHERE id > 0)::halfvec
FROM made
"""


def fill(count: int, *, analyze: bool = True) -> None:
    """So many canvases with a vector of INDEX each."""
    first = Canvas.objects.count()
    name = f"pattern{first}"
    pattern = Canvas.objects.create(key=name, uri=name, raw_id=name)
    columns = [field.column for field in Canvas._meta.local_concrete_fields if field.column != "id"]
    values = [
        f"'{name}-' || i" if column in ("key", "uri", "raw_id") else f"c.{column}"
        for column in columns
    ]
    with connection.cursor() as cursor:
        cursor.execute(
            _FILL.format(columns=", ".join(columns), values=", ".join(values)),
            [count, pattern.pk, INDEX.spec.key, INDEX.spec.dim],
        )
        if analyze:
            cursor.execute("ANALYZE iiifsearch_canvasvector, catalog_canvas")
