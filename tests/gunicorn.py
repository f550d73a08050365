"""A real gunicorn, as production runs it, on the database of the tests."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
from django.conf import settings
from django.db import connection

ROOT = Path(__file__).parent.parent


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def environment(var: Path, **more: str) -> dict[str, str]:
    """Of a child process: our database, the encoders that are there, all else below ``var``."""
    cache: Path = settings.IIIFSEARCH["encoder_cache"]
    var.mkdir(parents=True, exist_ok=True)
    if not (var / "encoders").exists():
        (var / "encoders").symlink_to(cache)
    url = settings.EMBEDDED_POSTGRES.url(connection.settings_dict["NAME"])
    return {
        **os.environ,  # noqa: TID251 - a child process has the environment of its parent
        "DATABASE_URL": url,
        "DJANGO_SETTINGS_MODULE": "iiifsearch.settings.test",
        "IIIFSEARCH_VAR": str(var),
        **more,
    }


@contextmanager
def gunicorn(var: Path, *arguments: str, **more: str) -> Iterator[httpx.Client]:
    """A client of it. What it writes goes to ``var``/log. ``more``: of its environment."""
    port = free_port()
    command = [sys.executable, "-m", "gunicorn", "iiifsearch.wsgi", "--bind", f"127.0.0.1:{port}"]
    made = environment(var, **more)
    with (var / "log").open("wb") as log:
        process = subprocess.Popen(
            [*command, *arguments], cwd=ROOT, env=made, stdout=log, stderr=subprocess.STDOUT
        )
        try:
            base = f"http://127.0.0.1:{port}"
            with httpx.Client(base_url=base, timeout=60, trust_env=False) as client:
                _wait_for(client, process)
                yield client
        finally:
            process.terminate()
            process.wait(30)


def _wait_for(client: httpx.Client, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 60
    while True:
        assert process.poll() is None, "gunicorn ended"
        assert time.monotonic() < deadline, "gunicorn does not answer"
        try:
            client.get("/health/live").raise_for_status()
        except httpx.TransportError:
            time.sleep(0.1)
        else:
            return
