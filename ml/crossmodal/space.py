"""Two encoders of one space, for texts and for pictures, as one model."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import zip_longest
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ml import registry, runtime
from ml.crossmodal.sentences import sentences
from ml.errors import InvalidSpec
from ml.runtime import Encoder

Array = NDArray[np.float32]

#: A mean that is shorter points nowhere.
_CANCELLED = 1e-6


class Space:
    """A `ml.crossmodal.protocol.Model` of two encoders."""

    def __init__(
        self, pictures: Callable[[Any], Array], texts: Callable[[Sequence[str]], Array]
    ) -> None:
        """What makes float32 (N, dim), of norm 1, of N pictures, and of N texts."""
        self.pictures, self.texts = pictures, texts

    def scores(
        self, comments: Sequence[str], pictures: NDArray[np.float32], titles: Sequence[str] = ()
    ) -> NDArray[np.float32]:
        """Q comments, their titles read as a sentence before them, and pictures float32 (N, dim)
        -> their cosines, float32 (Q, N)."""
        texts = [
            f"{title}. {comment}" if title else comment
            for comment, title in zip_longest(comments, titles, fillvalue="")
        ]
        return np.asarray(self.texts(texts) @ pictures.T, np.float32)


def reader(encoder: Encoder) -> Callable[[Sequence[str]], Array]:
    """N texts of any length, at least one -> float32 (N, dim), of norm 1, as they are compared with
    pictures."""
    whole = encoder.spec.reads_whole
    return encoder.encode if whole else lambda texts: by_sentences(encoder.encode, texts)


def by_sentences(encode: Callable[[Sequence[str]], Array], texts: Sequence[str]) -> Array:
    """N texts, at least one -> float32 (N, dim), of norm 1: the mean of each one's sentences."""
    parts = [sentences(text) for text in texts]
    vectors = encode([part for some in parts for part in some])
    ends = np.cumsum([len(some) for some in parts])[:-1]
    return np.stack([mean(some) for some in np.split(vectors, ends)])


def mean(vectors: Array) -> Array:
    """float32 (S, dim), of norm 1 -> (dim,), of norm 1. The cosine with it ranks as the mean of the
    cosines with all of them does. Sentences that cancel each other out leave the first."""
    middle = vectors.mean(axis=0)
    length = float(np.linalg.norm(middle))
    return np.asarray(middle / length if length > _CANCELLED else vectors[0], np.float32)


def load(name: str, *, cache_dir: Path, threads: int | None = None) -> Space:
    """The space of an encoder, by its name or key.

    Raises InvalidSpec where nothing may be compared with it; UnknownEncoder, EncoderNotReady,
    MissingResource, CorruptResource.
    """
    spec = registry.resolve(name)
    other = registry.partner(spec)
    if other is None:
        joint = sorted({one.name for one in registry.specs() if registry.partner(one)})
        raise InvalidSpec(
            f"{spec.key} is comparable with itself alone; texts and pictures are brought "
            f"together by {', '.join(joint) or 'no encoder that is registered'}"
        )
    image, text = (spec, other) if spec.modality == "image" else (other, spec)
    seen, read = [
        runtime.load(one.key, cache_dir=cache_dir, threads=threads) for one in (image, text)
    ]
    return Space(seen.encode, reader(read))
