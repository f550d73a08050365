"""The map of the library as it may be shown: places, areas and sheets of what is public now.

Publication is looked up whenever something is shown, never when the map was made; so what was taken
back or withdrawn is gone at once, and with it every sheet that shows it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection

from iiifsearch.engine.scope import Scope
from iiifsearch.models import LibraryMap


@dataclass(frozen=True)
class Place:
    """``column`` and ``row``: its cell. ``sheet``, ``spot``: where its thumbnail is, ``width`` x
    ``height`` pixels with the mean ``colour``, 0xRRGGBB; None where there is none."""

    sheet: int
    spot: int
    column: int
    row: int
    width: int | None
    height: int | None
    colour: int | None


@dataclass(frozen=True)
class Area:
    """``canvases``: public ones in it. ``within``: the number of the large area of a small one,
    None of a large one. ``column``, ``row``: its middle. ``terms``: what is typical of it."""

    number: int
    within: int | None
    column: float
    row: float
    terms: tuple[str, ...]
    canvases: int


@dataclass(frozen=True)
class Titled:
    """What is told of a canvas when it is pointed at."""

    spot: int
    key: str
    title: str
    maker: str


def current() -> LibraryMap | None:
    """The map that is shown; None where none was made yet."""
    return LibraryMap.objects.exclude(made_at=None).order_by("-pk").first()


def version(made: LibraryMap) -> str:
    """Another one as soon as anything that is shown of the map is another: cheap to ask for."""
    public, params = Scope().sql("p.canvas_id")
    told = _rows(
        "SELECT places.*, hidden.*, sheets.*, areas.* FROM "
        "(SELECT count(*) FROM iiifsearch_mapplace WHERE map_id = %s) AS places, "
        "(SELECT string_agg(p.canvas_id::text, ',' ORDER BY p.canvas_id) "
        f"FROM iiifsearch_mapplace p WHERE p.map_id = %s AND NOT {public}) AS hidden, "
        "(SELECT string_agg(sha256, ',' ORDER BY number) FROM iiifsearch_mapsheet "
        "WHERE map_id = %s) AS sheets, "
        "(SELECT string_agg(terms::text, ',' ORDER BY id) FROM iiifsearch_maparea "
        "WHERE map_id = %s) AS areas",
        [made.pk, made.pk, *params, made.pk, made.pk],
    )
    return hashlib.sha256(f"{made.pk} {made.made_at} {told}".encode()).hexdigest()[:32]


def places(made: LibraryMap) -> list[Place]:
    """All that are public, by sheet and spot."""
    public, params = Scope().ids_sql()
    return [
        Place(*row)
        for row in _rows(
            'SELECT sheet, spot, "column", "row", width, height, colour FROM iiifsearch_mapplace '
            f"WHERE map_id = %s AND canvas_id IN ({public}) ORDER BY sheet, spot",
            [made.pk, *params],
        )
    ]


def areas(made: LibraryMap) -> list[Area]:
    """The areas that hold something public: first the large ones, those with the most first."""
    public, params = Scope().ids_sql()
    return [
        Area(number, within, column, row, tuple(terms), canvases)
        for number, within, column, row, terms, canvases in _rows(
            "WITH held AS MATERIALIZED (SELECT a.id, count(*) AS canvases "
            "FROM iiifsearch_mapplace p JOIN iiifsearch_maparea s "
            "ON s.map_id = p.map_id AND NOT s.large AND s.number = p.area "
            "JOIN iiifsearch_maparea a ON a.map_id = p.map_id "
            "AND (a.id = s.id OR a.large AND a.number = s.within) "
            f"WHERE p.map_id = %s AND p.canvas_id IN ({public}) GROUP BY a.id) "
            'SELECT a.number, a.within, a."column", a."row", '
            "ARRAY(SELECT jsonb_array_elements_text(a.terms)), held.canvases "
            "FROM held JOIN iiifsearch_maparea a ON a.id = held.id "
            "ORDER BY a.large DESC, held.canvases DESC, a.number",
            [made.pk, *params],
        )
    ]


def in_area(made: LibraryMap, area: Area) -> list[int]:
    """Ids of the public canvases of a small area, those in its middle first."""
    public, params = Scope().ids_sql()
    return [
        canvas_id
        for (canvas_id,) in _rows(
            "SELECT canvas_id FROM iiifsearch_mapplace WHERE map_id = %s AND area = %s "
            f"AND canvas_id IN ({public}) "
            'ORDER BY ("column" - %s) ^ 2 + ("row" - %s) ^ 2, canvas_id',
            [made.pk, area.number, *params, area.column, area.row],
        )
    ]


def examples(made: LibraryMap, count: int) -> dict[int, list[int]]:
    """By large area, ``count`` public canvases with a thumbnail, those in its middle first."""
    public, params = Scope().ids_sql()
    found: dict[int, list[int]] = {}
    for number, canvas_id in _rows(
        "SELECT number, canvas_id FROM (SELECT a.number, p.canvas_id, row_number() OVER "
        '(PARTITION BY a.number ORDER BY (p."column" - a."column") ^ 2 + (p."row" - a."row") ^ 2, '
        "p.canvas_id) AS place FROM iiifsearch_mapplace p JOIN iiifsearch_maparea s "
        "ON s.map_id = p.map_id AND NOT s.large AND s.number = p.area "
        "JOIN iiifsearch_maparea a ON a.map_id = p.map_id AND a.large AND a.number = s.within "
        f"WHERE p.map_id = %s AND p.colour IS NOT NULL AND p.canvas_id IN ({public})) AS ranked "
        "WHERE place <= %s ORDER BY number, place",
        [made.pk, *params, count],
    ):
        found.setdefault(number, []).append(canvas_id)
    return found


def titles(made: LibraryMap, sheet: int) -> list[Titled]:
    """What is told of the public canvases of a sheet."""
    public, params = Scope().sql("p.canvas_id")
    return [
        Titled(*row)
        for row in _rows(
            "SELECT p.spot, c.key, c.title, c.maker FROM iiifsearch_mapplace p "
            "JOIN catalog_canvas c ON c.id = p.canvas_id "
            f"WHERE p.map_id = %s AND p.sheet = %s AND {public} ORDER BY p.spot",
            [made.pk, sheet, *params],
        )
    ]


def sheets(made: LibraryMap, sha256: str | None = None) -> dict[int, str]:
    """The files of the sheets, by number, that show nothing but what is public; only ``sha256``
    where it is given."""
    public, params = Scope().sql("p.canvas_id")
    return dict(
        _rows(
            "SELECT s.number, s.sha256 FROM iiifsearch_mapsheet s WHERE s.map_id = %s "
            "AND s.sha256 <> '' AND (%s::text IS NULL OR s.sha256 = %s) "
            "AND s.number NOT IN (SELECT p.sheet FROM iiifsearch_mapplace p WHERE p.map_id = %s "
            f"AND p.colour IS NOT NULL AND NOT {public})",
            [made.pk, sha256, sha256, made.pk, *params],
        )
    )


def stale(made: LibraryMap) -> bool:
    """Whether a sheet of the map is missing, or not shown for what stands on it."""
    (expected,) = _rows(
        "SELECT count(DISTINCT sheet) FROM iiifsearch_mapplace WHERE map_id = %s", [made.pk]
    )[0]
    there = made.sheets.filter(sha256="").count() + len(sheets(made))
    return bool(there < expected)


def _rows(statement: str, params: Sequence[Any]) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        return cursor.fetchall()
