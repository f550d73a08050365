"""What a person does with a run: pause, resume, cancel, try again; and what it does by itself."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from catalog.harvest import frontier, upsert, visit
from catalog.harvest import run as runs
from catalog.harvest.pictures import to_fetch
from catalog.harvest.progress import failures_of, progress_of
from catalog.harvest.run import (
    WrongState,
    cancel,
    pause,
    perform,
    request,
    resume,
    retry,
    to_continue,
    work,
)
from catalog.models import HarvestRun, Manifest, Picture, Source
from tests.catalog.harvest.helpers import collection, counts, harvest
from tests.manifests import collection_3, manifest_3
from tests.servers import Museum

pytestmark = pytest.mark.django_db


@pytest.fixture
def paused_early(monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody pauses the run when two manifests have been stored."""
    monkeypatch.setattr(runs, "LOOK_SECONDS", 0.0)
    real = visit.Visitor.visit_some

    def visit_then_pause(self: Any) -> Any:
        tally = real(self)
        if HarvestRun.objects.get(pk=self.run.pk).created >= 2 and not paused:
            pause(self.run)
            paused.append(True)
        return tally

    paused: list[bool] = []
    monkeypatch.setattr(visit.Visitor, "visit_some", visit_then_pause)


def test_a_paused_run_does_nothing_until_it_goes_on(server: Museum, paused_early: None) -> None:
    run = harvest(collection(server, 8))
    assert run.state == "paused" and run.created + run.pending == 8 and run.pending > 2
    assert not to_fetch().exists()  # its pictures rest too
    work(run)
    run.refresh_from_db()
    assert run.state == "paused"
    resume(run)
    run = perform(run)
    assert (run.state, run.created) == ("done", 8)
    assert to_fetch().count() == 8
    pause(run)  # its pictures, that is
    assert not to_fetch().exists()
    resume(run)
    assert perform(run).state == "done"
    Picture.objects.update(outcome="kept")
    with pytest.raises(WrongState, match="done"):
        pause(run)


def test_a_cancelled_run_ends_and_keeps_what_it_stored(server: Museum, paused_early: None) -> None:
    url = collection(server, 8)
    run = harvest(url)
    cancel(run)
    run.refresh_from_db()
    assert (run.state, run.pending) == ("cancelled", 0)
    assert run.created + run.skipped == run.found == 8
    assert Manifest.objects.count() == run.created
    assert not to_fetch().exists()
    harvest(url)
    assert to_fetch().count() == 8  # the next run adopts what the cancelled one left


def test_a_cancelled_run_finds_nothing_more(server: Museum) -> None:
    run = request(collection(server, 2), queue=False)
    cancel(run)
    assert frontier.add(run, [frontier.Entry(server.url("/late.json"))]) == 0


def test_what_failed_is_tried_again_and_only_that(server: Museum) -> None:
    url = collection(server, 3)
    good = server.answers.pop("/m1.json")
    server.set("/m2.json", b"<html>", content_type="text/html")
    run = harvest(url)
    assert (run.created, run.failed) == (1, 2)
    groups = {(g.what, g.kind): g.count for g in failures_of(run)}
    assert groups == {("url", "status-404"): 1, ("url", "unreadable"): 1}
    server.answers["/m1.json"] = good
    asked = len(server.log)
    assert retry(run, kind="status-404") == 1
    run = perform(run)
    assert (run.state, run.created, run.failed, run.pending) == ("done", 2, 1, 0)
    assert [path for path, _ in server.log[asked:]] == ["/m1.json"]
    Picture.objects.update(outcome="failed", kind="timeout")
    assert retry(run) == 1 + Picture.objects.count()
    assert set(Picture.objects.values_list("outcome", flat=True)) == {"waiting"}
    HarvestRun.objects.update(state="cancelled")
    with pytest.raises(WrongState):
        retry(run)


def test_a_second_click_gets_the_run_that_is_open(server: Museum) -> None:
    first = request(server.url("/m1.json"))
    assert request(server.url("/m1.json")).pk == first.pk
    HarvestRun.objects.update(state="paused")
    assert request(server.url("/m1.json")).pk == first.pk
    HarvestRun.objects.update(state="done")
    assert request(server.url("/m1.json")).pk != first.pk


def test_a_run_that_is_interrupted_goes_on_where_it_was(
    server: Museum, monkeypatch: pytest.MonkeyPatch
) -> None:
    urls = [server.set(f"/m{n}.json", manifest_3(server.base, f"m{n}")) for n in range(3)]
    run = request(server.set("/c.json", collection_3(server.base, "c", urls)), queue=False)
    real, stored = upsert.store, []

    def interrupted(parsed: Any, **more: Any) -> Any:
        if stored:  # whichever answers come first
            raise KeyboardInterrupt
        stored.append(parsed.id)
        return real(parsed, **more)

    monkeypatch.setattr("catalog.harvest.manifests.store", interrupted)
    with pytest.raises(KeyboardInterrupt):
        perform(run)
    run.refresh_from_db()
    assert (run.state, run.found, run.created, run.pending) == ("running", 3, 1, 2)
    monkeypatch.undo()
    asked = len(server.log)
    run = perform(run)
    assert (run.state, counts(run)) == ("done", {"found": 3, "created": 3})
    assert len(server.log) == asked + 2  # what was done is not asked for again


def test_runs_that_nobody_works_on_are_continued(server: Museum) -> None:
    left = request(server.set("/m1.json", manifest_3(server.base)), queue=False)
    assert to_continue() == [left.pk]
    perform(left)
    assert to_continue() == []


def test_sources_are_harvested_on_their_schedule(server: Museum) -> None:
    harvest(server.set("/m1.json", manifest_3(server.base)))
    assert runs.due_sources() == []
    Source.objects.update(every="day")
    assert [source.url for source in runs.due_sources()] == [server.url("/m1.json")]
    harvest(server.url("/m1.json"))
    source = Source.objects.get()
    assert runs.due_sources() == []
    assert timedelta(hours=23) < source.next_at - timezone.now() <= timedelta(hours=24)


def test_progress_counts_what_is_found_and_fetched(server: Museum) -> None:
    run = harvest(collection(server, 4))
    now = progress_of(run)
    assert (now.found, now.pending, now.wanted, now.waiting) == (4, 0, 4, 4)
    assert (now.total, now.done) == (12, 4)
    assert now.moving
    Picture.objects.update(outcome="kept", read_at=timezone.now())
    now = progress_of(run)
    assert (now.fetched, now.extracted, now.done, now.moving) == (4, 4, 12, False)


def test_lists_of_urls_are_kept_of_the_latest_runs_only(server: Museum, settings: Any) -> None:
    settings.CATALOG = {**settings.CATALOG, "runs_kept": 2}
    url = collection(server, 2)
    made = [harvest(url) for _ in range(4)]
    assert [run.items.exists() for run in made] == [False, False, True, True]
    assert all(run.found == 2 for run in HarvestRun.objects.all())
