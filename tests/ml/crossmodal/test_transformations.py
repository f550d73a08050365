"""Two branches into one space."""

from __future__ import annotations

import numpy as np
import torch
from torch import nn

from ml.crossmodal.cca import Cca, Projection
from ml.crossmodal.texts import Rows
from ml.crossmodal.transformations import AT_ONCE, Matcher


def test_linear_then_tanh_then_norm():
    matcher = Matcher(nn.Identity(), 2, 2, 2, squash=True)
    with torch.no_grad():
        matcher.of_text.weight.copy_(torch.tensor([[1.0, 0.0], [0.0, 1.0]]))
        matcher.of_text.bias.copy_(torch.tensor([0.0, 0.5]))
    found = matcher.texts(Rows(np.array([[1.0, 2.0]], np.float32)))
    hand = np.tanh([1.0, 2.5])
    np.testing.assert_allclose(found, [hand / np.linalg.norm(hand)], rtol=1e-6)


def test_many_and_of_norm_one():
    torch.manual_seed(0)
    matcher = Matcher(nn.Identity(), 3, 4, 5, squash=True)
    vectors = np.random.default_rng(0).normal(size=(2 * AT_ONCE + 3, 4)).astype(np.float32)
    found = matcher.pictures(vectors)
    assert found.shape == (len(vectors), 5) and found.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, rtol=1e-5)
    np.testing.assert_allclose(found[-2:], matcher.pictures(vectors[-2:]), rtol=1e-5)


def test_projections_that_were_found_narrower():
    matcher = Matcher(nn.Identity(), 2, 1, 3, squash=False)
    left = Projection(np.array([[0.0], [2.0]], np.float32), np.array([-1.0], np.float32))
    right = Projection(np.array([[1.0]], np.float32), np.array([0.0], np.float32))
    matcher.correlate(Cca(left, right, np.array([1.0])))
    found = matcher.texts(Rows(np.array([[9.0, 1.0], [9.0, 0.0]], np.float32)))
    assert found.tolist() == [[1, 0, 0], [-1, 0, 0]]
    assert matcher.pictures(np.array([[-3.0]], np.float32)).tolist() == [[-1, 0, 0]]
