"""Fetching the pictures that are wanted: kept, told why not, and never more than may be."""

from __future__ import annotations

import errno
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError
from django.utils import timezone

from catalog import images, kept
from catalog.harvest import pictures, wanted
from catalog.harvest.pictures import due_hosts, fetch_of, to_fetch
from catalog.harvest.run import pause, perform, request
from catalog.models import Canvas, HarvestRun, Host, Picture
from catalog.withdrawal import withdraw_canvas
from tests.manifests import collection_3, manifest_3
from tests.pictures import picture
from tests.servers import Museum

pytestmark = pytest.mark.django_db
Outcome = Picture.Outcome


@pytest.fixture(autouse=True)
def storage(settings: Any, tmp_path: Any) -> None:
    settings.CATALOG = {**settings.CATALOG, "storage": tmp_path / "pictures"}
    kept._taken.cache_clear()


def harvest(server: Museum, count: int = 3, *, keep: bool = True) -> HarvestRun:
    urls = []
    for n in range(count):
        server.set(f"/{n}.jpg", picture(n), content_type="image/jpeg")
        made = manifest_3(server.base, f"m{n}", image=f"/{n}.jpg")
        urls.append(server.set(f"/m{n}.json", made))
    run = request(server.set("/c.json", collection_3(server.base, "c", urls)), queue=False)
    run.source.keep_pictures = keep
    run.source.save()
    return perform(run)


def host(server: Museum) -> str:
    return server.base.removeprefix("http://")


def outcomes() -> dict[str, int]:
    found = Picture.objects.values_list("outcome", flat=True)
    return {name: list(found).count(name) for name in set(found)}


def test_what_is_wanted_is_fetched_once(server: Museum) -> None:
    run = harvest(server)
    assert outcomes() == {"waiting": 3}
    assert due_hosts() == [host(server)]
    assert set(Picture.objects.values_list("run", flat=True)) == {run.pk}
    assert fetch_of(host(server)).kept == 3
    assert outcomes() == {"kept": 3}
    assert due_hosts() == [] and fetch_of(host(server)).total == 0
    assert kept.read(Canvas.objects.select_related("picture").first()) is not None  # type: ignore[arg-type]


def test_one_that_fails_does_not_hold_up_the_others(server: Museum) -> None:
    harvest(server)
    server.set("/1.jpg", b"<html>", content_type="text/html")
    counts = fetch_of(host(server))
    assert (counts.kept, counts.failed) == (2, 1)
    failed = Picture.objects.get(outcome="failed")
    assert (failed.kind, failed.due_at, failed.attempts) == ("not-a-picture", None, 1)
    assert "web page" in failed.reason
    assert wanted.again(Picture.objects.all()) == 1
    server.set("/1.jpg", picture(1), content_type="image/jpeg")
    assert fetch_of(host(server)).kept == 1


def test_what_fails_for_now_is_due_later_and_not_for_ever(server: Museum, settings: Any) -> None:
    settings.CATALOG = {**settings.CATALOG, "max_tries": 2}
    harvest(server, 1)
    server.set("/0.jpg", b"", status=503)
    fetch_of(host(server))
    failed = Picture.objects.get()
    assert failed.outcome == "failed"
    assert failed.due_at is not None and failed.due_at > timezone.now()
    assert wanted.retry_due() == 0
    Picture.objects.update(due_at=timezone.now() - timedelta(seconds=1))
    assert wanted.retry_due() == 1
    fetch_of(host(server))
    failed.refresh_from_db()
    assert (failed.outcome, failed.due_at, failed.attempts) == ("failed", None, 2)


def test_a_full_disk_is_told_and_loses_nothing(
    server: Museum, monkeypatch: pytest.MonkeyPatch
) -> None:
    harvest(server)

    def full(*args: object) -> None:
        raise kept.StorageError(f"No room: {OSError(errno.ENOSPC, 'No space left on device')}")

    monkeypatch.setattr(kept, "write", full)
    counts = fetch_of(host(server))
    assert "No space left" in counts.held_up
    assert outcomes() == {"waiting": 3}
    assert Picture.objects.filter(kind="disk").exists()
    monkeypatch.undo()
    assert fetch_of(host(server)).kept == 3
    assert not Picture.objects.exclude(kind="").exists()


