"""Guessed tags: what neighbours agree on, made again where something changed, never asked twice."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.db.models import F
from django.utils import timezone

from catalog.locks import alone
from catalog.models import Canvas, Comment, Manifest
from catalog.withdrawal import withdraw_canvas
from iiifsearch import tasks
from iiifsearch.engine.tags import vocabulary
from iiifsearch.index import guesses
from iiifsearch.models import CanvasVector, Seen, TagGuess
from tests.iiifsearch.index.helpers import in_thread
from tests.iiifsearch.tagged import hang, look, one_encoder, say, told

pytestmark = pytest.mark.usefixtures(one_encoder.__name__)
__all__ = ["one_encoder"]

OIL = "Technique: oil on canvas"
PAPER = "Technique: watercolour"


def test_what_the_neighbours_agree_on_is_guessed() -> None:
    oils = hang("oils", 8, 0, Technique="oil on canvas")
    hang("papers", 8, 1, Technique="watercolour")
    (silent,) = hang("silent", 1, 0)
    found = look()
    assert (found.done, found.total, found.unfinished) == (17, 17, False)
    assert told() == {("missing", silent.key, OIL)}
    row = TagGuess.objects.get()
    assert row.relevance == pytest.approx(1, abs=0.01) and row.mark == "technique\noil on canvas"
    assert set(row.vouchers[:8]) == {canvas.pk for canvas in oils}, "nearest first"


def test_what_no_neighbour_bears_is_doubted() -> None:
    hang("oils", 8, 0, Technique="oil on canvas")
    hang("papers", 30, 1, Technique="watercolour")
    hang("more", 24, 0, Technique="Oil on Canvas")
    (odd,) = hang("odd", 1, 0, technique="Watercolour")
    look()
    assert told() == {("doubtful", odd.key, "Technique: Watercolour")}
    row = TagGuess.objects.get()
    assert row.relevance > 0.9 and len(row.vouchers) == 30
    assert Canvas.objects.get(pk=row.vouchers[0]).key[:4] in ("oils", "more")


def test_titles_dates_and_numbers_are_no_tags() -> None:
    same = {"Date": "1712", "Title": "Untitled", "Inventory": "A 17", "Repository": "The House"}
    hang("known", 8, 0, **same, Style="Baroque")
    for n, canvas in enumerate(hang("named", 8, 0)):
        say(canvas, "Artist", f"Painter {chr(65 + n)}")
        say(canvas, "Style", "Baroque")
    (silent,) = hang("silent", 1, 0)
    assert set(vocabulary().kinds) == {"", "style"}
    look()
    assert told() == {("missing", silent.key, "Style: Baroque")}


def test_free_tags_are_guessed_beside_others_and_never_doubted() -> None:
    free = {"origin": "annotation", "motivation": "tagging"}
    for canvas in hang("known", 8, 0):
        say(canvas, "", "Moon", **free)
    (odd,) = hang("odd", 1, 0)
    say(odd, "", "Unicorn", **free)
    look()
    assert told() == {("missing", odd.key, "Moon")}


def test_of_what_few_say_nothing_is_guessed() -> None:
    hang("known", 2, 0, Style="Baroque")
    hang("silent", 3, 0)
    look()
    assert not TagGuess.objects.exists()


def test_a_second_run_does_nothing_and_a_later_one_looks_again() -> None:
    hang("known", 8, 0, Style="Baroque")
    (silent,) = hang("silent", 1, 0)
    assert guesses.to_look_at() == 9
    look()
    before = list(TagGuess.objects.values())
    assert look().total == 0 and guesses.to_look_at() == 0
    assert list(TagGuess.objects.values()) == before
    Comment.objects.update(body="Rococo")
    long_ago = timezone.now() - guesses.AGAIN - timedelta(hours=1)
    Seen.objects.filter(feature=guesses.FEATURE).update(seen_at=long_ago)
    assert look().done == 9
    assert told() == {("missing", silent.key, "Style: Rococo")}, "the one that held no more is gone"


@pytest.mark.parametrize("revision", ["text_revision", "pixel_revision"])
def test_a_change_is_looked_at_at_once(revision: str) -> None:
    hang("known", 8, 0, Style="Baroque")
    (silent,) = hang("silent", 1, 0)
    look()
    say(silent, "Style", "Baroque")
    Canvas.objects.filter(pk=silent.pk).update(**{revision: F(revision) + 1})
    if revision == "pixel_revision":
        assert look().total == 0, "its vector is not made yet"
        Seen.objects.filter(canvas=silent, feature="colour-1").update(revision=F("revision") + 1)
    assert look().done == 1
    assert not TagGuess.objects.exists()


@pytest.mark.parametrize("decision", ["right", "wrong"])
def test_what_was_decided_stays_and_is_not_asked_again(decision: str) -> None:
    hang("known", 30, 0, Style="Baroque")
    (silent,) = hang("silent", 1, 0)
    look()
    TagGuess.objects.update(decision=decision)
    Seen.objects.filter(feature=guesses.FEATURE).delete()
    assert look().done == 31
    assert told(decision=decision) == {("missing", silent.key, "Style: Baroque")} == told()
    # What was called right is not doubted, when its neighbours come to say something else.
    say(silent, "Style", "BAROQUE")
    Comment.objects.filter(body="Baroque").update(body="Rococo")
    hang("others", 10, 1, Style="Baroque")
    Seen.objects.filter(feature=guesses.FEATURE).delete()
    look()
    assert told() == {("missing", silent.key, "Style: Baroque")}


def test_only_what_is_public_is_looked_at_and_vouches() -> None:
    known = hang("known", 3, 0, Style="Baroque")
    hang("silent", 1, 0)
    Manifest.objects.filter(key="silent").update(state="draft")
    Canvas.objects.filter(pk=known[0].pk).update(state="draft")
    assert look().done == 2 and not TagGuess.objects.exists()
    Manifest.objects.update(state="published")
    look()
    assert not TagGuess.objects.exists(), "two are too few to vouch"
    Canvas.objects.update(state="published")
    Comment.objects.filter(canvas=known[0]).update(state="withdrawn")
    Seen.objects.filter(feature=guesses.FEATURE).delete()
    look()
    assert told() == set() and TagGuess.objects.count() == 0


def test_what_shows_nothing_any_more_loses_its_guesses() -> None:
    hang("known", 8, 0, Style="Baroque")
    (silent,) = hang("silent", 1, 0)
    look()
    Canvas.objects.filter(pk=silent.pk).update(pixel_revision=F("pixel_revision") + 1)
    own = Seen.objects.filter(canvas=silent, feature="colour-1")
    own.update(revision=F("revision") + 1, outcome="skipped")
    CanvasVector.objects.filter(canvas=silent).delete()
    found = look()
    assert (found.skipped, found.total) == (1, 1) and not TagGuess.objects.exists()


def test_a_withdrawn_canvas_takes_its_guesses_along() -> None:
    hang("known", 8, 0, Style="Baroque")
    (silent,) = hang("silent", 1, 0)
    look()
    TagGuess.objects.update(decision="wrong")
    withdraw_canvas(silent, reason="asked for")
    assert not TagGuess.objects.exists()


def test_at_most_so_many_of_one_painting() -> None:
    many = {f"Kind{letter}": "the same" for letter in "ABCDEFG"}
    hang("known", 8, 0, **many)
    hang("silent", 1, 0)
    look()
    assert TagGuess.objects.count() == guesses.MOST


def test_turns_are_short_and_only_one_works(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guesses, "BATCH", 3)
    hang("known", 8, 0, Style="Baroque")
    counts = guesses.find_guesses(seconds=0)
    assert counts.unfinished and counts.total == 0


@pytest.mark.django_db(transaction=True)
def test_only_one_works_at_a_time() -> None:
    hang("known", 8, 0, Style="Baroque")
    with alone(guesses._GUESSING) as mine:
        assert mine
        thread, told = in_thread(look)
        thread.join(30)
    assert told[0].total == 0 and look().total == 8


def test_one_bad_canvas_stops_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    hang("known", 8, 0, Style="Baroque")
    (silent,) = hang("silent", 1, 0)
    real = guesses.guessed

    def failing(around: Any, known: Any) -> Any:
        if not around.own:
            raise ValueError("odd tags")
        return real(around, known)

    monkeypatch.setattr(guesses, "guessed", failing)
    found = look()
    assert (found.done, found.failed) == (8, 1)
    row = Seen.objects.get(canvas=silent, feature=guesses.FEATURE)
    assert row.outcome == "failed" and "odd tags" in row.reason


def test_queries_do_not_grow_with_the_batch(django_assert_max_num_queries: Any) -> None:
    hang("known", 40, 0, Style="Baroque")
    hang("silent", 20, 0)
    with django_assert_max_num_queries(30):
        assert look().done == 60


@pytest.mark.django_db(transaction=True)
def test_the_job_looks_and_does_not_wait_for_others() -> None:
    hang("known", 8, 0, Style="Baroque")
    (silent,) = hang("silent", 1, 0)
    tasks.guesses()
    assert told() == {("missing", silent.key, "Style: Baroque")}


def test_the_command_tells_what_there_is() -> None:
    hang("known", 8, 0, Style="Baroque")
    hang("silent", 1, 0)
    out = io.StringIO()
    call_command("tags", stdout=out)
    told_of = out.getvalue()
    assert "9 looked at, 0 have nothing to see, 0 failed." in told_of
    assert "1 tags might be said" in told_of and "0 tags might be wrong" in told_of
