"""What may not be seen leaves no trace in an answer, its scores and cut-offs included."""

from __future__ import annotations

from typing import Any

import pytest

from catalog.models import Canvas, Comment, State
from iiifsearch.engine import words
from iiifsearch.engine.hits import ChannelResult
from iiifsearch.engine.scope import Scope
from tests.iiifsearch.pages.conftest import Gallery

pytestmark = pytest.mark.django_db


def asked(query: str) -> ChannelResult:
    return words.search(words.parse(query)[0], Scope(), 10)


def draft_canvas(canvas: Canvas) -> None:
    Canvas.objects.filter(pk=canvas.pk).update(state=State.DRAFT)


def draft_comments(canvas: Canvas) -> None:
    Comment.objects.filter(canvas=canvas).update(state=State.DRAFT)


def draft_manifest(canvas: Canvas) -> None:
    canvas.manifests.update(state=State.DRAFT)


@pytest.mark.parametrize("hide", [draft_canvas, draft_comments, draft_manifest])
def test_nobody_learns_whether_a_draft_holds_a_word(hide: Any, db: None) -> None:
    gallery = Gallery()
    gallery.hang("Boats", "Boats in a harbour.", kept=False)
    hidden = [gallery.hang(f"No {n}", "A forgery, lately found.", kept=False) for n in range(5)]
    gallery.index()
    open_to_all = asked("boats forgery")
    for canvas in hidden:
        hide(canvas)
    before = asked("boats forgery")
    assert before != open_to_all
    Comment.objects.filter(canvas__in=hidden).delete()
    assert asked("boats forgery") == before
