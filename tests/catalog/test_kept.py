"""Files of kept pictures: whole or not at all, shared, given up for room."""

from __future__ import annotations

import errno
import hashlib
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from catalog import kept
from catalog.decode import decode, size
from catalog.geometry import Rect
from catalog.kept import StorageError
from catalog.models import Canvas, Picture
from catalog.pixels import FetchedPicture
from tests.pictures import picture

pytestmark = pytest.mark.django_db

Outcome = Picture.Outcome
Capture = Callable[..., Any]


@pytest.fixture(autouse=True)
def storage(settings: Any, tmp_path: Path) -> Path:
    settings.CATALOG = {**settings.CATALOG, "storage": tmp_path / "pictures"}
    kept._taken.cache_clear()
    return tmp_path / "pictures"


def limit_to(settings: Any, size: int) -> None:
    settings.CATALOG = {**settings.CATALOG, "max_storage_bytes": size}
    kept._taken.cache_clear()


def waiting(name: str = "a") -> Picture:
    canvas = Canvas.objects.create(key=name, uri=name, raw_id=name, width=800, height=600)
    return Picture.objects.create(canvas=canvas, revision=1)


def made(seed: int = 1, limited: str = "") -> FetchedPicture:
    return FetchedPicture(picture(seed, 800, 600), 800, 600, limited)


def keep(name: str = "a", seed: int = 1) -> Picture:
    row = waiting(name)
    kept.keep(row, made(seed), revision=1)
    return row


def files(folder: Path) -> list[Path]:
    return sorted(file for file in folder.rglob("*") if file.is_file())


def test_keeping_writes_the_file_and_the_row() -> None:
    row = waiting()
    Picture.objects.update(outcome=Outcome.FAILED, kind="network", reason="once", attempts=2)
    kept.keep(row, made(limited="because"), revision=1)
    row.refresh_from_db()
    data = kept.path(row).read_bytes()
    assert data == picture(1, 800, 600)
    assert row.sha256 == hashlib.sha256(data).hexdigest()
    assert (row.width, row.height, row.size, row.limited) == (800, 600, len(data), "because")
    assert (row.outcome, row.revision, row.kind, row.reason, row.attempts) == ("kept", 1, "", "", 0)
    assert row.fetched_at is not None and row.read_at is None


def test_a_kept_picture_is_read_with_the_way_back() -> None:
    row = keep()
    got = kept.read(Canvas.objects.select_related("picture").get())
    assert got is not None and got.array.shape == (600, 800, 3)
    assert got.transform.apply(Rect(0, 0, 400, 300)) == Rect(0, 0, 400, 300)
    Canvas.objects.update(pixel_revision=2)
    assert kept.read(Canvas.objects.select_related("picture").get()) is None
    Canvas.objects.update(pixel_revision=1)
    kept.path(row).write_bytes(b"\xff\xd8\xff broken")
    assert kept.read(Canvas.objects.select_related("picture").get()) is None
    kept.keep(row, made(), revision=1)  # what is damaged is repaired
    assert kept.read(Canvas.objects.select_related("picture").get()) is not None


def test_what_is_wanted_anew_meanwhile_goes_on_waiting() -> None:
    row = waiting()
    Picture.objects.update(revision=2, outcome=Outcome.WAITING)
    kept.keep(row, made(), revision=1)
    row.refresh_from_db()
    assert (row.outcome, row.revision) == ("waiting", 2)
    assert row.sha256 and kept.path(row).exists()


def test_a_thumbnail_is_made_when_it_is_asked_for() -> None:
    row = keep()
    place = kept.thumbnail(row)
    assert place is not None and size(place.read_bytes(), 10**6) == (400, 300)
    before = place.stat().st_mtime_ns
    row.refresh_from_db()
    assert row.size == kept.path(row).stat().st_size + place.stat().st_size
    assert kept.thumbnail(row) == place and place.stat().st_mtime_ns == before
    kept.path(row).unlink()
    place.unlink()
    assert kept.thumbnail(row) is None and kept.thumbnail(waiting("b")) is None