def test_kept_pictures_take_no_more_than_they_may(
    server: Museum, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("catalog.harvest.pictures.BATCH", 1)
    monkeypatch.setattr(kept, "SUM_SECONDS", 1e-6)
    harvest(server)
    for n in range(3):
        server.set(f"/{n}.jpg", picture(n, 1000, 750), content_type="image/jpeg")
    room = int(1.9 * min(len(picture(n, 1000, 750)) for n in range(3)))
    settings.CATALOG = {**settings.CATALOG, "max_storage_bytes": room}
    counts = fetch_of(host(server))
    assert "max_storage_bytes" in counts.held_up
    assert 0 < counts.kept < 3  # nothing that nobody has looked at is given up
    Picture.objects.filter(outcome="kept").update(read_at=timezone.now())
    assert fetch_of(host(server)).kept > 0
    assert outcomes()["evicted"] > 0


def test_pictures_of_a_paused_run_rest(server: Museum) -> None:
    run = harvest(server)
    HarvestRun.objects.update(state="running")
    pause(run)
    assert due_hosts() == [] and fetch_of(host(server)).total == 0


@pytest.mark.django_db(transaction=True)
def test_hosts_that_rest_are_not_due(server: Museum) -> None:
    harvest(server)
    later = timezone.now() + timedelta(minutes=5)
    Host.objects.create(name=host(server), rests_until=later, rest_reason="it failed")
    assert due_hosts() == []
    counts = fetch_of(host(server))
    assert "it failed" in counts.held_up
    assert outcomes() == {"waiting": 3} and not Picture.objects.filter(attempts__gt=0).exists()


def test_what_must_not_be_kept_is_not_fetched_here(server: Museum) -> None:
    harvest(server, keep=False)
    assert not to_fetch().exists()
    assert set(Picture.objects.values_list("may_keep", "outcome")) == {(False, "waiting")}


def test_a_withdrawal_while_it_is_fetched_wins(
    server: Museum, monkeypatch: pytest.MonkeyPatch
) -> None:
    harvest(server, 1)
    real = kept.keep

    def withdrawn_first(*args: Any, **more: Any) -> None:
        withdraw_canvas(Canvas.objects.get(), reason="A claim.")
        real(*args, **more)

    monkeypatch.setattr(kept, "keep", withdrawn_first)
    fetch_of(host(server))
    assert Picture.objects.get().sha256 == ""
    assert Canvas.objects.get().state == "withdrawn"


def test_a_withdrawal_while_it_fails_wins(server: Museum, monkeypatch: pytest.MonkeyPatch) -> None:
    harvest(server, 1)
    server.set("/0.jpg", b"", status=503)
    real = pictures.failed

    def withdrawn_first(*args: Any) -> None:
        withdraw_canvas(Canvas.objects.get(), reason="A claim.")
        real(*args)

    monkeypatch.setattr(pictures, "failed", withdrawn_first)
    fetch_of(host(server))
    row = Picture.objects.get()
    assert (row.outcome, row.kind, row.due_at, row.host) == ("skipped", "", None, "")
    Picture.objects.update(outcome="waiting")  # as an older version left it
    assert due_hosts() == [] and not to_fetch().exists()


def test_hosts_are_due_if_fetching_finds_something(server: Museum) -> None:
    run = harvest(server)
    rows = Picture.objects.order_by("pk")
    first, second, third = rows.values_list("pk", flat=True)
    rows.filter(pk=first).update(host="")
    rows.filter(pk=second).update(host="a.example", run=None)
    assert due_hosts() == sorted(["a.example", host(server)])
    Canvas.objects.filter(pk=third).update(state="withdrawn")
    assert due_hosts() == ["a.example"]
    rows.filter(pk=second).update(run=run)
    HarvestRun.objects.update(state="cancelled")
    assert due_hosts() == []
    assert not to_fetch().exists()


def test_an_image_whose_address_is_no_url_has_failed(server: Museum) -> None:
    harvest(server, 1)
    canvas = Canvas.objects.get()
    canvas.images.update(url="urn:picture:1", service_id="")
    assert wanted.want_pictures([canvas], None, keep=True) == set()
    row = Picture.objects.get()
    assert (row.outcome, row.kind) == ("failed", "bad-url")
    assert wanted.again(Picture.objects.all()) == 0


@pytest.mark.parametrize("place", ["asking", "keeping"])
def test_our_own_database_is_no_fault_of_a_picture(
    place: str, server: Museum, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*args: Any, **more: Any) -> Any:
        raise OperationalError("too many clients already")

    harvest(server, 1)
    thing: Any = images if place == "asking" else kept
    monkeypatch.setattr(thing, "fetch_derivative" if place == "asking" else "keep", away)
    with pytest.raises(OperationalError):
        fetch_of(host(server))
    assert outcomes() == {"waiting": 1} and not Picture.objects.exclude(reason="").exists()


def test_a_run_adopts_what_earlier_ones_left(server: Museum) -> None:
    first = harvest(server)
    second = HarvestRun.objects.create(source=first.source, state="running")
    others = HarvestRun.objects.create(source=second.source, state="running")
    Picture.objects.filter(pk=Picture.objects.order_by("pk")[0].pk).update(outcome="kept")
    HarvestRun.objects.filter(pk=first.pk).update(state="running")
    assert wanted.adopt(second) == 0  # it is still at work
    HarvestRun.objects.filter(pk=first.pk).update(state="paused")
    assert wanted.adopt(second) == 2
    assert wanted.adopt(others) == 0
    assert Picture.objects.filter(run=second, outcome="waiting").count() == 2
