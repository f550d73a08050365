"""Of the whole library the best are found first, and then it is asked what may be seen: the same
answer as by asking of all."""

from __future__ import annotations

import random
from typing import Any

import pytest

from catalog.models import Canvas, Comment, State
from iiifsearch.engine import words
from iiifsearch.engine.scope import Scope
from tests.iiifsearch.pages.conftest import Gallery

WORDS = ("boats", "moon", "harbour", "storm", "gilded", "saints", "orchard", "lantern")
COUNT = 3

pytestmark = pytest.mark.django_db


@pytest.fixture
def hung(db: None) -> list[Canvas]:
    """Sixty canvases, of a few words each: these in two comments, some said twice."""
    chance, gallery, canvases = random.Random(0), Gallery(), []
    for number in range(60):
        said = chance.sample(WORDS, chance.randint(1, 4))
        halves = (" ".join(half * chance.randint(1, 2)) for half in (said[::2], said[1::2]))
        canvases.append(gallery.hang(f"No {number}", *filter(None, halves), kept=False))
    gallery.index()
    return canvases


def found(query: str, count: int = COUNT) -> list[tuple[int, float, int | None]]:
    answer = words.search(words.parse(query)[0], Scope(), count)
    return [(hit.canvas_id, round(hit.score, 6), hit.comment_id) for hit in answer.found]


def asked_of_all(query: str, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    with monkeypatch.context() as patch:
        patch.setattr(words, "_best", lambda rows, count: False)
        return found(query)


def test_the_same_as_asking_of_all(hung: list[Canvas], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(words, "_ROOM", 2)
    chance = random.Random(1)
    for size in (1, 2, 3, 8):
        query = " ".join(chance.sample(WORDS, size))
        assert found(query) == asked_of_all(query, monkeypatch), query


@pytest.mark.parametrize("room", [1, 2, 20])
def test_what_may_not_be_seen_keeps_nothing_else_away(
    room: int, hung: list[Canvas], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither drafts that hold more of the words, nor such comments of canvases that are shown."""
    monkeypatch.setattr(words, "_ROOM", room)
    chance = random.Random(2)
    hidden = chance.sample([canvas.pk for canvas in hung], 25)
    Canvas.objects.filter(pk__in=hidden).update(state=State.DRAFT)
    some = chance.sample(list(Comment.objects.values_list("pk", flat=True)), 40)
    Comment.objects.filter(pk__in=some).update(state=State.DRAFT)
    for word in WORDS:
        seen = found(word)
        assert seen == asked_of_all(word, monkeypatch)
        assert not {canvas for canvas, _, _ in seen} & {*hidden}
        assert not {comment for _, _, comment in seen} & {*some}


def test_where_nothing_may_be_seen_nothing_is_found(
    hung: list[Canvas], monkeypatch: pytest.MonkeyPatch
) -> None:
    Canvas.objects.update(state=State.DRAFT)
    monkeypatch.setattr(words, "_ROOM", 1)
    assert found("boats moon") == []
