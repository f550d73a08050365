"""Hosts that fail or ask for patience: they rest, and are tried again."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import pytest
from django.db.models.functions import Now
from django.utils import timezone

from catalog import hosts
from catalog.http import HostResting, NetworkFailure, StatusError
from catalog.models import Host
from tests.catalog.host_helpers import (
    MEGABYTE,
    get,
    limited,
    outcome,
    server_with_a_manifest,  # noqa: F401 - a fixture
)
from tests.faults import Faults, answer, in_turn, reset, status, too_many

pytestmark = pytest.mark.django_db


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
