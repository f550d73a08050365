"""Outlines of hits lie where the comments' parts are seen, however the canvas is shown."""

from __future__ import annotations

import pytest

from tests.browser import needs_chromium
from tests.viewers.conftest import Look
from tests.viewers.exhibition import PAGES, PAINTINGS, WORD, Painting
from tests.viewers.support import shows
from tests.viewers.viewer import Viewer

pytestmark = [*needs_chromium, pytest.mark.django_db]

#: CSS pixels: JPEG blurs the edge of a patch, and viewers round.
TOLERANCE = 3.0

#: What viewers ask for to make small pictures of, whatever sizes a service has.
SMALL = r"/p/(full/90,|[\d,]+/!\d+,\d+)/0/default\.jpg$"

HARBOUR, STAIR, CELLAR = PAINTINGS


def assert_outlined(viewer: Viewer, painting: Painting) -> None:
    """Each hit on it is outlined where its patch of colour is."""
    for part in painting.parts:
        viewer.choose(part.said)
        assert_in_place(viewer, part.said, part.colour)


def assert_in_place(viewer: Viewer, said: str, colour: tuple[int, int, int]) -> None:
    seen = viewer.patch(colour).within(viewer.canvas())
    outline = viewer.outline(said).within(viewer.canvas())
    assert outline.off(seen) <= TOLERANCE, f"{said!r}: outlined at {outline}, seen at {seen}"


@shows("place")
def test_in_place(look: Look, kind: type[Viewer]) -> None:
    with look(kind) as viewer:
        viewer.search(WORD)
        assert_outlined(viewer, HARBOUR)


@shows("level 0")
def test_in_place_over_static_tiles(look: Look, kind: type[Viewer]) -> None:
    with look(kind, "level_0", may_fail=SMALL) as viewer:
        viewer.search(WORD)
        assert_outlined(viewer, STAIR)


@shows("level 0 sizes")
def test_only_sizes_that_are_there_are_asked_for(look: Look, kind: type[Viewer]) -> None:
    """Here no request may fail."""
    with look(kind, "level_0") as viewer:
        viewer.search(WORD)
        viewer.settle()


@shows("turned")
def test_in_place_on_a_turned_canvas(look: Look, kind: type[Viewer]) -> None:
    part = HARBOUR.parts[0]
    with look(kind) as viewer:
        viewer.search(WORD)
        viewer.choose(part.said)
        upright = viewer.patch(part.colour)
        viewer.turn()
        assert viewer.patch(part.colour) != upright
        assert_in_place(viewer, part.said, part.colour)


@shows("units")
def test_in_place_where_units_are_not_pixels(look: Look, kind: type[Viewer]) -> None:
    part = CELLAR.parts[0]
    with look(kind) as viewer:
        viewer.search("barrels")
        viewer.choose(part.said)
        assert_in_place(viewer, part.said, part.colour)


@shows("book")
def test_in_place_on_two_pages(look: Look, kind: type[Viewer]) -> None:
    with look(kind, "book", view="book") as viewer:
        viewer.search(WORD)
        assert_outlined(viewer, PAGES[1])
        assert_outlined(viewer, PAGES[2])


@shows("uneven book")
def test_in_place_on_two_canvases_of_different_heights(look: Look, kind: type[Viewer]) -> None:
    with look(kind, "level_2", view="book") as viewer:
        viewer.search(WORD)
        assert_outlined(viewer, STAIR)
