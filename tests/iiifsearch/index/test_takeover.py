"""A new version of an encoder takes over: nothing is lost on the way, and nobody waits."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.db import connections
from numpy.typing import NDArray

from catalog.decode import encode_jpeg
from catalog.harvest import pictures
from catalog.models import Canvas
from iiifsearch import encoders
from iiifsearch.encoders import serving
from iiifsearch.engine.search import by_canvas
from iiifsearch.index import ann, coverage, everything, manage, takeover
from iiifsearch.index.extract import index_pictures
from iiifsearch.models import Answering, CanvasVector, Seen
from tests.iiifsearch.conftest import WORKS, Library, publish
from tests.iiifsearch.index.helpers import host
from tests.ml.fakes import MEAN_RGB, registered

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
    monkeypatch.setattr(encoders, "_BELIEVED", 0.02)
    encoders.forget()
    yield
    encoders.forget()


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
            (waiting,) = [one for one in encoders.live() if one.steps]
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
    assert set(told[:before]) <= {BY_COLOUR, ("letter", "late", "jardin", "tsuki")}
    assert all(len(one) >= 3 for one in told)
