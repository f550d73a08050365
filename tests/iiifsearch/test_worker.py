"""A real worker process on the real queue: harvest and index, also after being killed."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from procrastinate.contrib.django.models import ProcrastinateJob

from catalog.harvest.progress import progress_of
from catalog.harvest.run import request
from catalog.models import Canvas, HarvestRun, Host, Picture
from iiifsearch.conf import options
from iiifsearch.index.find_work import counts
from iiifsearch.models import CanvasVector, LocalFeatures, RegionVector
from tests.manifests import collection_3, manifest_3
from tests.pictures import picture
from tests.servers import Museum, museum

ROOT = Path(__file__).parent.parent.parent


@contextmanager
def worker(var: Path) -> Iterator[subprocess.Popen[bytes]]:
    """``manage.py worker`` on the database of the tests."""
    environment = {
        **os.environ,  # noqa: TID251 - a child process has the environment of its parent
        "DATABASE_URL": settings.EMBEDDED_POSTGRES.url(connection.settings_dict["NAME"]),
        "DJANGO_SETTINGS_MODULE": "iiifsearch.settings.test",
    }
    process = subprocess.Popen([sys.executable, "manage.py", "worker"], cwd=ROOT, env=environment)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(30)


ALLOCATES_IN_THREADS = """
import ctypes, threading
import django
django.setup()
from iiifsearch.arenas import few_arenas
few_arenas()
together = threading.Barrier(12)
def allocate():
    held = ctypes.create_string_buffer(1000)
    together.wait()
threads = [threading.Thread(target=allocate) for _ in range(12)]
[thread.start() for thread in threads], [thread.join() for thread in threads]
libc = ctypes.CDLL(None)
libc.malloc_info(0, ctypes.c_void_p.in_dll(libc, "stdout"))
libc.fflush(None)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="glibc's own")
def test_threads_share_their_arenas():
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "iiifsearch.settings.test"}  # noqa: TID251
    told = subprocess.run(
        [sys.executable, "-c", ALLOCATES_IN_THREADS],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert 1 <= told.stdout.count("<heap nr=") <= 2


def wait_until(true: Callable[[], bool], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "this took too long"
        time.sleep(0.1)


def publish(server: Museum, count: int, canvases: int = 1) -> str:
    server.set("/a.jpg", picture(1), content_type="image/jpeg")
    more: dict[str, Any] = {"image": "/a.jpg", "canvases": canvases}
    urls = [
        server.set(f"/m{n}.json", manifest_3(server.base, f"m{n}", **more)) for n in range(count)
    ]
    return server.set("/c.json", collection_3(server.base, "c", urls))


def indexed() -> bool:
    return Canvas.objects.exists() and not any(count.pending for count in counts())


@pytest.mark.skipif(settings.EMBEDDED_POSTGRES is None, reason="DATABASE_URL names another server")
@pytest.mark.django_db(transaction=True)
def test_what_is_queued_gets_harvested_and_indexed(encoders: Path, tmp_path: Path) -> None:
    with museum() as server:
        run = request(publish(server, 3))
        assert request(server.url("/c.json")).pk == run.pk  # a second click queues nothing more
        with worker(tmp_path):
            wait_until(indexed, 60)
        run.refresh_from_db()
        assert (run.state, run.created) == ("done", 3)
        assert CanvasVector.objects.count() == 3 * len(options.image_encoders)


@pytest.mark.skipif(settings.EMBEDDED_POSTGRES is None, reason="DATABASE_URL names another server")
@pytest.mark.django_db(transaction=True)
def test_two_workers_keep_the_pace_of_a_host(encoders: Path, tmp_path: Path) -> None:
    """Ten requests a second, counted by the server, whoever of the two makes them."""
    with museum() as server:
        name = server.base.removeprefix("http://")
        Host.objects.create(name=name, delay=0.1, concurrency=2)
        url = publish(server, 15)
        for n in range(15):
            made: Any = server.answers[f"/m{n}.json"].body  # type: ignore[union-attr]
            paint: Any = made["items"][0]["items"][0]["items"][0]["body"]
            paint["id"] = server.set(f"/{n}.jpg", picture(n), content_type="image/jpeg")
        request(url)
        with worker(tmp_path), worker(tmp_path):
            wait_until(lambda: Picture.objects.filter(outcome="kept").count() == 15, 90)
        times = sorted(server.times)
        assert len(times) >= 31  # the collection, 15 manifests, 15 pictures, robots.txt
        # On a busy machine a start comes late now and then, and the next in time.
        for first, last in zip(times, times[10:], strict=False):
            assert last - first > 0.8  # any ten in a row
        assert (len(times) - 1) / (times[-1] - times[0]) < 10.5


@pytest.mark.long
@pytest.mark.skipif(settings.EMBEDDED_POSTGRES is None, reason="DATABASE_URL names another server")
@pytest.mark.django_db(transaction=True)
def test_killed_workers_and_a_restarted_database_lose_nothing(
    encoders: Path, tmp_path: Path
) -> None:
    """2,000 canvases, five workers killed at random, Postgres gone for a minute."""
    chance = random.Random(4)
    with museum() as server, ExitStack() as stack:
        run = request(publish(server, 500, canvases=4))
        workers = [stack.enter_context(worker(tmp_path)) for _ in range(2)]
        for kill in range(5):
            time.sleep(chance.uniform(2, 6))
            workers[kill % 2].kill()
            workers[kill % 2] = stack.enter_context(worker(tmp_path))
            if kill == 2:
                settings.EMBEDDED_POSTGRES.stop()
                connection.close()
                time.sleep(60)
                settings.EMBEDDED_POSTGRES.start()
        # Everything that is made of a picture takes an eighth of a second or more on two cores.
        deadline = time.monotonic() + 1200
        while not (ended(run) and indexed()):
            assert time.monotonic() < deadline, progress_of(run)
            for number, process in enumerate(workers):
                if process.poll() is not None:  # it ends when it has lost its database
                    workers[number] = stack.enter_context(worker(tmp_path))
            time.sleep(1)
        run.refresh_from_db()
        assert (run.state, run.failed, run.pending) == ("done", 0, 0)
        assert run.found == 500 == run.created + run.updated + run.unchanged
        assert Canvas.objects.count() == 2000
        assert Picture.objects.filter(outcome="kept").count() == 2000
        assert CanvasVector.objects.count() == 2000 * len(options.image_encoders)
        assert RegionVector.objects.values("canvas").distinct().count() == 2000
        assert LocalFeatures.objects.count() == 2000
        stuck = ProcrastinateJob.objects.filter(status="doing")
        wait_until(lambda: not stuck.exists(), 150)


def ended(run: HarvestRun) -> bool:
    run.refresh_from_db()
    return run.state not in ("queued", "running")
