"""Which limits a host has, and who has none."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import pytest
from django.db.models.functions import Now
from django.utils import timezone

from catalog import hosts
from catalog.http import fetch
from catalog.models import Host
from tests.catalog.host_helpers import (
    MEGABYTE,
    TOLERANCE,
    assert_spaced,
    gaps,
    get,
    limited,
    server_with_a_manifest,  # noqa: F401 - a fixture
)
from tests.faults import Faults

pytestmark = pytest.mark.django_db


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


def test_visitors_take_no_turns(server: Faults, settings: Any, unslept: list[float]) -> None:
    settings.CATALOG = {**settings.CATALOG, "visitors_may_fetch_allowed_networks": True}
    limited(server, delay=5.0, obey_robots=True)
    for _ in range(3):
        fetch(server.url("/m"), max_bytes=MEGABYTE, for_visitor=True)
    assert (Host.objects.get().requests, unslept) == (0, [])
    assert len(server.log) == 3


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
