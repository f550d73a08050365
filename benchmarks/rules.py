"""Collections that rules fill: how long does it take, and by which indexes?

    python -m benchmarks.rules --var /tmp/bench-rules

A library of 100,000 canvases, each with two rows of metadata whose words are indexed, in a scratch
database on the embedded Postgres. Rules of every kind fill a collection: first from nothing, then
again where nothing changed, then where one in a hundred of what they find has changed. Of the
comparison alone it prints the indexes that Postgres goes by. Filling the library takes a few
minutes; ``--var`` is made, and left, for the curious.
"""

from __future__ import annotations

import argparse
import re
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.filters import CLUSTERS, PER_YEAR, clustered, copy_vectors, hang
from benchmarks.harvest import installation

BATCH = 2000
TECHNIQUES = ("Oil on canvas", "Oil on wood", "Tempera", "Watercolour", "Fresco", "Etching")
#: One canvas in so many bears a tag of its own.
RARE = 1000


def fill_library(count: int, dim: int, chance: np.random.Generator) -> np.ndarray:
    """Store canvases with metadata, words and vectors; their ids, (N,)."""
    from django.core.management import call_command
    from django.db import connection

    from catalog.models import Comment
    from iiifsearch.conf import options
    from iiifsearch.index import ann, store
    from iiifsearch.index.texts import words_of
    from ml import registry

    call_command("flush", interactive=False, verbosity=0)
    vectors, cluster = clustered(count, chance, dim)
    ids = hang(cluster, chance.permutation(count) // PER_YEAR)
    said = []
    for place, pk in enumerate(ids.tolist()):
        technique = TECHNIQUES[place % len(TECHNIQUES)] if place % RARE else "Gouache"
        for label, body in (("Technique", technique), ("Subject", f"boats and motif {place % 90}")):
            said.append(
                Comment(canvas_id=pk, key=f"{label[0]}{pk}", origin="metadata", label=label,
                        body=body, language="en")
            )  # fmt: skip
    rows = Comment.objects.bulk_create(said, batch_size=BATCH)
    for start in range(0, len(rows), BATCH):
        some = rows[start : start + BATCH]
        store.comment_words([one.canvas_id for one in some], [words_of(one) for one in some])
    spec = registry.get(options.features[0][0])
    copy_vectors("iiifsearch_canvasvector (canvas_id, encoder, vec)", ids, spec.key, vectors)
    ann.build(ann.ann_index(spec))
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    return ids


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
    from catalog.models import Canvas
    from iiifsearch.conf import options
    from iiifsearch.rules.rule import Rule
    from ml import registry

    chance = np.random.default_rng(0)
    spec = registry.get(options.features[0][0])
    start = time.perf_counter()
    ids = fill_library(count, spec.dim, chance)
    print(f"{count} canvases stored in {time.perf_counter() - start:.0f} s", flush=True)
    print(f"{'rule':22}{'finds':>8}{'first s':>9}{'again s':>9}{'1 % s':>9}  changed; indexes")
    example = Canvas.objects.get(pk=int(ids[0])).key
    for name, rule in (
        ("maker", Rule(maker=f"maker {CLUSTERS // 2}")),
        ("hundred years", Rule(first=100, last=199)),
        ("type", Rule(object_type="type1")),
        ("all years", Rule(first=0)),
        ("rare tag", Rule(tag="gouache", label="technique")),
        ("frequent tag", Rule(tag="oil on canvas")),
        ("words", Rule(words='"motif 7" boats')),
        ("words of all", Rule(words="boats -tempera")),
        ("tag, maker, years", Rule(tag="tempera", maker="maker", first=50, last=5000)),
        ("like one", Rule(like=(example,), most=100)),
    ):
        measure(name, rule)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--canvases", type=int, default=100_000)
    parser.add_argument("--var", type=Path, required=True)
    chosen = parser.parse_args()
    with installation(chosen.var):
        from django.test.utils import override_settings

        with override_settings(IIIFSEARCH=one_feature()):
            run(chosen.canvases)


def one_feature() -> dict[str, Any]:
    """Likeness by one encoder, whose vectors are made up."""
    from django.conf import settings

    live = ("efficientnet-lite0",)
    return {**settings.IIIFSEARCH, "image_encoders": live, "features": ((live[0], 1.0),)}


if __name__ == "__main__":
    main()
