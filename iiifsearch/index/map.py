"""Making the map of the library: finding its pictures, laying them out, naming its areas, drawing
its thumbnails. One process at a time does that, and only where something changed.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from multiprocessing import get_context

import numpy as np
from django.db import transaction
from django.utils import timezone
from numpy.typing import NDArray

from catalog.locks import alone
from iiifsearch.conf import options
from iiifsearch.encoders import serving
from iiifsearch.engine.map import current
from iiifsearch.index import map_sheets, map_vectors
from iiifsearch.index.map_terms import name_areas
from iiifsearch.models import LibraryMap, MapArea, MapPlace
from ml.map.areas import Areas
from ml.map.cells import in_patches
from ml.map.draw import Drawn, draw

#: Names the lock that whoever makes a map holds; any number that nobody else uses will do.
_MAPPING = 0x69696905
#: Rows stored by one statement.
_BATCH = 2000

#: Told what is being done now.
Say = Callable[[str], object]


class CannotMap(Exception):
    """Why no map can be made, and what to do."""


@dataclass(frozen=True)
class Made:
    """``placed`` of ``of`` paintings lie on the map. ``anew``: False where nothing had changed and
    the map that was there stays."""

    placed: int
    of: int
    sheets: int
    seconds: float
    anew: bool


def make_map(say: Say = lambda text: None, *, always: bool = False) -> Made:
    """Make a map of all that is public, where it would be another one than that which is there,
    or ``always``; else bring the thumbnails and names of that up to date.

    Raises CannotMap.
    """
    begun = time.monotonic()
    with alone(_MAPPING) as mine:
        if not mine:
            raise CannotMap("A map is being made at this moment, by another process.")
        LibraryMap.objects.filter(made_at=None).delete()  # left behind by one that was killed
        spec = serving(options.features[0][0])
        state = map_vectors.state(spec, options.most_on_map)
        made = current()
        anew = always or made is None or made.state != state.text
        if made is None or anew:
            say(f"Reading the vectors of {state.canvases} paintings")
            ids, vectors = map_vectors.vectors(spec, options.most_on_map)
            say(f"Laying out {len(ids)} paintings")
            made = _store(ids, _drawn(vectors), state, spec.key)
            del vectors
        say("Naming the areas")
        name_areas(made)
        say("Drawing the thumbnails")
        sheets = map_sheets.make_sheets(made)
        if anew:
            _show(made)
        placed = made.places.count()
        return Made(placed, made.of, sheets, time.monotonic() - begun, anew)


def refresh_map() -> None:
    """Bring the map that is shown up to date with what is public, without moving anything: names
    and thumbnails. Does nothing where a map is being made: that will be up to date."""
    with alone(_MAPPING) as mine:
        made = current()
        if mine and made is not None:
            name_areas(made)
            map_sheets.make_sheets(made)


def _drawn(vectors: NDArray[np.float32]) -> Drawn:
    """The map of ``vectors``, drawn by a process of its own: it takes up to a gigabyte and gives
    it back, and numba's threads meet no others (ADR 23)."""
    try:
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
            return pool.submit(draw, vectors).result()
    except BrokenProcessPool as error:
        raise CannotMap(
            f"The process that lays out {len(vectors)} paintings was killed, most likely for "
            'memory: give it more, or set IIIFSEARCH["most_on_map"] lower.'
        ) from error


def _store(
    ids: NDArray[np.int64], drawn: Drawn, state: map_vectors.State, encoder: str
) -> LibraryMap:
    """Rows of a map that is not shown yet. Pictures that lie together come onto one sheet."""
    order = in_patches(drawn.cells)
    columns = (ids, *drawn.cells.T, drawn.areas.small)
    with transaction.atomic():
        made = LibraryMap.objects.create(
            encoder=encoder, side=drawn.side, of=state.canvases, state=state.text
        )
        MapArea.objects.bulk_create(_areas(made, drawn))
        places = (
            MapPlace(
                map=made,
                canvas_id=canvas_id,
                column=column,
                row=row,
                area=area,
                sheet=number // map_sheets.ON_A_SHEET,
                spot=number % map_sheets.ON_A_SHEET,
            )
            for number, (canvas_id, column, row, area) in enumerate(
                zip(*(values[order].tolist() for values in columns), strict=True)
            )
        )
        MapPlace.objects.bulk_create(places, batch_size=_BATCH)
    return made


def _areas(made: LibraryMap, drawn: Drawn) -> list[MapArea]:
    areas: Areas = drawn.areas
    found = []
    for large, numbers in ((False, areas.small), (True, areas.large[areas.small])):
        for number in range(int(numbers.max(initial=-1)) + 1):
            column, row = np.median(drawn.cells[numbers == number], axis=0) + 0.5
            within = None if large else int(areas.large[number])
            found.append(
                MapArea(map=made, large=large, number=number, within=within, column=column, row=row)
            )
    return found


def _show(made: LibraryMap) -> None:
    """Let ``made`` take the place of the map before it."""
    with transaction.atomic():
        made.made_at = timezone.now()
        made.save(update_fields=["made_at"])
        LibraryMap.objects.exclude(pk=made.pk).delete()
    map_sheets.remove_unused()
