"""A whole harvest, from manifests to vectors, beside its two halves.

    python -m benchmarks.harvest --canvases 10000 --var /tmp/bench

A museum's server, a database, and the workers of a real installation, all on this machine. First
everything is downloaded and nothing extracted, then everything extracted and nothing downloaded,
then, in an empty library, both at once; at last all is harvested again, unchanged. Prints the
rates, their ratios, and how much memory the workers took at most, in quarters of the way. Takes
about three times as long as one harvest. ``--var`` is made, and left, for the curious.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
PORT = 8297
TICKS = os.sysconf("SC_CLK_TCK")
DOWNLOAD = ("harvest", "fetch")
EXTRACT = ("extract", "index")


def cpu_seconds(pid: int, *, children: bool = False) -> float:
    """Processor time that a process has taken; with that of its children, dead and alive."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    ticks = sum(int(fields[place]) for place in ((11, 12, 13, 14) if children else (11, 12)))
    if children:
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in (task / "children").read_text().split():
                with suppress(FileNotFoundError):
                    ticks += int(cpu_seconds(int(child)) * TICKS)
    return ticks / TICKS


class Worker:
    """A worker process, and the memory that it took."""

    def __init__(self, queues: tuple[str, ...], concurrency: int) -> None:
        command = ("manage.py", "worker", "--queues", ",".join(queues))
        self.name = "+".join(queues)
        self._process = subprocess.Popen(
            [sys.executable, *command, "--concurrency", str(concurrency)], cwd=ROOT
        )
        #: (share of the way, resident MB)
        self.samples: list[tuple[float, float]] = []

    def sample(self, share: float) -> None:
        status = Path(f"/proc/{self._process.pid}/status").read_text()
        resident = next(line for line in status.splitlines() if line.startswith("VmRSS"))
        self.samples.append((share, int(resident.split()[1]) / 1024))

    def cpu(self) -> float:
        return cpu_seconds(self._process.pid)

    def peaks(self) -> str:
        """The most memory in each quarter of the way, in MB."""
        quarters = [
            max((mb for share, mb in self.samples if low <= share < low + 0.25), default=0.0)
            for low in (0.0, 0.25, 0.5, 0.75)
        ]
        return " ".join(f"{mb:.0f}" for mb in quarters)

    def stop(self) -> None:
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(60)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


@contextmanager
def working(*queues: tuple[tuple[str, ...], int]) -> Iterator[list[Worker]]:
    workers = [Worker(names, concurrency) for names, concurrency in queues]
    try:
        yield workers
    finally:
        for worker in workers:
            worker.stop()


@contextmanager
def museum(manifests: int, canvases: int, log: Path) -> Iterator[str]:
    command = ("benchmarks.museum", "--port", str(PORT), "--manifests", str(manifests))
    more = ("--canvases", str(canvases), "--log", str(log))
    process = subprocess.Popen([sys.executable, "-m", *command, *more], cwd=ROOT)
    import httpx

    try:
        for _ in range(200):
            try:
                httpx.get(f"http://127.0.0.1:{PORT}/m/0.json", trust_env=False)
                break
            except httpx.HTTPError:
                time.sleep(0.1)
        yield f"http://127.0.0.1:{PORT}/collection.json"
    finally:
        process.terminate()
        process.wait(30)


