"""Poolings on maps that can be worked out by hand, and the grid of R-MAC."""

import numpy as np
import pytest

from ml.regions import rmac_boxes, rmac_cells

torch = pytest.importorskip("torch")

from ml.encoders.pooling import CAM, MAC, RMAC, Average, GeM  # noqa: E402

# Two channels on a map of 2 x 2.
MAP = torch.tensor([[[[1.0, 2.0], [3.0, 4.0]], [[0.0, 0.0], [0.0, 2.0]]]])


def test_mac_and_average_by_hand():
    assert MAC()(MAP)[0].tolist() == [4, 2]
    assert Average()(MAP)[0].tolist() == [2.5, 0.5]


def test_gem_by_hand():
    # (1 + 8 + 27 + 64) / 4 = 25; 8 / 4 = 2
    assert GeM(3)(MAP)[0].tolist() == pytest.approx([25 ** (1 / 3), 2 ** (1 / 3)])
    assert GeM(1)(MAP)[0].tolist() == pytest.approx([2.5, 0.5], abs=1e-5)
    assert GeM(50)(MAP)[0].tolist() == pytest.approx([4, 2], rel=0.03)


def test_the_grid_of_a_square():
    # Sides floor(2 * 14 / 2), floor(28 / 3), floor(28 / 4); 1, 4 and 9 of them.
    cells = rmac_cells(14, 14, 3)
    assert [side for *_, side in cells] == [14] + [9] * 4 + [7] * 9
    assert cells[1:5] == ((0, 0, 9), (0, 5, 9), (5, 0, 9), (5, 5, 9))
    assert [left for top, left, side in cells[5:8]] == [0, 3, 7]


def test_the_longer_side_has_more_squares():
    # 4 x 6: with one more the two squares of side 4 overlap by half, with two by three quarters.
    assert rmac_cells(4, 6, 1) == ((0, 0, 4), (0, 2, 4))
    assert rmac_cells(6, 4, 1) == ((0, 0, 4), (2, 0, 4))
    # 10 x 40: with five more the overlap is 1 - 30 / 5 / 10 = .4.
    assert [left for _, left, _ in rmac_cells(10, 40, 1)] == [0, 6, 12, 18, 24, 30]


def test_levels_without_room_are_left_out():
    assert rmac_cells(1, 1, 3) == ((0, 0, 1),)


@pytest.mark.parametrize(("height", "width"), [(14, 14), (9, 31), (224, 160), (1, 7)])
def test_squares_lie_within_and_reach_the_edges(height, width):
    boxes = np.array(rmac_boxes(height, width, 3))
    ends = boxes[:, :2] + boxes[:, 2:]
    assert boxes.min() >= 0
    np.testing.assert_allclose(ends.max(axis=0), 1)
    assert ends.max() <= 1 + 1e-9
    np.testing.assert_allclose(boxes[:, 2] * height, boxes[:, 3] * width)


def test_rmac_by_hand():
    # Level 1: the whole, (4, 2) / sqrt(20). Level 2: side floor(4 / 3) = 1, the four cells:
    # (1, 0), (1, 0), (1, 0), (4, 2) / sqrt(20). Level 3: side 1 again, starting at 0, 0 and 1 both
    # ways: of the nine squares one is the last cell.
    norm = 20**0.5
    assert RMAC(3)(MAP)[0].tolist() == pytest.approx([3 + 8 + 3 * 4 / norm, 3 * 2 / norm])
    assert RMAC(1)(MAP)[0].tolist() == pytest.approx([4 / norm, 2 / norm])


def test_rmac_whitens_every_region():
    def swap(vectors):
        return vectors.flip(1) * 7

    swapped = RMAC(2, whiten=swap)(MAP)[0]
    assert swapped.tolist() == pytest.approx(RMAC(2)(MAP)[0].flip(0).tolist())


def test_cam_by_hand():
    # Class 0 is the second channel, class 1 is the first less 2; means are 2.5 and 0.5, so that
    # class 1 is the likelier (10 against 0.5) and is alone counted.
    weight = torch.tensor([[0.0, 1.0], [1.0, 0.0]])
    bias = torch.tensor([0.0, 7.5])
    # Seen by channel one: 1/4, 2/4, 3/4, 1. Channel one: (1 + 4 + 9 + 16) / 4 = 7.5; two: 2.
    # Active shares are 1 and 1/4: the weights of the channels are log(5/4) and log 5.
    vector = np.array([7.5 * np.log(1.25), 2 * np.log(5)])
    got = CAM(weight, bias, classes=1)(MAP)[0]
    np.testing.assert_allclose(got, vector / np.linalg.norm(vector), rtol=1e-4)
    # Class 0 sees the last cell only: (4 log(5/4), 2 log 5), of norm 1 before it is added.
    other = np.array([4 * np.log(1.25), 2 * np.log(5)])
    both = vector / np.linalg.norm(vector) + other / np.linalg.norm(other)
    np.testing.assert_allclose(CAM(weight, bias, classes=2)(MAP)[0], both, rtol=1e-4)


def test_cam_of_a_class_that_is_seen_nowhere_is_the_mean():
    against = CAM(-torch.eye(2), torch.zeros(2), classes=1)(MAP)[0]
    assert torch.isfinite(against).all()
    assert against.norm() > 0.99
