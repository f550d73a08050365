"""Two encoders of one space, for texts and for pictures, as one model."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ml import registry, runtime
from ml.crossmodal.protocol import Pictures
from ml.crossmodal.sentences import sentences
from ml.errors import InvalidSpec
from ml.runtime import Encoder


class Space:
    """A `ml.crossmodal.protocol.Model` of two loaded encoders."""

    def __init__(self, image: Encoder, text: Encoder) -> None:
        self._image, self._text = image, text

    def pictures(self, pictures: Pictures) -> NDArray[np.float32]:
        """N uint8 (H, W, 3) RGB -> float32 (N, dim), of norm 1."""
        return self._image.encode(pictures)

    def texts(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Q texts -> float32 (Q, dim), of norm 1."""
        return by_sentences(self._text, texts)

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


def by_sentences(encoder: Encoder, texts: Sequence[str]) -> NDArray[np.float32]:
    """N texts, at least one -> float32 (N, dim), of norm 1: the mean of the vectors of their
    sentences. The cosine with it ranks pictures as the mean of the cosines of all sentences does.
    """
    parts = [sentences(text) for text in texts]
    vectors = encoder.encode([part for some in parts for part in some])
    ends = np.cumsum([len(some) for some in parts])
    means = np.stack([some.mean(axis=0) for some in np.split(vectors, ends[:-1])])
    return runtime.normalised(means, range(len(texts)), encoder.spec)


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
    loaded = [runtime.load(one.key, cache_dir=cache_dir, threads=threads) for one in (image, text)]
    return Space(*loaded)
