"""Read a backup into a database that is migrated as far as the one it was made of: everything, in
one transaction, or nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from django.apps import apps
from django.contrib.auth.management import create_permissions
from django.contrib.contenttypes.management import create_contenttypes
from django.contrib.contenttypes.models import ContentType
from django.core.cache import cache
from django.db import DatabaseError, connection, transaction

from catalog import kept
from catalog.models import Picture
from iiifsearch.backup.archive import BadBackup, Manifest, Reader, SavedTable, opened
from iiifsearch.backup.tables import Table, applied_migrations, tables
from iiifsearch.index import ann

Told = Callable[[str], object]

#: Tables that `migrate` itself fills.
_MADE_BY_MIGRATE = {
    *("django_content_type", "auth_permission", "auth_group", "auth_group_permissions"),
}
_PIECE = 1 << 16


class HoldsData(Exception):
    """The database is not empty; the message says what is in it. Nothing was changed."""


@dataclass(frozen=True)
class Loaded:
    manifest: Manifest
    rows: int
    pictures: int


def load(path: Path, *, over: bool = False, told: Told = lambda line: None) -> Loaded:
    """Restore ``path``. ``over``: also into a database that holds something, all of which goes.

    The whole file is checked before anything is written. Afterwards missing HNSW indexes are
    built. Raises BadBackup, HoldsData and OSError, and nothing was changed; `kept.StorageError`
    where pictures cannot be written, and all rows were restored.
    """
    with opened(path) as archive:
        known = {table.name: table for table in tables()}
        _fits(archive.manifest, known)
        if not over:
            _empty(known)
        with transaction.atomic(durable=True):
            _clear(known)
            # Checked table by table, not all at the end: what is to be checked is kept in memory.
            with connection.cursor() as cursor:
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            saved = {table.name: table for table in archive.manifest.tables}
            for name, table in known.items():
                if name in saved:
                    _fill(archive, table, saved[name], told)
            _what_is_installed_here()
        _forget()
        pictures = _pictures(archive)
    _make_fast(archive.manifest, known, told)
    rows = sum(table.rows for table in archive.manifest.tables)
    return Loaded(archive.manifest, rows, pictures)


# -- before anything is written ------------------------------------------------------------------


def _fits(manifest: Manifest, known: dict[str, Table]) -> None:
    """Raises BadBackup."""
    ours, theirs = set(applied_migrations()), set(manifest.migrations)
    if ours != theirs:
        raise BadBackup(
            f"It was made by iiifsearch {manifest.iiifsearch} with other migrations. "
            + _only("Only in it", theirs - ours)
            + _only("Only here", ours - theirs)
            + "Migrate an empty database as far as it (manage.py migrate APP NAME; for what is "
            "only in it, install that version), restore, then migrate on."
        )
    for table in manifest.tables:
        here = known.get(table.name)
        if here is None:
            raise BadBackup(f"It holds the table {table.name}, whose app is not installed here.")
        if set(table.columns) != set(here.columns):
            raise BadBackup(f"Its table {table.name} has other columns than the one here.")


def _only(where: str, names: set[str]) -> str:
    listed = ", ".join(sorted(names)[:5])
    more = f" and {len(names) - 5} more" if len(names) > 5 else ""
    return f"{where}: {listed}{more}. " if names else ""


def _empty(known: dict[str, Table]) -> None:
    """Raises HoldsData."""
    full = []
    with connection.cursor() as cursor:
        for name in known.keys() - _MADE_BY_MIGRATE:
            cursor.execute(f"SELECT 1 FROM {connection.ops.quote_name(name)} LIMIT 1")
            full += [name] if cursor.fetchone() else []
    if full:
        listed = ", ".join(sorted(full)[:5])
        raise HoldsData(
            f"This database holds data: {listed}{', …' if len(full) > 5 else ''}. Restore into an "
            "empty one, or say --over: then all that is here is replaced."
        )


# -- writing ---------------------------------------------------------------------------------------


def _clear(known: dict[str, Table]) -> None:
    """Also who is signed in: their numbers may be others' from now on. Raises BadBackup where the
    table of another app refers to one of ours."""
    names = [*known]
    if apps.is_installed("django.contrib.sessions"):
        names.append("django_session")
    listed = ", ".join(map(connection.ops.quote_name, names))
    with connection.cursor() as cursor:
        # Loading is several times faster without them.
        for index in ann.live_indexes():
            cursor.execute(f"DROP INDEX IF EXISTS {connection.ops.quote_name(index.name)}")
        try:
            with transaction.atomic():
                cursor.execute(f"TRUNCATE {listed}")
        except DatabaseError as error:
            raise BadBackup(
                f"The tables here cannot be emptied: {str(error).strip()} Restore into a database "
                "of its own."
            ) from error


def _fill(archive: Reader, table: Table, saved: SavedTable, told: Told) -> None:
    with connection.cursor() as cursor:
        try:
            with (
                archive.table(table.name) as rows,
                connection.wrap_database_errors,
                cursor.copy(table.copy_in(saved.columns)) as to,
            ):
                while piece := rows.read(_PIECE):
                    to.write(piece)
        except DatabaseError as error:
            raise BadBackup(f"{table.name} cannot be restored: {str(error).strip()}") from error
        if cursor.rowcount != saved.rows:
            raise BadBackup(f"{table.name}: {cursor.rowcount} of {saved.rows} rows came back.")
        if table.serial:
            column, sequence = table.serial
            name = connection.ops.quote_name(table.name)
            cursor.execute(f"SELECT max({connection.ops.quote_name(column)}) FROM {name}")
            last = max(cursor.fetchone()[0] or 0, saved.sequence or 0)
            cursor.execute("SELECT setval(%s, %s, %s)", [sequence, max(last, 1), last > 0])
    told(f"{table.name}: {saved.rows:,} rows")


def _what_is_installed_here() -> None:
    """Kinds of things, and permissions, of apps that the backup knows nothing of."""
    ContentType.objects.clear_cache()
    for config in apps.get_app_configs():
        create_contenttypes(config, verbosity=0)
        create_permissions(config, verbosity=0)


def _make_fast(manifest: Manifest, known: dict[str, Table], told: Told) -> None:
    """What is not restored but made: the HNSW indexes, where there are vectors, and what the
    planner knows of the tables."""
    if manifest.derived:
        told("Building the indexes…")
        ann.build_all()
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {', '.join(map(connection.ops.quote_name, known))}")


def _forget() -> None:
    """What was remembered of the database that was here before."""
    ContentType.objects.clear_cache()
    cache.clear()


def _pictures(archive: Reader) -> int:
    """Write the pictures that are not there; how many the archive holds. Raises StorageError."""
    count = 0
    for sha256, data in archive.pictures():
        place = kept.path(Picture(sha256=sha256))
        if not place.exists():
            kept.write(place, data)
        count += 1
    return count
