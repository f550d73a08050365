"""The files of kept pictures: written whole, shared by canvases, given up for room.

A picture lies at an address made from its content; its thumbnail beside it, made when it is first
asked for. A file is removed once no row has it, under a lock of its address: two workers may keep
and drop the same one.
"""

from __future__ import annotations

import hashlib
import logging
import os
import tempfile
import time
from functools import lru_cache, partial
from pathlib import Path

from django.db import connection, transaction
from django.db.models import QuerySet, Sum
from django.utils import timezone

from catalog import decode
from catalog.conf import options
from catalog.geometry import Rect, Transform
from catalog.locks import alone
from catalog.models import Canvas, Picture, State
from catalog.pixels import FetchedPicture, ImageError, Pixels, canvas_rect

log = logging.getLogger(__name__)

#: Names the lock of whoever makes room, and the family of locks of addresses.
_MAKING_ROOM = 0x69696911
_ADDRESSES = 0x6969

_FILE_FIELDS = ("sha256", "size", "width", "height", "limited", "fetched_at", "read_at")
_KEPT_FIELDS = (*_FILE_FIELDS, "outcome", "revision", "kind", "reason", "attempts", "due_at")

#: Rows given up in one go.
_BATCH = 200
#: How long the sum of all sizes is believed.
SUM_SECONDS = 10.0


class StorageError(ImageError):
    """There is no room for a file, or it cannot be written."""

    def __init__(self, message: str) -> None:
        super().__init__(message, kind="disk", transient=True)


# -- one picture ---------------------------------------------------------------------------------


def keep(picture: Picture, made: FetchedPicture, revision: int) -> None:
    """Write the file, whole or not at all, and save the row; drop the file that it replaces.

    ``revision``: the canvas's pixel revision that was fetched. Where a newer one is wanted by
    now, the row goes on waiting for that. Raises StorageError.
    """
    digest = hashlib.sha256(made.jpeg).hexdigest()
    with transaction.atomic():
        if _withdrawn(picture.pk):
            return
        _lock(digest)
        rows = Picture.objects.select_for_update().filter(pk=picture.pk)
        before, wanted = rows.values_list("sha256", "revision").first() or ("", 0)
        write(_path(digest), made.jpeg)
        picture.sha256, picture.size = digest, len(made.jpeg) + _size(_thumbnail(digest))
        picture.width, picture.height, picture.limited = made.width, made.height, made.limited
        picture.fetched_at, picture.read_at = timezone.now(), None
        if wanted > revision:
            picture.save(update_fields=_FILE_FIELDS)
        else:
            picture.outcome, picture.revision = Picture.Outcome.KEPT, revision
            picture.kind, picture.reason, picture.attempts, picture.due_at = "", "", 0, None
            picture.save(update_fields=_KEPT_FIELDS if wanted else None)
    if before and before != digest:
        transaction.on_commit(partial(_remove, before))


def _withdrawn(canvas_id: int) -> bool:
    """Whether the canvas was withdrawn while its picture was fetched; until the transaction ends
    nobody withdraws it. Its row is locked before its picture's, as everywhere."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT state FROM catalog_canvas WHERE id = %s FOR SHARE", [canvas_id])
        row = cursor.fetchone()
    return row is not None and row[0] == State.WITHDRAWN


def read(canvas: Canvas) -> Pixels | None:
    """The kept picture, if it is of the canvas as it is now and its file can be read."""
    picture = getattr(canvas, "picture", None)
    if picture is None or picture.outcome != Picture.Outcome.KEPT:
        return None
    if picture.revision != canvas.pixel_revision:
        return None
    try:
        array = decode.decode(path(picture).read_bytes(), max_pixels=options.max_pixels)
    except (OSError, decode.PictureError) as error:
        log.warning("The kept picture of %s cannot be read: %s", canvas.raw_id, error)
        return None
    frame = Rect.of_size(array.shape[1], array.shape[0])
    return Pixels(array, Transform.between(canvas_rect(canvas) or frame, frame), picture.limited)


def path(picture: Picture) -> Path:
    """Where the picture's file lies, if it has one: ``sha256`` is not empty."""
    return _path(picture.sha256)


def largest(picture: Picture) -> Path | None:
    """The file of the picture, or of the thumbnail where the picture was given up."""
    if not picture.sha256:
        return None
    return next(
        (place for place in (path(picture), _thumbnail(picture.sha256)) if place.exists()), None
    )


def thumbnail(picture: Picture) -> Path | None:
    """The file of the thumbnail, made now where it is missing; None where there is no picture to
    make it from. Where it cannot be written, the picture itself has to do."""
    if not picture.sha256:
        return None
    try:
        return _thumbnail_made(picture)
    except StorageError as error:
        log.warning("%s", error)
        return path(picture)


