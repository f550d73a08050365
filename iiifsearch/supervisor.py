"""Processes that live and die with us: the demo's web server, worker and picture server."""

from __future__ import annotations

import ctypes
import logging
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

log = logging.getLogger(__name__)

START_SECONDS = 60
STOP_SECONDS = 15
#: A process that ends sooner than this after its start is not started again.
SHORTEST_LIFE = 5.0


class ProcessEnded(RuntimeError):
    """A process ended that should be running; its output stands above."""


class Supervisor:
    """Starts processes, starts those again that end, and ends them all on leaving.

    A worker that lost its database for longer than it bears ends by itself: it is started again.
    """

    def __init__(self) -> None:
        self._commands: dict[str, tuple[str, ...]] = {}
        self._running: dict[str, tuple[subprocess.Popen[bytes], float]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for process, _ in self._running.values():
            process.terminate()
        for name, (process, _) in self._running.items():
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                log.warning("%s did not stop in %d s and is killed", name, STOP_SECONDS)
                process.kill()
                process.wait()

    def start(self, name: str, *command: str, wait_for: int | None = None) -> None:
        """Start ``command``, and wait until the port ``wait_for`` of this machine answers.

        Raises ProcessEnded where the process ends first, or the port is taken already.
        """
        if wait_for is not None and _answers(wait_for):
            raise ProcessEnded(
                f"Port {wait_for} is in use. Stop what uses it, or choose others: "
                "make demo PORT=8001 IIIF_PORT=8184"
            )
        self._commands[name] = command
        self._spawn(name)
        deadline = time.monotonic() + START_SECONDS
        while wait_for is not None and not _answers(wait_for):
            process, _ = self._running[name]
            if process.poll() is not None or time.monotonic() > deadline:
                raise ProcessEnded(f"{name} did not start.")
            time.sleep(0.1)

    def watch(self) -> None:
        """Start those again that have ended. Raises ProcessEnded for one that ends at once."""
        for name, (process, since) in list(self._running.items()):
            if process.poll() is not None:
                if time.monotonic() - since < SHORTEST_LIFE:
                    raise ProcessEnded(f"{name} ends as soon as it is started.")
                log.warning("%s ended (%s) and is started again", name, process.returncode)
                self._spawn(name)

    def _spawn(self, name: str) -> None:
        # A session of its own: Ctrl-C in the terminal reaches us alone, and we end the others.
        process = subprocess.Popen(
            self._commands[name], start_new_session=True, preexec_fn=_ended_with(os.getpid())
        )
        self._running[name] = (process, time.monotonic())


def _ended_with(parent: int) -> Callable[[], None] | None:
    """What a new process does first, so that it gets SIGTERM when ``parent`` dies, however that
    dies: a closed terminal or ``kill -9`` leaves us no time to end the others.

    Linux alone has this; None elsewhere. Strictly, it is the death of the thread that starts the
    process that counts: start processes from the main thread.
    """
    if sys.platform != "linux":
        return None
    # Found out here: between fork and exec a process must neither import nor take locks.
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    set_death_signal, stop = 1, int(signal.SIGTERM)

    def before_exec() -> None:
        prctl(set_death_signal, stop, 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)  # it died before we could say so

    return before_exec


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0
