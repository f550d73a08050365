"""A new version of an encoder takes over: nothing is lost on the way, and nobody waits."""

from __future__ import annotations

import io
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.core.management import CommandError, call_command
from django.db import connection, connections
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from numpy.typing import NDArray

from catalog.decode import encode_jpeg
from catalog.harvest import pictures
from catalog.models import Canvas
from iiifsearch import answering, encoders
from iiifsearch.doctor import features as examined
from iiifsearch.encoders import serving
from iiifsearch.engine.search import by_canvas
from iiifsearch.index import ann, coverage, everything, manage, takeover
from iiifsearch.index.extract import index_pictures
from iiifsearch.models import Answering, CanvasVector, Seen
from iiifsearch.one_version import OneVersionMiddleware
from tests.iiifsearch.conftest import WORKS, Library, publish
from tests.iiifsearch.index.helpers import host
from tests.ml.fakes import MEAN_RGB, registered
from tests.people import signed_in

OLD = replace(MEAN_RGB, min_similarity=-1.0)
NEW = replace(OLD, version=2, dim=2, loader=f"{__name__}:greenness", description="How green it is.")
#: By the mean colour a letter is next to the boats, then the garden; by greenness the moon is.
COLOURS = {1: (200, 40, 40), 2: (200, 120, 40), 3: (60, 200, 40), 4: (40, 40, 200)}
BY_COLOUR, BY_GREEN = ("letter", "jardin", "tsuki"), ("tsuki", "letter", "jardin")


def greenness(pixels: NDArray[np.float32]) -> NDArray[np.float32]:
    """float32 (N, 3, size, size) -> (N, 2)."""
    green = pixels[:, 1].mean(axis=(1, 2))
    return np.stack([green, np.full_like(green, 0.2)], axis=1)


def plain(seed: int) -> bytes:
    return encode_jpeg(np.full((60, 80, 3), COLOURS.get(seed, (90, 90, 90)), np.uint8))


