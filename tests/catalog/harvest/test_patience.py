"""Hosts that are slow, rest, or cannot answer now: waited for, but not for ever."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from catalog.harvest import run as runs
from catalog.harvest import visit
from catalog.harvest.run import request, work
from catalog.models import Host, Manifest
from tests.catalog.harvest.helpers import collection, harvest
from tests.manifests import collection_3, manifest_3
from tests.servers import Answer, Museum, museum

pytestmark = pytest.mark.django_db


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
