"""What geometry says of a picture and the canvases whose points are kept."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from iiifsearch.engine.verify import Match, Probe, outline_of, stored_points, verify
from iiifsearch.models import LocalFeatures
from tests.iiifsearch.conftest import Library
from tests.iiifsearch.rich import Array, mirrored, painted

CORNERS = np.array([[0, 0], [1, 0], [1, 1], [0, 1]])


@pytest.fixture
def library(rich_pictures: None, library: Library) -> Library:
    return library


def by_name(library: Library, probe: Probe, *, mirror: bool = False) -> dict[str, Match]:
    ids = {library.canvas(name).pk: name for name in library.urls if name != "c"}
    points = probe.mirrored if mirror else probe.points
    small = probe.thumbnail[:, ::-1] if mirror else probe.thumbnail
    found = verify(points, list(ids), mirrored=mirror, thumbnail=small)
    assert [match.canvas_id for match in found] == list(ids)
    return {ids[match.canvas_id]: match for match in found}


def test_the_same_picture_and_only_that(library: Library) -> None:
    found = by_name(library, Probe(painted(1)))
    assert found["boats"].probability > 0.999 and found["boats"].inliers > 50
    assert np.abs(np.array(found["boats"].outline) - CORNERS).max() < 0.01
    assert all(match.probability < 0.1 for name, match in found.items() if name != "boats")


def test_a_crop_has_its_place_on_the_canvas(library: Library) -> None:
    crop = np.ascontiguousarray(painted(2)[90:270, 120:360])  # a quarter to three quarters
    match = by_name(library, Probe(crop))["letter"]
    assert match.place is not None and match.homography is not None
    assert match.place == pytest.approx((0.25, 0.25, 0.5, 0.5), abs=0.01)
    # The whole canvas lies around the crop: beyond its edges.
    assert np.abs(np.array(match.outline) - (CORNERS * 2 - 0.5)).max() < 0.03
    assert np.abs(np.array(outline_of(match.homography)) - match.outline).max() < 1e-4


def test_a_mirrored_picture_is_told(library: Library) -> None:
    probe = Probe(mirrored(painted(3))[:, 96:])  # and a fifth cut off on its left
    assert by_name(library, probe)["jardin"].probability < 0.5
    match = by_name(library, probe, mirror=True)["jardin"]
    assert match.mirrored and match.probability > 0.999 and match.homography is not None
    # The canvas's top left is the picture's top right; its right edge was cut off.
    assert match.outline is not None
    assert match.outline[0] == pytest.approx((1, 0), abs=0.02)
    assert match.outline[1] == pytest.approx((-0.25, 0), abs=0.02)
    assert np.abs(np.array(outline_of(match.homography)) - match.outline).max() < 1e-4


def test_what_is_too_blurred_is_told_as_a_whole(library: Library) -> None:
    blurred = np.asarray(cv2.GaussianBlur(painted(4), (0, 0), 5), np.uint8)
    for mirror, left in ((False, 0), (True, 1)):
        probe = Probe(mirrored(blurred) if mirror else blurred)
        match = by_name(library, probe, mirror=mirror)["tsuki"]
        assert match.probability > 0.999 and match.mirrored is mirror
        assert match.outline is not None
        assert match.outline[0] == pytest.approx((left, 0), abs=0.05)


def test_only_the_most_promising_are_looked_at_closely(library: Library) -> None:
    ids = {library.canvas(name).pk: name for name in library.urls if name != "c"}
    for number, name in ((1, "boats"), (2, "letter"), (3, "jardin")):
        probe = Probe(painted(number))
        found = verify(probe.points, list(ids), most=1)
        assert [match.canvas_id for match in found] == list(ids)
        assert {ids[match.canvas_id]: match.inliers > 50 for match in found if match.inliers} == {
            name: True
        }


def test_thumbnails_of_all_are_compared(library: Library) -> None:
    one, other = library.canvas("boats").pk, library.canvas("letter").pk
    probe = Probe(painted(1))
    found = verify(probe.points.strongest(0), [other, one], thumbnail=probe.thumbnail, most=1)
    assert [match.probability > 0.999 for match in found] == [False, True]


def test_shared_print_is_not_the_same_picture(library: Library) -> None:
    """Another picture with a strip of the same picture along its foot, as a printed label is."""
    labelled = painted(7)
    labelled[290:] = painted(1)[290:]
    probe, boats = Probe(labelled), [library.canvas("boats").pk]
    (match,) = verify(probe.points, boats)
    assert match.inliers > 9 and match.accepted and match.agreement is None
    (match,) = verify(probe.points, boats, grey=probe.grey)
    assert match.inliers > 9 and match.agreement is not None and match.agreement < 0.5
    assert not match.accepted and match.probability == pytest.approx(0.05)


def test_text_over_a_picture_leaves_it_the_same(library: Library) -> None:
    for mirror in (False, True):
        covered = painted(1)
        covered[100:200, 20:400] = 255
        probe = Probe(mirrored(covered) if mirror else covered)
        points = probe.mirrored if mirror else probe.points
        (match,) = verify(points, [library.canvas("boats").pk], mirrored=mirror, grey=probe.grey)
        assert match.accepted and match.agreement is not None and match.agreement > 0.8


def flat() -> Array:
    return np.full((300, 400, 3), 90, np.uint8)


def test_a_picture_without_points_is_nothing(library: Library) -> None:
    for match in by_name(library, Probe(flat())).values():
        assert (match.inliers, match.outline, match.place) == (0, None, None)
        assert match.probability < 0.5


def test_what_has_no_points_kept_is_left_out(library: Library) -> None:
    one, other = library.canvas("boats").pk, library.canvas("letter").pk
    LocalFeatures.objects.filter(canvas=one).delete()
    assert stored_points([one, other]).keys() == {other}
    found = verify(Probe(painted(1)).points, [one, other, 10**9])
    assert [match.canvas_id for match in found] == [other]
    assert verify(Probe(painted(1)).points, []) == []
