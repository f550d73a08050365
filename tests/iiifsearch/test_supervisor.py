"""Processes start, come back, and end with their supervisor."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from fixtures.serve import free_port
from iiifsearch import supervisor
from iiifsearch.supervisor import ProcessEnded, Supervisor

SLEEP = (sys.executable, "-c", "import time; time.sleep(60)")


def alive(process: subprocess.Popen[bytes]) -> bool:
    return process.poll() is None


def test_everything_ends_on_leaving() -> None:
    with Supervisor() as processes:
        processes.start("one", *SLEEP)
        processes.start("two", *SLEEP)
        running = [process for process, _ in processes._running.values()]
        assert all(alive(process) for process in running)
    assert not any(alive(process) for process in running)


def test_what_ends_is_started_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "SHORTEST_LIFE", 0.0)
    with Supervisor() as processes:
        processes.start("one", *SLEEP)
        first = processes._running["one"][0]
        first.kill()
        first.wait()
        processes.watch()
        second = processes._running["one"][0]
        assert second.pid != first.pid and alive(second)


def test_what_ends_at_once_is_told() -> None:
    with Supervisor() as processes:
        processes.start("one", sys.executable, "-c", "")
        time.sleep(0.5)
        with pytest.raises(ProcessEnded, match="one ends"):
            processes.watch()


def test_waits_for_the_port_and_refuses_one_in_use() -> None:
    port = free_port()
    serve = (sys.executable, "-m", "http.server", str(port), "--bind", "127.0.0.1")
    with Supervisor() as processes:
        processes.start("web", *serve, wait_for=port)
        with pytest.raises(ProcessEnded, match=f"Port {port} is in use"):
            processes.start("other", *serve, wait_for=port)


PARENT = """
import signal, subprocess, sys, time
from iiifsearch.supervisor import Supervisor
signal.signal(signal.SIGHUP, signal.SIG_DFL)  # whoever runs the tests may have it ignored
with Supervisor() as processes:
    processes.start("one", sys.executable, "-c", "import time; time.sleep(60)")
    print(processes._running["one"][0].pid, flush=True)
    time.sleep(60)
"""


def runs(pid: int) -> bool:
    """Whether a process does something; one that waits to be buried does not."""
    stat = Path(f"/proc/{pid}/stat")
    return stat.exists() and stat.read_text().rpartition(")")[2].split()[0] != "Z"


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells of a parent's death")
@pytest.mark.parametrize("sent", [signal.SIGKILL, signal.SIGHUP])
def test_nothing_outlives_a_supervisor_that_is_killed(sent: signal.Signals) -> None:
    command = (sys.executable, "-c", PARENT)
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        assert runs(child)
        parent.send_signal(sent)
        parent.wait(10)
    deadline = time.monotonic() + 10
    while runs(child) and time.monotonic() < deadline:
        time.sleep(0.05)
    survived = runs(child)
    if survived:
        os.kill(child, signal.SIGKILL)
    assert not survived
