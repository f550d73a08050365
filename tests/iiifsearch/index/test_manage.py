"""Looking after the indexes: building anew, what is no longer live, dropping it, trying again."""

from __future__ import annotations

import io
import itertools

import numpy as np
import pytest
from django.contrib.admin.models import LogEntry
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone
from pgvector import HalfVector
from procrastinate.contrib.django.models import ProcrastinateJob

from catalog.models import Canvas
from iiifsearch import tasks
from iiifsearch.encoders import live_names
from iiifsearch.index import ann, manage
from iiifsearch.models import CanvasVector, CommentVector, RegionVector, Seen
from ml import registry

OLD = "colour-0"

_numbers = itertools.count(1)


def make_canvas() -> Canvas:
    name = f"managed-{next(_numbers)}"
    return Canvas.objects.create(key=name[-16:], uri=name, raw_id=name)


def leave_vectors(count: int, key: str = OLD) -> list[Canvas]:
    canvases = [make_canvas() for _ in range(count)]
    vector = HalfVector(np.ones(8, np.float16))
    for canvas in canvases:
        CanvasVector.objects.create(canvas=canvas, encoder=key, vec=vector)
        Seen.objects.create(canvas=canvas, feature=key, revision=1, outcome="done")
    return canvases


def an_index(key: str = OLD) -> str:
    name = f"ann_{key.replace('-', '_')}"
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(
            f"CREATE INDEX {name} ON iiifsearch_canvasvector "
            f"USING hnsw ((vec::halfvec(8)) halfvec_cosine_ops) WHERE encoder = '{key}'"
        )
    return name


def said(*command: str) -> str:
    out = io.StringIO()
    call_command(*command, stdout=out)
    return out.getvalue()


@pytest.mark.django_db
def test_when_an_index_was_built_is_kept_with_it() -> None:
    key, index = next(iter(manage.live_keys().items()))
    began = timezone.now().replace(microsecond=0)
    assert manage.rebuild(key)
    first = manage.built_at()[index.name]
    assert began <= first <= timezone.now()
    with connection.cursor() as cursor:
        cursor.execute(f"COMMENT ON INDEX {index.name} IS 'a note of somebody'")
    assert index.name not in manage.built_at()
    assert manage.rebuild(key)
    assert manage.built_at()[index.name] >= first


@pytest.mark.django_db(transaction=True)
def test_an_index_is_built_anew_beside_the_old_one() -> None:
    key, index = next(iter(manage.live_keys().items()))
    try:
        assert manage.rebuild(key) and manage.rebuild(key)
        assert index.name not in ann.missing()
        assert manage.builds() == []
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"DROP INDEX IF EXISTS {index.name}")


@pytest.mark.django_db
def test_only_live_indexes_are_built() -> None:
    with pytest.raises(manage.NotKnown, match=r"'colour-0' is no live encoder; live are .*colour"):
        manage.rebuild(OLD)


@pytest.mark.django_db
def test_what_is_no_longer_live_is_seen_and_dropped() -> None:
    live = next(iter(manage.live_keys()))
    kept = leave_vectors(2, live)
    leave_vectors(3)
    name = an_index()
    (found,) = manage.leftovers()
    assert found.key == OLD and found.size > 0
    gone = manage.drop(OLD)
    assert gone == manage.Removal(OLD, 3, 3, (name,))
    assert manage.leftovers() == []
    assert CanvasVector.objects.count() == Seen.objects.count() == len(kept)
    with pytest.raises(manage.NotKnown, match="Nothing of 'colour-0' is here"):
        manage.drop(OLD)


