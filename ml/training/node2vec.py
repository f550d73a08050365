"""Where a painting is among others: vectors of a graph of paintings and their attributes' values.

Grover and Leskovec: node2vec (2016): random walks, and a skip-gram with negative sampling over them
(Mikolov et al. 2013).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional

DIM = 128
#: Pairs of one step, at most; a small graph has fewer of them, so that it has this many steps.
BATCH, STEPS = 4096, 400
#: Nodes drawn for each step, against which all of its pairs are held: a product of matrices, where
#: some for each pair would be gathered one by one.
SHARED = 64


@dataclass(frozen=True)
class Graph:
    """Neighbours of node n: ``neighbours[starts[n]:starts[n + 1]]``, int64; each edge both ways.
    Paintings come first, in their order."""

    starts: NDArray[np.int64]
    neighbours: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.starts) - 1

    @property
    def degrees(self) -> NDArray[np.int64]:
        """int64 (nodes,)."""
        return np.diff(self.starts)


def graph(paintings: Sequence[Sequence[str]]) -> Graph:
    """N paintings, each with its values, which are told apart by their place, too: an author named
    as a school is another node. Empty values are none."""
    values = dict.fromkeys(
        (place, value) for row in paintings for place, value in enumerate(row) if value
    )
    nodes = {value: len(paintings) + place for place, value in enumerate(values)}
    edges = [
        (painting, nodes[place, value])
        for painting, row in enumerate(paintings)
        for place, value in enumerate(row)
        if value
    ]
    ends = np.array(edges, np.int64).reshape(-1, 2)
    both = np.concatenate([ends, ends[:, ::-1]])
    both = both[both[:, 0].argsort(kind="stable")]
    degrees = np.bincount(both[:, 0], minlength=len(paintings) + len(nodes))
    return Graph(np.concatenate([[0], degrees.cumsum()]), both[:, 1])


def walks(
    graph: Graph, per_node: int, length: int, p: float, q: float, chance: np.random.Generator
) -> NDArray[np.int64]:
    """int64 (W, length): walks from every node that has a neighbour.

    p: the larger, the rarer a walk turns back; q: the larger, the rarer it goes on. What lies
    between, a neighbour of the node before, is not there: no painting is joined to a painting.
    """
    degrees = graph.degrees
    at = np.repeat(np.flatnonzero(degrees), per_node)
    found = np.empty((len(at), length), np.int64)
    found[:, 0] = at
    before = np.full(len(at), -1)
    for step in range(1, length):
        choices = degrees[at]
        following = _neighbour(graph, at, chance)
        back = (1 / p) / (1 / p + (choices - 1) / q)
        turns = (choices == 1) | (chance.random(len(at)) < back)
        if step > 1:
            # Who does not turn back takes any of the others, each as likely.
            while len(again := np.flatnonzero(~turns & (following == before))):
                following[again] = _neighbour(graph, at[again], chance)
            following = np.where(turns, before, following)
        before, at = at, following
        found[:, step] = at
    return found


def vectors(
    paintings: Sequence[Sequence[str]],
    seed: int,
    *,
    dim: int = DIM,
    per_node: int = 10,
    length: int = 20,
    window: int = 4,
    negatives: int = 5,
    p: float = 1.0,
    q: float = 1.0,
    learning_rate: float = 0.01,
) -> NDArray[np.float32]:
    """N paintings, each with the values of its attributes -> float32 (N, dim), centred, of mean
    variance 1; zeros for a painting without a value. The same seed gives the same."""
    joined = graph(paintings)
    chance = np.random.default_rng([seed, 2])
    walked = walks(joined, per_node, length, p, q, chance)
    if not len(walked):
        return np.zeros((len(paintings), dim), np.float32)
    centre, context = _pairs(walked, window)
    order = chance.permutation(len(centre))
    batch = min(BATCH, len(order) // STEPS + 1)
    # As word2vec draws them: by the frequency to the power of 3/4.
    often = np.bincount(walked.ravel(), minlength=len(joined)) ** 0.75
    drawn = np.cumsum(often / often.sum())
    inner = torch.from_numpy(chance.uniform(-0.5, 0.5, (len(joined), dim)).astype(np.float32) / dim)
    outer = torch.zeros(len(joined), dim)
    tables = [nn.Parameter(inner), nn.Parameter(outer)]
    optimiser = torch.optim.Adam(tables, lr=learning_rate)
    for start in range(0, len(order), batch):
        picks = order[start : start + batch]
        others = drawn.searchsorted(chance.random(SHARED))
        others = np.minimum(others, len(joined) - 1)
        loss = _skip_gram(
            functional.embedding(torch.from_numpy(centre[picks]), tables[0]),
            functional.embedding(torch.from_numpy(context[picks]), tables[1]),
            functional.embedding(torch.from_numpy(others), tables[1]),
            negatives,
        )
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    return _levelled(tables[0].detach().numpy()[: len(paintings)], joined.degrees[: len(paintings)])


def _neighbour(
    graph: Graph, at: NDArray[np.int64], chance: np.random.Generator
) -> NDArray[np.int64]:
    """Any one, each as likely."""
    return np.asarray(graph.neighbours[graph.starts[at] + chance.integers(graph.degrees[at])])


def _pairs(walked: NDArray[np.int64], window: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """What stands up to ``window`` steps apart in a walk, both ways."""
    near, far = [], []
    for apart in range(1, min(window, walked.shape[1] - 1) + 1):
        one, other = walked[:, :-apart].ravel(), walked[:, apart:].ravel()
        near += [one, other]
        far += [other, one]
    return np.concatenate(near), np.concatenate(far)


def _skip_gram(
    centre: torch.Tensor, context: torch.Tensor, others: torch.Tensor, negatives: int
) -> torch.Tensor:
    """(n, dim), (n, dim), (SHARED, dim) -> the mean loss; others weigh as ``negatives`` of them."""
    right = functional.logsigmoid((centre * context).sum(1))
    wrong = functional.logsigmoid(-centre @ others.T).mean(1)
    return -(right + negatives * wrong).mean()


def _levelled(found: NDArray[np.float32], degrees: NDArray[np.int64]) -> NDArray[np.float32]:
    """Of a scale that a smooth L1 loss can be weighed by."""
    joined = degrees > 0
    centred = found - found[joined].mean(axis=0)
    spread = float(centred[joined].std())
    return np.asarray(np.where(joined[:, None], centred / max(spread, 1e-12), 0), np.float32)
