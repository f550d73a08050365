"""What a person does with a run: pause, resume, cancel, try again; and what it does by itself."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from catalog import withdrawal
from catalog.harvest import frontier, manifests, visit
from catalog.harvest import run as runs
from catalog.harvest.pictures import to_fetch
from catalog.harvest.progress import failures_of, progress_of
from catalog.harvest.run import WrongState, cancel, pause, perform, request, resume, retry, work
from catalog.models import (
    Activity,
    Canvas,
    CollectionManifest,
    Comment,
    HarvestRun,
    Host,
    Manifest,
    Picture,
    Source,
)
from tests.manifests import collection_3, manifest_3
from tests.servers import Answer, Museum, museum

pytestmark = pytest.mark.django_db


def collection(server: Museum, count: int) -> str:
    urls = [
        server.set(f"/m{n}.json", manifest_3(server.base, f"m{n}"), headers={"ETag": f'"{n}"'})
        for n in range(count)
    ]
    return server.set("/c.json", collection_3(server.base, "c", urls), headers={"ETag": '"c"'})


def harvest(url: str, **more: Any) -> HarvestRun:
    return perform(request(url, queue=False, **more))


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


# -- again, and nothing new --------------------------------------------------------------------


def test_a_second_harvest_makes_conditional_requests_only(server: Museum) -> None:
    url = collection(server, 5)
    harvest(url)
    before = len(server.log)
    run = harvest(url)
    assert (run.found, run.unchanged) == (5, 5)
    asked = server.log[before:]
    assert len(asked) == 6
    assert all("If-None-Match" in headers for _, headers in asked)
    assert CollectionManifest.objects.count() == 5


def test_a_full_harvest_asks_for_everything_and_stores_it_anew(server: Museum) -> None:
    url = collection(server, 2)
    harvest(url)
    Canvas.objects.update(title="spoilt")
    before = len(server.log)
    run = harvest(url, full=True)
    assert (run.updated, run.unchanged) == (2, 0)
    assert not any("If-None-Match" in headers for _, headers in server.log[before:])
    assert not Canvas.objects.filter(title="spoilt").exists()


def test_a_server_is_not_believed_for_ever(server: Museum) -> None:
    """What changes under one ETag is found all the same, only later."""
    url = collection(server, 1)
    harvest(url)
    made = manifest_3(server.base, "m0", title="Boats at Dawn")
    server.set("/m0.json", made, headers={"ETag": '"0"'})
    assert harvest(url).unchanged == 1
    Manifest.objects.update(read_at=timezone.now() - timedelta(days=31))
    assert harvest(url).updated == 1
    assert Manifest.objects.get().title == "Boats at Dawn"


def test_a_changed_body_under_an_unchanged_etag_counts(server: Museum) -> None:
    url = server.set("/m1.json", manifest_3(server.base), headers={"Last-Modified": "yesterday"})
    harvest(url)
    made = manifest_3(server.base, title="Boats at Dawn")
    server.set("/m1.json", made, headers={"Last-Modified": "yesterday"})
    assert harvest(url).updated == 1


def test_annotation_pages_are_asked_for_conditionally_too(server: Museum) -> None:
    made = manifest_3(server.base, comments=("From afar.",))
    page = made["items"][0]["annotations"][0]
    made["items"][0]["annotations"] = [{"id": server.url("/page.json"), "type": "AnnotationPage"}]
    server.set("/page.json", {**page, "id": server.url("/page.json")}, headers={"ETag": '"p"'})
    url = server.set("/m1.json", made, headers={"ETag": '"m"'})
    harvest(url)
    before = len(server.log)
    assert harvest(url).unchanged == 1
    assert all("If-None-Match" in headers for _, headers in server.log[before:])
    page["items"][0]["body"]["value"] = "From nearby."
    server.set("/page.json", {**page, "id": server.url("/page.json")}, headers={"ETag": '"q"'})
    assert harvest(url).updated == 1
    assert Comment.objects.get(origin="annotation").body == "From nearby."


# -- pause, cancel, try again ------------------------------------------------------------------


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


# -- patience ----------------------------------------------------------------------------------


def test_what_fails_for_now_is_tried_again_later(server: Museum, settings: Any) -> None:
    settings.CATALOG = {**settings.CATALOG, "max_tries": 3}
    url = collection(server, 2)
    server.set("/m1.json", b"", status=503)
    run = request(url, queue=False)
    for attempt in (1, 2):
        work(run)
        run.refresh_from_db()
        item = run.items.get(outcome="pending")
        assert (run.state, run.pending, item.attempts) == ("running", 1, attempt)
        assert item.due_at > timezone.now() and "503" in item.reason
        run.items.filter(outcome="pending").update(due_at=timezone.now())
    work(run)
    run.refresh_from_db()
    assert (run.state, run.failed) == ("done", 1)


def test_a_page_of_annotations_is_waited_for_but_not_for_ever(server: Museum) -> None:
    made = manifest_3(server.base)
    page = server.set("/page.json", b"", status=503)
    made["items"][0]["annotations"] = [{"id": page, "type": "AnnotationPage"}]
    run = request(server.set("/m1.json", made), queue=False)
    for attempt in (1, 2):
        work(run)
        item = run.items.get()
        assert (item.outcome, item.attempts) == ("pending", attempt)
        assert "503" in item.reason
        run.items.update(due_at=timezone.now())
        assert not Manifest.objects.exists()
    work(run)
    item = run.items.get()
    assert item.outcome == "created"
    assert item.warnings[0]["code"] == "annotation-page-unreadable"
    assert Manifest.objects.get().content_hash == ""


def test_a_host_that_answers_nothing_for_a_day_is_given_up(server: Museum) -> None:
    run = request(collection(server, 2), queue=False)
    server.set("/m1.json", b"", status=503)
    work(run)
    assert runs.give_up() == 0
    name = server.base.removeprefix("http://")
    Host.objects.create(name=name, failures=runs.GIVE_UP_AFTER - 1)
    assert runs.give_up() == 0
    Host.objects.update(failures=runs.GIVE_UP_AFTER)
    assert runs.give_up() == 1
    work(run)
    run.refresh_from_db()
    assert (run.state, run.failed) == ("done", 1)


# -- what is no longer there -------------------------------------------------------------------


@pytest.mark.parametrize("status", [401, 403, 404, 410, 500])
def test_nothing_goes_at_once(server: Museum, status: int) -> None:
    url = server.set("/m1.json", manifest_3(server.base))
    harvest(url)
    server.set("/m1.json", b"", status=status)
    assert harvest(url).failed == 1
    manifest = Manifest.objects.get()
    assert manifest.state == "published"
    assert (manifest.missing_since is not None) == (status in (404, 410))
    Manifest.objects.update(missing_since=timezone.now() - timedelta(days=31))
    harvest(url)
    gone = status in (404, 410)
    assert Manifest.objects.get().state == ("gone" if gone else "published")
    assert bool(Manifest.objects.get().state_reason) == gone
    server.set("/m1.json", manifest_3(server.base))
    harvest(url)
    back = Manifest.objects.get()
    assert (back.state, back.missing_since, back.state_reason) == ("published", None, "")


def test_what_is_withdrawn_while_it_is_asked_for_stays_so(
    server: Museum, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the state it was in, and whether it changed or not."""
    harvest(collection(server, 3))
    Manifest.objects.filter(url__endswith="/m0.json").update(state="gone")
    Manifest.objects.filter(url__endswith="/m1.json").update(state="gone")
    told = Activity.objects.count()
    real = manifests.unchanged

    def later(*given: Any) -> None:
        manifest = Manifest.objects.get(url__endswith="/m0.json")
        if manifest.state != "withdrawn":
            withdrawal.withdraw_manifest(manifest, reason="A wish")
        real(*given)

    monkeypatch.setattr(manifests, "unchanged", later)
    run = harvest(server.url("/c.json"))
    assert (run.unchanged, run.skipped) == (2, 1)
    states = dict(Manifest.objects.values_list("url", "state"))
    assert [states[server.url(f"/m{n}.json")] for n in range(3)] == [
        "withdrawn",
        "published",
        "published",
    ]
    assert Activity.objects.filter(type="Create", kind="manifest").count() == 4
    assert Activity.objects.count() == told + 1


