"""The graph of paintings and their attributes, walks in it, and who ends near whom."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from ml.training import node2vec

SMALL = [("portrait", "Dutch"), ("portrait", ""), ("", ""), ("Dutch", "")]


def test_the_graph():
    made = node2vec.graph(SMALL)
    # Portrait, Dutch as a school, Dutch as a type.
    assert len(made) == 4 + 3
    assert made.degrees.tolist() == [2, 1, 0, 1, 2, 1, 1]
    assert made.neighbours[made.starts[4] : made.starts[5]].tolist() == [0, 1]


def test_walks_go_along_edges_and_start_everywhere():
    made = node2vec.graph(SMALL)
    found = node2vec.walks(made, 3, 6, 1.0, 1.0, np.random.default_rng(0))
    assert found.shape == (6 * 3, 6)
    assert np.bincount(found[:, 0]).tolist() == [3, 3, 0, 3, 3, 3, 3]
    edges = {
        (node, int(other))
        for node in range(len(made))
        for other in made.neighbours[made.starts[node] : made.starts[node + 1]]
    }
    assert {(int(a), int(b)) for walk in found for a, b in pairwise(walk)} <= (edges)


def test_how_often_a_walk_turns_back():
    star = node2vec.graph([("a",)] * 5)  # five paintings around a value

    def back(p: float, q: float) -> float:
        found = node2vec.walks(star, 2000, 3, p, q, np.random.default_rng(0))
        from_leaf = found[found[:, 0] < 5]
        return float((from_leaf[:, 0] == from_leaf[:, 2]).mean())

    assert abs(back(1, 1) - 1 / 5) < 0.02
    assert abs(back(0.25, 1) - 4 / (4 + 4)) < 0.02
    assert abs(back(1, 0.25) - 1 / (1 + 16)) < 0.02


def test_paintings_of_one_attribute_end_nearer():
    paintings = [(f"type {n % 2}", f"author {n % 4}") for n in range(24)]
    found = node2vec.vectors(paintings, 0, dim=16)
    rows = found / np.linalg.norm(found, axis=1, keepdims=True)
    cosines = rows @ rows.T
    types, authors = np.arange(24) % 2, np.arange(24) % 4
    same_author = authors[:, None] == authors
    same_type = (types[:, None] == types) & ~same_author
    other = types[:, None] != types
    np.fill_diagonal(same_author, False)
    assert cosines[same_author].mean() > cosines[same_type].mean() > cosines[other].mean()
    assert cosines[same_author].min() > cosines[other].max()


def test_the_same_seed_gives_the_same_and_nothing_known_gives_zeros():
    first, again = (node2vec.vectors(SMALL, 3, dim=8) for _ in range(2))
    np.testing.assert_array_equal(first, again)
    assert not first[2].any() and first[[0, 1, 3]].any(axis=1).all()
    assert not np.array_equal(first, node2vec.vectors(SMALL, 4, dim=8))
    assert not node2vec.vectors([("",), ("",)], 0).any()
