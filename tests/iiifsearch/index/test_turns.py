"""Who works on what, and when: nothing is lost, done twice, or waited for without need."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection

from catalog.harvest import pictures
from catalog.harvest.run import perform, request
from catalog.models import Canvas
from iiifsearch.index import batches, find_pictures, find_work, store, texts
from iiifsearch.index.extract import index_pictures
from iiifsearch.models import Changed, Seen
from tests.iiifsearch.conftest import Library
from tests.iiifsearch.index.helpers import fetched, host, in_thread, to_make
from tests.manifests import manifest_3
from tests.pictures import picture
from tests.servers import Answer


def test_a_killed_worker_loses_no_change_of_texts(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = list(Canvas.objects.order_by("pk").values_list("pk", flat=True))
    Canvas.objects.filter(pk__in=ids[:2]).update(text_revision=9)
    find_work.note_changed(ids)

    def killed(*args: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(store, "comment_words", killed)
    with pytest.raises(KeyboardInterrupt):
        texts.index_texts(walk=False)
    # Those that lack nothing have left the list, the others have not.
    assert list(Changed.objects.order_by("pk").values_list("pk", flat=True)) == ids[:2]
    monkeypatch.undo()
    assert texts.index_texts(walk=False).done == 2
    assert not Changed.objects.exists()


def test_a_harvest_that_is_killed_has_noted_what_it_stored(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in a worker that ends between a manifest and the signal that wakes the index."""

    def killed(*args: Any) -> None:
        raise KeyboardInterrupt

    base, canvas = library.server.base, library.canvas("boats")
    url = library.add("boats", manifest_3(base, "boats", title="Boats", image="/boats.jpg"))
    monkeypatch.setattr("catalog.harvest.run._News.add", killed)
    monkeypatch.setattr("catalog.harvest.run._News.tell", lambda news: None)
    with pytest.raises(KeyboardInterrupt):
        perform(request(url, queue=False))
    assert [row.pk for row in Changed.objects.all()] == [canvas.pk]
    assert texts.index_texts(walk=False).done == 1


def test_a_change_that_comes_meanwhile_stays_on_the_list(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    canvas = library.canvas("boats")
    Canvas.objects.update(text_revision=9)
    find_work.note_changed(Canvas.objects.values_list("pk", flat=True))
    real = store.still_at

    def changed_first(works: Any, revision: str = "") -> set[int]:
        Canvas.objects.filter(pk=canvas.pk).update(text_revision=10)
        return real(works, revision or "text_revision")

    monkeypatch.setattr(store, "still_at", changed_first)
    assert texts.index_texts(walk=False).done == 3  # and it ends
    assert [row.pk for row in Changed.objects.all()] == [canvas.pk]
    monkeypatch.undo()
    assert texts.index_texts(walk=False).done == 1
    assert not Changed.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_block_is_ours_until_its_last_batch_is_stored(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, *_ = fetched(library)
    real, given = batches.apart, []

    def found() -> list[list[int]]:
        walk = find_pictures.blocks("fresh", find_work.picture_features(), 32)
        return [[work.canvas_id for work in batch] for block in walk for batch in block]

    def meanwhile(*args: Any) -> batches.Made:
        thread, told = in_thread(found)
        thread.join()
        given.extend(told)
        return real(*args)

    monkeypatch.setattr(batches, "apart", meanwhile)
    monkeypatch.setattr(find_pictures, "BLOCK", first.pk + 2)  # two blocks
    assert index_pictures("fresh").done == 4
    here = {pk for told in given[:1] for batch in told for pk in batch}
    assert len(given) == 2 and first.pk not in here and len(here) > 0
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_locks l JOIN pg_database d ON d.oid = l.database "
            "WHERE d.datname = current_database() AND l.classid = %s",
            [find_pictures._LOCKS["fresh"]],
        )
        assert cursor.fetchone()[0] == 0


@pytest.fixture
def slow(library: Library) -> Iterator[tuple[threading.Event, threading.Event]]:
    """A museum that answers for one picture when it is told to: (asked, may answer)."""
    asked, may_answer = threading.Event(), threading.Event()

    def answer() -> Answer:
        asked.set()
        may_answer.wait(20)
        return Answer(picture(5), 200, content_type="image/jpeg")

    library.server.answers["/jardin.jpg"] = answer
    yield asked, may_answer
    may_answer.set()


@pytest.mark.django_db(transaction=True)
def test_kept_pictures_do_not_wait_for_museums(
    library: Library, slow: tuple[threading.Event, threading.Event]
) -> None:
    asked, may_answer = slow
    to_make(keep=False, pk=library.canvas("jardin").pk)
    thread, told = in_thread(lambda: index_pictures("unkept"))
    assert asked.wait(20)
    to_make(pk=library.canvas("boats").pk)
    pictures.fetch_of(host(library))
    assert index_pictures("fresh").done == 1
    assert not told
    may_answer.set()
    thread.join()
    assert told[0].done == 1


def test_it_ends_between_batches_when_its_time_is_over(library: Library, settings: Any) -> None:
    settings.IIIFSEARCH = {**settings.IIIFSEARCH, "batch": 1}
    fetched(library)
    some = index_pictures("fresh", seconds=0)
    assert some.unfinished and 0 < some.done < 4
    rest = index_pictures("fresh")
    assert not rest.unfinished and some.done + rest.done == 4


def test_walks_pass_over_what_is_done(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(find_pictures, "BLOCKS_AT_ONCE", 1)
    features = find_work.picture_features()
    assert not list(find_pictures.blocks("kept", features, 32))
    Seen.objects.filter(canvas=library.canvas("tsuki"), feature="colour-1").delete()
    found = [list(block) for block in find_pictures.blocks("kept", features, 32)]
    (((work,),),) = found
    assert (work.canvas_id, work.features) == (library.canvas("tsuki").pk, ("colour-1",))