@pytest.mark.django_db
def test_more_than_one_statement_looks_through(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(manage, "_AT_ONCE", 2)
    leave_vectors(5)
    assert manage.drop(OLD).vectors == 5
    assert not CanvasVector.objects.exists() and not Seen.objects.exists()


@pytest.mark.django_db
def test_an_index_without_vectors_is_seen_too() -> None:
    an_index()
    assert [one.key for one in manage.leftovers()] == [OLD]
    manage.drop(OLD)
    assert manage.leftovers() == []


@pytest.mark.django_db
@pytest.mark.parametrize("feature", [*(registry.get(name).key for name in live_names()), "words"])
def test_what_is_live_is_never_dropped(feature: str) -> None:
    from iiifsearch.index import words

    key = words.feature() if feature == "words" else feature
    leave_vectors(1, key)
    with pytest.raises(manage.StillLive, match=r"IIIFSEARCH \(image_encoders"):
        manage.drop(key)
    assert CanvasVector.objects.count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize("key", ["'; DROP TABLE x", 'a"b', "", "ü" * 300])
def test_nonsense_is_not_known(key: str) -> None:
    with pytest.raises(manage.NotKnown):
        manage.drop(key)


@pytest.mark.django_db(transaction=True)
def test_jobs_do_it_and_outlive_what_has_changed(caplog: pytest.LogCaptureFixture) -> None:
    leave_vectors(2)
    tasks.drop_encoder(OLD)
    assert not CanvasVector.objects.exists()
    tasks.drop_encoder(OLD)
    assert "Nothing of 'colour-0' is here" in caplog.text
    tasks.build_index(OLD)
    assert "no live encoder" in caplog.text
    key, index = next(iter(manage.live_keys().items()))
    try:
        tasks.build_index(key)
        assert index.name not in ann.missing()
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"DROP INDEX IF EXISTS {index.name}")


@pytest.mark.django_db(transaction=True)
def test_who_asks_twice_has_it_built_once() -> None:
    key = next(iter(manage.live_keys()))
    for _ in range(2):
        tasks.build_soon(key)
    jobs = ProcrastinateJob.objects.filter(queueing_lock=f"build-{key}")
    assert [job.args for job in jobs] == [{"key": key}]


@pytest.mark.django_db
def test_the_command_drops_and_writes_it_down() -> None:
    leave_vectors(2)
    assert "Deleted: 2 vectors of colour-0" in said("encoders", "--drop", OLD, "--yes")
    entry = LogEntry.objects.get()
    assert (entry.object_id, entry.user.get_username()) == (OLD, "command-line")
    with pytest.raises(CommandError, match="Nothing of 'colour-0'"):
        said("encoders", "--drop", OLD, "--yes")
    with pytest.raises(CommandError, match="is live"):
        said("encoders", "--drop", next(iter(manage.live_keys())), "--yes")


@pytest.mark.django_db
def test_the_command_asks_first(monkeypatch: pytest.MonkeyPatch) -> None:
    leave_vectors(1)
    monkeypatch.setattr("builtins.input", lambda question: "n")
    with pytest.raises(CommandError, match="Nothing was changed"):
        said("encoders", "--drop", OLD)
    assert CanvasVector.objects.exists() and not LogEntry.objects.exists()


@pytest.mark.django_db
def test_failures_of_one_reason_are_due_now() -> None:
    first, second, other = (make_canvas() for _ in range(3))
    failed = {"feature": "colour-1", "revision": 1, "outcome": "failed", "attempts": 5}
    for canvas in (first, second):
        reason = f"https://example.org/{canvas.pk}/info.json: the server answered 503"
        Seen.objects.create(canvas=canvas, reason=reason, **failed)
    Seen.objects.create(canvas=other, reason="It is no picture.", **failed)
    assert manage.retry("colour-1", "the server answered 503") == 2
    due = Seen.objects.filter(retry_at__lte=timezone.now(), attempts=0)
    assert set(due.values_list("canvas_id", flat=True)) == {first.pk, second.pk}
    assert manage.retry("colour-1", "nothing of the kind") == 0


@pytest.mark.django_db
def test_vectors_of_all_tables_are_looked_at() -> None:
    assert (CanvasVector, RegionVector, CommentVector) == manage.VECTORS
    canvas = make_canvas()
    vector = HalfVector(np.ones(8, np.float16))
    RegionVector.objects.create(
        canvas=canvas,
        encoder="old-regions-1",
        ordinal=0,
        vec=vector,
        **dict.fromkeys(("box_x", "box_y", "box_w", "box_h"), 0.5),
    )
    assert [one.key for one in manage.leftovers()] == ["old-regions-1"]
    assert manage.drop("old-regions-1").vectors == 1
