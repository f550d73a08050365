"""Room on the disks, as far as they can be seen from here."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

from catalog.conf import options
from iiifsearch.doctor.asking import embedded, size
from iiifsearch.doctor.findings import Finding, note, ok, warning
from iiifsearch.index import manage

#: Share of a disk that should be free.
_SHARE = 0.1


def usage_of(folder: str | Path) -> tuple[int, int] | None:
    """Bytes that the disk of ``folder`` has, and that are free: where the folder is still to be
    made, of the one above. None where nobody can tell."""
    place = Path(folder).absolute()
    while not place.exists() and place != place.parent:
        place = place.parent
    try:
        found = shutil.disk_usage(place)
    except OSError:
        return None
    return found.total, found.free


def free_of(folder: str | Path) -> int | None:
    """Bytes that are free on the disk of ``folder``; None where nobody can tell."""
    found = usage_of(folder)
    return found and found[1]


def pictures_folder() -> Iterator[Finding]:
    yield room_in(
        "pictures_folder",
        Path(options.storage),
        0,
        "Make room, or let pictures that were looked at be given up: CATALOG['max_storage_bytes'] "
        "in the settings. Fetching waits meanwhile; nothing is lost.",
    )


def database_folder() -> Iterator[Finding]:
    about, wanted = "database_folder", 2 * max(manage.index_sizes().values(), default=0)
    server = embedded()
    if server is None:
        yield note(
            about,
            "The disk of the database server cannot be seen from here. Building the largest index "
            f"anew, beside the old one, takes {size(wanted)} of it.",
            "On that machine: df -h \"$(psql -XAtc 'SHOW data_directory')\"",
        )
    else:
        yield room_in(
            about,
            server.data,
            wanted,
            "Make room before an index is built anew: the new one lies beside the old one "
            "meanwhile. In psql, what is large: \\di+ and \\dt+",
        )


def room_in(about: str, folder: Path, wanted: int, advice: str) -> Finding:
    """``wanted``: bytes that will be needed there at once."""
    found = usage_of(folder)
    if found is None:
        return warning(about, f"{folder} cannot be looked at.", f"ls -ld {folder}; df -h {folder}")
    total, free = found
    told = f"{size(free)} of {size(total)} are free on the disk of {folder}"
    if free < wanted:
        return warning(about, f"{told}; {size(wanted)} are wanted.", advice)
    if free < _SHARE * total:
        return warning(about, f"{told}, less than {_SHARE:.0%}.", advice)
    return ok(about, f"{told}.")