def test_what_is_withdrawn_while_its_json_is_read_stays_so(
    server: Museum, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = server.set("/m1.json", manifest_3(server.base))
    harvest(url)
    real = manifests.annotated

    def later(*given: Any, **more: Any) -> Any:
        withdrawal.withdraw_manifest(Manifest.objects.get(), reason="A wish")
        return real(*given, **more)

    monkeypatch.setattr(manifests, "annotated", later)
    run = harvest(url)
    assert (run.skipped, run.unchanged) == (1, 0)
    manifest = Manifest.objects.get()
    assert (manifest.state, manifest.content_hash) == ("withdrawn", "")


# -- schedules, progress, memory ---------------------------------------------------------------


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


def test_a_manifest_that_only_its_collection_holds(server: Museum) -> None:
    inner = manifest_3(server.base, "m1")
    outer = collection_3(server.base, "c", [])
    run = harvest(server.set("/c.json", {**outer, "items": [inner]}))
    assert (run.created, run.failed) == (1, 0)
    codes = {w["code"] for w in run.items.get(outcome="created").warnings}
    assert "manifest-from-collection" in codes
    assert CollectionManifest.objects.count() == 1


def test_collections_within_a_collection_are_read_where_they_stand(server: Museum) -> None:
    url = server.set("/m1.json", manifest_3(server.base, "m1"))
    child = collection_3(server.base, "nowhere", [url])
    outer = collection_3(server.base, "c", [])
    run = harvest(server.set("/c.json", {**outer, "items": [child]}))
    assert (run.state, run.created, run.failed) == ("done", 1, 0)
    joined = CollectionManifest.objects.get().collection
    assert (joined.title, joined.parent.title) == ("The nowhere collection", "The c collection")
    assert "/nowhere.json" not in [path for path, _ in server.log]


def test_what_rests_is_not_asked_for_by_way_of_each_url(
    server: Museum, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first answers of a resting host are enough for all of its URLs."""
    run = request(collection(server, 30), queue=False)
    real, until = visit._ask, timezone.now() + timedelta(minutes=5)
    name, asked = server.base.removeprefix("http://"), []

    def ask(url: str, *more: Any) -> Any:
        if "/m" not in url:
            return real(url, *more)
        asked.append(url)
        raise visit.HostResting(url, "it rests", until=until)

    monkeypatch.setattr(visit, "_ask", ask)
    monkeypatch.setattr(visit.Visitor, "_look_up", rests_then(visit.Visitor._look_up, name, until))
    work(run)
    run.refresh_from_db()
    assert (run.state, run.pending) == ("running", 30)
    assert len(asked) <= visit.OF_A_HOST
    assert run.items.filter(outcome="pending", due_at=None).count() >= 26
    assert not run.items.filter(attempts__gt=0).exists()
    assert runs.to_continue() == []
    Host.objects.update(rests_until=timezone.now())
    assert runs.to_continue() == [run.pk]


def rests_then(real: Any, name: str, until: Any) -> Any:
    """What `catalog.hosts` notes while the first manifests are asked for."""

    def look_up(self: Any, items: Any) -> Any:
        yield from real(self, items)
        if any("/m" in item.url for item in items):
            Host.objects.update_or_create(name=name, defaults={"rests_until": until})

    return look_up


def test_a_slow_host_does_not_hold_up_the_others(server: Museum) -> None:
    """Forty URLs of a slow host come first in the list; a fast one's are done before them."""
    with museum() as slow:
        for n in range(40):
            made = manifest_3(slow.base, f"s{n}")
            slow.answers[f"/s{n}.json"] = lambda made=made: (time.sleep(0.15), Answer(made))[1]
        urls = [slow.url(f"/s{n}.json") for n in range(40)]
        urls += [server.set(f"/m{n}.json", manifest_3(server.base, f"m{n}")) for n in range(10)]
        harvest(server.set("/c.json", collection_3(server.base, "c", urls)))
        assert max(server.times) < sorted(slow.times)[-1]
        assert Manifest.objects.count() == 50


def test_a_cancelled_run_finds_nothing_more(server: Museum) -> None:
    run = request(collection(server, 2), queue=False)
    cancel(run)
    assert frontier.add(run, [frontier.Entry(server.url("/late.json"))]) == 0
