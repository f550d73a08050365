"""``manage.py export``."""

from __future__ import annotations

import csv
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from iiifsearch.exports import vectors
from iiifsearch.exports.vectors import read_npy
from tests.iiifsearch.exports.conftest import ENCODER, Shelf, with_vector


def export(*arguments: Any) -> str:
    out = StringIO()
    call_command("export", *map(str, arguments), stdout=out)
    return out.getvalue()


def test_a_collection_goes_to_a_file(shelf: Shelf, tmp_path: Path) -> None:
    path = tmp_path / "ports.csv"
    told = export("collections", "--collection", shelf.collection.key, "-o", path)
    assert str(path) in told
    with path.open(encoding="utf-8-sig", newline="") as file:
        assert len(list(csv.DictReader(file))) == 4
    export("collections", "--collection", shelf.collection.key, "--public", "-o", path)
    with path.open(encoding="utf-8-sig", newline="") as file:
        assert len(list(csv.DictReader(file))) == 3


def test_vectors_go_to_a_file(shelf: Shelf, tmp_path: Path) -> None:
    vector = with_vector(shelf.first, 1)
    path = tmp_path / "v.zip"
    asked = ("--collection", shelf.collection.key, "--encoder", ENCODER, "--format", "npy")
    told = export("vectors", *asked, "-o", path)
    assert "1 vectors by colour-1; 3 paintings have none." in told
    assert (read_npy(path)[0][0] == vector).all()


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("vectors", "-o", "{}/v"), "need --encoder"),
        (("vectors", "--encoder", "colour"), "-o FILE"),
        (("vectors", "--encoder", "nonsense", "-o", "{}/v"), "no encoder is named"),
        (("vectors", "--encoder", "colour", "--format", "csv", "-o", "{}/v"), "not as csv"),
        (("vectors", "--encoder", "colour", "-o", "{}/v"), "has a vector by colour-1"),
        (("collections", "--format", "npy", "-o", "{}/v"), "not as 'npy'"),
        (("collections", "--collection", "nothing", "-o", "{}/v"), "no collection with the key"),
        (("tags", "--public", "-o", "{}/v"), "for curators"),
        (("journal", "-o", "{}/no/such/v"), "no folder"),
        (("journal", "-o", "{}"), "cannot be written"),
    ],
)
def test_what_cannot_be_done_says_why_and_leaves_nothing(
    shelf: Shelf, arguments: tuple[str, ...], why: str, tmp_path: Path
) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    with pytest.raises(CommandError, match=why):
        export(*(argument.format(folder) for argument in arguments))
    assert list(tmp_path.iterdir()) == [folder] and not list(folder.iterdir())


def test_what_fails_half_way_leaves_the_file_that_was_there(
    shelf: Shelf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "v.parquet"
    path.write_text("what was there")
    for seed, canvas in enumerate((shelf.first, shelf.second)):
        with_vector(canvas, seed)

    def full(*_: Any, **__: Any) -> Any:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(vectors, "records", full)
    with pytest.raises(CommandError, match="No space left"):
        export("vectors", "--encoder", ENCODER, "-o", path)
    assert path.read_text() == "what was there"
    assert [found.name for found in tmp_path.iterdir()] == ["v.parquet"]
