"""What goes wrong with one canvas, one host or the database stops nothing else, and is told."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from django.db import OperationalError
from django.utils import timezone

from catalog import images, kept
from catalog.fetch_errors import HostResting
from catalog.harvest import pictures, wanted
from catalog.models import Canvas, Host, Picture
from catalog.withdrawal import withdraw_canvas
from iiifsearch.encoders import encoder
from iiifsearch.index import features, find_pictures, find_work, store, texts
from iiifsearch.index.extract import index_pictures
from iiifsearch.models import CanvasVector, Seen
from tests.iiifsearch.conftest import Library
from tests.iiifsearch.index.helpers import fetched, host, to_make
from tests.pictures import picture

FAILED, DONE = Seen.Outcome.FAILED, Seen.Outcome.DONE


@pytest.mark.parametrize("way", ["not finite", "raises"])
def test_one_that_an_encoder_cannot_take_stops_no_other(
    way: str, library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad = fetched(library)[1]
    colour = encoder("colour")
    real, taken = colour.encode, kept.read(Canvas.objects.select_related("picture").get(pk=bad.pk))
    assert taken is not None

    def encode(arrays: Any) -> Any:
        made = real(arrays)
        for n, array in enumerate(arrays):
            if np.array_equal(array, taken.array):
                if way == "raises":
                    raise ValueError("a pixel of no colour")
                made[n] = np.nan
        return made

    monkeypatch.setattr(colour, "encode", encode)
    done = index_pictures("fresh")
    assert (done.done, done.failed) == (3, 1)
    row = Seen.objects.get(canvas=bad, feature="colour-1")
    assert (row.outcome, row.retry_at) == (FAILED, None)
    assert f"colour-1 of canvas {bad.pk}" in row.reason
    # The other encoder had no trouble with it, and nobody waits for it any more.
    other = Seen.objects.get(canvas=bad, feature="efficientnet-lite0-1")
    assert (other.outcome, other.revision) == (DONE, bad.pixel_revision)
    assert not Picture.objects.filter(read_at=None).exists()
    assert index_pictures("fresh").total == index_pictures("kept").total == 0


def test_one_text_that_the_encoder_cannot_take_stops_no_other(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    Canvas.objects.update(text_revision=9)
    minilm = encoder("minilm")
    real = minilm.encode

    def encode(sentences: Any) -> Any:
        made = real(sentences)
        made[[n for n, text in enumerate(sentences) if "melancholy" in text]] = np.nan
        return made

    monkeypatch.setattr(minilm, "encode", encode)
    done = texts.index_texts()
    assert (done.done, done.failed) == (3, 1)
    row = Seen.objects.get(outcome=FAILED)
    assert (row.canvas_id, row.feature) == (library.canvas("boats").pk, "minilm-1")
    assert texts.index_texts().total == 0


def test_an_encoder_that_cannot_be_loaded_is_no_fault_of_a_picture(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    fetched(library)

    def broken(name: str) -> Any:
        raise FileNotFoundError("no such model")

    monkeypatch.setattr(features, "encoder", broken)
    with pytest.raises(FileNotFoundError):
        index_pictures("fresh")
    assert not Seen.objects.filter(outcome=FAILED).exists()


@pytest.mark.parametrize("place", ["reading", "storing"])
def test_our_own_database_is_no_fault_of_a_picture(
    place: str, library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*args: Any) -> Any:
        raise OperationalError("too many clients already")

    fetched(library)
    thing: Any = kept if place == "reading" else store
    monkeypatch.setattr(thing, "read" if place == "reading" else "canvas_vectors", away)
    with pytest.raises(OperationalError):
        index_pictures("fresh")
    assert not Seen.objects.filter(outcome=FAILED).exists()
    monkeypatch.undo()
    assert index_pictures("fresh").done == 4


# -- pictures that must not be kept ------------------------------------------------------------


def test_what_cannot_be_looked_at_is_told_and_tried_again(library: Library) -> None:
    (canvas,) = to_make(keep=False, pk=library.canvas("boats").pk)
    library.server.set("/boats.jpg", b"", status=503)
    assert index_pictures("unkept").failed == 1
    row = Picture.objects.get(canvas=canvas)
    assert (row.outcome, row.kind, row.attempts) == ("failed", "status-503", 1)
    assert row.due_at is not None and row.due_at > timezone.now() and "503" in row.reason
    assert {c.failed for c in find_work.counts()[:2]} == {1}
    assert index_pictures("unkept").total == 0
    library.server.set("/boats.jpg", picture(77), content_type="image/jpeg")
    Picture.objects.filter(pk=row.pk).update(due_at=timezone.now() - timedelta(seconds=1))
    assert wanted.retry_due() == 1
    assert index_pictures("unkept").done == 1
    row.refresh_from_db()
    assert row.outcome == "looked-at" and row.read_at is not None


def test_what_failed_for_good_can_be_asked_for_again_by_hand(library: Library) -> None:
    (canvas,) = to_make(keep=False, pk=library.canvas("boats").pk)
    library.server.set("/boats.jpg", b"", status=404)
    index_pictures("unkept")
    row = Picture.objects.get(canvas=canvas)
    assert (row.outcome, row.due_at) == ("failed", None)
    library.server.set("/boats.jpg", picture(77), content_type="image/jpeg")
    assert wanted.again(Picture.objects.filter(pk=row.pk)) == 1
    assert index_pictures("unkept").done == 1


def test_a_host_that_rests_counts_no_try(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    canvases = to_make(keep=False)
    asked: list[int] = []

    def rests(canvas: Canvas, **more: Any) -> Any:
        asked.append(canvas.pk)
        error = HostResting("http://x/", "it failed too often")
        raise images.ImageError(str(error), kind=error.kind, transient=True)

    monkeypatch.setattr(images, "pixels", rests)
    monkeypatch.setattr(find_pictures, "BLOCK", 1)  # a block for each picture
    assert index_pictures("unkept").total == 0
    assert asked == [canvases[0].pk]
    rows = set(Picture.objects.values_list("outcome", "attempts"))
    assert rows == {("waiting", 0)} and not Seen.objects.filter(outcome=FAILED).exists()
    monkeypatch.undo()
    later = timezone.now() + timedelta(minutes=5)
    Host.objects.create(name=host(library), rests_until=later, rest_reason="it failed")
    requests = len(library.server.log)
    assert index_pictures("unkept").total == 0 and len(library.server.log) == requests


def test_a_withdrawal_while_it_is_looked_at_wins(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    (canvas,) = to_make(keep=False, pk=library.canvas("boats").pk)
    library.server.set("/boats.jpg", b"", status=503)
    real = pictures.failed

    def withdrawn_first(*args: Any) -> None:
        withdraw_canvas(canvas, reason="A claim.")
        real(*args)

    monkeypatch.setattr(pictures, "failed", withdrawn_first)
    index_pictures("unkept")
    row = Picture.objects.get(canvas=canvas)
    assert (row.outcome, row.kind, row.due_at, row.host) == ("skipped", "", None, "")


# -- a kept file that is damaged ---------------------------------------------------------------


def test_a_damaged_file_is_fetched_anew_by_those_who_fetch(library: Library) -> None:
    canvas = library.canvas("boats")
    row = Picture.objects.get(canvas=canvas)
    kept.path(row).write_bytes(b"rust")
    Seen.objects.filter(canvas=canvas, feature="colour-1").delete()
    CanvasVector.objects.filter(canvas=canvas, encoder="colour-1").delete()
    asked = len(library.server.log)
    assert index_pictures("kept").failed == 1
    assert len(library.server.log) == asked
    row.refresh_from_db()
    assert row.outcome == "waiting" and pictures.due_hosts() == [host(library)]
    assert pictures.fetch_of(host(library)).kept == 1
    Seen.objects.filter(outcome=FAILED).update(retry_at="2020-01-01T00:00:00Z")
    assert index_pictures("fresh").done == 1
    assert CanvasVector.objects.filter(canvas=canvas, encoder="colour-1").exists()
