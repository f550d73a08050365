"""Sheets of thumbnails for the map: hundreds of pictures in one file, so that tens of thousands
can be shown.

A sheet lies at an address made from its content. It shows what is public only, and is served only
as long as all that it shows is (`iiifsearch.engine.map`); here it is made anew without what is not,
and the file of the old one is removed.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from django.db import connection, transaction
from numpy.typing import NDArray

from catalog import decode, kept
from catalog.conf import options
from catalog.locks import hold
from catalog.models import Picture
from iiifsearch.engine.scope import Scope
from iiifsearch.models import LibraryMap, MapPlace, MapSheet
from ml import parallel

log = logging.getLogger(__name__)

#: Long side of a thumbnail in pixels, and thumbnails in a row and in a column of a sheet.
SIDE, ACROSS = 64, 16
ON_A_SHEET = ACROSS * ACROSS
#: Between the thumbnails, where nobody looks: what compresses to nothing.
_GROUND = 128


@dataclass(frozen=True)
class Shown:
    """What is to be drawn of a canvas: the file ``sha256`` at ``spot`` of its sheet."""

    canvas_id: int
    spot: int
    sha256: str


def path(sha256: str) -> Path:
    return Path(options.storage) / "sheets" / f"{sha256}.jpg"


def make_sheets(made: LibraryMap, progress: Callable[[int], object] = lambda count: None) -> int:
    """Make the sheets that are missing or show something else than they should, and remove files
    that no sheet has any more. Returns how many sheets were made. ``progress`` is told of pictures.
    """
    known = {sheet.number: sheet for sheet in made.sheets.all()}
    count = 0
    for number in _numbers(made):
        shown = _to_show(made, number)
        state = _state(shown)
        sheet = known.get(number)
        if sheet is None or sheet.state != state or not _there(sheet):
            _make(made, number, shown, state)
            count += 1
        progress(len(shown))
    remove_unused()
    return count


def remove_unused() -> None:
    """Remove files of sheets that no map has: the one that draws sheets does that."""
    remove({file.stem for file in path("").parent.glob("*.jpg")})


def remove(digests: Collection[str]) -> None:
    """Remove those of these files that no sheet has any more."""
    used = set(MapSheet.objects.filter(sha256__in=digests).values_list("sha256", flat=True))
    for digest in set(digests) - used - {""}:
        path(digest).unlink(missing_ok=True)


def _numbers(made: LibraryMap) -> list[int]:
    numbers = made.places.order_by("sheet").values_list("sheet", flat=True)
    return list(numbers.distinct())


def _to_show(made: LibraryMap, number: int) -> list[Shown]:
    public, params = Scope().sql("p.canvas_id")
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT p.canvas_id, p.spot, k.sha256 FROM {MapPlace._meta.db_table} p "
            f"JOIN {Picture._meta.db_table} k ON k.canvas_id = p.canvas_id AND k.sha256 <> '' "
            f"WHERE p.map_id = %s AND p.sheet = %s AND {public} ORDER BY p.spot",
            [made.pk, number, *params],
        )
        return [Shown(*row) for row in cursor.fetchall()]


def _state(shown: Sequence[Shown]) -> str:
    told = ",".join(f"{one.spot}:{one.sha256}" for one in shown)
    return hashlib.sha256(told.encode()).hexdigest()


def _there(sheet: MapSheet) -> bool:
    return not sheet.sha256 or path(sheet.sha256).exists()


def _make(made: LibraryMap, number: int, shown: Sequence[Shown], state: str) -> None:
    """Draw the sheet, write its file, and then the rows: whoever sees these finds the file.

    What was withdrawn or replaced meanwhile is on the sheet, so it is no sheet; the next round
    makes it anew.
    """
    pictures = Picture.objects.in_bulk([one.canvas_id for one in shown])
    small = parallel.each(lambda one: _thumbnail(pictures.get(one.canvas_id)), shown)
    drawn = {
        one.canvas_id: (one.spot, pixels)
        for one, pixels in zip(shown, small, strict=True)
        if pixels is not None
    }
    digest = ""
    if drawn:
        jpeg = decode.encode_jpeg(_sheet(list(drawn.values())))
        digest = hashlib.sha256(jpeg).hexdigest()
        kept.write(path(digest), jpeg)
    with transaction.atomic():
        # A withdrawal deletes these, and the sheet after them: one of us waits for the other.
        places = MapPlace.objects.filter(map=made, sheet=number)
        hold(places.values_list("canvas_id", flat=True), "iiifsearch_mapplace", "canvas_id")
        if _state(_to_show(made, number)) != state:
            return
        _store_thumbnails(made, number, {pk: pixels for pk, (_, pixels) in drawn.items()})
        MapSheet.objects.update_or_create(
            map=made, number=number, defaults={"state": state, "sha256": digest}
        )


def _store_thumbnails(
    made: LibraryMap, number: int, thumbnails: Mapping[int, NDArray[np.uint8]]
) -> None:
    """Size and mean colour of each place on a sheet; null of those that are not on it."""
    ids = list(thumbnails)
    sizes = [pixels.shape[:2] for pixels in thumbnails.values()]
    colours = [_mean_colour(pixels) for pixels in thumbnails.values()]
    of_sheet = MapPlace.objects.filter(map=made, sheet=number)
    of_sheet.update(width=None, height=None, colour=None)
    with connection.cursor() as cursor:
        cursor.execute(  # hundreds of rows in milliseconds: bulk_update takes a second
            f"UPDATE {MapPlace._meta.db_table} p "
            "SET width = t.width, height = t.height, colour = t.colour "
            "FROM unnest(%s::bigint[], %s::int[], %s::int[], %s::int[]) "
            "AS t(canvas_id, width, height, colour) "
            "WHERE p.canvas_id = t.canvas_id AND p.map_id = %s",
            [ids, [w for _, w in sizes], [h for h, _ in sizes], colours, made.pk],
        )


def _thumbnail(picture: Picture | None) -> NDArray[np.uint8] | None:
    """uint8 (H, W, 3), `SIDE` on the long side; None where the file cannot be read, which is
    logged: the picture is then a dot on the map."""
    place = kept.largest(picture) if picture is not None else None
    if place is None:
        return None
    try:
        return decode.decode(place.read_bytes(), max_pixels=options.max_pixels, long_side=SIDE)
    except (OSError, decode.PictureError) as error:
        log.warning("The kept picture %s is not on the map: %s", place.name, error)
        return None


def _sheet(drawn: Sequence[tuple[int, NDArray[np.uint8]]]) -> NDArray[np.uint8]:
    """Spots with their thumbnails -> uint8 (H, W, 3), as high as the rows that are needed."""
    rows = max(spot for spot, _ in drawn) // ACROSS + 1
    sheet = np.full((rows * SIDE, ACROSS * SIDE, 3), _GROUND, np.uint8)
    for spot, pixels in drawn:
        y, x = spot // ACROSS * SIDE, spot % ACROSS * SIDE
        height, width = pixels.shape[:2]
        sheet[y : y + height, x : x + width] = pixels
    return sheet


def _mean_colour(pixels: NDArray[np.uint8]) -> int:
    red, green, blue = (round(float(value)) for value in pixels.mean(axis=(0, 1)))
    return red << 16 | green << 8 | blue
