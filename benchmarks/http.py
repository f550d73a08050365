"""Searches over HTTP, as a deployment answers them: how long, for how many at a time, and why.

    python -m benchmarks.http --var /tmp/bench-http [--images FOLDER]

A made-up library (`benchmarks.library`) of 100,000 canvases on the embedded Postgres; gunicorn with
our own gunicorn.conf.py, the production settings and two processes, as .env.example has them;
another process that asks over loopback, as 1, 8 and 32 users, each of whom waits for the answer
(`benchmarks.users`). Asked with words, a comment, a stored canvas, a region of one and an upload.

By turns with one user, the same questions go through the application in this process with a clock
at every step (`benchmarks.shares`): HTTP beside encoding and SQL, and the share of each step. What
is read of a picture before it can be encoded counts as encoding. Filling takes some minutes, the
rest about five; ``--var`` is made, and left, for the curious: ``--filled`` asks it again.
"""

from __future__ import annotations

import argparse
import base64
import json
import os
import secrets
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from itertools import cycle, islice
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import numpy as np

from benchmarks import figures, library
from benchmarks.figures import ROOT, Row
from benchmarks.harvest import installation
from benchmarks.library import Shown
from benchmarks.shares import STEPS, InProcess
from benchmarks.users import Asked, Question, Users

USERS = (1, 8, 32)
KINDS = ("words", "comment", "canvas", "region", "upload")
#: Processes of the web server, as .env.example has them.
PROCESSES = 2
#: Questions that go by turns over HTTP and in this process.
TURN = 10
#: Texts that are asked with, before the first one comes again.
DIFFERENT = 2000
#: What HTTP may take at most, beside encoding and SQL.
MOST = 1.3


@dataclass
class Kind:
    """What was measured of one kind of question. ``crowds``: by the number of users. ``steps``:
    mean milliseconds in this process. ``parts``: encoding and SQL, p50 of their sum in ms."""

    name: str
    crowds: dict[int, Asked] = field(default_factory=dict)
    steps: dict[str, float] = field(default_factory=dict)
    parts: float = 0.0
    inside: float = 0.0
    statements: float = 0.0

    @property
    def ratio(self) -> float:
        return figures.quantiles(self.crowds[1].seconds)[0] / self.parts


# -- the server ----------------------------------------------------------------------------------


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def served(var: Path) -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    """A web server as in a deployment, on the library of ``var``: its port, and itself."""
    from iiifsearch.embedded_postgres import EmbeddedPostgres

    port = free_port()
    (var / "static").mkdir(exist_ok=True)
    environment = {
        **os.environ,  # noqa: TID251 - handed on
        "DJANGO_SETTINGS_MODULE": "iiifsearch.settings.production",
        "DATABASE_URL": EmbeddedPostgres(var.resolve() / "postgres").url(),
        "SECRET_KEY": secrets.token_hex(32),
        "ALLOWED_HOSTS": "127.0.0.1",
        "IIIFSEARCH_PUBLIC_URL": f"http://127.0.0.1:{port}",
        "IIIFSEARCH_TRUSTED_PROXIES": "1",
        "WEB_CONCURRENCY": str(PROCESSES),
    }
    command = [sys.executable, "-m", "gunicorn", "iiifsearch.wsgi", "--bind", f"127.0.0.1:{port}"]
    command += ["--access-logfile", str(var / "access.log")]
    process = subprocess.Popen(command, cwd=ROOT, env=environment)
    try:
        _wait_for(port, process)
        yield port, process
    finally:
        process.terminate()
        process.wait(30)


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    import httpx

    deadline = time.monotonic() + 120
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client:
        while True:
            if process.poll() is not None or time.monotonic() > deadline:
                raise SystemExit("gunicorn does not answer; what it says stands above.")
            try:
                client.get("/health/live").raise_for_status()
                return
            except httpx.TransportError:
                time.sleep(0.2)


def memory(process: subprocess.Popen[bytes]) -> list[float]:
    """Of each web process, MB: its own, and its part of what processes share."""
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    found = []
    for pid in children:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                found.append(int(line.split()[1]) / 1024)
    return found


# -- questions -----------------------------------------------------------------------------------

Asking = Callable[[int], list[Question]]


