"""Completing words: true counts however much matches, accents, width, several words, speed."""

from __future__ import annotations

import pytest
from django.db import connection

from catalog.models import Canvas, Comment, State
from iiifsearch.content_search import autocomplete
from iiifsearch.content_search.autocomplete import Asked, complete
from iiifsearch.engine.scope import Scope
from iiifsearch.index.texts import index_texts
from iiifsearch.models import Term
from tests.iiifsearch.conftest import Library

EVERYTHING = Scope()


def say(library: Library, *bodies: str, name: str = "boats") -> None:
    """Have comments written and indexed."""
    canvas = library.canvas(name)
    known = Comment.objects.count()
    Comment.objects.bulk_create(
        Comment(canvas=canvas, key=f"said-{known + number}", origin="curator", body=body)
        for number, body in enumerate(bodies)
    )
    Canvas.objects.filter(pk=canvas.pk).update(text_revision=canvas.text_revision + 1)
    index_texts()


@pytest.mark.parametrize("rows", [1, 10, 20_000])
def test_counts_are_true_however_few_rows_are_looked_at(
    rows: int, library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    say(library, *["zebra"] * 12, *["zenith"] * 30, "zephyr")
    monkeypatch.setattr(autocomplete, "MOST_ROWS", rows)
    assert complete("z", EVERYTHING) == [("zenith", 30), ("zebra", 12), ("zephyr", 1)]
    assert complete("z", EVERYTHING, minimum=12) == [("zenith", 30), ("zebra", 12)]


def test_words_are_found_where_the_sample_holds_none(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    say(library, *["zebra"] * 12)
    monkeypatch.setattr(autocomplete, "MOST_ROWS", 5)
    monkeypatch.setattr(autocomplete, "SAMPLE_ROWS", 0)
    assert complete("z", EVERYTHING) == [("zebra", 12)]


@pytest.mark.parametrize("rows", [0, 20_000])
def test_drafts_and_other_scopes_are_neither_listed_nor_counted(
    rows: int, library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(autocomplete, "MOST_ROWS", rows)
    say(library, "zebra", "zebra")
    say(library, "zebra", "zenith", name="letter")
    Comment.objects.filter(key="said-" + str(Comment.objects.count() - 1)).update(state=State.DRAFT)
    assert complete("ze", EVERYTHING) == [("zebra", 3)]
    of_boats = Scope(manifest_id=library.manifest("boats").pk)
    assert complete("ze", of_boats) == [("zebra", 2)]
    Canvas.objects.filter(pk=library.canvas("boats").pk).update(state=State.DRAFT)
    assert complete("ze", EVERYTHING) == [("zebra", 1)]
    assert complete("ze", of_boats) == []


def test_several_words_count_together(library: Library) -> None:
    say(library, "three zebras grazing", "two zebras grazing", "three lions; no zebras", "zebras")
    assert complete("zeb", EVERYTHING) == [("zebras", 4)]
    assert complete("three zeb", EVERYTHING) == [("three zebras", 2)]
    assert complete("Three grazing zeb", EVERYTHING) == [("three grazing zebras", 1)]
    assert complete('"two zebras" gra', EVERYTHING) == [('"two zebras" grazing', 1)]
    assert complete("-two zeb", EVERYTHING) == [("-two zebras", 3)]
    assert complete("five zeb", EVERYTHING) == []
    assert complete("zebras -li", EVERYTHING) == []  # what is excluded is not completed
    assert complete("a zeb", EVERYTHING) == [("a zebras", 4)]  # as the search has it
    assert complete("three fishing bo", EVERYTHING) == [("three fishing boats", 1)]


def test_numbers_and_runs_without_spaces_are_words_too(library: Library) -> None:
    say(library, "12 zebras", "21 zebras", "月夜の海 zebras", "painted 1889 zebras")
    assert complete("12 zeb", EVERYTHING) == [("12 zebras", 1)]
    assert complete("1889 zeb", EVERYTHING) == [("1889 zebras", 1)]
    assert complete("月夜 zeb", EVERYTHING) == [("月夜 zebras", 1)]
    assert ("月夜の海", 2) in complete("月夜", EVERYTHING)


def test_accents_make_no_difference_and_are_shown(library: Library) -> None:
    for typed in ("ete", "été", "ÉT", "e\u0301te\u0301"):
        assert complete(typed, EVERYTHING) == [("été", 1)], typed
    assert complete("d'et", EVERYTHING) == [("d'été", 1)]
    assert complete("Eloi", EVERYTHING) == [("éloïse", 1)]
    say(library, "un e\u0301te\u0301 sans fin")  # written with accents by themselves
    assert complete("ete", EVERYTHING) == [("été", 2)]


def test_width_makes_no_difference(library: Library) -> None:
    say(library, "Ｚｅｂｒａ", "zebra", "ﾂｷﾉﾋｶﾘ")
    assert complete("ｚｅ", EVERYTHING) == complete("ze", EVERYTHING) == [("zebra", 2)]
    assert complete("ﾂｷ", EVERYTHING) == complete("ツキ", EVERYTHING) == [("ツキノヒカリ", 1)]


@pytest.mark.parametrize("typed", ["", " ", "%", "_", "boat ", "-", "\\", "z" * 5000, "ﬃ" * 100])
def test_what_no_word_begins_with(typed: str, library: Library) -> None:
    assert complete(typed, EVERYTHING) == []


def test_signs_of_patterns_are_letters_here(library: Library) -> None:
    say(library, "a_zebra", "abzebra")
    assert complete("a_", EVERYTHING) == [("a_zebra", 1)]


def test_a_word_that_grows_when_it_is_folded_fits(library: Library) -> None:
    say(library, "ß" * 60)
    assert complete("ss", EVERYTHING) == [("ß" * 60, 1)]


@pytest.mark.parametrize("before", ["", "three fishing "])
@pytest.mark.parametrize("more", ["", " AND t.folded = ANY(%s) AND t.word = ANY(%s)"])
def test_the_prefix_is_looked_up_in_its_index(before: str, more: str, library: Library) -> None:
    """With rows enough for the planner to mind."""
    boats = library.canvas("boats")
    comment = Comment.objects.filter(canvas=boats).first()
    assert comment is not None
    Term.objects.bulk_create(
        Term(canvas_id=boats.pk, comment_id=comment.pk, word=f"w{n:06}", folded=f"w{n:06}")
        for n in range(20_000)
    )
    statement, params = Asked("bo", before, EVERYTHING).statement(more)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE iiifsearch_term")
        listed = [["boats"], ["boats"]] if more else []
        cursor.execute(f"EXPLAIN {statement}", [*params, *listed])
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "term_prefix" in plan, plan
    assert "Seq Scan on iiifsearch_term t" not in plan, plan
