"""Texts and pictures brought into one space in closed form: what `art-joint` ships.

Two things are foretold from a picture: what a text about it would mean, as an encoder of sentences
has it, and which words would stand in it. The first knows that a cemetery is like a graveyard, the
second that a Friedrich is no Rembrandt; together they find far more than either. Both are linear in
the pooled maps of a network, learned by ridge regression (Hoerl and Kennard 1970) on their
principal axes; words are weighed by their rarity and brought to few dimensions by a singular value
decomposition (latent semantic analysis: Deerwester et al. 1990). There is no chance in it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]  # float32
Ids = Sequence[Sequence[int]]

#: A word that fewer texts have is none that could be learned.
RAREST = 3
#: One that more of them have tells nothing.
MOST_FREQUENT = 0.5


@dataclass(frozen=True)
class Joint:
    """All float32. A picture: ``pooled`` (D,), less ``pooled_mean`` (D,), by ``sense`` (D, S) and
    ``words`` (D, W) to its two halves. A text: its sentence vector of norm 1, less ``read_mean``
    (T,), by ``read`` (T, S), and the sum of ``piece_vectors`` (V, W) of those of its tokens that
    are among ``pieces``, int32 (V,). Each half is brought to norm 1, that of words then multiplied
    by ``weight`` (1,), on both sides: so cosines of the halves are added up.
    """

    pooled_mean: Array
    sense: Array
    words: Array
    read_mean: Array
    read: Array
    pieces: NDArray[np.int32]
    piece_vectors: Array
    weight: Array

    def of_pictures(self, pooled: Array) -> Array:
        """float32 (N, D) -> (N, S + W), not of norm 1."""
        centred = pooled - self.pooled_mean
        return self._halves(centred @ self.sense, centred @ self.words)

    def of_texts(self, sense: Array, tokens: Ids) -> Array:
        """float32 (N, T) of norm 1, and the tokens of N texts -> (N, S + W), not of norm 1."""
        place = {int(piece): row for row, piece in enumerate(self.pieces)}
        words = np.zeros((len(tokens), self.piece_vectors.shape[1]), np.float32)
        for row, ids in enumerate(tokens):
            known = [place[token] for token in ids if token in place]
            words[row] = self.piece_vectors[known].sum(axis=0)
        return self._halves((sense - self.read_mean) @ self.read, words)

    def _halves(self, sense: Array, words: Array) -> Array:
        return np.concatenate([unit(sense), self.weight * unit(words)], axis=1)


def unit(rows: Array) -> Array:
    """Rows of norm 1; one of nothing stays nothing."""
    return np.asarray(rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9))


@dataclass(frozen=True)
class Recipe:
    """How it is learned. ``axes``: principal axes of the pooled maps that are kept. ``sense``: S.
    ``words``: W. ``shrink``: how many times the mean variance is added to that of each axis before
    it is levelled by it. ``ridge``: likewise, in the regression."""

    axes: int
    sense: int
    words: int
    shrink: float
    ridge: float
    weight: float


def learn(
    pooled: Array, blocks: Sequence[int], sense: Array, tokens: Ids, vocabulary: int, recipe: Recipe
) -> Joint:
    """From N pictures with texts.

    pooled: float32 (N, D), of blocks of these widths, each of which counts as much as any other.
    sense: float32 (N, T), the mean sentence vectors of their texts. tokens: ids of their texts, all
    texts of a picture as one; below ``vocabulary``.
    """
    mean, axes = _axes(pooled, blocks, recipe)
    turned = (pooled - mean) @ axes
    pieces, rarity, documents = _documents(tokens, vocabulary)
    told = _principal(documents, recipe.words)
    stands = documents @ told
    means = _regression(turned, sense - sense.mean(axis=0), recipe.ridge)
    # Of what a text may mean, a picture tells only a part.
    read = _main_axes(turned @ means, recipe.sense)
    return Joint(
        pooled_mean=mean,
        sense=axes @ means @ read,
        words=axes @ _regression(turned, stands - stands.mean(axis=0), recipe.ridge),
        read_mean=sense.mean(axis=0),
        read=read,
        pieces=pieces,
        piece_vectors=np.asarray(rarity[:, None] * told, np.float32),
        weight=np.array([recipe.weight], np.float32),
    )


def _axes(pooled: Array, blocks: Sequence[int], recipe: Recipe) -> tuple[Array, Array]:
    """The mean, and principal axes of what is left, blocks and variances evened out."""
    mean = pooled.mean(axis=0)
    centred = pooled - mean
    ends = np.cumsum(blocks)[:-1]
    scale = np.concatenate(
        [
            np.full(part.shape[1], 1 / np.sqrt((part**2).sum(axis=1).mean()), np.float32)
            for part in np.split(centred, ends, axis=1)
        ]
    )
    centred = centred * scale
    axes = _main_axes(centred, recipe.axes)
    variances = ((centred @ axes) ** 2).mean(axis=0)
    levelled = axes / np.sqrt(variances + recipe.shrink * variances.mean())
    return mean, np.asarray(scale[:, None] * levelled, np.float32)


def _main_axes(rows: Array, count: int) -> Array:
    """The ``count`` directions, float32 (D, count), in which rows, (N, D), reach furthest."""
    found = np.linalg.eigh(rows.T @ rows)[1][:, ::-1][:, :count]
    # The sign of an eigenvector is arbitrary: fixed, so that the result can be compared.
    return np.asarray(found * np.sign(found[np.abs(found).argmax(axis=0), range(count)]))


def _regression(given: Array, wanted: Array, ridge: float) -> Array:
    """float32 (N, r), (N, k), both of mean 0 -> (r, k)."""
    gram = given.T @ given
    gram += ridge * np.trace(gram) / len(gram) * np.eye(len(gram), dtype=np.float32)
    return np.asarray(np.linalg.solve(gram, given.T @ wanted), np.float32)


def _documents(tokens: Ids, vocabulary: int) -> tuple[NDArray[np.int32], Array, Any]:
    """The pieces that count, int32 (V,), their rarity, (V,), and which text has which, (N, V), each
    weighed by its rarity, rows of norm 1."""
    from scipy.sparse import csr_matrix, diags

    ids = [sorted(set(some)) for some in tokens]
    ends = np.cumsum([0, *map(len, ids)])
    columns = np.fromiter((piece for some in ids for piece in some), np.int32, ends[-1])
    has = csr_matrix((np.ones(len(columns), np.float32), columns, ends), (len(ids), vocabulary))
    count = np.asarray(has.sum(axis=0)).ravel()
    pieces = np.flatnonzero((count >= RAREST) & (count <= MOST_FREQUENT * len(ids)))
    rarity = np.log(len(ids) / count[pieces]).astype(np.float32)
    weighed = has[:, pieces] @ diags(rarity)
    norms = np.sqrt(np.asarray(weighed.multiply(weighed).sum(axis=1))).ravel()
    return pieces.astype(np.int32), rarity, diags(1 / np.maximum(norms, 1e-9)) @ weighed


def _principal(documents: Any, dim: int) -> Array:
    """The ``dim`` right singular vectors, float32 (V, dim), the largest value first."""
    from scipy.sparse.linalg import svds

    _, values, rows = svds(documents.astype(np.float64), k=dim, v0=np.ones(min(documents.shape)))
    found = rows[np.argsort(-values)].T
    return np.asarray(found * np.sign(found[np.abs(found).argmax(axis=0), range(dim)]), np.float32)


def save(joint: Joint, path: Path) -> None:
    """Write a safetensors file; the large ones in float16, which halves it."""
    from safetensors.numpy import save_file

    halved = ("sense", "words", "read", "piece_vectors")
    tensors = {field.name: getattr(joint, field.name) for field in fields(Joint)}
    tensors |= {name: tensors[name].astype(np.float16) for name in halved}
    save_file({name: np.ascontiguousarray(tensor) for name, tensor in tensors.items()}, path)
    path.chmod(0o644)  # safetensors leaves it to its owner; who serves may be somebody else


def read(path: Path) -> Joint:
    """Read what `save` wrote."""
    from safetensors.numpy import load_file

    tensors = load_file(path)
    whole: dict[str, Any] = {
        name: tensor if name == "pieces" else tensor.astype(np.float32)
        for name, tensor in tensors.items()
    }
    return Joint(**whole)
