"""What is no backup, is damaged, or does not fit is refused with the reason; nothing is lost."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import tarfile
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from catalog import kept
from catalog.models import Collection, Picture
from iiifsearch.backup import archive
from iiifsearch.backup.archive import BadBackup, Writer
from iiifsearch.backup.save import save
from iiifsearch.backup.tables import APPS, tables
from iiifsearch.models import DERIVED
from tests.catalog.admin.conftest import make_canvas, make_collection, make_manifest

DECISIONS = {"ApiToken", "Batch", "Duplicate", "NotOfClass", "TagGuess"}


@pytest.fixture
def made(transactional_db: None, settings: Any, tmp_path: Path) -> Path:
    """A backup of a small library, with its picture."""
    settings.CATALOG = {**settings.CATALOG, "storage": tmp_path / "pictures"}
    make_canvas(make_manifest(), picture=True)
    make_collection("Kept")
    path = tmp_path / "made.tar"
    call_command("backup", str(path), "--pictures", stdout=StringIO())
    return path


def restore(path: Path, *more: str) -> str:
    out = StringIO()
    call_command("restore", str(path), *more, stdout=out)
    return out.getvalue()


def repacked(path: Path, change: Any, sums: bool = True) -> Path:
    """The same archive with its members changed: ``change(name, data)`` gives the new ones; its
    sums are right again."""
    found = path.with_name("changed.tar")
    with tarfile.open(path) as old:
        members = {one.name: old.extractfile(one).read() for one in old}
    writer = Writer(found)
    for name, data in members.items():
        if name != archive.SUMS:
            for new_name, new in change(name, data).items():
                writer.add(new_name, io.BytesIO(new), len(new))
    writer.close() if sums else writer.abandon()
    return found


def manifest_with(**values: Any) -> Any:
    def change(name: str, data: bytes) -> dict[str, bytes]:
        if name == archive.MANIFEST:
            data = json.dumps({**json.loads(data), **values}).encode()
        return {name: data}

    return change


def test_every_table_is_either_derived_or_kept() -> None:
    from django.apps import apps

    names = {model.__name__ for model in apps.get_app_config("iiifsearch").get_models()}
    assert names == {model.__name__ for model in DERIVED} | DECISIONS


def test_nothing_of_our_apps_is_left_out(db: None) -> None:
    found = {table.name for table in tables()}
    there = {
        name
        for name in connection.introspection.table_names()
        if name.startswith(tuple(f"{label}_" for label in APPS))
    }
    assert there <= found
    order = [table.name for table in tables()]
    assert order.index("catalog_canvas") < order.index("catalog_comment")
    lean = {table.name: table.where for table in tables(derived=False)}
    assert lean["iiifsearch_duplicate"] == "decision <> ''"
    assert "iiifsearch_canvasvector" not in lean


def test_pictures_come_back(made: Path) -> None:
    place = kept.path(Picture.objects.get())
    data = place.read_bytes()
    call_command("flush", interactive=False, verbosity=0)
    place.unlink()
    assert "1 pictures restored." in restore(made)
    assert place.read_bytes() == data


def test_a_database_that_holds_something_is_left_alone(made: Path) -> None:
    make_collection("Made since")
    with pytest.raises(CommandError, match="holds data"):
        restore(made)
    assert Collection.objects.count() == 2
    restore(made, "--over")
    assert Collection.objects.get().title == "Kept"


def cut_off(path: Path) -> Path:
    path.write_bytes(path.read_bytes()[:-20_000])
    return path


def other_bytes(path: Path) -> Path:
    path.write_bytes(b"PK" + path.read_bytes())
    return path


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (cut_off, "damaged|breaks off"),
        (other_bytes, "is no backup"),
        (lambda path: repacked(path, lambda n, d: {n: d}, sums=False), "breaks off"),
        (lambda path: repacked(path, lambda n, d: {n: d, f"../{n}": d}), "is in it"),
        (
            lambda path: repacked(path, lambda n, d: {} if n == archive.MANIFEST else {n: d}),
            "has no manifest",
        ),
        (
            lambda path: repacked(path, lambda n, d: {} if "catalog_canvas.copy" in n else {n: d}),
            "do not hold the rows that it names: catalog_canvas",
        ),
        (
            lambda path: repacked(
                path,
                lambda n, d: {
                    n: gzip.compress(gzip.decompress(d) + b"1\n") if "catalog_manifest." in n else d
                },
            ),
            "do not hold the rows",
        ),
        (
            lambda path: repacked(
                path,
                lambda n, d: {
                    n: gzip.compress(b"no\\trow\n") if "catalog_collection.copy" in n else d
                },
            ),
            "catalog_collection cannot be restored",
        ),
        (lambda path: repacked(path, manifest_with(version=2)), "version 2; this software reads"),
        (lambda path: repacked(path, manifest_with(format="a zoo")), "a zoo"),
        (lambda path: repacked(path, manifest_with(tables=[{}])), "cannot be read"),
        (
            lambda path: repacked(path, manifest_with(migrations=["catalog.9999_later"])),
            "Only in it: catalog.9999_later",
        ),
        (
            lambda path: repacked(
                path,
                lambda n, d: {f"pictures/{'0' * 64}.jpg" if n.startswith("pict") else n: d},
            ),
            "another picture",
        ),
    ],
)
def test_a_bad_file_changes_nothing(made: Path, spoil: Any, why: str) -> None:
    with pytest.raises(CommandError, match=why) as error:
        restore(spoil(made), "--over")
    assert "Nothing was changed." in str(error.value)
    assert Collection.objects.get().title == "Kept"
    assert Picture.objects.get().sha256


def test_a_file_that_is_not_there(made: Path) -> None:
    with pytest.raises(CommandError, match="No such file"):
        restore(made.with_name("nothing.tar"))


def test_what_cannot_be_written_leaves_no_half_file(made: Path, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="No backup was made"):
        call_command("backup", str(tmp_path / "no" / "folder.tar"))
    assert [path.name for path in tmp_path.glob("*tar*")] == ["made.tar"]
    out = StringIO()
    folder = tmp_path / "folder"
    folder.mkdir()
    call_command("backup", str(folder), stdout=out)
    (path,) = folder.iterdir()
    assert path.name.startswith("iiifsearch-20") and str(path) in out.getvalue()


def test_a_backup_that_fails_keeps_the_one_that_was_there(
    made: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = made.read_bytes()

    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Writer, "close", full)
    with pytest.raises(CommandError, match="No space left"):
        call_command("backup", str(made))
    assert made.read_bytes() == before
    assert not list(made.parent.glob(".made*"))


@pytest.fixture(scope="module")
def small() -> bytes:
    """An archive of two tables, made without a database."""
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "small.tar"
        writer = Writer(path)
        rows = gzip.compress(b"1\tone\n2\ttwo\n")
        for name in ("a", "b"):
            writer.add(archive.table_member(name), io.BytesIO(rows), len(rows))
        listed = [{"name": name, "columns": ["id", "x"], "rows": 2} for name in ("a", "b")]
        values = {"made": "", "iiifsearch": "", "postgres": "", "migrations": [], "derived": True}
        text = {**values, "tables": listed, "pictures": None}
        data = json.dumps({**text, "format": archive.FORMAT, "version": 1}).encode()
        writer.add(archive.MANIFEST, io.BytesIO(data), len(data))
        writer.close()
        return path.read_bytes()


@given(data=st.data())
def test_no_damage_goes_unseen(
    small: bytes, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    """A byte that is changed is found, or lies where nothing is said; so does a file cut short."""
    path = tmp_path_factory.mktemp("b") / "b.tar"
    place = data.draw(st.integers(0, len(small) - 1))
    cut = data.draw(st.booleans())
    other = data.draw(st.integers(1, 255))
    spoilt = small[:place] if cut else None
    if spoilt is None:
        spoilt = small[:place] + bytes([small[place] ^ other]) + small[place + 1 :]
    path.write_bytes(spoilt)
    try:
        with archive.opened(path) as found:
            told = hashlib.sha256(repr(found.manifest).encode()).hexdigest()
            rows = [found_rows(found, table.name) for table in found.manifest.tables]
    except BadBackup:
        return
    path.write_bytes(small)
    with archive.opened(path) as whole:
        assert told == hashlib.sha256(repr(whole.manifest).encode()).hexdigest()
        assert rows == [found_rows(whole, table.name) for table in whole.manifest.tables]


def found_rows(reader: archive.Reader, name: str) -> bytes:
    with reader.table(name) as rows:
        return rows.read()


def test_a_backup_needs_no_more_than_it_holds(made: Path, tmp_path: Path) -> None:
    """A second one of the same library holds the same sums, but for its own page."""
    save(tmp_path / "again.tar", pictures=True)
    sums = []
    for path in (made, tmp_path / "again.tar"):
        with tarfile.open(path) as tar:
            file = tar.extractfile(archive.SUMS)
            assert file is not None
            sums.append(
                [
                    line
                    for line in file.read().decode().splitlines()
                    if "manifest" not in line.split()[1][:8]
                ]
            )
    assert sums[0] == sums[1]
