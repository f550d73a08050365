"""Turns at a host: across threads, processes and failures."""

from __future__ import annotations

import itertools
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
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
from catalog.http import HostResting, NetworkFailure, StatusError, fetch
from catalog.models import Host
from tests.faults import Faults, answer, faults, in_turn, redirect, reset, slow, status, too_many

pytestmark = pytest.mark.django_db

MEGABYTE = 2**20
TOLERANCE = 0.04  # seconds


@pytest.fixture
def server() -> Iterator[Faults]:
    with faults() as served:
        served.on("/m", answer())
        yield served


@pytest.fixture
def unslept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    slept: list[float] = []
    monkeypatch.setattr(time, "sleep", slept.append)
    return slept


def limited(server: Faults, **more: Any) -> Host:
    values = {"delay": 0.0, "obey_robots": False, **more}
    return Host.objects.create(name=server.name, **values)


def get(server: Faults, path: str = "/m") -> Any:
    return fetch(server.url(path), max_bytes=MEGABYTE)


def gaps(server: Faults) -> list[float]:
    moments = server.moments()
    return [after - before for before, after in itertools.pairwise(moments)]


def assert_spaced(server: Faults, delay: float) -> None:
    """No more requests than there were turns, and hardly any of them near each other: on a busy
    machine some are sent, or noted by the server, later than they should."""
    found = gaps(server)
    assert sum(found) > delay * len(found) - TOLERANCE
    near = [gap for gap in found if gap < delay - TOLERANCE]
    assert len(near) <= len(found) / 5


def outcome(run: Callable[[], Any]) -> Any:
    try:
        return run()
    except Exception as error:  # noqa: BLE001 - tests look at it
        return error


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://Images.Example.org/iiif/1", "images.example.org"),
        ("https://images.example.org:443/", "images.example.org"),
        ("http://images.example.org.:80/", "images.example.org"),
        ("http://images.example.org:443/", "images.example.org:443"),
        ("http://127.0.0.1:8183/m", "127.0.0.1:8183"),
        ("https://[2606:2800:21F::1]:8443/", "[2606:2800:21f::1]:8443"),
        ("https://münchen.example/", "xn--mnchen-3ya.example"),
        *(("http://[::1", ""), ("http://\ud800/", ""), ("m", ""), ("", "")),
    ],
)
def test_names(url: str, name: str) -> None:
    assert hosts.name_of(url) == name


# -- the operator's own ------------------------------------------------------------------------


def test_own_servers_have_no_limits_no_row_and_one_query(
    server: Faults, django_assert_num_queries: Any
) -> None:
    with django_assert_num_queries(1):
        for _ in range(20):
            get(server)
    assert max(gaps(server)) < 0.1
    assert [asked.path for asked in server.log] == ["/m"] * 20
    assert not Host.objects.exists()


def test_an_own_server_with_a_row_is_obeyed(server: Faults) -> None:
    get(server)
    limited(server, delay=0.2)
    for _ in range(3):
        get(server)
    assert sum(gaps(server)[1:]) > 0.4 - TOLERANCE
    Host.objects.all().delete()
    get(server)
    assert gaps(server)[-1] < 0.1


def test_a_row_that_vanishes_unseen_is_no_limit(server: Faults) -> None:
    host = limited(server, delay=5.0)
    get(server)
    Host.objects.filter(pk=host.pk)._raw_delete("default")
    get(server)
    get(server)
    assert max(gaps(server)) < 0.5


# -- turns -------------------------------------------------------------------------------------


def test_named_hosts_get_a_row_at_first_sight(server: Faults, settings: Any) -> None:
    settings.CATALOG = {**settings.CATALOG, "host_delay": 0.2, "obey_robots": False}
    url = server.url("/m").replace("127.0.0.1", "localhost")
    for _ in range(3):
        fetch(url, max_bytes=MEGABYTE)
    host = Host.objects.get()
    assert host.name == server.name.replace("127.0.0.1", "localhost")
    assert (host.requests, host.busy, host.failures) == (3, [], 0)
    assert abs(host.last_asked_at - timezone.now()) < timedelta(seconds=10)
    assert_spaced(server, 0.2)


def test_visitors_take_no_turns(server: Faults, settings: Any, unslept: list[float]) -> None:
    settings.CATALOG = {**settings.CATALOG, "visitors_may_fetch_allowed_networks": True}
    limited(server, delay=5.0, obey_robots=True)
    for _ in range(3):
        fetch(server.url("/m"), max_bytes=MEGABYTE, for_visitor=True)
    assert (Host.objects.get().requests, unslept) == (0, [])
    assert len(server.log) == 3


@pytest.mark.parametrize(
    ("row", "set_delay", "expected"),
    [
        ({}, 0.2, 0.2),
        ({"delay": 3.0}, 0.2, 3.0),
        ({"delay": 0.0, "crawl_delay": 9.0}, 0.2, 0.0),
        ({"crawl_delay": 9.0}, 0.2, 9.0),
        ({"crawl_delay": 0.1}, 0.2, 0.2),
        ({"crawl_delay": 100_000.0}, 0.2, 60.0),
        ({"crawl_delay": 9.0, "obey_robots": False}, 0.2, 0.2),
    ],
)
def test_the_delay(row: dict[str, Any], set_delay: float, expected: float, settings: Any) -> None:
    settings.CATALOG = {**settings.CATALOG, "host_delay": set_delay}
    host = Host.objects.create(name="museum.example", **row)
    with hosts.turn(httpx.URL("https://museum.example/m"), 10.0):
        pass
    host = Host.objects.annotate(now=Now()).get()
    assert (host.next_turn - host.now).total_seconds() == pytest.approx(expected, abs=0.15)


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


