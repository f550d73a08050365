"""Paintings that are alike in groups and bear tags: vectors and comments, without pictures."""

from __future__ import annotations

from typing import Any

import pytest

from catalog.models import Canvas, Comment
from iiifsearch.index import guesses
from iiifsearch.models import Seen, TagGuess
from tests.iiifsearch.engine.test_classes import SPEC, fill

_KEYS = iter(range(10**9))


@pytest.fixture
def one_encoder(db: None, settings: Any) -> None:
    live = {"image_encoders": ("colour",), "features": (("colour", 1.0),)}
    settings.IIIFSEARCH = {**settings.IIIFSEARCH, **live}


def hang(name: str, count: int, axis: int | None, **tags: str) -> list[Canvas]:
    """Canvases that are alike along an axis, or like nothing; all with these metadata."""
    canvases = fill(name, count, axis, seed=len(name) + count)
    Seen.objects.bulk_create(
        Seen(canvas=canvas, feature=SPEC.key, revision=canvas.pixel_revision, outcome="done")
        for canvas in canvases
    )
    for label, text in tags.items():
        for canvas in canvases:
            say(canvas, label, text)
    return canvases


def say(canvas: Canvas, label: str, text: str, **more: Any) -> Comment:
    values = {"origin": "metadata", "label": label, "body": text, "key": f"t{next(_KEYS)}"}
    manifest = canvas.appearances.get().manifest
    return Comment.objects.create(canvas=canvas, manifest=manifest, **{**values, **more})


def told(**filters: Any) -> set[tuple[str, str, str]]:
    """Kind, canvas and tag of the guesses there are."""
    rows = TagGuess.objects.filter(**filters).select_related("canvas")
    return {(row.kind, row.canvas.key, str(row)) for row in rows}


def look() -> guesses.Counts:
    return guesses.find_guesses()
