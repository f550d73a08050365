"""Find work, do work: complete, repeatable, honest about failures."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from django.db import OperationalError, connection
from django.db.models import F

from catalog import images, kept
from catalog.harvest.wanted import want_pictures
from catalog.models import Canvas, Picture, State
from iiifsearch.conf import options
from iiifsearch.encoders import encoder
from iiifsearch.engine.nearest import explain
from iiifsearch.engine.scope import Scope
from iiifsearch.index import ann, store, texts
from iiifsearch.index.everything import index_everything
from iiifsearch.index.find_work import counts
from iiifsearch.models import CanvasVector, CommentText, CommentVector, Seen, Term
from ml import registry
from tests.iiifsearch.conftest import Library
from tests.pictures import picture


def test_everything_is_made_once(library: Library) -> None:
    assert CanvasVector.objects.count() == 4 * len(options.image_encoders)
    assert Picture.objects.count() == 4
    meant = CommentVector.objects.filter(encoder="minilm-1").count()
    assert CommentVector.objects.filter(encoder="art-joint-text-1").count() == meant
    assert CommentText.objects.count() == meant + 4 * 3  # artist, date, "1"
    assert {count.pending for count in counts()} == {0}
    assert {(count.canvases, count.done) for count in counts()} == {(4, 4)}
    again = index_everything()
    assert again.total == 0


def test_only_what_changed_is_made_again(library: Library) -> None:
    canvas = library.canvas("boats")
    Canvas.objects.filter(pk=canvas.pk).update(text_revision=canvas.text_revision + 1)
    asked = len(library.server.log)
    done = index_everything()
    assert (done.done, len(library.server.log)) == (1, asked)


def new_picture(canvas: Canvas | None = None) -> None:
    """What a harvest writes when the images of a canvas differ from what was."""
    which = {} if canvas is None else {"pk": canvas.pk}
    Canvas.objects.filter(**which).update(pixel_revision=F("pixel_revision") + 1)
    want_pictures(list(Canvas.objects.filter(**which)), None, keep=True)


def test_a_new_picture_is_fetched_and_replaces_the_vectors(library: Library) -> None:
    canvas = library.canvas("boats")
    before = CanvasVector.objects.get(canvas=canvas, encoder="colour-1").vec
    library.server.set("/boats.jpg", picture(99), content_type="image/jpeg")
    new_picture(canvas)
    index_everything()
    assert CanvasVector.objects.get(canvas=canvas, encoder="colour-1").vec != before
    assert Picture.objects.get(canvas=canvas).revision == canvas.pixel_revision + 1


def test_an_image_that_is_gone_is_told_and_loses_nothing_else(library: Library) -> None:
    canvas = library.canvas("boats")
    library.server.set("/boats.jpg", b"", status=404)
    new_picture()
    done = index_everything()
    assert (done.done, done.failed) == (3, 1)
    failed = Picture.objects.get(canvas=canvas)
    assert (failed.outcome, failed.kind) == ("failed", "status-404")
    assert "404" in failed.reason and "boats.jpg" in failed.reason
    assert failed.due_at is None  # a 404 is not asked for again
    assert failed.sha256  # as it was
    assert CanvasVector.objects.filter(canvas=canvas).count() == len(options.image_encoders)
    assert {(count.done, count.failed) for count in counts()[:2]} == {(3, 1)}
    assert index_everything().total == 0


def test_a_server_that_is_down_is_tried_again_later(library: Library) -> None:
    canvas = library.canvas("boats")
    library.server.set("/boats.jpg", b"", status=503)
    new_picture(canvas)
    index_everything()
    failed = Picture.objects.filter(canvas=canvas)
    assert failed.get().due_at is not None
    assert index_everything().total == 0  # not yet due
    library.server.set("/boats.jpg", picture(1), content_type="image/jpeg")
    failed.update(due_at="2020-01-01T00:00:00Z")
    assert index_everything().done == 1
    assert failed.get().outcome == "kept"


def test_a_canvas_without_pictures_is_skipped_with_the_reason(library: Library) -> None:
    made = Canvas.objects.create(
        key="av", uri="av", raw_id="av", kind="video", skipped_reason="It holds a video."
    )
    want_pictures([made], None, keep=True)
    done = index_everything()
    assert done.skipped == 1
    assert Seen.objects.get(canvas=made, feature="colour-1").reason == "It holds a video."


def test_pictures_that_must_not_be_kept_are_looked_at_and_forgotten(library: Library) -> None:
    canvas = library.canvas("boats")
    before = CanvasVector.objects.get(canvas=canvas, encoder="colour-1").vec
    CanvasVector.objects.filter(canvas=canvas).delete()
    Seen.objects.filter(canvas=canvas).delete()
    kept.drop(Picture.objects.get(canvas=canvas))
    want_pictures([canvas], None, keep=False)
    assert index_everything().done >= 1
    assert CanvasVector.objects.get(canvas=canvas, encoder="colour-1").vec == before
    seen = Picture.objects.get(canvas=canvas)
    assert (seen.outcome, seen.sha256) == ("looked-at", "")
    assert index_everything().total == 0


def test_withdrawn_canvases_are_no_work(library: Library) -> None:
    Canvas.objects.update(state=State.WITHDRAWN, pixel_revision=9, text_revision=9)
    assert index_everything().total == 0


def test_a_broken_batch_leaves_nothing_half_stored(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    Canvas.objects.update(text_revision=9)
    before = CommentText.objects.count(), Term.objects.count(), CommentVector.objects.count()

    def broken(*args: Any) -> None:
        raise RuntimeError("out of memory")

    monkeypatch.setattr(store, "comment_vectors", broken)
    counts = texts.index_texts()
    assert (counts.done, counts.failed) == (0, 4)
    after = CommentText.objects.count(), Term.objects.count(), CommentVector.objects.count()
    assert before == after
    assert "out of memory" in Seen.objects.filter(feature="minilm-1", outcome="failed")[0].reason
    assert Seen.objects.filter(feature__startswith="words", outcome="done", revision=9).count() == 4


def test_our_own_database_is_no_fault_of_a_text(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*args: Any) -> None:
        raise OperationalError("too many clients already")

    Canvas.objects.update(text_revision=9)
    monkeypatch.setattr(store, "comment_vectors", away)
    with pytest.raises(OperationalError):
        texts.index_texts()
    assert not Seen.objects.filter(outcome="failed").exists()


@pytest.mark.parametrize("bad", [np.nan, np.inf, 0.0])
def test_poisoned_vectors_never_reach_the_database(bad: float, library: Library) -> None:
    spec = registry.get("colour")
    canvas = library.canvas("boats")
    vectors = np.full((1, spec.dim), bad, np.float32)
    with pytest.raises(store.PoisonedVector, match=f"colour-1 of canvas {canvas.pk}"):
        store.canvas_vectors([canvas.pk], spec, vectors)
    with pytest.raises(store.PoisonedVector, match="dims wanted"):
        store.canvas_vectors([canvas.pk], spec, np.ones((1, 3), np.float32))


@pytest.mark.parametrize("name", ["efficientnet-lite0", "colour", "minilm"])
def test_the_planner_uses_the_index_of_the_encoder(name: str, library: Library) -> None:
    spec = registry.get(name)
    vector = np.ones(spec.dim, np.float32) / spec.dim**0.5
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_sort = off")
    plan = explain(spec, vector, Scope(), 10)
    assert ann.ann_index(spec).name in plan


def test_index_building_is_left_to_whoever_came_first(library: Library) -> None:
    assert ann.missing() == []
    with connection.cursor() as cursor:
        cursor.execute("DROP INDEX ann_colour_1")
    assert ann.missing() == ["ann_colour_1"]
    assert ann.build_all() == ["ann_colour_1"]
    assert ann.build_all() == []


def test_encoders_are_loaded_once(encoders: object) -> None:
    assert encoder("minilm") is encoder("minilm")


def test_whatever_happens_to_one_canvas_the_others_have_their_turn(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad = library.canvas("boats")
    real = kept.read

    def read(canvas: Canvas) -> images.Pixels | None:
        if canvas.pk == bad.pk:
            raise MemoryError("ten gigabytes")
        return real(canvas)

    monkeypatch.setattr(kept, "read", read)
    new_picture()
    done = index_everything()
    assert (done.done, done.failed) == (3, 1)
    assert "MemoryError" in Seen.objects.get(canvas=bad, feature="colour-1").reason


def test_a_picture_that_is_removed_is_found_no_more(library: Library) -> None:
    canvas = library.canvas("boats")
    canvas.images.all().delete()
    new_picture(canvas)
    assert index_everything().skipped == 1
    assert not CanvasVector.objects.filter(canvas=canvas).exists()
    assert Picture.objects.get(canvas=canvas).sha256 == ""


def test_comments_that_change_while_they_are_read_are_read_again(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A harvest that commits between reading and storing raises the revision."""
    canvas = library.canvas("boats")
    Canvas.objects.update(text_revision=F("text_revision") + 1)
    real = store.still_at

    def harvested_meanwhile(found: Any) -> set[int]:
        monkeypatch.setattr(store, "still_at", real)
        canvas.comments.filter(origin="annotation").delete()
        Canvas.objects.filter(pk=canvas.pk).update(text_revision=F("text_revision") + 1)
        return real(found)

    monkeypatch.setattr(store, "still_at", harvested_meanwhile)
    assert index_everything().done == 3
    assert index_everything().done == 1
    assert not CommentText.objects.filter(canvas=canvas, comment__origin="annotation").exists()
