"""Two encoders of one space, with vectors that are told by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from ml import registry
from ml.crossmodal import space
from ml.errors import InvalidSpec
from ml.runtime import Encoder
from tests.ml.fakes import MEAN_RGB, registered

IMAGE = replace(MEAN_RGB, name="seen", space="colours")
TEXT = replace(registry.get("minilm"), name="said", dim=3, space="colours")
WORDS = {"red": (1, 0, 0), "green": (0, 1, 0), "blue": (0, 0, 1)}


def said(texts) -> np.ndarray:
    return np.array(
        [np.sum([WORDS[word] for word in WORDS if word in text], axis=0) for text in texts],
        np.float32,
    )


def seen(images) -> np.ndarray:
    return np.array([image.mean(axis=(0, 1)) for image in images], np.float32)


@pytest.fixture
def model() -> space.Space:
    return space.Space(Encoder(IMAGE, seen).encode, Encoder(TEXT, said).encode)


def test_each_sentence_counts_alike(model):
    text = "The sky is green, as is the sea. Nothing but a red dress is to be seen here."
    half = np.sqrt(0.5)
    np.testing.assert_allclose(model.texts([text, "blue"]), [(half, half, 0), (0, 0, 1)], atol=1e-6)


def test_scores_are_cosines_and_a_title_is_a_sentence(model):
    pictures = model.pictures([np.full((2, 2, 3), colour, np.uint8) for colour in WORDS.values()])
    np.testing.assert_allclose(pictures, np.eye(3), atol=1e-6)
    comments = ["a red dress, in a room that is empty", "green"]
    np.testing.assert_allclose(model.scores(comments, pictures), np.eye(3)[:2], atol=1e-6)
    titled = model.scores(comments, pictures, ["The blue hour of the day", ""])
    np.testing.assert_allclose(titled, [(np.sqrt(0.5), 0, np.sqrt(0.5)), (0, 1, 0)], atol=1e-6)


def test_sentences_that_cancel_out_leave_one():
    opposite = np.array([[0.6, 0.8], [-0.6, -0.8]], np.float32)
    np.testing.assert_allclose(space.mean(opposite), opposite[0])
    np.testing.assert_allclose(space.mean(np.eye(2, dtype=np.float32)), [0.5**0.5] * 2)


def test_partners_share_a_space():
    with registered(IMAGE, TEXT):
        assert registry.partner(IMAGE) == TEXT and registry.partner(TEXT) == IMAGE
    assert registry.partner(MEAN_RGB) is None
    with registered(IMAGE):
        assert registry.partner(IMAGE) is None


def test_an_encoder_without_a_partner_is_no_space(tmp_path):
    with registered(IMAGE, TEXT), pytest.raises(InvalidSpec, match=r"art-joint, .*said, seen"):
        space.load("colour", cache_dir=tmp_path)
