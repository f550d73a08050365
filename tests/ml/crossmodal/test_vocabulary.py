"""Words that count, and weights worked out on paper."""

from __future__ import annotations

import math

import numpy as np
import pytest

from ml.crossmodal import vocabulary
from ml.crossmodal.vocabulary import Vocabulary
from ml.errors import BadData


def test_words():
    assert vocabulary.words("L'Été, 1875: a sea-side_view (2nd)") == [
        "été",
        "sea",
        "side",
        "view",
        "nd",
    ]


def test_the_most_frequent_without_stop_words():
    texts = ["The bridge and the river", "the River, the bridge, the bridge", "a dog; the sky"]
    assert vocabulary.learn(texts).words == ("bridge", "river", "dog", "sky")
    assert vocabulary.learn(texts, most=3).words == ("bridge", "river", "dog")
    assert vocabulary.learn(texts, more_than=1).words == ("bridge", "river")
    assert vocabulary.learn(texts, more_than=2).words == ("bridge",)


def test_no_word_is_left():
    with pytest.raises(BadData, match="more than 10 times in 2 texts: lower min_count"):
        vocabulary.learn(["a bridge", "the river"], more_than=10)


def test_idf_counts_texts_not_occurrences():
    found = vocabulary.learn(["sea sea", "sea sky", "dog"])
    weights = dict(zip(found.words, found.idf, strict=True))
    assert weights["sea"] == pytest.approx(math.log(4 / 3) + 1)
    assert weights["sky"] == weights["dog"] == pytest.approx(math.log(4 / 2) + 1)


def test_tfidf_by_hand():
    made = Vocabulary(("sea", "sky"), (3.0, 8.0)).tfidf(["Sea, sky?", "sky SKY", "a dog", ""])
    hand = np.array([[3 / math.sqrt(73), 8 / math.sqrt(73)], [0, 1], [0, 0], [0, 0]])
    np.testing.assert_allclose(made.toarray(), hand, rtol=1e-6)
    assert made.dtype == np.float32
    # How often counts, too: (2 * 4, 6) has norm 10.
    made = Vocabulary(("sea", "sky"), (4.0, 6.0)).tfidf(["sea sky sea"])
    np.testing.assert_allclose(made.toarray(), [[0.8, 0.6]], rtol=1e-6)


def test_as_scikit_learn_has_it():
    from sklearn.feature_extraction.text import TfidfVectorizer

    texts = ["the sea at night", "night over the old bridge, the night", "bridge to the sea"]
    theirs = TfidfVectorizer(stop_words="english").fit(texts)
    ours = vocabulary.learn(texts)
    columns = [theirs.vocabulary_[word] for word in ours.words]
    hers = theirs.transform(texts).toarray()[:, columns]
    np.testing.assert_allclose(ours.tfidf(texts).toarray(), hers, rtol=1e-6)


def test_tokens_keep_their_order_and_stop_in_time():
    one = Vocabulary(("sea", "sky"), (1.0, 1.0))
    found = one.tokens(["sky over sea and sky", "nothing", "sea sea sea sea"], 3)
    assert [list(row) for row in found] == [[2, 1, 2], [], [1, 1, 1]]


def test_kept_as_json(tmp_path):
    made = {"comment": vocabulary.learn(["été sea", "sea"]), "title": vocabulary.learn(["sky"])}
    vocabulary.write(made, tmp_path / "v.json")
    assert vocabulary.read(tmp_path / "v.json") == made


@pytest.mark.parametrize("text", ["", "[]", '{"comment": {"words": []}}'])
def test_what_is_no_vocabulary(tmp_path, text):
    (tmp_path / "v.json").write_text(text)
    with pytest.raises(BadData, match=r"v\.json is no vocabulary"):
        vocabulary.read(tmp_path / "v.json")
