"""Turns at a host: one after another, and across threads and processes."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import httpx
import pytest
from django.db import connection, connections, transaction
from django.db.models.functions import Now
from django.utils import timezone

from catalog import hosts
from catalog.conf import options
from catalog.http import HostResting
from catalog.models import Host
from tests.catalog.host_helpers import (
    TOLERANCE,
    assert_spaced,
    get,
    limited,
    outcome,
    server_with_a_manifest,  # noqa: F401 - a fixture
)
from tests.faults import Faults, answer, in_turn, redirect, slow, too_many

pytestmark = pytest.mark.django_db


def test_a_far_turn_is_not_waited_for_nor_taken(server: Faults, unslept: list[float]) -> None:
    limited(server, delay=40.0)
    get(server)
    for _ in range(5):
        with pytest.raises(HostResting) as raised:
            get(server)
        left = (raised.value.until - timezone.now()).total_seconds()
        assert 35 < left < 41
    assert (raised.value.kind, raised.value.transient) == ("host-resting", True)
    assert len(server.log) == 1
    assert sum(unslept) == 0


def test_a_host_that_may_have_no_requests(server: Faults) -> None:
    limited(server, concurrency=0)
    with pytest.raises(HostResting, match="concurrency in the admin"):
        get(server)
    assert server.log == []


def test_places_that_are_left_by_killed_workers_come_free(server: Faults) -> None:
    soon = timezone.now() + timedelta(seconds=0.6)
    past = timezone.now() - timedelta(seconds=1)
    limited(server, concurrency=2, busy=[past, soon, soon])
    began = time.monotonic()
    get(server)
    assert 0.3 < time.monotonic() - began < 2
    assert Host.objects.get().busy == []


def test_all_places_taken(server: Faults, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hosts, "LONGEST_WAIT", 0.3)
    limited(server, concurrency=1, busy=[timezone.now() + timedelta(seconds=60)])
    with pytest.raises(HostResting, match="all 1 places"):
        get(server)
    assert server.log == []


def test_a_place_lasts_as_long_as_the_request_may(server: Faults, settings: Any) -> None:
    settings.CATALOG = {**settings.CATALOG, "total_seconds": 7.0}
    limited(server)
    with hosts.turn(httpx.URL(server.url("/m")), options.total_seconds):
        host = Host.objects.annotate(now=Now()).get()
    assert 7.0 < (host.busy[0] - host.now).total_seconds() < 8.1


def test_within_a_transaction(server: Faults) -> None:
    limited(server, delay=0.1)
    with transaction.atomic():
        for _ in range(3):
            get(server)
    assert_spaced(server, 0.1)
    assert (Host.objects.get().requests, Host.objects.get().busy) == (3, [])


def test_a_broken_transaction_does_not_hide_the_error(server: Faults) -> None:
    limited(server)

    def fail() -> None:
        with (
            transaction.atomic(),
            hosts.turn(httpx.URL(server.url("/m")), 1.0),
            connection.cursor() as cursor,
        ):
            cursor.execute("SELECT 1 / 0")

    with pytest.raises(Exception, match="division by zero"):
        fail()


def test_each_hop_of_a_redirect_takes_its_turn(server: Faults) -> None:
    limited(server, delay=0.2)
    server.on("/a", redirect("/b"))
    server.on("/b", redirect("/m"))
    get(server, "/a")
    assert_spaced(server, 0.2)
    assert Host.objects.get().requests == 3


def in_threads(count: int, run: Callable[[], Any]) -> list[Any]:
    def work() -> Any:
        try:
            return outcome(run)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(count) as pool:
        return [future.result() for future in [pool.submit(work) for _ in range(count)]]


@pytest.mark.django_db(transaction=True)
def test_threads_take_turns(server: Faults) -> None:
    limited(server, delay=0.1, concurrency=2)
    server.on("/m", slow(0.25))
    results = in_threads(6, lambda: get(server).body)
    assert results == [b"{}"] * 6
    assert server.most_at_once == 2
    assert_spaced(server, 0.1)
    assert Host.objects.get().busy == []


@pytest.mark.django_db(transaction=True)
def test_one_threads_retry_after_holds_back_another(server: Faults) -> None:
    limited(server, concurrency=4)
    server.on("/busy", in_turn(too_many(1), answer()))
    told = threading.Event()

    def first() -> Any:
        try:
            return outcome(lambda: get(server, "/busy"))
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(first)
        while not Host.objects.get().requests:
            told.wait(0.02)
        get(server)
        assert asked.result().body == b"{}"
    refused = server.moments("/busy")[0]
    assert server.moments("/m")[0] - refused > 1.0 - TOLERANCE


WORKER = """
import sys
import django
django.setup()
from django.db import connections
connections.databases["default"]["NAME"] = sys.argv[1]
from catalog.http import fetch
for _ in range(int(sys.argv[3])):
    assert fetch(sys.argv[2], max_bytes=1000).body == b"{}"
"""


@pytest.mark.django_db(transaction=True)
def test_processes_take_turns(server: Faults, settings: Any) -> None:
    """Two workers that share nothing but the database."""
    limited(server, delay=0.1, concurrency=2)
    server.on("/m", slow(0.15))
    name = connection.settings_dict["NAME"]
    command = [sys.executable, "-c", WORKER, name, server.url("/m")]
    workers = [subprocess.Popen([*command, str(n)], cwd=settings.BASE_DIR) for n in (12, 12, 6)]
    assert [worker.wait(timeout=60) for worker in workers] == [0, 0, 0]
    host = Host.objects.get()
    assert (len(server.log), host.requests, host.busy) == (30, 30, [])
    assert server.most_at_once == 2
    assert_spaced(server, 0.1)


@pytest.mark.django_db(transaction=True)
def test_a_killed_process_leaves_no_place_for_ever(server: Faults, settings: Any) -> None:
    settings.CATALOG = {**settings.CATALOG, "total_seconds": 2.0}
    limited(server, concurrency=1)
    server.on("/slow", slow(30))
    child = WORKER.replace(
        "from catalog.http",
        "from django.conf import settings\n"
        'settings.CATALOG = {**settings.CATALOG, "total_seconds": 2.0}\nfrom catalog.http',
    )
    name = connection.settings_dict["NAME"]
    command = [sys.executable, "-c", child, name, server.url("/slow"), "1"]
    worker = subprocess.Popen(command, cwd=settings.BASE_DIR)
    began = time.monotonic()
    while not server.log and time.monotonic() - began < 20:
        time.sleep(0.02)
    worker.kill()
    worker.wait()
    assert len(Host.objects.get().busy) == 1
    began = time.monotonic()
    get(server)
    assert 1.0 < time.monotonic() - began < 5.0
