"""Collections that rules fill: how long does it take, and by which indexes?

    python -m benchmarks.rules --var /tmp/bench-rules

A library of 100,000 canvases, each with two rows of metadata whose words are indexed, in a scratch
database on the embedded Postgres. Rules of every kind fill a collection: first from nothing, then
again where nothing changed, then where one in a hundred of what they find has changed. Of the
comparison alone it prints the indexes that Postgres goes by. By likeness it takes what a search
does (`benchmarks.filters`). ``--var`` is made, and left, for the curious.
"""

from __future__ import annotations

import argparse
import re
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.filters import PER_YEAR
from benchmarks.harvest import installation
from benchmarks.made_up import CENTRES
from benchmarks.rows import hang

TECHNIQUES = ("Oil on canvas", "Oil on wood", "Tempera", "Watercolour", "Fresco", "Etching")
#: One canvas in so many bears a tag of its own.
RARE = 1000


# Texts are made where they are stored: a hundred thousand of them in seconds.
_METADATA = """
INSERT INTO catalog_comment (canvas_id, key, origin, source_id, state, motivation, label, body,
    html, language, creator, rights)
SELECT c.id, left(said.label, 1) || c.id, 'metadata', '', 'published', 'describing', said.label,
    said.body, '', 'en', '', ''
FROM catalog_canvas c CROSS JOIN LATERAL (VALUES
    ('Technique', CASE WHEN c.id %% %s = 0 THEN 'Gouache' ELSE (%s::text[])[1 + c.id %% %s] END),
    ('Subject', 'boats and motif ' || c.id %% 90)
) AS said(label, body)
"""
_WORDS = """
INSERT INTO iiifsearch_commenttext (canvas_id, comment_id, weight, words)
SELECT canvas_id, id, 1, to_tsvector('english', body) FROM catalog_comment
"""


def fill_library(count: int, chance: np.random.Generator) -> None:
    """Store canvases with metadata and its words."""
    from django.core.management import call_command
    from django.db import connection

    call_command("flush", interactive=False, verbosity=0)
    hang(chance.integers(0, CENTRES, count), chance.permutation(count) // PER_YEAR)
    with connection.cursor() as cursor:
        cursor.execute(_METADATA, [RARE, list(TECHNIQUES), len(TECHNIQUES)])
        cursor.execute(_WORDS)
        cursor.execute("VACUUM ANALYZE")


def indexes(rule: Any, collection: Any) -> str:
    """What the comparison goes by."""
    from django.db import connection

    from iiifsearch.rules.fill import comparison

    statement, params = comparison(rule, collection)
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {statement}", params)
        plan = "\n".join(row[0] for row in cursor.fetchall())
    named = re.findall(r"(?:Scan using|Index Scan on) (\S+)", plan)
    scanned = [f"all of {table}" for table in re.findall(r"Seq Scan on (catalog_\S+)", plan)]
    return ", ".join(dict.fromkeys(name for name in named + scanned if name != "there"))


def seconds_of(collection: Any) -> tuple[float, Any]:
    from catalog.models import Collection
    from iiifsearch.rules.fill import fill

    start = time.perf_counter()
    filled = fill(Collection.objects.get(pk=collection.pk))
    return time.perf_counter() - start, filled


def measure(name: str, rule: Any) -> None:
    from catalog.models import Canvas, Collection, CollectionCanvas, State

    collection = Collection.objects.create(key=name[:16], title=name, rule=rule.written())
    first, filled = seconds_of(collection)
    again, _ = seconds_of(collection)
    members = CollectionCanvas.objects.filter(collection=collection)
    some = list(members.values_list("canvas_id", flat=True)[::100])
    Canvas.objects.filter(pk__in=some).update(state=State.DRAFT)
    later, changed = seconds_of(collection)
    Canvas.objects.filter(pk__in=some).update(state=State.PUBLISHED)
    capped = " (capped)" if filled.capped else ""
    print(
        f"{name:22}{filled.total:>8}{first:>9.2f}{again:>9.3f}{later:>9.3f}"
        f"  -{changed.removed} +{changed.added}{capped}; {indexes(rule, collection)}",
        flush=True,
    )


def run(count: int) -> None:
    from iiifsearch.rules.rule import Rule

    start = time.perf_counter()
    fill_library(count, np.random.default_rng(0))
    print(f"{count} canvases stored in {time.perf_counter() - start:.0f} s", flush=True)
    print(f"{'rule':22}{'finds':>8}{'first s':>9}{'again s':>9}{'1 % s':>9}  changed; indexes")
    for name, rule in (
        ("maker", Rule(maker=f"maker {CENTRES // 2}")),
        ("hundred years", Rule(first=100, last=199)),
        ("type", Rule(object_type="type1")),
        ("all years", Rule(first=0)),
        ("rare tag", Rule(tag="gouache", label="technique")),
        ("frequent tag", Rule(tag="oil on canvas")),
        ("words", Rule(words='"motif 7" boats')),
        ("words of all", Rule(words="boats -tempera")),
        ("tag, maker, years", Rule(tag="tempera", maker="maker", first=50, last=5000)),
    ):
        measure(name, rule)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--canvases", type=int, default=100_000)
    parser.add_argument("--var", type=Path, required=True)
    chosen = parser.parse_args()
    with installation(chosen.var):
        run(chosen.canvases)


if __name__ == "__main__":
    main()
