"""Near-duplicates: found once, looked at anew where a picture changed, never lost."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import IntegrityError, transaction
from django.db.models import F

from catalog import kept
from catalog.harvest.wanted import want_pictures
from catalog.locks import alone
from catalog.models import Canvas, Picture, State
from catalog.withdrawal import withdraw
from iiifsearch import tasks
from iiifsearch.decisions.pairs import add, decide
from iiifsearch.index import compare, duplicates
from iiifsearch.index.duplicates import find_duplicates, groups, joined, to_look_at
from iiifsearch.index.everything import index_everything
from iiifsearch.models import Duplicate, LocalFeatures, Seen
from tests.iiifsearch.conftest import Library
from tests.iiifsearch.index.helpers import in_thread
from tests.iiifsearch.rich import Array, hang, mirrored, painted, rich


@pytest.fixture
def library(rich_pictures: None, library: Library) -> Library:
    return library


def cropped(array: Array) -> Array:
    """Its middle: from an eighth to seven eighths."""
    return np.ascontiguousarray(array[45:315, 60:420])


def pairs(library: Library) -> set[tuple[str, str]]:
    ids = {library.canvas(name).pk: name for name in library.urls if name != "c"}
    return {(ids[row.first_id], ids[row.second_id]) for row in Duplicate.objects.all()}


def test_pairs_are_found_as_canvases_arrive(library: Library) -> None:
    found = find_duplicates()
    assert (found.done, found.total, found.unfinished) == (4, 4, False)
    assert not Duplicate.objects.exists()
    hang(library, "crop", cropped(painted(1)))
    assert to_look_at() == 1
    assert find_duplicates().done == 1
    assert pairs(library) == {("boats", "crop")}
    row = Duplicate.objects.get()
    assert row.inliers > 30 and row.probability > 0.99 and not row.mirrored
    assert row.similarity > compare.FLOOR
    # The first one lies around the crop of it.
    corners = np.array([[0, 0], [1, 0], [1, 1], [0, 1]])
    assert np.abs(np.array(row.outline) - ((corners - 0.125) / 0.75)).max() < 0.03


def test_a_second_run_does_nothing(library: Library) -> None:
    hang(library, "copy", painted(1))
    assert find_duplicates().done == 5
    before = list(Duplicate.objects.values())
    assert find_duplicates().total == 0 and to_look_at() == 0
    assert list(Duplicate.objects.values()) == before


def test_the_outline_is_of_the_first_whoever_came_later(library: Library) -> None:
    crop = hang(library, "crop", cropped(painted(1)))
    find_duplicates()
    one = Duplicate.objects.get()
    # Now the earlier one is looked at, with the other already there.
    Duplicate.objects.all().delete()
    Seen.objects.filter(feature=duplicates.FEATURE).exclude(canvas=crop).delete()
    find_duplicates()
    other = Duplicate.objects.get()
    assert (one.first_id, one.second_id) == (other.first_id, other.second_id)
    assert np.abs(np.array(one.outline) - np.array(other.outline)).max() < 0.02


def test_a_mirrored_copy_is_told(library: Library) -> None:
    hang(library, "mirror", mirrored(cropped(painted(2))))
    find_duplicates()
    row = Duplicate.objects.get()
    assert row.mirrored and pairs(library) == {("letter", "mirror")}
    assert row.outline[0] == pytest.approx([7 / 6, -1 / 6], abs=0.05)
    Duplicate.objects.all().delete()
    Seen.objects.filter(feature=duplicates.FEATURE, canvas=library.canvas("letter")).delete()
    find_duplicates()  # from the other side
    again = Duplicate.objects.get()
    assert again.mirrored and again.outline[0] == pytest.approx([7 / 6, -1 / 6], abs=0.05)


def test_a_mirrored_copy_whose_picture_is_not_kept(library: Library) -> None:
    """Its points cannot be mirrored; its thumbnail can."""
    copy = hang(library, "mirror", mirrored(painted(2)))
    kept.drop(Picture.objects.get(canvas=copy))
    Picture.objects.filter(canvas=copy).update(outcome="looked-at")
    Seen.objects.filter(canvas=copy, feature=duplicates.FEATURE).delete()
    Picture.objects.filter(canvas=library.canvas("letter")).update(outcome="looked-at")
    find_duplicates()
    row = Duplicate.objects.get()
    assert row.mirrored and row.inliers == 0 and row.probability > 0.99


def change(canvas: Canvas, library: Library, name: str, jpeg: bytes, status: int = 200) -> None:
    """What a harvest writes when the picture of a canvas is another one."""
    library.server.set(f"/{name}.jpg", jpeg, content_type="image/jpeg", status=status)
    Canvas.objects.filter(pk=canvas.pk).update(pixel_revision=F("pixel_revision") + 1)
    want_pictures(list(Canvas.objects.filter(pk=canvas.pk)), None, keep=True)


def test_a_changed_picture_is_looked_at_anew(library: Library) -> None:
    copy = hang(library, "copy", painted(1))
    find_duplicates()
    change(copy, library, "copy", rich(3))
    assert find_duplicates().total == 0  # its features are not made yet
    assert pairs(library) == {("boats", "copy")}
    index_everything()
    assert find_duplicates().done == 1
    assert pairs(library) == {("jardin", "copy")}
    assert Duplicate.objects.get().decision == ""


def test_a_decision_outlives_the_picture_that_it_is_of(library: Library) -> None:
    """The pair stays, says that it was decided of another picture, and is measured no more."""
    copy = hang(library, "copy", painted(1))
    find_duplicates()
    curator = User.objects.create_user("curator")
    decided = Duplicate.objects.get()
    decide([decided.pk], "same-work", by=curator)
    change(copy, library, "copy", rich(3))
    index_everything()
    assert find_duplicates().done == 1
    assert pairs(library) == {("boats", "copy"), ("jardin", "copy")}
    decided.refresh_from_db()
    assert (decided.decision, decided.decided_by) == ("same-work", curator)
    assert decided.changed and not decided.measured and decided.outline is None
    found = Duplicate.objects.exclude(pk=decided.pk).get()
    assert found.decision == "" and found.measured and not found.changed


def test_a_decision_stays_where_the_pair_does(library: Library) -> None:
    copy = hang(library, "copy", painted(1))
    find_duplicates()
    row = Duplicate.objects.get()
    decide([row.pk], "unrelated", by=User.objects.create_user("curator"))
    change(copy, library, "copy", rich(1))
    index_everything()
    assert find_duplicates().done == 1
    row = Duplicate.objects.get()
    assert row.decision == "unrelated" and row.measured and row.changed


def test_what_is_called_unrelated_is_not_found_anew(library: Library) -> None:
    hang(library, "copy", painted(1))
    find_duplicates()
    decide([Duplicate.objects.get().pk], "unrelated", by=User.objects.create_user("curator"))
    Seen.objects.filter(feature=duplicates.FEATURE).delete()
    assert find_duplicates().done == 5
    assert [row.decision for row in Duplicate.objects.all()] == ["unrelated"]
    assert groups().groups == ()


def test_a_pair_that_was_added_by_hand_stays(library: Library) -> None:
    """However often its canvases are looked at: nothing speaks for it but the curator."""
    boats, letter = library.canvas("boats"), library.canvas("letter")
    add(letter, boats, "variant", by=User.objects.create_user("curator"))
    assert find_duplicates().done == 4
    change(boats, library, "boats", rich(7))
    index_everything()
    assert find_duplicates().done == 1
    row = Duplicate.objects.get()
    assert (row.decision, row.measured) == ("variant", False)
    assert groups().groups == ((row.first_id, row.second_id),)
    assert groups(to_decide=True).groups == ()


def test_what_shows_nothing_any_more_has_no_pairs(library: Library) -> None:
    copy = hang(library, "copy", painted(1))
    find_duplicates()
    Canvas.objects.filter(pk=copy.pk).update(
        pixel_revision=F("pixel_revision") + 1, skipped_reason="It holds a video.", kind="video"
    )
    want_pictures(list(Canvas.objects.filter(pk=copy.pk)), None, keep=True)
    index_everything()
    found = find_duplicates()
    assert (found.skipped, found.total) == (1, 1)
    assert not Duplicate.objects.exists() and find_duplicates().total == 0


def test_drafts_wait_until_they_are_published(library: Library) -> None:
    copy = hang(library, "copy", painted(1))
    Canvas.objects.filter(pk=copy.pk).update(state=State.DRAFT)
    assert find_duplicates().done == 4
    assert not Duplicate.objects.exists()
    Canvas.objects.filter(pk=copy.pk).update(state=State.PUBLISHED)
    assert find_duplicates().done == 1
    assert pairs(library) == {("boats", "copy")}


def test_a_withdrawn_canvas_leaves_with_its_pairs(library: Library) -> None:
    copy = hang(library, "copy", painted(1))
    find_duplicates()
    withdraw(copy.key, reason="by order of a court")
    assert not Duplicate.objects.exists()
    assert find_duplicates().total == 0 and not Duplicate.objects.exists()


@pytest.mark.parametrize("which", ["boats", "copy"])
def test_one_that_is_withdrawn_meanwhile_is_not_stored(
    which: str, library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = hang(library, "copy", painted(1))
    Seen.objects.bulk_create(
        Seen(canvas=canvas, feature=duplicates.FEATURE, revision=canvas.pixel_revision)
        for canvas in Canvas.objects.exclude(pk=copy.pk)
    )
    real = duplicates.compared

    def withdrawn_meanwhile(pk: int) -> list[compare.Pair]:
        found = real(pk)
        assert found
        withdraw(library.canvas(which).key, reason="by order of a court")
        return found

    monkeypatch.setattr(duplicates, "compared", withdrawn_meanwhile)
    find_duplicates()
    assert not Duplicate.objects.exists()


def test_killed_in_the_middle_it_loses_nothing(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    hang(library, "copy", painted(1))
    hang(library, "other", painted(2))
    monkeypatch.setattr(duplicates, "BATCH", 2)
    real, calls = duplicates.compared, []

    def killed(pk: int) -> list[compare.Pair]:
        calls.append(pk)
        if len(calls) == 4:
            raise KeyboardInterrupt
        return real(pk)

    monkeypatch.setattr(duplicates, "compared", killed)
    with pytest.raises(KeyboardInterrupt):
        find_duplicates()
    assert to_look_at() == 4
    assert find_duplicates().done == 4
    assert pairs(library) == {("boats", "copy"), ("letter", "other")}


def test_when_the_time_is_over_the_rest_is_left(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(duplicates, "BATCH", 1)
    found = find_duplicates(seconds=-1)
    assert found.unfinished and found.total == 0
    assert find_duplicates().done == 4


def test_one_that_is_damaged_stops_no_other(library: Library) -> None:
    LocalFeatures.objects.filter(canvas=library.canvas("tsuki")).update(packed=b"nonsense")
    copy = hang(library, "copy", painted(1))
    found = find_duplicates()
    assert found.failed == 1 and found.done == 4
    failed = Seen.objects.get(feature=duplicates.FEATURE, outcome="failed")
    assert failed.canvas == library.canvas("tsuki") and "damaged" in failed.reason
    assert Duplicate.objects.get().second == copy
    assert find_duplicates().total == 0


@pytest.mark.django_db(transaction=True)
def test_only_one_looks_at_a_time(library: Library) -> None:
    with alone(duplicates._LOOKING) as mine:
        assert mine
        thread, told = in_thread(find_duplicates)
        thread.join()
    assert told[0].total == 0 and not told[0].unfinished
    assert find_duplicates().done == 4


def test_a_pair_is_stored_once_and_in_order(library: Library) -> None:
    canvases = [library.canvas("boats"), library.canvas("letter")]
    one, other = sorted(canvases, key=lambda canvas: canvas.pk)  # harvested side by side
    said = {"similarity": 1.0, "inliers": 9, "probability": 1.0}
    Duplicate.objects.create(first=one, second=other, **said)
    for first, second in ((one, other), (other, one), (one, one)):
        with pytest.raises(IntegrityError), transaction.atomic():
            Duplicate.objects.create(first=first, second=second, **said)


def test_groups() -> None:
    assert joined([]) == ()
    assert joined([(5, 9), (1, 2), (2, 3), (3, 7), (8, 9)]) == ((1, 2, 3, 7), (5, 8, 9))
    chain = [(n, n + 1) for n in range(50_000, 0, -1)]
    assert len(joined(chain)) == 1


def test_what_is_called_different_joins_nothing(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = hang(library, "copy", painted(1))
    crop = hang(library, "crop", cropped(painted(1)))
    find_duplicates()
    boats = library.canvas("boats")
    assert groups().groups == ((boats.pk, copy.pk, crop.pk),)
    Duplicate.objects.filter(second=crop).update(decision="unrelated")
    assert groups().groups == ((boats.pk, copy.pk),)
    Duplicate.objects.update(decision="")
    monkeypatch.setattr(duplicates, "MOST_PAIRS", 1)
    assert groups().capped and len(groups().groups[0]) == 2


def test_the_command(library: Library, capsys: Any) -> None:
    hang(library, "copy", painted(1), title="The same boats")
    told = io.StringIO()
    call_command("duplicates", stdout=told)
    assert "5 compared, 0 have nothing to see, 0 failed." in told.getvalue()
    assert "1 groups." in told.getvalue() and "The same boats" in told.getvalue()
    assert "places agree" in told.getvalue()


def test_the_job_goes_on_where_the_time_was_over(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    deferred: list[Any] = []
    monkeypatch.setattr("catalog.tasks.close_old_connections", lambda: None)
    monkeypatch.setattr(tasks, "_defer", lambda task, **values: deferred.append(task))
    monkeypatch.setattr(tasks, "TURN_SECONDS", -1.0)
    tasks.duplicates.func()
    assert deferred == [tasks.duplicates]
    monkeypatch.setattr(tasks, "TURN_SECONDS", 60.0)
    tasks.duplicates.func()
    assert deferred == [tasks.duplicates] and to_look_at() == 0
    Seen.objects.filter(feature="colour-1").delete()
    tasks._index("kept", tasks.extract_all, timestamp=1)
    assert deferred[1:] == [tasks.index, tasks.duplicates, tasks.guesses]


def test_the_job_waits_until_new_pictures_have_their_features(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("catalog.tasks.close_old_connections", lambda: None)
    boats = library.canvas("boats")
    Seen.objects.filter(feature="colour-1", canvas=boats).delete()
    Picture.objects.filter(canvas=boats).update(read_at=None)
    tasks.duplicates.func()
    assert to_look_at() == 4
    # One that lacks nothing is no reason to wait, nor is one that is withdrawn.
    index_everything()
    Picture.objects.filter(canvas=boats).update(read_at=None)
    tasks.duplicates.func()
    assert to_look_at() == 0
