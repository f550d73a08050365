"""The folder through which the processes of one web server share what they measure.

Several web servers may have the same ``IIIFSEARCH_VAR``, also in several containers: each has a
folder of its own, and holds the lock of it while it lives. This module is read before
prometheus_client is, which looks for its folder when it is imported.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import socket
from pathlib import Path
from typing import TextIO

_LOCK = "lock"


def own(var: Path) -> Path:
    """That of the web server whose first process this is."""
    return var / "metrics" / f"{socket.gethostname()}-{os.getpid()}"


def begin(folder: Path) -> TextIO:
    """Make it, with nothing measured, and take away those beside it whose web servers are gone.
    It is in use for as long as the file that is given stays open, here or in a child."""
    for lock in folder.parent.glob(f"*/{_LOCK}"):
        try:
            with lock.open() as held:
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(lock.parent)
        except OSError:  # in use, or another one has just taken it away
            continue
    folder.mkdir(parents=True, exist_ok=True)
    mine = (folder / _LOCK).open("w")
    fcntl.flock(mine, fcntl.LOCK_EX | fcntl.LOCK_NB)
    return mine
