"""Searches beside the work that keeps a library up: how much longer does a visitor wait?

    python -m benchmarks.beside --var /tmp/bench-beside [--images FOLDER]

A made-up library (`benchmarks.library`) of 100,000 canvases on the embedded Postgres. One
connection asks the engine for likeness to a stored canvas and for words, by turns: while nothing
else is done; while an HNSW index is built anew, again and again; while a harvest of 10,000 canvases
runs, with the museum's server, a worker that downloads and one that looks at pictures. That work,
and all of the database's that it makes, is held to one core, as `taskset` does, so that what is
measured is one core's work beside a search, whatever the machine has. What runs when the last
question was asked is stopped.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import figures, library
from benchmarks.figures import ROOT, Row
from benchmarks.harvest import DOWNLOAD, EXTRACT, installation, museum, working

PER_MANIFEST = 4
#: What p95 may be at most, beside that of an idle machine.
MOST = 2.0
WARMING, IDLE, BUILD, HARVEST = "warming up", "idle", "beside a build", "beside a harvest"
START_SECONDS = 120

Seconds = dict[str, list[float]]


# -- what is beside ------------------------------------------------------------------------------


@contextmanager
def on_core(core: int, pid: int = 0) -> Iterator[None]:
    """What a process starts meanwhile, ourselves by default, stays on ``core`` for good."""
    before = os.sched_getaffinity(pid)
    os.sched_setaffinity(pid, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(pid, before)


def connecting_on(core: int, var: Path) -> AbstractContextManager[None]:
    """Connections to the database that are made meanwhile are served on ``core``: by processes
    that the postmaster starts. Those that are open stay free."""
    pid = int((var / "postgres/cluster/postmaster.pid").read_text().split()[0])
    return on_core(core, pid)


@contextmanager
def building(core: int, var: Path) -> Iterator[Callable[[], str]]:
    """An index is built anew, again and again; told: which."""
    from django.db import connection

    command = [sys.executable, "-m", "benchmarks.beside", "--build"]
    with connecting_on(core, var):
        with on_core(core):
            process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        name = process.stdout.readline().strip()
        if not name:
            raise SystemExit("The build did not start; what it says stands above.")
        try:
            yield lambda: f"{name}, in one process of the database"
            if process.poll() is not None:
                raise SystemExit("The build ended too soon; what it says stands above.")
        finally:
            process.terminate()
            process.wait(60)
            with connection.cursor() as cursor:  # what a build leaves that was stopped
                cursor.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}_ccnew")


def build() -> None:
    """In a process of its own, until that is ended."""
    import django

    django.setup()
    from django.db import connection

    from iiifsearch.conf import options
    from iiifsearch.index import ann, build_memory
    from ml import registry

    def stop(*_: object) -> None:
        # That we are gone, the database would notice only when the build is done.
        connection.connection.cancel()
        os._exit(0)

    signal.signal(signal.SIGTERM, stop)
    index = ann.ann_index(registry.get(options.features[0][0]))
    with build_memory.one_process():
        print(index.name, flush=True)
        while True:
            if not ann.build_alone(index):
                raise SystemExit("Somebody else builds.")


@contextmanager
def harvesting(core: int, var: Path, canvases: int) -> Iterator[Callable[[], str]]:
    """A harvest runs; told: how far it came."""
    from procrastinate.contrib.django.models import ProcrastinateWorker

    from catalog.harvest.run import request
    from catalog.models import Picture

    def kept() -> int:
        return Picture.objects.filter(outcome="kept").count()

    def wait_for(done: Callable[[], bool], what: str) -> None:
        deadline = time.monotonic() + START_SECONDS
        while not done():
            if time.monotonic() > deadline:
                raise SystemExit(f"{what}; what the workers say stands above.")
            time.sleep(0.2)

    def told() -> str:
        run.refresh_from_db()
        if run.state == "done":
            print("The harvest was over before the last question: ask for a larger one.")
        return f"{canvases:,} canvases, of which {kept() - before:,} had their picture at the end"

    before, kinds = kept(), ((DOWNLOAD, 4), (EXTRACT, 2))
    ready = sum(len(names) + 1 for names, _ in kinds)  # one more for the upkeep
    with ExitStack() as stack:
        stack.enter_context(connecting_on(core, var))
        with on_core(core):
            manifests = canvases // PER_MANIFEST
            url = stack.enter_context(museum(manifests, PER_MANIFEST, var / "asked.log"))
            stack.enter_context(working(*kinds))
        workers = ProcrastinateWorker.objects
        wait_for(lambda: workers.count() >= ready, "The workers did not start")
        run = request(url)
        wait_for(lambda: kept() > before, "The harvest does not begin")
        yield told


# -- asking --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Questions:
    """Of both kinds, as many of each."""

    canvases: list[Any]
    words: list[str]


def questions(count: int) -> dict[str, Questions]:
    """For each time that is measured its own, of the library as it is before all of them."""
    from catalog.models import Canvas
    from iiifsearch.management.commands.bench import sample_queries

    times = (WARMING, IDLE, BUILD, HARVEST)
    ids = library.canvas_ids(len(times) * count, np.random.default_rng(1))
    canvases, words = Canvas.objects.in_bulk(ids), sample_queries(len(times) * count)
    return {
        name: Questions([canvases[pk] for pk in ids[part]], words[part])
        for n, name in enumerate(times)
        for part in [slice(n * count, (n + 1) * count)]
    }


def ask(asked: Questions) -> Seconds:
    """Seconds of each answer, by kind."""
    from iiifsearch.engine.search import by_canvas, by_words

    taken: Seconds = {"likeness": [], "words": []}
    for canvas, words in zip(asked.canvases, asked.words, strict=True):
        start = time.perf_counter()
        answer = by_canvas(canvas)
        between = time.perf_counter()
        by_words(words)
        taken["words"].append(time.perf_counter() - between)
        taken["likeness"].append(between - start)
        assert answer.hits, "a likeness without hits measures nothing"
    return taken


def run(
    var: Path, count: int, harvested: int, images: Path | None, each: int, filled: bool
) -> tuple[dict[str, Seconds], dict[str, Any]]:
    """By what was beside, and what was measured on."""
    from django.db import connection

    if not filled:
        library.fill(count, images, np.random.default_rng(0))
    core = max(os.sched_getaffinity(0))
    on = {**figures.database(), **library.described(), "core of the others": core}
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE procrastinate_jobs, procrastinate_workers CASCADE")
    asked = questions(each)
    ask(asked[WARMING])
    found: dict[str, Seconds] = {IDLE: ask(asked[IDLE])}
    _tell(IDLE, found[IDLE])
    for name, beside in (
        (BUILD, building(core, var)),
        (HARVEST, harvesting(core, var, harvested)),
    ):
        with beside as told:
            found[name] = ask(asked[name])
            on[name] = told()
        _tell(f"{name} ({on[name]})", found[name])
    return found, on


def _tell(name: str, taken: Seconds) -> None:
    said = "; ".join(
        f"{kind} p50 {p50:.1f}, p95 {p95:.1f} ms"
        for kind, seconds in taken.items()
        for p50, p95, _ in [figures.quantiles(seconds)]
    )
    print(f"{name}: {said}", flush=True)


def rows(found: dict[str, Seconds]) -> list[Row]:
    made = []
    for kind, idle in found[IDLE].items():
        least = figures.quantiles(idle)
        for name in (BUILD, HARVEST):
            p50, p95, _ = figures.quantiles(found[name][kind])
            made += [
                Row(
                    "beside", f"{kind} {name}: p95 / idle", p95 / least[1], "",
                    "how much longer the longest waits of 19 in 20 get", MOST,
                ),
                Row("beside", f"{kind} {name}: p50 / idle", p50 / least[0], "", "the usual wait"),
            ]  # fmt: skip
        for name, taken in found.items():
            p50, p95, _ = figures.quantiles(taken[kind])
            made += [
                Row("beside", f"{kind}, {name}: p50", p50, "ms", "the engine alone, without HTTP"),
                Row("beside", f"{kind}, {name}: p95", p95, "ms", "19 in 20 wait no longer"),
            ]
    return made


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--var", type=Path)
    parser.add_argument("--canvases", type=int, default=100_000)
    parser.add_argument("--harvested", type=int, default=10_000, help="canvases of the harvest")
    parser.add_argument("--questions", type=int, default=300, help="of each kind, each time")
    parser.add_argument("--images", type=Path, help="real pictures; else drawn ones")
    parser.add_argument("--filled", action="store_true", help="the library of --var as it is")
    parser.add_argument("--json", type=Path, help="write the figures there, too")
    chosen = parser.parse_args()
    if chosen.build:
        build()
        return
    if chosen.var is None:
        parser.error("the following arguments are required: --var")
    on: dict[str, Any] = figures.machine()
    with installation(chosen.var):
        found, more = run(
            chosen.var, chosen.canvases, chosen.harvested, chosen.images, chosen.questions,
            chosen.filled,
        )  # fmt: skip
    on |= more
    print(f"\n{figures.told_of(on)}\n\n{figures.told(rows(found))}")
    if chosen.json:
        told = {"on": on, "rows": figures.as_json(rows(found)), "seconds": found}
        chosen.json.write_text(json.dumps(told, indent=1))


if __name__ == "__main__":
    main()
