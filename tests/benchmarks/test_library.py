"""The made-up library, and what is asked of it, on the real database."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks import http, library
from benchmarks.shares import InProcess
from catalog.models import Canvas, Comment, Picture
from iiifsearch.index.find_work import counts
from iiifsearch.models import CanvasVector, CommentVector, FeatureScale

COUNT = 120


@pytest.fixture
def shown(
    transactional_db: None, encoders: Path, settings: Any, tmp_path: Path
) -> list[library.Shown]:
    settings.CATALOG = {**settings.CATALOG, "storage": tmp_path}
    return library.fill(COUNT, None, np.random.default_rng(0))


def test_vectors_lie_around_what_was_encoded() -> None:
    chance = np.random.default_rng(0)
    real = library.unit(chance.standard_normal((10, 64), dtype=np.float32))
    made = library.drawn(real, 200, chance)
    assert made.shape == (200, 64)
    np.testing.assert_allclose(np.linalg.norm(made, axis=1), 1, atol=1e-5)
    assert ((made @ real.T).argmax(axis=1) == np.arange(200) % 10).all()


@pytest.mark.django_db(transaction=True)
def test_every_kind_finds_something_and_every_step_is_timed(shown: list[library.Shown]) -> None:
    assert Canvas.objects.count() == Comment.objects.count() == Picture.objects.count() == COUNT
    assert CanvasVector.objects.count() == 3 * COUNT and CommentVector.objects.count() == 2 * COUNT
    assert FeatureScale.objects.exists()
    assert not any(count.pending for count in counts())

    inside, askings = InProcess(), http.askings(shown, np.random.default_rng(1))
    assert set(askings) == set(http.MEANS)
    for name, asking in askings.items():
        questions = asking(3)
        assert len(questions) == 3
        for question in questions:
            clock = inside.ask(question)
            assert clock.statements and clock.spent["SQL"] > 0 and clock.spent["serialising"] > 0
            assert (clock.spent["encoding"] > 0) == (name != "canvas")
            assert (clock.spent["picture"] > 0) == (name in ("region", "upload"))
            assert inside.last["hits"], f"{name} found nothing"