class Bench:
    def __init__(self, canvases: int, per_manifest: int, var: Path) -> None:
        self.canvases, self.per_manifest, self.var = canvases, per_manifest, var
        self.log = var / "asked.log"
        self.figures: dict[str, Any] = {}

    def run(self) -> dict[str, Any]:
        from catalog.models import Canvas, Manifest, Picture
        from iiifsearch.conf import options
        from iiifsearch.index.ann import missing
        from iiifsearch.models import CanvasVector

        manifests = self.canvases // self.per_manifest

        def kept() -> float:
            return Picture.objects.filter(outcome="kept").count() / self.canvases

        def extracted() -> float:
            made = CanvasVector.objects.count() / (len(options.image_encoders) * self.canvases)
            return made if made < 1 else (1.0 if not missing() else 0.999)

        with museum(manifests, self.per_manifest, self.log) as url:
            self.empty()
            seconds, _ = self.phase("download alone", kept, ((DOWNLOAD, 4),), url)
            download = self.canvases / seconds
            seconds, _ = self.phase("extraction alone", extracted, ((EXTRACT, 2),))
            extraction = self.canvases / seconds
            self.empty()
            both = ((DOWNLOAD, 4), (EXTRACT, 2))
            seconds, workers = self.phase("everything at once", extracted, both, url)
            whole = self.canvases / seconds
            first = seconds
            found = (Manifest.objects.count(), Canvas.objects.count())
            assert found == (manifests, self.canvases), found
            before = len(self.asked())
            seconds, _ = self.phase("again, unchanged", self.done, ((DOWNLOAD, 4),), url)
            time.sleep(1)  # the server's log is written behind
        asked = self.asked()[before:]
        self.figures |= {
            "canvases": self.canvases,
            "manifests": manifests,
            "end-to-end / slower half": whole / min(download, extraction),
            "end-to-end, canvases a second": whole,
            "download alone, canvases a second": download,
            "extraction alone, canvases a second": extraction,
            "second harvest / first": seconds / first,
            "second harvest, requests": len(asked),
            "second harvest, of these not modified": sum(" 304 " in line for line in asked),
            "memory in quarters of the way, MB": {w.name: w.peaks() for w in workers},
        }
        return self.figures

    def phase(
        self,
        name: str,
        share: Callable[[], float],
        queues: tuple[tuple[tuple[str, ...], int], ...],
        url: str = "",
    ) -> tuple[float, list[Worker]]:
        """Seconds from the first moment of work to its end; starting the workers is left out."""
        from procrastinate.exceptions import AlreadyEnqueued

        from catalog.harvest.run import request
        from iiifsearch.tasks import extract, index

        self.clear_jobs()  # what the workers begin with is asked for when they are ready
        with working(*queues) as workers:
            self.wait_for(queues)
            postgres = int((self.var / "postgres/cluster/postmaster.pid").read_text().split()[0])
            before = {w.name: w.cpu() for w in workers}
            before["Postgres"] = cpu_seconds(postgres, children=True)
            began = time.monotonic()
            self.last = request(url) if url else None
            if not url:
                for task in (extract, index):
                    with suppress(AlreadyEnqueued):  # by the worker's own schedule
                        task.defer()
            while (now := share()) < 1:
                for worker in workers:
                    worker.sample(now)
                if sys.stdout.isatty():
                    print(f"\r{name}: {now:4.0%}", end="", flush=True)
                time.sleep(0.5)
            seconds = time.monotonic() - began
            after = {w.name: w.cpu() for w in workers}
            after["Postgres"] = cpu_seconds(postgres, children=True)
        spent = {who: 1000 * (after[who] - before[who]) / self.canvases for who in after}
        said = ", ".join(f"{who} {ms:.1f}" for who, ms in spent.items())
        print(f"\r{name}: {seconds:.1f} s; processor time, ms a canvas: {said}", flush=True)
        return seconds, workers

    def done(self) -> float:
        self.last.refresh_from_db()
        return float(self.last.state == "done")

    def wait_for(self, queues: tuple[tuple[tuple[str, ...], int], ...]) -> None:
        """Until the workers are ready: one for each queue, and one for the upkeep."""
        from procrastinate.contrib.django.models import ProcrastinateWorker

        while ProcrastinateWorker.objects.count() < sum(len(names) + 1 for names, _ in queues):
            time.sleep(0.2)

    def asked(self) -> list[str]:
        return self.log.read_text().splitlines()

    def clear_jobs(self) -> None:
        from django.db import connection

        with connection.cursor() as cursor:
            cursor.execute("TRUNCATE procrastinate_jobs, procrastinate_workers CASCADE")

    def empty(self) -> None:
        from django.core.management import call_command
        from django.db import connection

        from iiifsearch.index import ann

        call_command("flush", interactive=False, verbosity=0)
        with connection.cursor() as cursor:
            for index in ann.live_indexes():
                cursor.execute(f"DROP INDEX IF EXISTS {index.name}")
        shutil.rmtree(self.var / "pictures", ignore_errors=True)


@contextmanager
def installation(var: Path) -> Iterator[None]:
    """A library of its own under ``var``, with its embedded Postgres running."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what was started is stopped
    os.environ |= {  # noqa: TID251 - the workers inherit it
        "IIIFSEARCH_VAR": str(var.resolve()),
        "DJANGO_SETTINGS_MODULE": "iiifsearch.settings.demo",
    }
    var.mkdir(parents=True, exist_ok=True)
    for command in ("migrate", "encoders"):  # manage.py starts the embedded Postgres
        quiet = [sys.executable, "manage.py", command]
        subprocess.run(quiet, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    import django

    django.setup()
    try:
        yield
    finally:
        subprocess.run([sys.executable, "manage.py", "postgres", "stop"], cwd=ROOT, check=False)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--canvases", type=int, default=10_000)
    parser.add_argument("--per-manifest", type=int, default=4)
    parser.add_argument("--var", type=Path, required=True)
    parser.add_argument("--json", type=Path, help="write the figures there, too")
    chosen = parser.parse_args()
    with installation(chosen.var):
        figures = Bench(chosen.canvases, chosen.per_manifest, chosen.var).run()
    for name, value in figures.items():
        print(f"{name:42} {value:.3f}" if isinstance(value, float) else f"{name:42} {value}")
    if chosen.json:
        chosen.json.write_text(json.dumps(figures, indent=1))


if __name__ == "__main__":
    main()