def test_files_go_with_the_last_row_that_has_them(
    django_capture_on_commit_callbacks: Capture,
) -> None:
    one, two = keep("a"), keep("b")
    assert one.sha256 == two.sha256
    file = kept.path(one)
    kept.thumbnail(one)
    with django_capture_on_commit_callbacks(execute=True):
        kept.drop(one)
    assert file.exists()
    one.refresh_from_db()
    assert (one.sha256, one.size, one.width, one.fetched_at) == ("", 0, None, None)
    with django_capture_on_commit_callbacks(execute=True):
        kept.keep(two, made(2), revision=1)
    assert files(kept.options.storage) == [kept.path(two)]


@pytest.mark.parametrize("when", ["write", "open"])
def test_a_full_disk_leaves_no_half_file(
    when: str, storage: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = waiting()

    def no_room(*args: Any, **more: Any) -> Any:
        raise OSError(errno.ENOSPC, "No space left on device")

    class Full:
        def __init__(self, handle: int, mode: str) -> None:
            self.file = open(handle, mode)  # noqa: SIM115

        def __enter__(self) -> Full:
            return self

        def __exit__(self, *args: object) -> None:
            self.file.close()

        def write(self, data: bytes) -> None:
            self.file.write(data[:100])
            no_room()

    if when == "open":
        monkeypatch.setattr(kept.tempfile, "mkstemp", no_room)
    else:
        monkeypatch.setattr(kept.os, "fdopen", Full)
    with pytest.raises(StorageError, match="No space left") as raised:
        kept.keep(row, made(), revision=1)
    assert (raised.value.kind, raised.value.transient) == ("disk", True)
    monkeypatch.undo()
    assert files(storage) == []
    row = Picture.objects.get()
    assert (row.outcome, row.sha256) == ("waiting", "")


def test_room_is_made_by_giving_up_what_was_used_longest_ago(
    settings: Any, storage: Path, django_capture_on_commit_callbacks: Capture
) -> None:
    rows = [keep(name, seed) for seed, name in enumerate("abcd")]
    now = timezone.now()
    for age, row in zip((1, 3, 2), rows, strict=False):  # the last one was never looked at
        Picture.objects.filter(pk=row.pk).update(read_at=now - timedelta(hours=age))
    total = sum(row.size for row in rows)
    assert kept.make_room() == 0 and not kept.full()  # no limit is set
    limit_to(settings, total - 100)
    assert not kept.full()  # there is something to give up
    with django_capture_on_commit_callbacks(execute=True):
        freed = kept.make_room()
    given_up = Picture.objects.get(outcome=Outcome.EVICTED)
    assert given_up.pk == rows[1].pk
    assert not kept.path(given_up).exists()
    thumbnail = kept.thumbnail(given_up)
    assert thumbnail is not None and given_up.size == thumbnail.stat().st_size
    assert kept.largest(given_up) == thumbnail
    assert freed == rows[1].size - given_up.size
    limit_to(settings, 1)
    with django_capture_on_commit_callbacks(execute=True):
        kept.make_room()
    assert set(Picture.objects.filter(outcome=Outcome.KEPT)) == {rows[3]}
    assert kept.full() and kept.make_room() == 0
    assert kept.read(Canvas.objects.select_related("picture").get(key="b")) is None


def test_a_file_that_another_row_needs_is_not_given_up(
    settings: Any, django_capture_on_commit_callbacks: Capture
) -> None:
    one, two = keep("a"), keep("b")
    Picture.objects.filter(pk=one.pk).update(read_at=timezone.now())
    limit_to(settings, 1)
    with django_capture_on_commit_callbacks(execute=True):
        kept.make_room()
    one.refresh_from_db()
    assert one.outcome == "evicted" and kept.path(two).exists()
    assert decode(kept.path(two).read_bytes(), max_pixels=10**6).shape == (600, 800, 3)


def test_room_is_made_even_where_no_thumbnail_can_be_written(
    settings: Any, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Capture
) -> None:
    row = keep()
    Picture.objects.update(read_at=timezone.now())
    limit_to(settings, 1)

    def no_room(*args: Any, **more: Any) -> Any:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(kept.tempfile, "mkstemp", no_room)
    assert kept.thumbnail(row) == kept.path(row)
    with django_capture_on_commit_callbacks(execute=True):
        assert kept.make_room() == row.size
    assert not kept.path(row).exists()
    row.refresh_from_db()
    assert (row.sha256, row.size) == ("", 0)