def askings(shown: list[Shown], chance: np.random.Generator) -> dict[str, Asking]:
    """By kind, what makes so many questions of it."""
    from iiifsearch.management.commands.bench import sample_comments, sample_queries

    def said(texts: Callable[[int], list[str]]) -> Asking:
        left = cycle(texts(DIFFERENT))
        return lambda count: [
            Question(f"/api/search/?{urlencode({'q': text})}") for text in islice(left, count)
        ]

    return {
        "words": said(sample_queries),
        "comment": said(sample_comments),
        "canvas": lambda count: _canvases(count, chance, region=False),
        "region": lambda count: _canvases(count, chance, region=True),
        "upload": lambda count: _uploads(count, shown),
    }


def _canvases(count: int, chance: np.random.Generator, *, region: bool) -> list[Question]:
    """``region``: half as wide and high as the canvas, somewhere on it, so that the kept picture
    has as many pixels of it as are asked for."""
    from catalog.models import Canvas

    rows = Canvas.objects.in_bulk(library.canvas_ids(count, chance))
    asked = []
    for canvas in rows.values():
        place = ""
        if region and canvas.width and canvas.height:
            x, y = chance.integers(0, [canvas.width // 2, canvas.height // 2])
            place = f"#xywh={x},{y},{canvas.width // 2},{canvas.height // 2}"
        asked.append(Question(f"/api/similar/?canvas={quote(canvas.uri + place)}"))
    return asked


def _uploads(count: int, shown: list[Shown]) -> list[Question]:
    boundary = secrets.token_hex(16)
    head = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="image"; filename="photo.jpg"\r\n'
        "Content-Type: image/jpeg\r\n\r\n"
    )
    bodies = [head.encode() + one.jpeg + f"\r\n--{boundary}--\r\n".encode() for one in shown]
    made = [
        Question(
            "/api/similar/",
            f"multipart/form-data; boundary={boundary}",
            base64.b64encode(body).decode(),
        )
        for body in bodies
    ]
    return (made * (1 + count // len(made)))[:count]


# -- measuring -----------------------------------------------------------------------------------


def measure(
    name: str,
    asking: Asking,
    users: Users,
    inside: InProcess,
    count: int,
    crowds: Sequence[int] = USERS,
) -> Kind:
    kind = Kind(name)
    users.ask(asking(TURN * PROCESSES), PROCESSES)  # so that each process has seen the kind
    for question in asking(TURN):
        inside.ask(question)
    alone, clocks = Asked([], 0.0, [], 0), []
    questions = asking(count)
    for turn, start in enumerate(range(0, len(questions), TURN)):
        some = questions[start : start + TURN]
        # Who comes second finds in memory what the first one read: by turns.
        for over_http in (True, False) if turn % 2 else (False, True):
            if over_http:
                alone = _both(alone, users.ask(some, 1))
            else:
                clocks += [inside.ask(question) for question in some]
    kind.crowds[1] = alone
    spent = [clock.spent for clock in clocks]
    kind.steps = {step: 1000 * statistics.mean(one[step] for one in spent) for step in STEPS}
    sums = [one["picture"] + one["encoding"] + one["SQL"] for one in spent]
    kind.parts = 1000 * statistics.median(sums)
    kind.inside = 1000 * statistics.median(sum(one.values()) for one in spent)
    kind.statements = statistics.mean(clock.statements for clock in clocks)
    for number in crowds:
        if number == 1:
            continue
        kind.crowds[number] = users.ask(asking(max(count, 10 * number)), number)
    return kind


def _both(one: Asked, other: Asked) -> Asked:
    return Asked(
        one.seconds + other.seconds,
        one.took + other.took,
        one.errors + other.errors,
        one.hits + other.hits,
    )


def run(
    var: Path,
    count: int,
    images: Path | None,
    questions: int,
    filled: bool,
    crowds: Sequence[int] = USERS,
    names: Collection[str] = KINDS,
) -> tuple[list[Kind], dict[str, Any]]:
    """The kinds, and what was measured on."""
    chance = np.random.default_rng(0)
    start = time.perf_counter()
    shown = library.pictures(images) if filled else library.fill(count, images, chance)
    print(f"filled in {time.perf_counter() - start:.0f} s", flush=True)
    on = {**figures.database(), **library.described()}
    kinds = []
    with served(var) as (port, server), Users(port) as users:
        on["web processes"] = PROCESSES
        on["MB of each after its first search"] = _rounded(memory(server))
        inside = InProcess()
        for name, asking in askings(shown, chance).items():
            if name not in names:
                continue
            kinds.append(measure(name, asking, users, inside, questions, crowds))
            _tell(kinds[-1])
        on["MB of each at the end"] = _rounded(memory(server))
    return kinds, on


def _rounded(numbers: list[float]) -> str:
    return ", ".join(f"{number:.0f}" for number in numbers)


# -- telling -------------------------------------------------------------------------------------


def _tell(kind: Kind) -> None:
    print(f"\n{kind.name}: HTTP / (encoding + SQL) = {kind.ratio:.2f}", flush=True)
    for number, asked in kind.crowds.items():
        p50, p95, p99 = figures.quantiles(asked.seconds)
        print(
            f"  {number:>2} users: p50 {p50:.1f}, p95 {p95:.1f}, p99 {p99:.1f} ms; "
            f"{len(asked.seconds) / asked.took:.1f} a second; {len(asked.errors)} errors in "
            f"{len(asked.seconds)}; {asked.hits / len(asked.seconds):.1f} hits"
        )
        for error in sorted(set(asked.errors))[:3]:
            print(f"     {error}")
    whole = sum(kind.steps.values())
    steps = ", ".join(f"{name} {ms:.1f} ({ms / whole:.0%})" for name, ms in kind.steps.items())
    print(f"  in one process, ms: {steps}; {kind.statements:.0f} statements")
    print(
        f"  p50, ms: encoding + SQL {kind.parts:.1f}, the whole in one process {kind.inside:.1f}",
        flush=True,
    )


MEANS = {
    "words": "a few words into the search field",
    "comment": "a paragraph pasted into the search field",
    "canvas": "more like this painting",
    "region": "more like the part that somebody drew",
    "upload": "more like a picture of one's own",
}


def rows(kinds: list[Kind]) -> list[Row]:
    made = []
    for kind in kinds:
        means = MEANS[kind.name]
        made.append(Row(
            "http", f"{kind.name}: HTTP p50 / (encoding + SQL)", kind.ratio, "",
            f"{means}: what everything around looking costs", MOST,
        ))  # fmt: skip
        p50, _, _ = figures.quantiles(kind.crowds[1].seconds)
        for number, asked in kind.crowds.items():
            middle, p95, p99 = figures.quantiles(asked.seconds)
            name, who = f"{kind.name}, {number} at a time", "a user who is alone waits"
            if number > 1:
                who = f"{number} users at a time wait"
                made.append(Row(
                    "http", f"{name}: p95 / p50 of one user", p95 / p50, "",
                    "the longest wait of 19 in 20, beside being alone",
                ))  # fmt: skip
            made += [
                Row("http", f"{name}: p50", middle, "ms", f"{means}: {who} so long, mostly"),
                Row("http", f"{name}: p95", p95, "ms", "19 in 20 wait no longer"),
                Row("http", f"{name}: p99", p99, "ms", "99 in 100 wait no longer"),
                Row(
                    "http", f"{name}: answers", len(asked.seconds) / asked.took, "a second",
                    "what the machine gives all of them together",
                ),
                Row("http", f"{name}: errors", len(asked.errors), "", "nobody is sent away", 0),
            ]  # fmt: skip
    return made


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--var", type=Path, required=True)
    parser.add_argument("--canvases", type=int, default=100_000)
    parser.add_argument("--images", type=Path, help="real pictures; else drawn ones")
    parser.add_argument("--questions", type=int, default=100, help="of each kind, at least")
    parser.add_argument("--users", type=int, nargs="+", default=USERS, help="at a time")
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=KINDS)
    parser.add_argument("--filled", action="store_true", help="the library of --var as it is")
    parser.add_argument("--json", type=Path, help="write the figures there, too")
    chosen = parser.parse_args()
    on: dict[str, Any] = figures.machine()
    with installation(chosen.var):
        kinds, more = run(
            chosen.var, chosen.canvases, chosen.images, chosen.questions, chosen.filled,
            chosen.users, chosen.kinds,
        )  # fmt: skip
    on |= more
    print(f"\n{figures.told_of(on)}\n\n{figures.told(rows(kinds))}")
    if chosen.json:
        told = {
            "on": on,
            "rows": figures.as_json(rows(kinds)),
            "kinds": [asdict(kind) for kind in kinds],
        }
        chosen.json.write_text(json.dumps(told, indent=1))


if __name__ == "__main__":
    main()
