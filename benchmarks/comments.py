"""A search by comment over HTTP, beside the encoding of the query and its SQL.

    python -m benchmarks.comments --var /tmp/bench-comments

A library of 100,000 canvases, each with a comment of three sentences of English words, drawn as
often as words are in a language, in a scratch database on the embedded Postgres. The vectors of
comments and pictures lie around centres, since encoding as many takes hours; queries are encoded
for real. Filling takes a few minutes; ``--var`` is made, and left, for the curious.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from benchmarks.harvest import installation
from benchmarks.made_up import clustered
from benchmarks.rows import copy_vectors, hang

SENTENCES, WORDS = 3, 12
BATCH = 2000


def words() -> list[str]:
    """English words, the more frequent ones first, roughly: whole words of the tokenizer."""
    from tokenizers import Tokenizer

    from ml import registry, resources
    from ml.specs import TextPreprocessing

    reading = registry.get("minilm").preprocessing
    assert isinstance(reading, TextPreprocessing)
    tokenizer = Tokenizer.from_file(str(resources.verified(reading.tokenizer)))
    ordered = sorted(tokenizer.get_vocab().items(), key=lambda item: item[1])
    return [word for word, _ in ordered if word.isascii() and word.isalpha() and len(word) > 1]


def texts(count: int, chance: np.random.Generator) -> Iterator[str]:
    """Comments, whose words are drawn by Zipf's law."""
    listed = np.array(words())
    share = 1 / np.arange(2, len(listed) + 2)
    share /= share.sum()
    for start in range(0, count, BATCH):
        drawn = chance.choice(listed, (min(BATCH, count - start), SENTENCES, WORDS), p=share)
        for one in drawn:
            yield " ".join(" ".join(sentence).capitalize() + "." for sentence in one)


def fill(count: int, chance: np.random.Generator) -> None:
    from django.core.management import call_command
    from django.db import connection

    from iiifsearch.encoders import joint, text_specs
    from iiifsearch.index import ann

    call_command("flush", interactive=False, verbosity=0)
    nothing = np.zeros(count, int)
    canvases = hang(nothing, nothing + 1650)
    both = say(canvases, chance)
    for spec in text_specs():
        vectors, _ = clustered(count, chance, spec.dim)
        into = "iiifsearch_commentvector (canvas_id, comment_id, encoder, vec)"
        copy_vectors(into, both, spec.key, vectors)
    if pair := joint():
        vectors, _ = clustered(count, chance, pair[0].dim)
        into = "iiifsearch_canvasvector (canvas_id, encoder, vec)"
        copy_vectors(into, canvases, pair[0].key, vectors)
    ann.build_all()
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def say(canvases: np.ndarray, chance: np.random.Generator) -> np.ndarray:
    """A comment of each canvas, and its words; the ids of canvas and comment, (N, 2)."""
    from catalog.models import Comment
    from iiifsearch.index import store
    from iiifsearch.index.texts import words_of

    said = Comment.objects.bulk_create(
        (
            Comment(canvas_id=pk, key=f"t{pk}", origin="annotation", body=body, language="en")
            for pk, body in zip(canvases.tolist(), texts(len(canvases), chance), strict=True)
        ),
        batch_size=BATCH,
    )
    for start in range(0, len(said), BATCH):
        some = said[start : start + BATCH]
        store.comment_words([one.canvas_id for one in some], [words_of(one) for one in some])
    return np.array([(one.canvas_id, one.pk) for one in said])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--canvases", type=int, default=100_000)
    parser.add_argument("--queries", type=int, default=100)
    parser.add_argument("--var", type=Path, required=True)
    chosen = parser.parse_args()
    with installation(chosen.var):
        from django.core.management import call_command

        start = time.perf_counter()
        fill(chosen.canvases, np.random.default_rng(0))
        print(f"filled in {time.perf_counter() - start:.0f} s", flush=True)
        call_command("bench", "comments", "-n", str(chosen.queries))


if __name__ == "__main__":
    main()
