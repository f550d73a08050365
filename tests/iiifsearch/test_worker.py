"""A real worker process on the real queue: harvest and index, also after being killed."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection

from catalog.harvest.run import request
from catalog.models import Canvas, HarvestRun, Manifest
from iiifsearch.index.find_work import counts
from iiifsearch.models import CanvasVector
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


def wait_until(true: Callable[[], bool], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "this took too long"
        time.sleep(0.1)


def publish(server: Museum, count: int) -> str:
    server.set("/a.jpg", picture(1), content_type="image/jpeg")
    urls = [
        server.set(f"/m{n}.json", manifest_3(server.base, f"m{n}", image="/a.jpg"))
        for n in range(count)
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
        assert CanvasVector.objects.count() == 6


@pytest.mark.long
@pytest.mark.skipif(settings.EMBEDDED_POSTGRES is None, reason="DATABASE_URL names another server")
@pytest.mark.django_db(transaction=True)
def test_a_killed_worker_loses_nothing(encoders: Path, tmp_path: Path) -> None:
    with museum() as server:
        url = publish(server, 40)

        for n in range(10, 40):
            made: Any = server.answers[f"/m{n}.json"]
            server.answers[f"/m{n}.json"] = lambda made=made: (time.sleep(0.1), made)[1]
        run = request(url)
        with worker(tmp_path) as process:
            wait_until(lambda: Manifest.objects.count() >= 12, 60)
            process.kill()
        run.refresh_from_db()
        assert run.state == "running"
        with worker(tmp_path):
            wait_until(lambda: HarvestRun.objects.get().state == "done", 180)
            wait_until(indexed, 60)
        run.refresh_from_db()
        assert run.found == 40 == run.created + run.unchanged
        assert Canvas.objects.count() == 40
        assert CanvasVector.objects.count() == 80
