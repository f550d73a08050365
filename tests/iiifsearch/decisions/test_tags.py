"""Deciding on guessed tags: what follows, and that undoing brings all of it back."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from catalog.models import Canvas, Comment
from iiifsearch.decisions import batch, tags
from iiifsearch.engine.tags import borne_by
from iiifsearch.models import Batch, Changed, TagGuess
from tests.iiifsearch.tagged import hang, look, one_encoder, say

pytestmark = pytest.mark.usefixtures(one_encoder.__name__)
__all__ = ["one_encoder"]

Decision = TagGuess.Decision


@pytest.fixture
def curator(db: None) -> User:
    return User.objects.create_user("ada", first_name="Ada", last_name="Vento")


@pytest.fixture
def missing(one_encoder: None) -> TagGuess:
    hang("known", 8, 0, Style="Baroque")
    hang("silent", 1, 0)
    look()
    return TagGuess.objects.get()


@pytest.fixture
def doubtful(one_encoder: None) -> TagGuess:
    hang("oils", 30, 0, Technique="oil on canvas")
    hang("odd", 1, 0, Technique="watercolour")
    look()
    return TagGuess.objects.get()


def texts(canvas_id: int) -> list[tuple[str, str, str]]:
    rows = Comment.objects.filter(canvas=canvas_id).order_by("pk")
    return list(rows.values_list("origin", "body", "state"))


def revision(canvas_id: int) -> int:
    return Canvas.objects.get(pk=canvas_id).text_revision


def test_an_accepted_tag_is_written(missing: TagGuess, curator: User) -> None:
    was = revision(missing.canvas_id)
    found = tags.decide([missing.pk], Decision.RIGHT, by=curator)
    assert (found.count, found.already) == (1, 0)
    comment = Comment.objects.get(canvas=missing.canvas_id)
    assert (comment.origin, comment.motivation) == ("curator", "tagging")
    assert (comment.label, comment.body) == ("Style", "Baroque")
    assert (comment.author, comment.creator) == (curator, "Ada Vento")
    assert comment.created is not None and len(comment.key) == 16
    missing.refresh_from_db()
    assert missing.comment == comment and missing.decided_by == curator and missing.decided_at
    assert revision(missing.canvas_id) == was + 1
    assert Changed.objects.filter(canvas_id=missing.canvas_id).exists()
    assert borne_by([missing.canvas_id])[missing.canvas_id].keys() == {missing.mark}
    entry = LogEntry.objects.get()
    assert entry.change_message == "Tag called right: Style: Baroque."
    assert (entry.user, entry.object_id) == (curator, str(missing.canvas_id))


def test_a_refused_one_writes_nothing(missing: TagGuess, curator: User) -> None:
    was = revision(missing.canvas_id)
    tags.decide([missing.pk], Decision.WRONG, by=curator)
    assert texts(missing.canvas_id) == [] and revision(missing.canvas_id) == was
    assert LogEntry.objects.get().change_message == "Tag called wrong: Style: Baroque."


def test_a_wrong_tag_is_withdrawn_and_kept(doubtful: TagGuess, curator: User) -> None:
    say(doubtful.canvas, "technique", "Watercolour")
    say(doubtful.canvas, "Style", "watercolour")
    tags.decide([doubtful.pk], Decision.WRONG, by=curator)
    assert texts(doubtful.canvas_id) == [
        ("metadata", "watercolour", "withdrawn"),
        ("metadata", "Watercolour", "withdrawn"),
        ("metadata", "watercolour", "published"),
    ]
    assert {tag.label for tag in borne_by([doubtful.canvas_id])[doubtful.canvas_id].values()} == {
        "Style"
    }
    doubtful.refresh_from_db()
    assert doubtful.comment is not None and doubtful.comment.state == "withdrawn"
    batch.undo(Batch.objects.get().pk, curator)
    assert {state for *_, state in texts(doubtful.canvas_id)} == {"published"}


def test_a_right_one_stays(doubtful: TagGuess, curator: User) -> None:
    tags.decide([doubtful.pk], Decision.RIGHT, by=curator)
    assert texts(doubtful.canvas_id) == [("metadata", "watercolour", "published")]


def test_after_a_wrong_tag_what_the_neighbours_say_is_suggested(
    doubtful: TagGuess, curator: User
) -> None:
    tags.decide([doubtful.pk], Decision.WRONG, by=curator)
    look()
    open_one = TagGuess.objects.get(decision="")
    assert str(open_one) == "Technique: oil on canvas" and open_one.kind == "missing"


def test_undoing_brings_all_back(missing: TagGuess, curator: User) -> None:
    before = TagGuess.objects.values().get()
    found = tags.decide([missing.pk], Decision.RIGHT, by=curator)
    assert found.batch is not None and str(found.batch) == "Style: Baroque, of 1 painting: right"
    was = revision(missing.canvas_id)
    batch.undo(found.batch.pk, curator)
    assert TagGuess.objects.values().get() == before and texts(missing.canvas_id) == []
    assert revision(missing.canvas_id) == was + 1
    with pytest.raises(batch.NothingToUndo):
        batch.undo(found.batch.pk, curator)


def test_a_decision_is_changed_by_another_and_comes_back(missing: TagGuess, curator: User) -> None:
    tags.decide([missing.pk], Decision.RIGHT, by=curator)
    again = tags.decide([missing.pk], Decision.RIGHT, by=curator)
    assert (again.count, again.already, again.batch) == (0, 1, None)
    other = User.objects.create_user("jan")
    second = tags.decide([missing.pk], Decision.WRONG, by=other)
    assert texts(missing.canvas_id) == []
    assert second.batch is not None
    with pytest.raises(batch.NothingToUndo):
        batch.undo(second.batch.pk, curator)
    batch.undo(second.batch.pk, other)
    missing.refresh_from_db()
    assert missing.decision == "right" and missing.decided_by == curator
    comment = Comment.objects.get(canvas=missing.canvas_id)
    assert comment.author == curator and missing.comment == comment
    tags.decide([missing.pk], Decision.OPEN, by=other)
    missing.refresh_from_db()
    assert (missing.decision, missing.decided_by, missing.decided_at) == ("", None, None)
    assert texts(missing.canvas_id) == []


def test_what_is_gone_is_left_and_too_many_are_refused(missing: TagGuess, curator: User) -> None:
    found = tags.decide([missing.pk, 10**15], Decision.WRONG, by=curator)
    assert (found.count, found.already) == (1, 1)
    missing.delete()
    assert found.batch is not None
    batch.undo(found.batch.pk, curator)
    with pytest.raises(batch.TooMany, match="More than 1,000 are chosen"):
        tags.decide(range(1001), Decision.WRONG, by=curator)


def test_queries_do_not_grow(
    one_encoder: None, curator: User, django_assert_max_num_queries: Any
) -> None:
    hang("known", 8, 0, Style="Baroque")
    hang("silent", 20, 0)
    look()
    ids = list(TagGuess.objects.values_list("pk", flat=True))
    assert len(ids) == 20
    with django_assert_max_num_queries(25):
        tags.decide(ids, Decision.RIGHT, by=curator)
    assert Comment.objects.filter(origin="curator").count() == 20
    with django_assert_max_num_queries(25):
        batch.undo(Batch.objects.get().pk, curator)
    assert not Comment.objects.filter(origin="curator").exists()


class TestAnyOrder(TestCase):
    """Whatever is decided, by whomever, undone in reverse: all is as it was before."""

    def setUp(self) -> None:
        canvas = hang("one", 1, 0)[0]
        self.people = [User.objects.create_user(name) for name in ("a", "b")]
        say(canvas, "Technique", "watercolour")
        shared = {"canvas": canvas, "relevance": 1.0}
        TagGuess.objects.create(
            **shared, kind="missing", label="Style", text="Baroque", mark="style\nbaroque"
        )
        TagGuess.objects.create(
            **shared,
            kind="doubtful",
            label="Technique",
            text="watercolour",
            mark="technique\nwatercolour",
        )

    @settings(max_examples=20, suppress_health_check=list(HealthCheck))
    @given(
        st.lists(
            st.tuples(
                st.sampled_from(["", "right", "wrong"]),
                st.integers(0, 1),
                st.sampled_from(["missing", "doubtful"]),
            ),
            max_size=6,
        )
    )
    def test_undone_in_reverse(self, steps: list[tuple[str, int, str]]) -> None:
        states = [self.all()]
        made = []
        for decision, person, kind in steps:
            row = TagGuess.objects.get(kind=kind)
            found = tags.decide([row.pk], Decision(decision), by=self.people[person])
            if found.batch is not None:
                made.append(found.batch)
                states.append(self.all())
            says = Comment.objects.filter(origin="curator").count()
            assert says == TagGuess.objects.filter(kind="missing", decision="right").count()
            hidden = Comment.objects.filter(state="withdrawn").count()
            assert hidden == TagGuess.objects.filter(kind="doubtful", decision="wrong").count()
        for one in reversed(made):
            assert self.all() == states.pop()
            assert one.by is not None
            batch.undo(one.pk, one.by)
        assert self.all() == states.pop() and not states

    def all(self) -> tuple[Any, ...]:
        guesses = TagGuess.objects.order_by("pk").values_list(
            "pk", "decision", "decided_by", "decided_at"
        )
        said = Comment.objects.order_by("origin").values_list("origin", "body", "state", "author")
        return tuple(guesses), tuple(said)
