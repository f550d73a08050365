"""Where a sentence ends."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml.crossmodal.sentences import SHORTEST, sentences


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", [""]),
        ("A bridge", ["A bridge"]),
        (
            "The stormy sky is dead and empty. The open grave has prompted much speculation.",
            [
                "The stormy sky is dead and empty.",
                "The open grave has prompted much speculation.",
            ],
        ),
        (
            "Catalogue numbers: F 541, JH 1893.Working from the drawing, he returned to it.",
            ["Catalogue numbers: F 541, JH 1893.", "Working from the drawing, he returned to it."],
        ),
        (
            "In the foreground St. Jerome is reading, c. 1480. Behind him a lion is sleeping.",
            [
                "In the foreground St. Jerome is reading, c. 1480.",
                "Behind him a lion is sleeping.",
            ],
        ),
        (
            'He called it "the last day of winter." Nobody knew where he had seen it.',
            ['He called it "the last day of winter."', "Nobody knew where he had seen it."],
        ),
        (
            "Look! A hand is reaching for the letter on the table.",
            ["Look! A hand is reaching for the letter on the table."],
        ),
        (
            "Élise sits at the window, reading. À droite, une lettre est posée sur la table.",
            [
                "Élise sits at the window, reading.",
                "À droite, une lettre est posée sur la table.",
            ],
        ),
    ],
)
def test_sentences(text, expected):
    assert sentences(text) == expected


@given(st.text(st.sampled_from("ab AB.!?;\"' \n"), max_size=300))
def test_no_word_is_lost(text):
    found = sentences(text)
    assert "".join("".join(found).split()) == "".join(text.split())
    assert len(found) == 1 or all(len(one) >= SHORTEST for one in found[:-1])
