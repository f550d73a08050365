"""What goes into a text branch, and what its networks make of it."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from ml.crossmodal.texts import Rnn, Rows, SentenceVectors, WordSequences, WordWeights, mlp
from ml.crossmodal.vocabulary import Vocabulary

CPU = torch.device("cpu")
WORDS = {
    "comment": Vocabulary(("sea", "sky", "dog"), (1.0, 1.0, 1.0)),
    "title": Vocabulary(("sky",), (1.0,)),
}


def all_of(texts) -> tuple[torch.Tensor, ...]:
    return texts.batch(np.arange(len(texts)), CPU)


def test_weights_of_the_title_stand_beside_those_of_the_comment():
    reader = WordWeights(WORDS)
    assert reader.widths == (3, 1)
    (rows,) = all_of(reader.read(["the dog", "sky"], ["Sky", ""]))
    assert rows.tolist() == [[0, 0, 1, 1], [0, 1, 0, 0]]
    assert rows.dtype == torch.float32


def test_sequences_are_padded_to_the_longest_of_the_batch():
    texts = WordSequences(WORDS, 2).read(["dog, sky, sea", "sea", ""], ["sky", "", "sky"])
    comments, lengths, titles, of_titles = texts.batch(np.array([1, 0, 2]), CPU)
    assert comments.tolist() == [[1, 0], [3, 2], [0, 0]]
    assert lengths.tolist() == [1, 2, 0]
    assert titles.tolist() == [[0], [1], [1]] and of_titles.tolist() == [0, 1, 1]


@pytest.fixture
def rnn():
    torch.manual_seed(0)
    return Rnn((3, 1), embedding=4, hidden=5)


def test_padding_changes_nothing(rnn):
    texts = WordSequences(WORDS, 9).read(["sea", "dog sky sea sea dog"], ["sky", ""])
    together = rnn(*all_of(texts))
    alone = rnn(*texts.batch(np.array([0]), CPU))
    assert together.shape == (2, 10)
    torch.testing.assert_close(together[:1], alone)


def test_order_counts_and_a_text_without_words_is_zero(rnn):
    texts = WordSequences(WORDS, 9).read(["sea dog", "dog sea", "nothing known"], ["", "", ""])
    one, other, none = rnn(*all_of(texts))
    assert not torch.allclose(one, other)
    assert (none == 0).all() and (one[5:] == 0).all()
    nothing = texts.batch(np.array([2]), CPU)
    assert (rnn(*nothing) == 0).all()


def test_mlp():
    made = mlp(7, 5, 2)
    assert made(torch.zeros(3, 7)).shape == (3, 5)
    assert (made(torch.randn(3, 7)) >= 0).all()


def test_sentences_are_averaged(encoder_cache):
    reader = SentenceVectors(True, encoder_cache)
    first, second = "A bridge over the river Seine.", "A dog is sleeping under it!"
    read = reader.read([f"{first} {second}", first, second], ["", "Bridge", ""])
    assert isinstance(read, Rows)
    rows = np.asarray(read.rows)
    assert rows.shape == (3, sum(reader.widths))
    comment, title = rows[:, : reader.widths[0]], rows[:, reader.widths[0] :]
    mean = comment[1] + comment[2]
    np.testing.assert_allclose(comment[0], mean / np.linalg.norm(mean), atol=1e-5)
    assert not title[0].any() and title[1].any()
