"""The painter's name, as it stands in comments."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml.crossmodal.masking import SOMEBODY, masked


@pytest.mark.parametrize(
    ("author", "comment", "expected"),
    [
        ("FRIEDRICH, Caspar David", "Friedrich's graves", "the artist's graves"),
        ("GOGH, Vincent van", "Vincent van Gogh in a van", "the artist van the artist in a van"),
        ("GOGH, Vincent van", "an ogre; Goghs", "an ogre; Goghs"),
        ("DÜRER, Albrecht", "Albrecht Durer, DÜRER", "the artist"),
        ("BRUEGEL, Pieter the Elder", "the elder tree", "the elder tree"),
        ("Édouard Manet (French, 1832-1883)", "a French Edouard", "a French the artist"),
        ("LE BRUN, Charles", "le Brun", "le the artist"),
        ("", "Nobody knows", "Nobody knows"),
    ],
)
def test_masked(author, comment, expected):
    assert masked(comment, author) == expected


@given(st.text(max_size=200), st.text(max_size=40))
def test_anything(comment, author):
    assert masked(masked(comment, author), author) == masked(comment, author)
    assert masked(comment, "") == comment or SOMEBODY in comment
