"""Collections that rules fill: what comes, what goes, what stays, and what is never shown."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalog import collecting
from catalog.collecting import NotCurated
from catalog.left_out import leave_out
from catalog.models import Activity, Canvas, Collection, CollectionCanvas, Comment, State
from iiifsearch import tasks
from iiifsearch.rules import fill as filling
from iiifsearch.rules.fill import Filled, compare, fill, fill_all, first_found, set_rule, stop
from iiifsearch.rules.finding import CannotFill, finding
from iiifsearch.rules.rule import BadRule, Rule, read
from tests.iiifsearch.pages.conftest import CC0, Gallery
from tests.iiifsearch.pages.test_collections import make, put

COLOUR = {"image_encoders": ("colour",), "features": (("colour", 1.0),)}


@pytest.fixture
def gallery(db: None, settings: Any, tmp_path: Path) -> Gallery:
    settings.CATALOG = {**settings.CATALOG, "storage": tmp_path / "pictures"}
    return Gallery()


@pytest.fixture
def person(db: None) -> User:
    return User.objects.create_user("curator")


def ruled(rule: Rule, title: str = "Ruled", **more: Any) -> Collection:
    return make(title, rule=rule.written(), **more)


def titles(collection: Collection) -> list[str]:
    rows = CollectionCanvas.objects.filter(collection=collection).order_by("position")
    return list(rows.values_list("canvas__title", flat=True))


def found(**said: Any) -> set[str]:
    wanted = finding(Rule(**said))
    with connection.cursor() as cursor:
        cursor.execute(wanted.sql, wanted.params)
        ids = [row[0] for row in cursor.fetchall()]
    return set(Canvas.objects.filter(pk__in=ids).values_list("title", flat=True))


# -- what a rule finds -------------------------------------------------------------------------


def metadata(label: str, text: str) -> tuple[str, dict[str, Any]]:
    return text, {"origin": "metadata", "label": label}


def tag(text: str, **more: Any) -> tuple[str, dict[str, Any]]:
    return text, {"origin": "curator", "motivation": "tagging", **more}


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({"tag": "oil on canvas"}, {"Apples", "Sea"}),
        ({"tag": "OIL ON CÁNVAS", "label": "technique"}, {"Apples"}),
        ({"tag": "oil on canvas", "label": "Genre"}, set()),
        ({"tag": "oil"}, set()),
        ({"tag": "'; DROP TABLE x; -- %s"}, set()),
        ({"words": "boats moon"}, {"Sea"}),
        ({"words": "boats -moon"}, {"Apples"}),
        ({"words": '"fishing boats"'}, {"Apples"}),
        ({"words": "the boats"}, {"Apples", "Sea"}),
        ({"words": "月夜"}, {"Fish"}),
        ({"words": "secret"}, set()),
        ({"maker": "cezanne"}, {"Apples"}),
        ({"maker": "cezanne", "words": "moon"}, set()),
        ({"first": 1900, "last": 1930}, {"Sea", "Fish"}),
        ({"rights": "public-domain", "words": "boats"}, {"Apples", "Sea"}),
    ],
)
def test_what_is_found(said: dict[str, Any], expected: set[str], gallery: Gallery) -> None:
    from iiifsearch.index.everything import make_searchable

    for title, maker, year, texts in (
        ("Apples", "Paul Cézanne", 1890, [metadata("Technique", "Oil on canvas"), "Fishing boats"]),
        (
            "Sea",
            "Ada Vento",
            1900,
            [tag(" Oil on  canvas".replace("  ", " ")), "Boats.", "A moon."],
        ),
        ("Fish", "Paul Klee", 1925, [metadata("Technique", "Oil on wood"), "静かな月夜"]),
    ):
        canvas = gallery.hang(title, *texts, kept=False, rights=CC0)
        Canvas.objects.filter(pk=canvas.pk).update(maker=maker, year=year)
    hidden = gallery.hang(
        "Hidden", metadata("Technique", "Oil on canvas"), "Boats, moon", kept=False,
        state=State.DRAFT,
    )  # fmt: skip
    Comment.objects.create(canvas=hidden, key="x", origin="curator", body="secret boats")
    draft = Canvas.objects.get(title="Fish")
    Comment.objects.create(
        canvas=draft, key="y", origin="curator", body="secret boats", state=State.DRAFT
    )
    make_searchable()
    assert found(**said) == expected


def test_what_a_hidden_manifest_says_finds_nothing(gallery: Gallery) -> None:
    shown, draft = gallery.hang("Shown", kept=False), gallery.hang("Other", kept=False)
    other = draft.manifests.get()
    for motivation in ("tagging", "describing"):
        Comment.objects.create(
            canvas=shown, manifest=other, key=motivation, origin="annotation", body="Whispered",
            motivation=motivation,
        )  # fmt: skip
    gallery.index()
    assert found(tag="Whispered") == found(words="whispered") == {"Shown"}
    type(other).objects.filter(pk=other.pk).update(state=State.DRAFT)
    assert found(tag="Whispered") == found(words="whispered") == set()


def test_within_a_collection_or_a_manifest(gallery: Gallery) -> None:
    a, b, c = (gallery.hang(name, kept=False, maker="Ada") for name in "abc")
    source = make("Source")
    put(source, a, b)
    assert found(maker="ada", collection=source.key) == {"a", "b"}
    assert found(maker="ada", manifest=c.manifests.get().key) == {"c"}
    assert found(manifest=c.manifests.get().key) == {"c"}
    Collection.objects.update(state=State.DRAFT)
    with pytest.raises(CannotFill, match="not published"):
        found(collection=source.key)


def test_by_likeness(gallery: Gallery, encoders: Path, settings: Any) -> None:
    settings.IIIFSEARCH = {**settings.IIIFSEARCH, **COLOUR}
    example = gallery.hang("Example", seed=1)
    for title, seed in (("Copy", 1), ("Another copy", 1), ("Strange", 9)):
        gallery.hang(title, seed=seed, maker="Ada" if title != "Another copy" else "")
    with pytest.raises(CannotFill, match="not all been looked at"):
        found(like=(example.key,))
    gallery.index()
    assert found(like=(example.key,), least=99) == {"Copy", "Another copy"}
    assert found(like=(example.key,), least=99, maker="ada") == {"Copy"}
    assert found(like=(example.key,), least=99, words="another") == {"Another copy"}
    assert len(found(like=(example.key,), least=0, most=1)) == 1
    Canvas.objects.filter(pk=example.pk).update(state=State.DRAFT)
    with pytest.raises(CannotFill, match=example.key):
        found(like=(example.key,))


# -- filling -----------------------------------------------------------------------------------


def test_what_comes_and_goes(gallery: Gallery) -> None:
    first, second = (gallery.hang(title, maker="Ada", kept=False) for title in ("One", "Two"))
    by_hand = gallery.hang("By hand", maker="Bea", kept=False)
    collection = ruled(Rule(maker="ada"))
    put(collection, by_hand)
    assert fill(collection) == Filled(2, 0, 2)
    assert titles(collection) == ["By hand", "One", "Two"]
    third = gallery.hang("Three", maker="Ada", kept=False)
    Canvas.objects.filter(pk=first.pk).update(maker="Bea")
    assert fill(collection) == Filled(1, 1, 2)
    assert titles(collection) == ["By hand", "Two", "Three"]
    for hidden in (second, by_hand):
        Canvas.objects.filter(pk=hidden.pk).update(state=State.DRAFT)
    type(third.manifests.get()).objects.filter(appearances__canvas=third).update(state="draft")
    assert fill(collection) == Filled(0, 2, 0)
    assert titles(collection) == ["By hand"], "what a curator put there stays"
    assert Activity.objects.filter(key=collection.key).exists()


def test_nothing_is_written_where_nothing_changed(gallery: Gallery) -> None:
    gallery.hang("One", maker="Ada", kept=False)
    collection = ruled(Rule(maker="ada"))
    fill(collection)
    before = Collection.objects.get()
    told = Activity.objects.count()
    with CaptureQueriesContext(connection) as asked:
        assert fill(before) == Filled(0, 0, 1)
    assert len(asked) == 1 and asked.captured_queries[0]["sql"].strip().startswith("WITH")
    after = Collection.objects.get()
    assert (after.filled_at, after.modified_at) == (before.filled_at, before.modified_at)
    assert Activity.objects.count() == told


def test_what_was_taken_out_by_hand_stays_out(gallery: Gallery, person: User) -> None:
    one, two = (gallery.hang(title, maker="Ada", kept=False) for title in ("One", "Two"))
    collection = ruled(Rule(maker="ada"))
    fill(collection)
    assert collecting.remove(collection, [one.pk], by=person) == 1
    collection.refresh_from_db()
    assert read(collection.rule).without == (one.pk,)
    assert fill(collection) == Filled(0, 0, 1) and titles(collection) == ["Two"]
    set_rule(collection, Rule(first=-9999, maker="ada"), by=person)
    assert collection.rule["without"] == [one.pk], "another rule leaves it out, too"
    collecting.add(collection, [one.pk], by=person)
    fill(collection)
    collection.refresh_from_db()
    assert set(titles(collection)) == {"One"}, "by hand it comes back; the rule finds neither"
    assert two.pk not in collection.rule["without"], "what the rule took out is not left out"


def test_by_hand_what_the_rule_had_put_there(gallery: Gallery, person: User) -> None:
    one = gallery.hang("One", maker="Ada", kept=False)
    collection = ruled(Rule(maker="ada"))
    fill(collection)
    assert collecting.add(collection, [one.pk], by=person) == 0
    Canvas.objects.update(maker="Bea")
    assert fill(collection) == Filled(0, 0, 0) and titles(collection) == ["One"]


def test_leaving_out_needs_a_rule(db: None) -> None:
    plain = make("Plain")
    leave_out(plain, [3])
    plain.refresh_from_db()
    assert plain.rule is None


@pytest.mark.parametrize("listed", ["x", {"a": 1}, [[1], "x", 7], None])
def test_what_was_left_out_is_read_with_care(listed: Any, db: None) -> None:
    broken = make("Broken", rule={"version": 1, "without": listed})
    leave_out(broken, [3])
    broken.refresh_from_db()
    assert broken.rule["without"] == ([3, 7] if isinstance(listed, list) else [3])


def test_stopping_keeps_what_is_there(gallery: Gallery, person: User) -> None:
    gallery.hang("One", maker="Ada", kept=False)
    collection = ruled(Rule(maker="ada"))
    fill(collection)
    stop(collection, by=person)
    assert collection.rule is None and list(filling.with_rules()) == []
    with pytest.raises(CannotFill, match="No rule"):
        fill(collection)
    set_rule(collection, Rule(maker="nobody"), by=person)
    assert fill(collection) == Filled(0, 0, 0) and titles(collection) == ["One"]
    said = list(LogEntry.objects.order_by("pk").values_list("change_message", flat=True))
    assert said == ["Nothing fills it any more.", "Changed the rule that fills it."]


def test_more_than_a_rule_takes(gallery: Gallery, monkeypatch: pytest.MonkeyPatch) -> None:
    for n in range(5):
        gallery.hang(f"No. {n}", maker="Ada", kept=False)
    collection = ruled(Rule(maker="ada"))
    for module in ("fill", "finding"):
        monkeypatch.setattr(f"iiifsearch.rules.{module}.MOST", 3)
    assert fill(collection) == Filled(3, 0, 3, capped=True)
    assert titles(collection) == ["No. 0", "No. 1", "No. 2"]
    assert fill(collection) == Filled(0, 0, 3, capped=True)
    assert len(first_found(Rule(maker="ada"), collection, 2)) == 2


def test_not_from_itself(gallery: Gallery) -> None:
    top = make("Top")
    within = ruled(Rule(collection=top.key), parent=top)
    with pytest.raises(CannotFill, match="filled from itself"):
        fill(within)
    own = make("Own")
    own.rule = Rule(collection=own.key).written()
    with pytest.raises(CannotFill, match="filled from itself"):
        fill(own)


def test_what_cannot_be_filled_keeps_what_it_has(
    gallery: Gallery, caplog: pytest.LogCaptureFixture
) -> None:
    one = gallery.hang("One", maker="Ada", kept=False)
    source = make("Source")
    put(source, one)
    collection = ruled(Rule(collection=source.key))
    fill(collection)
    Collection.objects.filter(pk=source.pk).update(state=State.DRAFT)
    broken = make("Broken", rule={"version": 9})
    make("Gone", rule=Rule(maker="ada").written(), state=State.WITHDRAWN)
    last = ruled(Rule(maker="ada"), "Last")
    fill_all()
    assert titles(collection) == titles(last) == ["One"]
    assert "Ruled" in caplog.text and "Broken" in caplog.text and "Gone" not in caplog.text
    with pytest.raises(BadRule):
        fill(broken)
    harvested = make("Harvested", uri="https://example.org/c", rule=Rule(maker="ada").written())
    with pytest.raises(NotCurated):
        fill(harvested)


def test_a_draft_is_filled_and_stays_a_draft(gallery: Gallery) -> None:
    gallery.hang("One", maker="Ada", kept=False)
    collection = ruled(Rule(maker="ada"), state=State.DRAFT)
    assert fill(collection).added == 1
    collection.refresh_from_db()
    assert collection.state == State.DRAFT and not Activity.objects.exists()


def test_a_comparison_writes_nothing(gallery: Gallery) -> None:
    one = gallery.hang("One", maker="Ada", kept=False)
    collection = make("Plain")
    compared = compare(Rule(maker="ada"), collection)
    assert (compared.added, compared.removed, compared.total) == ((one.pk,), (), 1)
    assert titles(collection) == []


def test_the_queue(transactional_db: None, settings: Any, tmp_path: Path) -> None:
    from procrastinate.contrib.django.models import ProcrastinateJob

    settings.CATALOG = {**settings.CATALOG, "storage": tmp_path / "pictures"}
    gallery = Gallery()
    gallery.hang("One", maker="Ada", kept=False)
    waiting = ProcrastinateJob.objects.filter(task_name__endswith="fill_collections")
    tasks.keep_filling(timestamp=0)
    assert not waiting.exists(), "no rule, no job"
    collection = ruled(Rule(maker="ada"))
    tasks.keep_filling(timestamp=0)
    tasks.keep_filling(timestamp=600)
    assert waiting.count() == 1
    tasks.fill_collections()
    assert titles(collection) == ["One"]
