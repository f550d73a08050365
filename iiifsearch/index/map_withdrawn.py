"""What is withdrawn leaves the map at once: its place, its thumbnail, and its part in names."""

from __future__ import annotations

from collections.abc import Collection
from functools import partial, reduce
from operator import or_

from django.db import transaction
from django.db.models import Q

from iiifsearch.index import map_sheets
from iiifsearch.models import MapArea, MapPlace, MapSheet


def take_off_the_map(canvas_ids: Collection[int]) -> None:
    """Delete the places of these canvases, the sheets that show them, and the names of the areas
    that they are in; in the caller's transaction. `refresh_map` makes sheets and names anew.

    The files go once it has committed: a sheet without a row is not served from then on.
    """
    places = MapPlace.objects.filter(canvas_id__in=canvas_ids)
    found = list(places.values_list("map_id", "sheet", "area"))
    if not found:
        return
    places.delete()  # waits for whoever draws a sheet of them, whose row then is there to go
    on_sheets = [Q(map=made, number=sheet) for made, sheet, _ in set(found)]
    sheets = MapSheet.objects.filter(reduce(or_, on_sheets))
    files = set(sheets.values_list("sha256", flat=True))
    sheets.delete()
    small = MapArea.objects.filter(
        reduce(or_, (Q(map=made, number=area, large=False) for made, _, area in set(found)))
    )
    around = [Q(map=one.map_id, number=one.within, large=True) for one in small]
    MapArea.objects.filter(reduce(or_, around)).update(terms=[])
    small.update(terms=[])
    transaction.on_commit(partial(map_sheets.remove, files), robust=True)
