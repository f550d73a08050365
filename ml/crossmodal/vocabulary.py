"""Words that count, and texts as weights of them or as sequences of them."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from ml.errors import BadData

_WORD = re.compile(r"[^\W\d_]{2,}")


def words(text: str) -> list[str]:
    """Words of two letters or more, in lower case, in their order."""
    return _WORD.findall(text.lower())


@dataclass(frozen=True)
class Vocabulary:
    """``words``: by frequency. ``idf``: how rare each of them is among the texts it was learned
    from: ln((1 + texts) / (1 + texts that have it)) + 1."""

    words: tuple[str, ...]
    idf: tuple[float, ...]

    def __len__(self) -> int:
        return len(self.words)

    @cached_property
    def _places(self) -> dict[str, int]:
        return {word: place for place, word in enumerate(self.words)}

    def tfidf(self, texts: Sequence[str]) -> csr_matrix:
        """N texts -> sparse float32 (N, words): count times idf, rows of L2 norm 1, or of zeros
        where no word is known (Salton and Buckley 1988)."""
        values: list[float] = []
        columns: list[int] = []
        ends = [0]
        for text in texts:
            found = Counter(self._known(text))
            row = np.array([count * self.idf[place] for place, count in found.items()])
            values.extend(row / np.linalg.norm(row) if len(row) else row)
            columns.extend(found)
            ends.append(len(columns))
        shape = (len(texts), len(self))
        return csr_matrix((np.array(values, np.float32), columns, ends), shape=shape)

    def tokens(self, texts: Sequence[str], longest: int) -> list[NDArray[np.int64]]:
        """N texts -> N int64 (T,), T up to ``longest``: places of the words known, from 1."""
        return [
            np.array([place + 1 for place in self._known(text)[:longest]], np.int64)
            for text in texts
        ]

    def _known(self, text: str) -> list[int]:
        return [self._places[word] for word in words(text) if word in self._places]


def learn(texts: Sequence[str], most: int | None = None, more_than: int = 0) -> Vocabulary:
    """The ``most`` frequent words, None: all, that occur ``more_than`` so many times; without the
    English stop words of scikit-learn. Equally frequent ones by the alphabet.

    Raises BadData where no word is left.
    """
    from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS  # a second, to learn only

    occurs: Counter[str] = Counter()
    texts_with: Counter[str] = Counter()
    for text in texts:
        found = [word for word in words(text) if word not in ENGLISH_STOP_WORDS]
        occurs.update(found)
        texts_with.update(set(found))
    often = [word for word, count in occurs.items() if count > more_than]
    kept = sorted(often, key=lambda word: (-occurs[word], word))[:most]
    if not kept:
        raise BadData(
            f"no word occurs more than {more_than} times in {len(texts)} texts: "
            "lower min_count, or do without titles"
        )
    idf = np.log((1 + len(texts)) / (1 + np.array([texts_with[word] for word in kept]))) + 1
    return Vocabulary(tuple(kept), tuple(idf.tolist()))


def write(vocabularies: Mapping[str, Vocabulary], path: Path) -> None:
    """As JSON, by the part of the text that each is of."""
    parts = {part: {"words": one.words, "idf": one.idf} for part, one in vocabularies.items()}
    path.write_text(json.dumps(parts, ensure_ascii=False), encoding="utf-8")


def read(path: Path) -> dict[str, Vocabulary]:
    """What `write` wrote. Raises BadData."""
    try:
        parts = json.loads(path.read_text(encoding="utf-8"))
        return {
            part: Vocabulary(tuple(one["words"]), tuple(one["idf"])) for part, one in parts.items()
        }
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise BadData(f"{path} is no vocabulary: {error}") from error
