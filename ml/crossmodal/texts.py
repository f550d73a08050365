"""Four ways of reading a comment and its title: what goes into a text branch, and the networks
that read it (Garcia and Vogiatzis 2018, section 5.2; the sentence encoder is newer).

Comment and title are encoded each by itself and put side by side.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, hstack, issparse
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_sequence

from ml import registry, runtime
from ml.crossmodal.sentences import sentences
from ml.crossmodal.vocabulary import Vocabulary

Batch = tuple[torch.Tensor, ...]


class Texts(Protocol):
    """Texts that were read; what a network takes of them, batch by batch."""

    def __len__(self) -> int: ...

    def batch(self, picks: NDArray[np.intp], device: torch.device) -> Batch:
        """Those of the places ``picks``, as the network's forward takes them."""
        ...


class Rows:
    """A vector for each text: float32 (N, D), an array or a sparse matrix."""

    def __init__(self, rows: NDArray[np.float32] | csr_matrix) -> None:
        self.rows = rows

    def __len__(self) -> int:
        return int(self.rows.shape[0])

    def batch(self, picks: NDArray[np.intp], device: torch.device) -> Batch:
        """One float32 (n, D)."""
        chosen: Any = self.rows[picks]
        dense = chosen.toarray() if issparse(chosen) else chosen
        return (torch.from_numpy(dense).to(device),)


class Sequences:
    """For each part of the texts N int64 (T,): places of words, from 1."""

    def __init__(self, parts: Sequence[list[NDArray[np.int64]]]) -> None:
        self.parts = [[torch.from_numpy(one) for one in part] for part in parts]

    def __len__(self) -> int:
        return len(self.parts[0])

    def batch(self, picks: NDArray[np.intp], device: torch.device) -> Batch:
        """For each part int64 (n, T), padded with 0, and the lengths, int64 (n,), which packing
        wants in main memory."""
        made: list[torch.Tensor] = []
        for part in self.parts:
            chosen = [part[pick] for pick in picks]
            padded = pad_sequence(chosen, batch_first=True)
            made += [padded.to(device), torch.tensor([len(one) for one in chosen])]
        return tuple(made)


class Reader(Protocol):
    """Reads comments and titles. ``widths``: of its parts, in dimensions or in words."""

    widths: tuple[int, ...]

    def read(self, comments: Sequence[str], titles: Sequence[str]) -> Texts:
        """N comments and N titles, which may be empty."""
        ...


class WordWeights:
    """TF-IDF of the comment beside TF-IDF of the title: for bow and mlp."""

    def __init__(self, vocabularies: Mapping[str, Vocabulary]) -> None:
        self.vocabularies = vocabularies
        self.widths = tuple(len(one) for one in vocabularies.values())

    def read(self, comments: Sequence[str], titles: Sequence[str]) -> Rows:
        given = {"comment": comments, "title": titles}
        parts = [one.tfidf(given[part]) for part, one in self.vocabularies.items()]
        return Rows(csr_matrix(hstack(parts, format="csr", dtype=np.float32)))


class WordSequences:
    """The words that are known, in their order: for rnn."""

    def __init__(self, vocabularies: Mapping[str, Vocabulary], longest: int) -> None:
        self.vocabularies, self.longest = vocabularies, longest
        self.widths = tuple(len(one) for one in vocabularies.values())

    def read(self, comments: Sequence[str], titles: Sequence[str]) -> Sequences:
        given = {"comment": comments, "title": titles}
        return Sequences(
            [one.tokens(given[part], self.longest) for part, one in self.vocabularies.items()]
        )


class SentenceVectors:
    """The mean of the vectors of a text's sentences, of L2 norm 1; zeros for an empty text. The
    encoder reads 256 tokens at most, and comments are longer."""

    encoder = "minilm"

    def __init__(self, with_title: bool, cache_dir: Path) -> None:
        self.with_title, self.cache_dir = with_title, cache_dir
        self.widths = (registry.get(self.encoder).dim,) * (2 if with_title else 1)

    def read(self, comments: Sequence[str], titles: Sequence[str]) -> Rows:
        parts = [comments, titles] if self.with_title else [comments]
        return Rows(np.concatenate([self._means(part) for part in parts], axis=1))

    def _means(self, texts: Sequence[str]) -> NDArray[np.float32]:
        split = [sentences(text) if text.strip() else [] for text in texts]
        places = {one: at for at, one in enumerate(dict.fromkeys(chain.from_iterable(split)))}
        encoder = runtime.load(self.encoder, cache_dir=self.cache_dir)
        vectors = encoder.encode(list(places))
        means = np.zeros((len(texts), encoder.spec.dim), np.float32)
        for row, parts in zip(means, split, strict=True):
            if parts:
                mean = vectors[[places[one] for one in parts]].mean(axis=0)
                row[:] = mean / max(float(np.linalg.norm(mean)), 1e-12)
        return means


class Rnn(nn.Module):
    """For each part an embedding of words and an LSTM, whose last states are put side by side;
    zeros for a part without a word (Hochreiter and Schmidhuber 1997)."""

    def __init__(self, widths: Sequence[int], embedding: int, hidden: int) -> None:
        super().__init__()
        self.hidden = hidden
        self.embeddings = nn.ModuleList(
            nn.Embedding(width + 1, embedding, padding_idx=0) for width in widths
        )
        self.layers = nn.ModuleList(nn.LSTM(embedding, hidden, batch_first=True) for _ in widths)

    def forward(self, *batch: torch.Tensor) -> torch.Tensor:
        """For each part int64 (n, T) and lengths, int64 (n,) -> float32 (n, parts * hidden)."""
        parts = zip(self.embeddings, self.layers, batch[::2], batch[1::2], strict=True)
        return torch.cat([self._last(*part) for part in parts], dim=1)

    def _last(
        self, embedding: nn.Module, lstm: nn.Module, tokens: torch.Tensor, lengths: torch.Tensor
    ) -> torch.Tensor:
        last = torch.zeros(len(tokens), self.hidden, device=tokens.device)
        read = lengths.nonzero()[:, 0]
        if not len(read):
            return last
        on_device = read.to(tokens.device)
        packed = pack_padded_sequence(
            embedding(tokens[on_device]), lengths[read], batch_first=True, enforce_sorted=False
        )
        _, (states, _) = lstm(packed)
        return last.index_copy(0, on_device, states[0])


def mlp(width: int, hidden: int, layers: int) -> nn.Sequential:
    """float32 (n, width) -> (n, hidden)."""
    made: list[nn.Module] = []
    for layer in range(layers):
        made += [nn.Linear(hidden if layer else width, hidden), nn.ReLU()]
    return nn.Sequential(*made)
