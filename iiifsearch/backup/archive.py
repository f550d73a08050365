"""The file of a backup: a tar of

    manifest.json            what is in it (`Manifest`)
    tables/NAME.copy.gz      the rows of a table, as Postgres's COPY writes them as text
    pictures/SHA256.jpg      kept pictures, where they were asked for
    SHA256SUMS               of all the others, as ``sha256sum --check`` reads it; the last member

A file without the last member broke off.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import re
import tarfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import IO

FORMAT = "iiifsearch backup"
VERSION = 1
MANIFEST, SUMS = "manifest.json", "SHA256SUMS"
_TABLE = re.compile(r"tables/([a-z][a-z0-9_]{0,62})\.copy\.gz")
_PICTURE = re.compile(r"pictures/([0-9a-f]{64})\.jpg")
_PIECE = 1 << 20


class BadBackup(ValueError):
    """Why a file cannot be restored; nothing was changed."""


@dataclass(frozen=True)
class SavedTable:
    """``sequence``: the last number that was given out; null where none was, or none is given."""

    name: str
    columns: list[str]
    rows: int
    sequence: int | None = None


@dataclass(frozen=True)
class Manifest:
    """``migrations``: those that were applied. ``derived``: whether what can be made again is in
    it. ``pictures``: files of pictures; null where they were not asked for."""

    made: str
    iiifsearch: str
    postgres: str
    migrations: list[str]
    derived: bool
    tables: list[SavedTable]
    pictures: int | None
    format: str = FORMAT
    version: int = VERSION


def table_member(name: str) -> str:
    return f"tables/{name}.copy.gz"


class Writer:
    """Adds members to a new archive, and sums of them."""

    def __init__(self, path: Path) -> None:
        self._tar = tarfile.open(path, "w", format=tarfile.PAX_FORMAT)  # noqa: SIM115
        self._sums: list[str] = []

    def add(self, name: str, file: IO[bytes], size: int) -> None:
        """``size`` bytes of ``file``, from where it stands."""
        member = tarfile.TarInfo(name)
        member.size, member.mode = size, 0o600
        reader = _Hashing(file)
        self._tar.addfile(member, reader)
        self._sums.append(f"{reader.sum.hexdigest()}  {name}\n")

    def close(self) -> None:
        """The sums, which end the archive."""
        data = "".join(self._sums).encode()
        member = tarfile.TarInfo(SUMS)
        member.size, member.mode = len(data), 0o600
        self._tar.addfile(member, io.BytesIO(data))
        self._tar.close()

    def abandon(self) -> None:
        self._tar.close()


class Reader:
    """An archive that is whole: `opened` has checked all of it."""

    def __init__(self, tar: tarfile.TarFile, manifest: Manifest) -> None:
        self._tar = tar
        self.manifest = manifest

    @contextmanager
    def table(self, name: str) -> Iterator[gzip.GzipFile]:
        """Its rows as COPY reads them."""
        member = self._tar.extractfile(table_member(name))
        assert member is not None
        with gzip.open(member) as rows:
            yield rows

    def pictures(self) -> Iterator[tuple[str, bytes]]:
        """The sha256 of each file, and the file."""
        for member in self._tar:
            if match := _PICTURE.fullmatch(member.name):
                file = self._tar.extractfile(member)
                assert file is not None
                yield match[1], file.read()


@contextmanager
def opened(path: Path) -> Iterator[Reader]:
    """An archive, once every sum and every count in it has been found to be right. Raises
    BadBackup, and OSError."""
    try:
        with tarfile.open(path, "r:") as tar:
            yield Reader(tar, _checked(tar))
    except tarfile.TarError as error:
        raise BadBackup(f"{path} is no backup, or it is damaged: {error}.") from error


def _checked(tar: tarfile.TarFile) -> Manifest:
    sums: dict[str, str] = {}
    rows: dict[str, int] = {}
    pictures = 0
    text, told = b"", None
    for member in tar:
        if told is not None or not member.isfile() or member.name in sums:
            raise BadBackup(f"It is no backup of this software: {member.name[:80]!r} is in it.")
        file = tar.extractfile(member)
        assert file is not None
        if member.name == SUMS:
            told = file.read().decode("ascii", "replace")
            continue
        reader = _Hashing(file)
        if match := _TABLE.fullmatch(member.name):
            rows[match[1]] = _lines(reader, member.name)
        elif _PICTURE.fullmatch(member.name):
            pictures += 1
        elif member.name == MANIFEST:
            text = reader.read()
        else:
            raise BadBackup(f"It is no backup of this software: {member.name[:80]!r} is in it.")
        while reader.read(_PIECE):
            pass
        sums[member.name] = reader.sum.hexdigest()
        picture = _PICTURE.fullmatch(member.name)
        if picture and picture[1] != sums[member.name]:
            raise BadBackup(f"It is damaged: {member.name} is another picture than its name says.")
    if not text:
        raise BadBackup(f"It is no backup of this software: it has no {MANIFEST}.")
    if told is None:
        raise BadBackup("It breaks off: its sums, which come last, are missing.")
    _compare(sums, _named(told))
    manifest = _read(text)
    _count(manifest, rows, pictures)
    return manifest


def _named(told: str) -> dict[str, str]:
    """The sums by name, of lines as ``sha256sum`` writes them."""
    pairs = [line.split("  ", 1) for line in told.splitlines() if "  " in line]
    return {name: digest for digest, name in pairs}


def _compare(found: dict[str, str], told: dict[str, str]) -> None:
    for name in sorted(found.keys() | told.keys()):
        if found.get(name) != told.get(name):
            raise BadBackup(f"It is damaged: {name[:80]} is not what was saved (its sum differs).")


def _count(manifest: Manifest, rows: dict[str, int], pictures: int) -> None:
    told = {table.name: table.rows for table in manifest.tables}
    if told != rows:
        wrong = sorted(
            name for name in told.keys() | rows.keys() if told.get(name) != rows.get(name)
        )
        raise BadBackup(f"Its tables do not hold the rows that it names: {', '.join(wrong)}.")
    if (manifest.pictures or 0) != pictures:
        raise BadBackup(f"It names {manifest.pictures} pictures, and holds {pictures}.")


def _read(text: bytes) -> Manifest:
    try:
        values = json.loads(text)
        if values["format"] != FORMAT or values["version"] != VERSION:
            raise BadBackup(
                f"It is a {str(values['format'])[:40]}, version {values['version']}; this software "
                f"reads a {FORMAT}, version {VERSION}."
            )
        known = {one.name for one in fields(Manifest)}
        values = {key: value for key, value in values.items() if key in known}
        values["tables"] = [SavedTable(**table) for table in values["tables"]]
        return Manifest(**values)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        if isinstance(error, BadBackup):
            raise
        raise BadBackup(f"Its {MANIFEST} cannot be read: {error}.") from error


def _lines(file: _Hashing, name: str) -> int:
    """COPY ends every row with a newline, and writes those within a row in another way."""
    count = 0
    try:
        with gzip.open(file) as rows:  # type: ignore[call-overload]  # it asks for read alone
            while piece := rows.read(_PIECE):
                count += piece.count(b"\n")
    except (OSError, EOFError, zlib.error) as error:
        raise BadBackup(f"It is damaged: {name} cannot be unpacked: {error}.") from error
    return count


def as_json(manifest: Manifest) -> bytes:
    return json.dumps(asdict(manifest), indent=1).encode()


class _Hashing:
    """Reads a file, and knows the sum of what was read."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.sum = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        data = self._file.read(size)
        self.sum.update(data)
        return data
