"""Telling how builds of indexes go, while this process waits for one."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.db import DatabaseError, connection

from iiifsearch.index.manage import Build, builds

#: Seconds between two looks.
EVERY = 1.0


@contextmanager
def watching(told: Callable[[list[Build]], object], every: float | None = None) -> Iterator[None]:
    """Call ``told`` with the builds that are under way, ``every`` so many seconds until the end: in
    a thread of its own, which looks through a connection of its own."""
    over = threading.Event()

    def watch() -> None:
        try:
            while not over.wait(every or EVERY):
                told(builds())
        except DatabaseError:
            return  # whoever builds meets it too, and tells
        finally:
            connection.close()

    thread = threading.Thread(target=watch, name="watch-builds", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
