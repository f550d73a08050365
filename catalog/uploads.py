"""Files that somebody handed in and has not decided on yet: between a preview and its import.

They lie beside the kept pictures, which all web processes share, under the hash of their bytes; a
day later they are gone.
"""

from __future__ import annotations

import hashlib
import re
import time
from contextlib import suppress
from pathlib import Path

from catalog.conf import options
from catalog.kept import write

#: Seconds for which a file waits.
WAITS = 24 * 3600
_NAME = re.compile(r"[0-9a-f]{64}")


def hold(data: bytes) -> str:
    """Keep ``data`` for a day; the name to ask for it by. Raises `catalog.kept.StorageError`."""
    folder = _folder()
    if folder.is_dir():
        oldest = time.time() - WAITS
        for path in folder.iterdir():
            with suppress(OSError):  # another process was faster
                if path.stat().st_mtime < oldest:
                    path.unlink()
    name = hashlib.sha256(data).hexdigest()
    write(folder / name, data)
    return name


def held(name: str) -> bytes | None:
    """None where it is gone."""
    if not _NAME.fullmatch(name):
        return None
    try:
        return (_folder() / name).read_bytes()
    except OSError:
        return None


def drop(name: str) -> None:
    if _NAME.fullmatch(name):
        (_folder() / name).unlink(missing_ok=True)


def _folder() -> Path:
    return options.storage / "uploads"
