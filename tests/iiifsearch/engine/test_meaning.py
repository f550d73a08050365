"""What is asked, found by what comments mean and by what pictures show."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from catalog.models import Comment
from iiifsearch.encoders import encoder, joint, text_specs
from iiifsearch.engine import meaning
from iiifsearch.engine.rows import Neighbour
from iiifsearch.engine.scope import Scope
from iiifsearch.engine.search import by_words
from iiifsearch.engine.stored import cosines
from iiifsearch.models import CanvasVector, CommentVector
from tests.iiifsearch.conftest import Library
from tests.iiifsearch.joint import cut_off

TWO = "Fishing boats lie on the shore at night. A young woman reads a letter at the window."


def test_pictures_are_ranked_by_what_they_show(library: Library, anything: None) -> None:
    image, text = joint() or pytest.fail("no live encoder joins pictures and texts")
    asked = encoder(text.name).encode(["A woman at a window."])[0]
    kept = {
        row.canvas_id: np.array(row.vec, np.float32) @ asked
        for row in CanvasVector.objects.filter(encoder=image.key)
    }
    found = meaning.by_pictures("A woman at a window.", Scope())
    assert found is not None and len(found.found) == len(kept) == 4
    assert [hit.canvas_id for hit in found.found] == sorted(kept, key=lambda pk: -kept[pk])
    assert found.found[0].score == pytest.approx(max(kept.values()), abs=2e-3)
    assert found.found[0].why.startswith("the picture shows something alike (")
    assert found.found[0].sentence == "", "of one sentence nothing need be told"


def test_the_sentence_that_speaks_for_a_hit_is_told(library: Library) -> None:
    answer = by_words(TWO)
    told = {hit.canvas_id: hit.sentences.get("comments") for hit in answer.hits}
    assert told[library.canvas("boats").pk] == "Fishing boats lie on the shore at night."
    assert told[library.canvas("letter").pk] == "A young woman reads a letter at the window."


def test_a_picture_without_a_word_is_found(library: Library, anything: None) -> None:
    Comment.objects.all().delete()
    answer = by_words("A quiet sea by night.")
    assert len(answer.hits) == 4
    assert all(set(hit.shares) == {"pictures"} for hit in answer.hits)


def test_another_language_has_the_pictures_too(library: Library, anything: None) -> None:
    answer = by_words("Ein Kahn im Mondlicht")
    assert any("pictures" in hit.shares for hit in answer.hits)


def test_what_is_unlike_is_left_out_and_told(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    cut_off(monkeypatch, 1.0)
    answer = by_words("boats")
    assert "Those less alike than 1 by pictures were left out." in answer.notices
    assert all("pictures" not in hit.shares for hit in answer.hits)


def test_without_such_an_encoder_the_rest_works(library: Library, settings: Any) -> None:
    settings.IIIFSEARCH = {**settings.IIIFSEARCH, "image_encoders": ("colour",)}
    assert joint() is None and [spec.name for spec in text_specs()] == ["minilm"]
    answer = by_words("boats")
    assert answer.hits and "pictures" not in answer.plans


def test_long_comments_are_read_in_part_and_told(library: Library) -> None:
    long = " ".join(f"Fishing boats lie on shore number {n}." for n in range(30))
    notices = by_words(long).notices
    assert "The query has 30 sentences; the first 16 were read for their sense." in notices


def test_cosines_of_what_is_gone(library: Library) -> None:
    row = CommentVector.objects.filter(encoder="minilm-1").first()
    assert row is not None
    vectors = encoder("minilm").encode(["boats", "letters"])
    (spec, *_) = text_specs()
    there = Neighbour(row.canvas_id, 0.5, row.comment_id)
    found = cosines(spec, vectors, [there, Neighbour(0, 0.5, 0)])
    expected = vectors @ np.array(row.vec, np.float32)
    assert np.allclose(found[0], expected, atol=2e-3) and found[1].tolist() == [-1, -1]
