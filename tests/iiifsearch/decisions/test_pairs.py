"""Verdicts on pairs: taken at once, written down, undone, and never lost."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalog.models import Canvas, State
from iiifsearch.decisions import batch, pairs
from iiifsearch.models import Batch, Duplicate

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada() -> User:
    return User.objects.create_user("ada")


@pytest.fixture
def ben() -> User:
    return User.objects.create_user("ben")


def canvas(number: int, **more: Any) -> Canvas:
    uri = f"urn:{number}"
    given = {"key": f"c{number}", "uri": uri, "raw_id": uri, "state": "published"}
    return Canvas.objects.create(**{**given, **more})


def pair(number: int = 0, **values: Any) -> Duplicate:
    given = {"similarity": 0.8, "inliers": 30, "probability": 0.99}
    first, second = canvas(2 * number), canvas(2 * number + 1)
    return Duplicate.objects.create(first=first, second=second, **{**given, **values})


def state(*rows: Duplicate) -> list[dict[str, Any]]:
    return list(Duplicate.objects.filter(pk__in=[row.pk for row in rows]).order_by("pk").values())


def test_a_verdict_with_who_and_when_and_why(ada: User) -> None:
    row = pair()
    done = pairs.decide([row.pk, row.pk], "copy", by=ada, note="Ridolfi's engraving")
    assert done is not None and (done.count, done.said) == (1, "1 pair decided: a copy.")
    row.refresh_from_db()
    assert (row.decision, row.decided_by, row.note) == ("copy", ada, "Ridolfi's engraving")
    assert row.decided_at is not None and not row.changed
    assert (row.first_revision, row.second_revision) == (1, 1)
    entry = LogEntry.objects.get()
    assert (entry.user, entry.object_id) == (ada, str(row.pk))
    assert entry.change_message == "Decided: a copy."


def test_the_same_again_is_nothing_new(ada: User) -> None:
    row = pair()
    pairs.decide([row.pk], "copy", by=ada, note="seen")
    assert pairs.decide([row.pk], "copy", by=ada) is None
    assert pairs.decide([row.pk], "copy", by=ada, note="seen") is None
    assert LogEntry.objects.count() == 1 and Batch.objects.count() == 1
    Canvas.objects.filter(pk=row.first_id).update(pixel_revision=2)
    assert Duplicate.objects.get().changed
    assert pairs.decide([row.pk], "copy", by=ada) is not None  # of the picture as it is now
    row = Duplicate.objects.get()
    assert not row.changed and row.note == "seen"
    assert pairs.decide([row.pk], "copy", by=ada, note="") is not None
    assert Duplicate.objects.get().note == ""


def test_opening_again(ada: User) -> None:
    row = pair()
    pairs.decide([row.pk], "unrelated", by=ada, note="a caption")
    done = pairs.decide([row.pk], "", by=ada)
    row.refresh_from_db()
    assert done is not None and done.said == "1 pair is open again."
    assert (row.decision, row.decided_by, row.decided_at) == ("", None, None)
    assert row.note == "a caption"
    batch.undo(done.pk, ada)
    row.refresh_from_db()
    assert (row.decision, row.decided_by) == ("unrelated", ada)


def test_undoing_brings_all_back(ada: User, ben: User) -> None:
    rows = [pair(0), pair(1), pair(2)]
    pairs.decide([rows[1].pk], "detail", by=ben, note="the hand")
    before = state(*rows)
    done = pairs.decide([row.pk for row in rows], "same-work", by=ada, note="x")
    assert done is not None and done.count == 3
    undone = batch.undo(done.pk, ada)
    assert state(*rows) == before and undone.restored == 3 and undone.undone_at
    assert LogEntry.objects.filter(change_message="Undone.", user=ada).count() == 3
    with pytest.raises(batch.NothingToUndo, match="Undone already: 3 pairs"):
        batch.undo(done.pk, ada)


def test_what_was_decided_anew_stays(ada: User, ben: User) -> None:
    rows = [pair(0), pair(1), pair(2)]
    done = pairs.decide([row.pk for row in rows], "same-work", by=ada)
    pairs.decide([rows[0].pk], "variant", by=ben)
    rows[1].delete()
    assert done is not None
    assert batch.undo(done.pk, ada).restored == 1
    assert [row.decision for row in Duplicate.objects.order_by("pk")] == ["variant", ""]


def test_who_decided_before_may_be_gone(ada: User, ben: User) -> None:
    row = pair()
    pairs.decide([row.pk], "copy", by=ben)
    done = pairs.decide([row.pk], "variant", by=ada)
    ben.delete()
    assert done is not None
    batch.undo(done.pk, ada)
    row.refresh_from_db()
    assert (row.decision, row.decided_by) == ("copy", None)


def test_a_person_undoes_their_own(ada: User, ben: User) -> None:
    done = pairs.decide([pair().pk], "copy", by=ada)
    assert done is not None
    assert batch.last(Batch.Subject.PAIRS, ada) == done
    assert batch.last(Batch.Subject.PAIRS, ben) is None
    for pk in (done.pk, done.pk + 1, 10**30):
        with pytest.raises(batch.NothingToUndo, match="not yours"):
            batch.undo(pk, ben)
    assert Duplicate.objects.get().decision == "copy"


def test_all_or_none(ada: User, monkeypatch: pytest.MonkeyPatch) -> None:
    row = pair()
    with pytest.raises(pairs.NoSuchPair, match=r"no pair \d+"):
        pairs.decide([row.pk, row.pk + 1], "copy", by=ada)
    with pytest.raises(ValueError, match="nonsense"):
        pairs.decide([row.pk], "nonsense", by=ada)
    monkeypatch.setattr(batch, "MOST_AT_ONCE", 1)
    with pytest.raises(batch.TooMany, match="More than 1 are chosen"):
        pairs.decide([row.pk, row.pk + 1], "copy", by=ada)
    assert Duplicate.objects.get().decision == "" and not Batch.objects.exists()


def test_only_what_is_open(ada: User, ben: User) -> None:
    rows = [pair(0), pair(1)]
    pairs.decide([rows[0].pk], "unrelated", by=ben)
    done = pairs.decide([row.pk for row in rows], "copy", by=ada, only_open=True)
    assert done is not None and done.count == 1
    assert [row.decision for row in Duplicate.objects.order_by("pk")] == ["unrelated", "copy"]


def test_queries_do_not_grow(ada: User) -> None:
    def count(*rows: Duplicate) -> int:
        with CaptureQueriesContext(connection) as captured:
            pairs.decide([row.pk for row in rows], "copy", by=ada)
        return len(captured)

    few = count(pair(0), pair(1))
    assert count(*(pair(number) for number in range(2, 12))) == few


# -- by hand ------------------------------------------------------------------------------------


def test_a_pair_that_nobody_found(ada: User) -> None:
    one, other = canvas(1), canvas(2)
    done = pairs.add(other, one, "detail", by=ada, note="the left hand")
    row = Duplicate.objects.get()
    assert (row.first, row.second, row.decision) == (one, other, "detail")
    assert (row.similarity, row.inliers, row.probability, row.outline) == (None,) * 4
    assert not row.measured and row.note == "the left hand"
    with pytest.raises(pairs.KnownPair) as known:
        pairs.add(one, other, "copy", by=ada)
    assert known.value.pair == row
    assert batch.undo(done.pk, ada).restored == 1
    assert not Duplicate.objects.exists()
    assert [entry.action_flag for entry in LogEntry.objects.order_by("pk")] == [1, 3]


def test_what_is_no_pair(ada: User) -> None:
    one, gone = canvas(1), canvas(2, state=State.WITHDRAWN)
    with pytest.raises(pairs.NoPair, match="the same canvas"):
        pairs.add(one, one, "copy", by=ada)
    with pytest.raises(pairs.NoPair, match="withdrawn"):
        pairs.add(one, gone, "copy", by=ada)
    with pytest.raises(ValueError, match="needs a verdict"):
        pairs.add(one, gone, "", by=ada)
    assert not Duplicate.objects.exists()


# -- what is left, and what was said ------------------------------------------------------------


def test_the_queue(ada: User, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [pair(number) for number in range(4)]
    pks = [row.pk for row in rows]
    pairs.decide([pks[1]], "copy", by=ada)
    assert pairs.left() == 3
    assert [pairs.next_open(pk) for pk in (0, *pks)] == [pks[0], pks[2], pks[2], pks[3], pks[0]]
    assert pairs.neighbours(pks[1]) == (pks[0], pks[2])
    assert pairs.neighbours(pks[0]) == (None, pks[1])
    monkeypatch.setattr(pairs, "MOST_COUNTED", 1)
    assert pairs.left() == 2
    pairs.decide(pks, "unrelated", by=ada)
    assert pairs.next_open() is None and pairs.left() == 0


def test_verdicts_are_told_with_keys(ada: User) -> None:
    rows = [pair(0), pair(1), pair(2, mirrored=True)]
    pairs.decide([rows[2].pk], "copy", by=ada, note="in reverse")
    pairs.decide([rows[0].pk], "unrelated", by=ada)
    ada.delete()
    with CaptureQueriesContext(connection) as captured:
        told = list(pairs.verdicts())
    assert len(captured) == 1
    assert [(one.first, one.second, one.verdict) for one in told] == [
        ("c0", "c1", "unrelated"),
        ("c4", "c5", "copy"),
    ]
    last = told[1]
    assert (last.first_uri, last.note, last.by, last.mirrored) == ("urn:4", "in reverse", "", True)
    assert last.at is not None and last.probability == 0.99
