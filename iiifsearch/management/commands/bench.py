"""``manage.py bench``: where the time of a search by words, or by a comment, goes, from one run."""

from __future__ import annotations

import random
import socket
import sys
import time
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from typing import Any

import httpx
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection

from catalog.models import Canvas, Comment, State
from iiifsearch.api.serializers import answer_json
from iiifsearch.encoders import encoder, text_specs
from iiifsearch.engine.meaning import MOST_SENTENCES
from iiifsearch.engine.search import by_words
from iiifsearch.index.words import WORD
from iiifsearch.supervisor import Supervisor
from ml.crossmodal.sentences import sentences

SEED = 7
WARM_UP = 10


class Command(BaseCommand):
    help = (
        "Measure searches by a few words, or by comments of several sentences, over this library: "
        "over HTTP, their encoding, and their SQL."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("what", choices=list(SAMPLES))
        parser.add_argument("-n", type=int, default=200, help="queries (default 200)")
        parser.add_argument("--url", help="a server that runs; by default one is started")

    def handle(self, *args: Any, what: str, n: int, url: str | None, **options: Any) -> None:
        queries = SAMPLES[what](n + WARM_UP)
        if not queries:
            raise CommandError("The library holds no comments: harvest something first.")
        with ExitStack() as stack:
            base = url or self._server(stack)
            client = stack.enter_context(httpx.Client(base_url=base, timeout=60, trust_env=False))
            client.get("/health/live").raise_for_status()  # once it has started
            at_once = timed(lambda query: over_http(client, query), queries)
            rows = {
                "over HTTP": at_once,
                "query encoding alone": timed(lambda query: encode(query), queries),
                "SQL alone": [sql_seconds(query) for query in queries],
            }
        canvases = Canvas.objects.filter(state=State.PUBLISHED).count()
        self.stdout.write(
            f"{n} queries of {OF[what]}, one at a time, "
            f"{canvases} canvases, {Comment.objects.count()} comments."
        )
        self.stdout.write(f"{'':22}{'p50 ms':>9}{'p95 ms':>9}")
        p50 = {}
        for name, seconds in rows.items():
            seconds = sorted(seconds[WARM_UP:])
            p50[name] = quantile(seconds, 0.5)
            self.stdout.write(
                f"{name:22}{p50[name] * 1000:9.1f}{quantile(seconds, 0.95) * 1000:9.1f}"
            )
        parts = p50["query encoding alone"] + p50["SQL alone"]
        self.stdout.write(f"HTTP p50 / (encoding + SQL) = {p50['over HTTP'] / parts:.2f}")
        self.stdout.write(f"The first query of all: {at_once[0] * 1000:.0f} ms over HTTP.")

    def _server(self, stack: ExitStack) -> str:
        """A web process of our own, of the kind that production runs, without throttling."""
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        stack.enter_context(Supervisor()).start(
            "web",
            *("env", "IIIFSEARCH_RATE_READS=1000000/min", sys.executable, "-m", "gunicorn"),
            *("iiifsearch.wsgi", "--bind", f"127.0.0.1:{port}"),
            wait_for=port,
        )
        return f"http://127.0.0.1:{port}"


def sample_queries(count: int) -> list[str]:
    """Queries of two to five words that stand beside each other in comments; seeded."""
    chance, texts = random.Random(SEED), _texts()  # noqa: S311 - nothing secret
    found: list[str] = []
    while texts and len(found) < count:
        words = WORD.findall(chance.choice(texts))
        length = min(len(words), chance.randint(2, 5))
        start = chance.randint(0, len(words) - length)
        if length:
            found.append(" ".join(words[start : start + length]))
    return found


def sample_comments(count: int) -> list[str]:
    """Comments of up to four sentences, of whose words every third is left out; seeded."""
    chance = random.Random(SEED)  # noqa: S311 - nothing secret
    texts = [text for text in _texts() if len(sentences(text)) > 1] or _texts()
    found: list[str] = []
    while texts and len(found) < count:
        chosen = " ".join(sentences(chance.choice(texts))[:4])
        kept = " ".join(word for word in chosen.split() if chance.random() < 2 / 3)
        found.append(kept or chosen)
    return found


#: What is asked, and what that is called.
SAMPLES: dict[str, Callable[[int], list[str]]] = {
    "search": sample_queries,
    "comments": sample_comments,
}
OF = {"search": "two to five words", "comments": "up to four sentences"}


def _texts() -> list[str]:
    published = Comment.objects.filter(state=State.PUBLISHED).order_by("id")
    return list(published.values_list("body", flat=True)[:5000])


def timed(work: Callable[[str], object], queries: Iterable[str]) -> list[float]:
    """Seconds that each call took."""
    seconds = []
    for query in queries:
        start = time.perf_counter()
        work(query)
        seconds.append(time.perf_counter() - start)
    return seconds


def over_http(client: httpx.Client, query: str) -> None:
    client.get("/api/search/", params={"q": query}).raise_for_status()


def encode(query: str) -> None:
    for spec in text_specs():
        encoder(spec.key).encode(sentences(query)[:MOST_SENTENCES])


def sql_seconds(query: str) -> float:
    """Seconds that the database took of answering ``query`` in this process."""
    spent = 0.0

    def watch(execute: Callable[..., Any], *args: Any) -> Any:
        nonlocal spent
        start = time.perf_counter()
        try:
            return execute(*args)
        finally:
            spent += time.perf_counter() - start

    with connection.execute_wrapper(watch):
        answer_json(by_words(query), slice(20))
    return spent


def quantile(ordered: list[float], share: float) -> float:
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