# -- failures ----------------------------------------------------------------------------------


@pytest.fixture
def hasty(settings: Any) -> None:
    """Three failures, then five seconds of rest, at most twenty."""
    more = {"rest_after_failures": 3, "rest_seconds": 5.0, "longest_rest_seconds": 20.0}
    settings.CATALOG = {**settings.CATALOG, **more}


def rest_of(host: Host) -> float:
    host = Host.objects.annotate(now=Now()).get(pk=host.pk)
    return (host.rests_until - host.now).total_seconds() if host.rests_until else 0.0


def wake(host: Host) -> None:
    """The rest is over."""
    Host.objects.filter(pk=host.pk).update(rests_until=Now() - timedelta(seconds=0.001))


def test_a_host_that_fails_is_left_alone_and_tried_again(
    server: Faults, hasty: None, unslept: list[float]
) -> None:
    host = limited(server)
    server.on("/m", status(503))
    with pytest.raises(StatusError):  # in three tries
        get(server)
    assert rest_of(host) == pytest.approx(5.0, abs=0.5)
    for _ in range(3):
        with pytest.raises(HostResting, match="503 Service Unavailable") as raised:
            get(server)
    assert raised.value.until == Host.objects.get().rests_until
    assert len(server.log) == 3
    expected = [10.0, 20.0, 20.0]  # doubled by each further failure, up to the longest
    for asked, seconds in enumerate(expected, start=4):
        wake(host)
        with pytest.raises(StatusError) as failed:  # one request, and no more
            get(server)
        assert len(server.log) == asked
        assert failed.value.until == Host.objects.get().rests_until
        assert rest_of(host) == pytest.approx(seconds, abs=0.5)
    wake(host)
    server.on("/m", answer())
    get(server)
    host.refresh_from_db()
    assert (host.failures, host.rests_until, host.rest_reason) == (0, None, "")
    server.on("/m", in_turn(status(503), answer()))
    get(server)  # one failure is none


def test_only_one_request_tries_a_host_again(server: Faults, hasty: None) -> None:
    host = limited(server, concurrency=5, failures=3)
    with hosts.turn(httpx.URL(server.url("/m")), 5.0), pytest.MonkeyPatch.context() as patch:
        patch.setattr(hosts, "LONGEST_WAIT", 0.2)
        with pytest.raises(HostResting, match="places"):
            get(server)
    get(server)
    host.refresh_from_db()
    assert (host.failures, len(server.log)) == (0, 1)


@pytest.mark.parametrize(
    ("behaviour", "failures"),
    [
        (status(404), 0),
        (status(403), 0),
        (status(401), 0),
        (answer(b" " * 2 * MEGABYTE), 0),
        (answer(b"{", Content_Encoding="br"), 0),
        (status(500), 3),
        (status(504), 3),
        (status(501), 1),  # not asked again at once, but it failed
        (status(429), 3),
        (reset(), 3),
    ],
)
def test_what_counts_as_a_failure(
    behaviour: Any, failures: int, server: Faults, unslept: list[float]
) -> None:
    limited(server, failures=0)
    server.on("/m", behaviour)
    assert isinstance(outcome(lambda: get(server)), Exception)
    assert Host.objects.get().failures == failures


def test_what_ends_while_the_host_rests_changes_nothing(server: Faults, hasty: None) -> None:
    host = limited(server)
    until = timezone.now() + timedelta(seconds=50)
    url = httpx.URL(server.url("/m"))
    for error in (None, NetworkFailure(str(url), "gone")):
        Host.objects.update(rests_until=None, failures=3)
        result = outcome(lambda error=error: end_at_rest(url, until, error))  # type: ignore[misc]
        assert result is error
        host.refresh_from_db()
        assert (host.failures, host.rests_until) == (3, until)


def end_at_rest(url: httpx.URL, until: Any, error: Exception | None) -> None:
    with hosts.turn(url, 5.0):
        Host.objects.update(rests_until=until)
        if error is not None:
            raise error


# -- Retry-After -------------------------------------------------------------------------------


@pytest.mark.parametrize("as_date", [False, True])
def test_retry_after_holds_the_host_back(
    as_date: bool, server: Faults, unslept: list[float]
) -> None:
    host = limited(server)
    server.on("/busy", too_many(20, as_date=as_date))
    with pytest.raises(StatusError):
        get(server, "/busy")
    host = Host.objects.annotate(now=Now()).get()
    assert 18 < (host.next_turn - host.now).total_seconds() < 22
    assert host.rests_until is None
    unslept.clear()
    get(server)  # of another URL there
    assert 17 < sum(unslept) < 22


@pytest.mark.parametrize("as_date", [False, True])
def test_a_long_retry_after_is_a_rest(as_date: bool, server: Faults) -> None:
    host = limited(server)
    server.on("/busy", too_many(3600, as_date=as_date))
    with pytest.raises(StatusError) as raised:
        get(server, "/busy")
    assert raised.value.kind == "status-429"
    assert 3590 < (raised.value.until - timezone.now()).total_seconds() < 3610
    assert 3590 < rest_of(host) < 3610
    with pytest.raises(HostResting, match="429"):
        get(server)
    assert len(server.log) == 1


def test_nobody_is_sent_away_for_more_than_a_day(server: Faults) -> None:
    host = limited(server)
    server.on("/busy", status(503, Retry_After="9" * 40))
    with pytest.raises(StatusError):
        get(server, "/busy")
    assert 86_000 < rest_of(host) < 86_401


# -- several at once ---------------------------------------------------------------------------


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
