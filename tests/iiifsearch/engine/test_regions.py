"""A detail, and where else it is."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest

from catalog.geometry import Rect
from catalog.models import Canvas, State
from catalog.withdrawal import withdraw
from iiifsearch.engine.regions import Details, NoRegions, by_detail, by_detail_of
from tests.iiifsearch.conftest import Library
from tests.iiifsearch.rich import Array, hang, painted

#: Of a canvas of 800 by 600 units: 60 % of its sides.
REGION = Rect(160, 120, 480, 360)


@pytest.fixture
def library(rich_pictures: None, library: Library) -> Library:
    return library


def collage() -> Array:
    """Another painting, with that part of the first in its lower right corner."""
    made = painted(20)
    part = painted(1)[72:288, 96:384]
    made[170:350, 220:460] = cv2.resize(part, (240, 180), interpolation=cv2.INTER_AREA)
    return made


def ids(details: Details) -> list[int]:
    return [detail.canvas_id for detail in details.found]


def test_the_same_detail_is_found_in_its_place(library: Library) -> None:
    other = hang(library, "collage", collage())
    details = by_detail_of(library.canvas("boats"), REGION)
    first = details.found[0]
    assert first.canvas_id == other.pk and first.probability > 0.9
    assert first.place == pytest.approx((220 / 480, 170 / 360, 0.5, 0.5), abs=0.02)
    assert library.canvas("boats").pk not in ids(details)
    assert all(detail.probability < 0.9 for detail in details.found[1:])


def test_of_a_picture(library: Library) -> None:
    part = np.ascontiguousarray(painted(2)[72:288, 96:384])
    first = by_detail(part).found[0]
    assert first.canvas_id == library.canvas("letter").pk
    assert first.place == pytest.approx((0.2, 0.2, 0.6, 0.6), abs=0.02)


def test_what_is_not_public_never_appears(library: Library) -> None:
    other = hang(library, "collage", collage())
    boats = library.canvas("boats")
    Canvas.objects.filter(pk=other.pk).update(state=State.DRAFT)
    assert other.pk not in ids(by_detail_of(boats, REGION))
    Canvas.objects.filter(pk=other.pk).update(state=State.PUBLISHED)
    assert other.pk in ids(by_detail_of(boats, REGION))
    withdraw(other.key, reason="by order of a court")
    assert other.pk not in ids(by_detail_of(boats, REGION))


def test_as_many_as_are_asked_for(library: Library) -> None:
    details = by_detail(painted(3), count=1)
    assert len(details.found) == 1
    found = by_detail(painted(3))
    assert (len(found.found) > 1) == any("best 1" in notice for notice in details.notices)


def test_without_an_encoder_of_regions_it_says_so(db: None, settings: Any) -> None:
    settings.IIIFSEARCH = {**settings.IIIFSEARCH, "region_encoder": ""}
    with pytest.raises(NoRegions, match="region_encoder"):
        by_detail(painted(1))