@pytest.fixture(autouse=True)
def believed_briefly(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(answering, "_BELIEVED", 0.02)
    answering.forget()
    yield
    answering.forget()


@pytest.fixture
def old(monkeypatch: pytest.MonkeyPatch, settings: Any) -> Iterator[None]:
    """A library that knows the old version only, and needs an index for three vectors."""
    monkeypatch.setattr("tests.iiifsearch.conftest.picture", plain)
    settings.IIIFSEARCH = {
        **settings.IIIFSEARCH,
        "image_encoders": (OLD.name,),
        "features": ((OLD.name, 1.0),),
        "region_encoder": "",
        "local_features": False,
        "exact_rows": 2,
        "batch": 1,
    }
    with registered(OLD):
        yield


def found(library: Library) -> tuple[str, ...]:
    """Works that are like the boats, by their names, the likest first."""
    answer = by_canvas(library.canvas("boats"))
    urls = dict(Canvas.objects.values_list("pk", "home__url"))
    return tuple(Path(urls[hit.canvas_id]).stem for hit in answer.hits)


@contextmanager
def searching(library: Library) -> Iterator[list[tuple[str, ...]]]:
    """Somebody searches, again and again; what each search found."""
    told: list[tuple[str, ...]] = []
    over = threading.Event()

    def search() -> None:
        try:
            while not over.is_set():
                told.append(found(library))
        except Exception as error:  # noqa: BLE001 - told where it is waited for
            told.append((repr(error),))
        finally:
            connections.close_all()

    thread = threading.Thread(target=search)
    thread.start()
    try:
        yield told
    finally:
        over.set()
        thread.join()


def wait_for(told: list[tuple[str, ...]], wanted: tuple[str, ...]) -> None:
    begun = time.monotonic()
    while not told or told[-1] != wanted:
        assert len(told[-1:]) == 0 or "(" not in told[-1][0], told[-1]
        assert time.monotonic() < begun + 60, f"{wanted} was not found: {told[-1:]}"
        time.sleep(0.02)


def test_every_search_finds_all_while_a_version_takes_over_and_goes_back(
    transactional_db: None, old: None, library: Library
) -> None:
    everything.index_everything()
    assert Answering.objects.get(slot=OLD.name).key == OLD.key
    with searching(library) as told:
        wait_for(told, BY_COLOUR)
        with registered(NEW):
            assert found(library) == BY_COLOUR and serving(OLD.name) == OLD
            # Some canvases have both, and one is harvested meanwhile.
            assert index_pictures("kept", seconds=0).unfinished
            assert Seen.objects.filter(feature=NEW.key).exists()
            assert takeover.take_over() == [] and not ann.due()
            WORKS["late"] = ("Late", "Nobody", "en", 5, ())
            try:
                library.harvest(publish(library, "late"))
            finally:
                del WORKS["late"]
            assert pictures.fetch_of(host(library)).kept == 1
            assert index_pictures("fresh").done == 1
            late = Seen.objects.filter(canvas=library.canvas("late"), feature__contains="rgb")
            assert {row.feature for row in late} == {OLD.key, NEW.key}
            assert takeover.take_over() == [] and serving(OLD.name) == OLD
            assert index_pictures("kept").done and coverage.covered(OLD.key, NEW.key)
            # All vectors are there: the index is built, and until then the old version answers.
            assert takeover.take_over() == [] and ann.due()
            (waiting,) = [one for one in answering.live() if one.steps]
            assert "index of mean-rgb-2 is not built" in takeover.why_waiting(waiting)
            ann.build_all()
            before = len(told)
            assert takeover.take_over() == [NEW.key]
            by_green = ("tsuki", "late", "letter", "jardin")
            wait_for(told, by_green)
            # And back, as long as the old one's vectors are there.
            assert "mean-rgb-1 answers now" in takeover.use(OLD.key)
            wait_for(told, ("letter", "late", "jardin", "tsuki"))
            assert takeover.take_over() == [] and serving(OLD.name) == OLD
            assert "mean-rgb-2 answers now" in takeover.use(NEW.key)
            wait_for(told, by_green)
            assert manage.drop(OLD.key).vectors == 5
            assert found(library) == by_green
            assert not CanvasVector.objects.filter(encoder=OLD.key).exists()
            # Past this point nobody knows the new version, and the old one's vectors are gone.
            told_so_far = len(told)
    assert set(told[:before]) <= {BY_COLOUR, ("letter", "late", "jardin", "tsuki")}
    assert not [one for one in told[:told_so_far] if len(one) < 3]


def make_vectors(new: str) -> None:
    while index_pictures("kept").total:
        pass
    assert Seen.objects.filter(feature=new, outcome="done").count() == 4


def test_a_library_that_needs_no_index_changes_over_without(
    db: None, old: None, library: Library, settings: Any
) -> None:
    settings.IIIFSEARCH = {**settings.IIIFSEARCH, "exact_rows": 100}
    with registered(NEW):
        make_vectors(NEW.key)
        assert ann.missing() == ["ann_mean_rgb_2"]
        page = signed_in("view_seen", staff=True).get("/admin/index-state/").content.decode()
        assert "takes over from mean-rgb-1" in page and "encoders --use mean-rgb-1" in page
        assert takeover.take_over() == [NEW.key] and found(library) == BY_GREEN
        assert [one.key for one in manage.leftovers()] == [OLD.key]
        page = signed_in("view_seen", staff=True).get("/admin/index-state/").content.decode()
        assert "takes over from" not in page


def test_what_answers_is_neither_dropped_nor_what_is_to(
    db: None, old: None, library: Library
) -> None:
    with registered(NEW):
        make_vectors(NEW.key)
        for key in (OLD.key, NEW.key):
            with pytest.raises(manage.StillLive, match="until the latest has taken over"):
                manage.drop(key)


def test_what_was_live_is_seen_where_nobody_noted_it(db: None, old: None, library: Library) -> None:
    """As after a release of before versions were noted."""
    Answering.objects.all().delete()
    with registered(NEW):
        answering.forget()
        assert serving(OLD.name) == OLD and found(library) == BY_COLOUR
        assert takeover.take_over() == [] and serving(OLD.name) == OLD
        make_vectors(NEW.key)
        ann.build_all()
        assert takeover.take_over() == [NEW.key]


def test_a_failure_keeps_a_version_waiting_until_somebody_says_so(
    db: None, old: None, library: Library
) -> None:
    with registered(NEW):
        make_vectors(NEW.key)
        ann.build_all()
        boats = library.canvas("boats")
        Seen.objects.filter(canvas=boats, feature=NEW.key).update(outcome="failed")
        assert takeover.take_over() == [] and coverage.lacking(OLD.key, NEW.key, 9) == [boats.pk]
        out = io.StringIO()
        call_command("encoders", "--use", NEW.key, stdout=out)
        assert "once it can" in out.getvalue() and serving(OLD.name) == OLD
        call_command("encoders", "--use", NEW.key, "--incomplete", stdout=out)
        assert "mean-rgb-2 answers now" in out.getvalue() and serving(OLD.name) == NEW


def test_a_version_that_was_chosen_stays(db: None, old: None, library: Library) -> None:
    with registered(NEW):
        make_vectors(NEW.key)
        ann.build_all()
        assert takeover.use(OLD.key) == "mean-rgb-1 answers."
        assert takeover.take_over() == [] and takeover.take_over() == []
        assert encoders.image_specs() == (OLD,)  # nobody waits for the other one
        assert "mean-rgb-2 answers now" in takeover.use(NEW.key)


def test_what_was_harvested_since_is_made_before_there_is_a_way_back(
    db: None, old: None, library: Library
) -> None:
    with registered(NEW):
        make_vectors(NEW.key)
        ann.build_all()
        takeover.take_over()
        assert encoders.image_specs() == (NEW,)
        Canvas.objects.filter(pk=library.canvas("boats").pk).update(pixel_revision=7)
        Seen.objects.filter(canvas=library.canvas("boats")).update(revision=7)
        Seen.objects.filter(canvas=library.canvas("boats"), feature=OLD.key).update(revision=1)
        assert "not made of all canvases" in takeover.use(OLD.key) and serving(OLD.name) == NEW
        assert encoders.image_specs() == (NEW, OLD)


@pytest.mark.parametrize("key", ["mean-rgb-3", "colour-1", "minilm", "", "\0", "x" * 5000])
def test_only_versions_of_what_is_live_can_be_chosen(
    key: str, db: None, old: None, library: Library
) -> None:
    with pytest.raises(CommandError, match="is no version of a live encoder"):
        call_command("encoders", "--use", key or " ")
    assert Answering.objects.get(slot=OLD.name).pinned == ""


def test_one_answer_goes_by_one_version(db: None, old: None, library: Library) -> None:
    with registered(NEW):
        make_vectors(NEW.key)
        ann.build_all()
        with answering.one_version():
            assert serving(OLD.name) == OLD
            takeover.take_over()
            assert Answering.objects.get(slot=OLD.name).key == NEW.key
            assert serving(OLD.name) == OLD and found(library) == BY_COLOUR
        assert serving(OLD.name) == NEW and found(library) == BY_GREEN


def test_a_request_is_answered_by_one_version(
    db: None, old: None, library: Library, rf: RequestFactory
) -> None:
    with registered(NEW):
        make_vectors(NEW.key)
        ann.build_all()

        def view(request: HttpRequest) -> HttpResponse:
            before = serving(OLD.name)
            takeover.take_over()
            return HttpResponse(f"{before.key} {serving(OLD.name).key}")

        answer = OneVersionMiddleware(view)
        assert answer(rf.get("/")).getvalue() == b"mean-rgb-1 mean-rgb-1"
        assert answer(rf.get("/")).getvalue() == b"mean-rgb-2 mean-rgb-2"


def test_nothing_is_asked_where_only_one_version_is_known(
    db: None, old: None, library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    found(library)
    asked: list[str] = []
    monkeypatch.setattr(answering, "_ask", lambda sql, *params: asked.append(sql) or [])
    time.sleep(0.03)
    assert found(library) == BY_COLOUR and asked == []


def test_a_version_that_is_known_no_more_is_told(db: None, old: None, library: Library) -> None:
    Answering.objects.filter(slot=OLD.name).update(key="mean-rgb-0")
    answering.forget()
    assert serving(OLD.name) == OLD and takeover.take_over() == []
    (told, *_) = examined.versions()
    assert told.level == "error" and "mean-rgb-0, which is not known here" in told.text
    call_command("encoders", "--use", OLD.key, "--incomplete")
    assert [one.level for one in examined.versions()] == ["ok"]


def test_before_the_tables_are_there_it_is_said_what_to_type(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE iiifsearch_answering")
    with pytest.raises(CommandError, match=r"(?s)iiifsearch_answering.*manage\.py migrate"):
        call_command("encoders", "--use", OLD.key)
