"""Texts to the inputs of a network: token ids, or what a vocabulary knows of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ml import resources, spaces
from ml.crossmodal import vocabulary
from ml.specs import Added, EncoderSpec, TextPreprocessing, Words

#: Of N texts the arrays that the network takes, by the names of its inputs, in their order.
Read = Callable[[Sequence[str]], dict[str, NDArray[Any]]]


def reader(spec: EncoderSpec, cache_dir: Path) -> Read:
    """What reads texts as the encoder of ``spec`` takes them.

    Tokens: three int64 (N, T), ``input_ids``, ``attention_mask`` and ``token_type_ids``. Words:
    ``weights``, float32 (N, V); or ``places``, int64 (N, T), from 1, padded with 0, and
    ``lengths``, int64 (N,).

    Raises MissingResource, CorruptResource, BadData.
    """
    if isinstance(spec.preprocessing, Words):
        return _words(spec.preprocessing, cache_dir)
    assert isinstance(spec.preprocessing, TextPreprocessing)
    return _tokens(spec.preprocessing, cache_dir)


def _tokens(preprocessing: TextPreprocessing, cache_dir: Path) -> Read:
    from tokenizers import Tokenizer

    source = preprocessing.tokenizer
    path = (
        spaces.verified(source, cache_dir)
        if isinstance(source, Added)
        else resources.verified(source)
    )
    tokenizer = Tokenizer.from_file(str(path))
    tokenizer.enable_truncation(preprocessing.max_tokens)
    if not preprocessing.padded:
        # MiniLM's file asks for a fixed length of 128: six times the work for a short query.
        tokenizer.enable_padding()

    def read(texts: Sequence[str]) -> dict[str, NDArray[Any]]:
        encoded = tokenizer.encode_batch(list(texts))
        return {
            "input_ids": np.array([item.ids for item in encoded], np.int64),
            "attention_mask": np.array([item.attention_mask for item in encoded], np.int64),
            "token_type_ids": np.array([item.type_ids for item in encoded], np.int64),
        }

    return read


def _words(preprocessing: Words, cache_dir: Path) -> Read:
    known = vocabulary.read(spaces.verified(preprocessing.vocabulary, cache_dir))["comment"]
    longest = preprocessing.longest
    if longest is None:
        return lambda texts: {"weights": known.tfidf(texts).toarray()}

    def read(texts: Sequence[str]) -> dict[str, NDArray[Any]]:
        found = known.tokens(texts, longest)
        lengths = np.array([len(one) for one in found], np.int64)
        places = np.zeros((len(found), max(1, lengths.max())), np.int64)
        for row, one in zip(places, found, strict=True):
            row[: len(one)] = one
        return {"places": places, "lengths": lengths}

    return read