def _thumbnail_made(picture: Picture) -> Path | None:
    place = _thumbnail(picture.sha256)
    if place.exists():
        return place
    try:
        data = path(picture).read_bytes()
        small = decode.decode(
            data, max_pixels=options.max_pixels, long_side=options.thumbnail_long_side
        )
    except (OSError, decode.PictureError) as error:
        log.warning("No thumbnail of the kept picture %s: %s", picture.sha256, error)
        return None
    made = decode.encode_jpeg(small)
    write(place, made)
    Picture.objects.filter(sha256=picture.sha256).update(size=len(data) + len(made))
    return place


def drop(picture: Picture) -> None:
    """Clear what the row says of a kept file, save it, and remove the file if it was the last."""
    before = picture.sha256
    picture.sha256, picture.size, picture.limited = "", 0, ""
    picture.width = picture.height = picture.fetched_at = picture.read_at = None
    picture.save(update_fields=_FILE_FIELDS)
    if before:
        transaction.on_commit(partial(_remove, before))


# -- room ----------------------------------------------------------------------------------------


def full() -> bool:
    """Whether kept pictures take more than they may, and none of them can be given up."""
    if not options.max_storage_bytes:
        return False
    taken, any_left = _taken(int(time.monotonic() // SUM_SECONDS))
    return taken >= options.max_storage_bytes and not any_left


def make_room() -> int:
    """Give up pictures, longest unused first, until they take no more than they may.

    Their thumbnails stay. Those that nothing was made from yet are not given up. One process at a
    time does this; the others return at once. Returns the bytes freed. Raises StorageError.
    """
    if not options.max_storage_bytes:
        return 0
    with alone(_MAKING_ROOM) as mine:
        if not mine:
            return 0
        try:
            return _give_up(_sum() - options.max_storage_bytes)
        finally:
            _taken.cache_clear()


def _give_up(excess: int) -> int:
    freed = 0
    while freed < excess:
        batch = list(_to_give_up().order_by("read_at")[:_BATCH])
        if not batch:
            break
        for picture in batch:
            freed += _evict(picture)
            if freed >= excess:
                break
    return freed


def _evict(picture: Picture) -> int:
    """Give up one picture; returns the bytes that its row no longer counts."""
    digest = picture.sha256
    try:
        _thumbnail_made(picture)
    except StorageError as error:  # no room even for that: room is what is being made
        log.warning("%s", error)
    with transaction.atomic():
        _lock(digest)
        left = _size(_thumbnail(digest))
        given_up = _to_give_up().filter(pk=picture.pk, sha256=digest)
        address = digest if left else ""
        if not given_up.update(outcome=Picture.Outcome.EVICTED, size=left, sha256=address):
            return 0  # fetched anew meanwhile
    transaction.on_commit(partial(_remove, digest, only_picture=True))
    return max(0, picture.size - left)


def _to_give_up() -> QuerySet[Picture]:
    return Picture.objects.filter(outcome=Picture.Outcome.KEPT, read_at__isnull=False)


def _sum() -> int:
    return Picture.objects.exclude(sha256="").aggregate(total=Sum("size"))["total"] or 0


@lru_cache(maxsize=1)
def _taken(period: int) -> tuple[int, bool]:
    return _sum(), _to_give_up().exists()


# -- files ---------------------------------------------------------------------------------------


def _path(digest: str, kind: str = "") -> Path:
    return Path(options.storage) / digest[:2] / digest[2:4] / f"{digest}{kind}.jpg"


def _thumbnail(digest: str) -> Path:
    return _path(digest, ".thumbnail")


def _size(place: Path) -> int:
    try:
        return place.stat().st_size
    except OSError:
        return 0


def _lock(digest: str) -> None:
    """Hold the address until the transaction ends."""
    with connection.cursor() as cursor:
        number = int(digest[:8], 16) - 2**31
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [_ADDRESSES, number])


def _remove(digest: str, *, only_picture: bool = False) -> None:
    """Remove the files at ``digest`` that no row has any more: two canvases may show one."""
    with transaction.atomic():
        _lock(digest)
        rows = Picture.objects.filter(sha256=digest)
        if not rows.exclude(outcome=Picture.Outcome.EVICTED).exists():
            _path(digest).unlink(missing_ok=True)
        if not only_picture and not rows.exists():
            _thumbnail(digest).unlink(missing_ok=True)


def write(place: Path, data: bytes) -> None:
    """Write a file whole or not at all: a full disk or a kill leaves no half picture. Raises
    StorageError."""
    name = ""
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=place.parent)
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        Path(name).chmod(0o644)
        Path(name).replace(place)
    except OSError as error:
        raise StorageError(
            f"The picture cannot be written to {place.parent}: {error.strerror or error}. Make "
            "room there, or let pictures be given up (CATALOG['max_storage_bytes'])."
        ) from error
    finally:
        if name:
            Path(name).unlink(missing_ok=True)
