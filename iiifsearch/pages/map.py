"""What the pages of the map show: the areas of the library, with examples, and all that is in one;
and what a script draws the map of."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

from django.core.paginator import Page
from django.urls import reverse
from django.utils.translation import gettext

from catalog.iiif.html import plain_text
from iiifsearch.conf import options
from iiifsearch.engine import map as engine
from iiifsearch.engine.map import Area
from iiifsearch.index.map_sheets import ACROSS, SIDE
from iiifsearch.models import LibraryMap
from iiifsearch.pages.cards import Card, card
from iiifsearch.pages.paging import Paged
from iiifsearch.pages.results import page_of
from iiifsearch.pages.wording import area_name
from iiifsearch.records import records

#: Paintings that stand for a large area.
EXAMPLES = 6
#: Of the terms of an area, those that stand on the map itself.
_TERMS_ON_MAP = 2
#: Stands for a key in the addresses that the script makes.
KEY = "KEY"


class UnknownArea(LookupError):
    """The map has no such area, or no map was made."""

    def __init__(self, number: int) -> None:
        told = gettext(
            "The map has no area %(number)s: since the link was made the map may have changed."
        )
        super().__init__(told % {"number": number})


@dataclass(frozen=True)
class AreaEntry:
    """A small area in a list."""

    name: str
    url: str
    paintings: int


@dataclass(frozen=True)
class LargeArea:
    """``id``: of its place on the page."""

    id: str
    name: str
    paintings: int
    cards: list[Card]
    small: list[AreaEntry]


@dataclass(frozen=True)
class MapPage:
    """``made``: None where no map was made yet."""

    made: LibraryMap | None

    @cached_property
    def areas(self) -> list[LargeArea]:
        if self.made is None:
            return []
        examples = engine.examples(self.made, EXAMPLES)
        shown = records([canvas_id for ids in examples.values() for canvas_id in ids])
        listed = engine.areas(self.made)
        return [
            LargeArea(
                id=f"area-{area.number}",
                name=area_name(area.terms),
                paintings=area.canvases,
                cards=[card(shown[pk]) for pk in examples.get(area.number, ()) if pk in shown],
                small=[_entry(one) for one in listed if one.within == area.number],
            )
            for area in listed
            if area.within is None
        ]

    @property
    def paintings(self) -> int:
        return sum(area.paintings for area in self.areas)

    @property
    def sampled_from(self) -> int:
        """How many paintings those on the map were drawn from by chance; 0 where all are on it."""
        return self.made.of if self.made and self.made.of > options.most_on_map else 0

    @property
    def version(self) -> str:
        return engine.version(self.made) if self.made else ""


@dataclass(frozen=True)
class AreaPage(Paged):
    """``number``: of the page, as it was asked for."""

    made: LibraryMap
    area: Area
    number: str

    @property
    def name(self) -> str:
        return area_name(self.area.terms)

    @cached_property
    def found(self) -> list[int]:
        """Ids of the canvases on all pages."""
        return engine.in_area(self.made, self.area)

    @cached_property
    def page(self) -> Page[int]:
        return page_of(self.found, self.number)

    @cached_property
    def cards(self) -> list[Card]:
        shown = records(self.page)
        return [card(shown[pk]) for pk in self.page if pk in shown]

    @property
    def address(self) -> str:
        return reverse("map-area", args=[self.area.number])


def area_page(number: int, page: str) -> AreaPage:
    """Of a small area. Raises UnknownArea."""
    made = engine.current()
    areas = engine.areas(made) if made is not None else []
    found = next((a for a in areas if a.within is not None and a.number == number), None)
    if made is None or found is None:
        raise UnknownArea(number)
    return AreaPage(made, found, page)


def _entry(area: Area) -> AreaEntry:
    return AreaEntry(area_name(area.terms), reverse("map-area", args=[area.number]), area.canvases)


# -- for the script ----------------------------------------------------------------------------


@lru_cache(maxsize=2)
def drawing(made: LibraryMap, version: str) -> dict[str, Any]:
    """All that is drawn, as short as JSON can be: of the paintings of a sheet a list for each of
    their fields. ``version``: what `engine.version` says now."""
    files = engine.sheets(made)
    sheets: dict[int, dict[str, Any]] = {}
    for place in engine.places(made):
        sheet = sheets.setdefault(place.sheet, _sheet(place.sheet, files.get(place.sheet, "")))
        for field in _FIELDS:
            sheet[field].append(getattr(place, field))
    return {
        "side": made.side,
        "thumbnail": {"side": SIDE, "across": ACROSS},
        "addresses": {
            "painting": reverse("painting", args=[KEY]),
            "picture": reverse("thumbnail", args=[KEY]),
        },
        "areas": [
            {
                "name": area_name(area.terms[:_TERMS_ON_MAP]),
                "large": area.within is None,
                "column": area.column,
                "row": area.row,
                "paintings": area.canvases,
            }
            for area in engine.areas(made)
            if area.terms
        ],
        "sheets": list(sheets.values()),
    }


_FIELDS = ("spot", "column", "row", "width", "height", "colour")


def _sheet(number: int, sha256: str) -> dict[str, Any]:
    return {
        "image": reverse("map-sheet", args=[sha256]) if sha256 else None,
        "titles": reverse("map-titles", args=[number]),
        **{field: [] for field in _FIELDS},
    }


def titles(made: LibraryMap, sheet: int) -> dict[str, Any]:
    """Key, title and maker of the paintings of a sheet, by spot."""
    return {
        str(one.spot): [one.key, plain_text(one.title) or gettext("Untitled"), one.maker]
        for one in engine.titles(made, sheet)
    }
