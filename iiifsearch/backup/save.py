"""Write a backup: all rows as they were at one moment, while the library is in use."""

from __future__ import annotations

import gzip
import io
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from django.db import connection, transaction
from django.utils import timezone

from catalog import kept
from catalog.models import Picture
from iiifsearch.backup import archive
from iiifsearch.backup.archive import Manifest, SavedTable
from iiifsearch.backup.tables import Table, applied_migrations, tables
from iiifsearch.exports.encoder import installed
from iiifsearch.exports.files import whole

Told = Callable[[str], object]

#: Of vectors little is gained by more.
_COMPRESSION = 1


@dataclass(frozen=True)
class Saved:
    """``missing``: kept pictures whose file was not there."""

    path: Path
    rows: int
    pictures: int
    missing: int


def place(target: Path) -> Path:
    """The file itself; of a folder, one in it that is named by the time."""
    if target.is_dir():
        return target / f"iiifsearch-{timezone.localtime():%Y-%m-%dT%H%M%S}.tar"
    return target


def save(
    target: Path, *, derived: bool = True, pictures: bool = False, told: Told = lambda line: None
) -> Saved:
    """Write a file that `iiifsearch.backup.load` reads; it has its name once it is whole, and only
    its owner may read it: passwords' hashes and tokens are in it.

    ``derived``: with what can be made again. ``pictures``: with the kept pictures. Raises OSError.
    """
    path = place(target)
    with whole(path) as made:
        writer = archive.Writer(made)
        try:
            saved = _write(writer, path, derived, pictures, told)
            writer.close()
        except BaseException:
            writer.abandon()
            raise
    return saved


def _write(writer: archive.Writer, path: Path, derived: bool, pictures: bool, told: Told) -> Saved:
    with transaction.atomic(durable=True), connection.cursor() as cursor:
        # One moment for all tables; nobody waits for us.
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        cursor.execute("SHOW server_version")
        postgres = cursor.fetchone()[0]
        migrations = applied_migrations()
        saved = [_table(writer, table, path.parent, told) for table in tables(derived=derived)]
        shown = _sums() if pictures else []
    missing = _pictures(writer, shown, told)
    manifest = Manifest(
        made=timezone.now().isoformat(timespec="seconds"),
        iiifsearch=installed(),
        postgres=postgres,
        migrations=migrations,
        derived=derived,
        tables=saved,
        pictures=len(shown) - missing if pictures else None,
    )
    data = archive.as_json(manifest)
    writer.add(archive.MANIFEST, io.BytesIO(data), len(data))
    return Saved(path, sum(table.rows for table in saved), len(shown) - missing, missing)


def _table(writer: archive.Writer, table: Table, folder: Path, told: Told) -> SavedTable:
    """By way of a temporary file beside the archive: a tar wants to know the size first."""
    with tempfile.TemporaryFile(dir=folder) as held:
        with (
            gzip.GzipFile(fileobj=held, mode="wb", compresslevel=_COMPRESSION, mtime=0) as packed,
            connection.cursor() as cursor,
            connection.wrap_database_errors,
            cursor.copy(table.copy_out()) as rows,
        ):
            count = 0
            for piece in rows:
                count += bytes(piece).count(b"\n")
                packed.write(piece)
        with connection.cursor() as cursor:
            sequence = None
            if table.serial:
                cursor.execute(f"SELECT last_value, is_called FROM {table.serial[1]}")
                last, called = cursor.fetchone()
                sequence = last if called else None
        size = held.tell()
        held.seek(0)
        writer.add(archive.table_member(table.name), held, size)
    told(f"{table.name}: {count:,} rows")
    return SavedTable(table.name, list(table.columns), count, sequence)


def _sums() -> list[str]:
    rows = Picture.objects.exclude(sha256="").order_by("sha256")
    return list(rows.values_list("sha256", flat=True).distinct())


def _pictures(writer: archive.Writer, sums: list[str], told: Told) -> int:
    """How many are missing: given up for room, or withdrawn, since."""
    missing = 0
    for sha256 in sums:
        try:
            data = kept.path(Picture(sha256=sha256)).read_bytes()
        except FileNotFoundError:
            missing += 1
            continue
        writer.add(f"pictures/{sha256}.jpg", io.BytesIO(data), len(data))
    if sums:
        told(f"pictures: {len(sums) - missing:,}")
    return missing
