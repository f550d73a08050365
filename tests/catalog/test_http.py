"""The client: what it refuses, caps, tries again and tells."""

from __future__ import annotations

import gzip
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from importlib.metadata import version
from typing import Any

import pytest

from catalog import http
from catalog.checks import check_options
from catalog.http import (
    NetworkFailure,
    RefusedAddress,
    StatusError,
    TooLarge,
    TooManyRedirects,
    fetch,
)
from catalog.transport import transport
from tests.faults import talking
from tests.servers import Answer, Museum, museum

MEGABYTE = 2**20

# Whether a host has limits of its own stands in its row.
pytestmark = pytest.mark.django_db


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Museum]:
    monkeypatch.setattr(http.time, "sleep", lambda seconds: None)
    with museum() as served:
        yield served


@pytest.fixture
def guarded(settings: object) -> None:
    """No network is allowed, as on a public installation."""
    settings.CATALOG = {**settings.CATALOG, "allowed_networks": ()}  # type: ignore[attr-defined]


def test_user_agent_names_us_and_a_contact(server: Museum, settings: object) -> None:
    settings.CATALOG = {**settings.CATALOG, "contact": "it@library.example"}  # type: ignore[attr-defined]
    fetch(server.set("/m", {}), max_bytes=MEGABYTE)
    assert (
        server.log[0][1]["User-Agent"]
        == f"iiifsearch/{version('iiifsearch')} (+it@library.example)"
    )


def test_too_large_by_its_own_word(server: Museum) -> None:
    url = server.set("/m", b" " * 2000)
    with pytest.raises(TooLarge, match="cap"):
        fetch(url, max_bytes=1000)


def test_gzip_bomb_is_cut_off_after_decompression(server: Museum) -> None:
    bomb = gzip.compress(b" " * 30 * MEGABYTE)
    assert len(bomb) < 40_000
    url = server.set("/m", bomb, headers={"Content-Encoding": "gzip"})
    with pytest.raises(TooLarge):
        fetch(url, max_bytes=MEGABYTE)


def test_a_body_cut_short_is_a_network_failure(server: Museum) -> None:
    url = server.set("/m", b"{", headers={"Content-Length": "5000"})
    with pytest.raises(NetworkFailure):
        fetch(url, max_bytes=MEGABYTE)


def test_error_status_names_url_and_status(server: Museum) -> None:
    with pytest.raises(StatusError, match="404 Not Found") as raised:
        fetch(server.url("/missing"), max_bytes=MEGABYTE)
    assert not raised.value.transient
    assert len(server.log) == 1  # a 404 is not asked for again


def test_transient_status_is_tried_again(server: Museum) -> None:
    asked = [Answer({}, 503, headers={"Retry-After": "1"}), Answer({}, 429), Answer({"ok": 1})]
    answers = iter(asked)
    server.answers["/m"] = lambda: next(answers)
    assert fetch(server.url("/m"), max_bytes=MEGABYTE).body == b'{"ok": 1}'
    assert len(server.log) == 3


def test_a_server_that_asks_for_an_hour_is_left_alone(server: Museum) -> None:
    url = server.set("/m", {}, status=429, headers={"Retry-After": "3600"})
    with pytest.raises(StatusError) as raised:
        fetch(url, max_bytes=MEGABYTE)
    assert raised.value.transient
    assert len(server.log) == 1


def test_redirects_are_followed_and_recorded(server: Museum) -> None:
    server.set("/b", {"ok": 1})
    url = server.set("/a", b"", status=301, headers={"Location": "/b"})
    answer = fetch(url, max_bytes=MEGABYTE)
    assert answer.url == server.url("/b")
    assert answer.redirects == (url,)


def test_redirect_loop_ends(server: Museum) -> None:
    url = server.set("/a", b"", status=302, headers={"Location": "/a"})
    with pytest.raises(TooManyRedirects):
        fetch(url, max_bytes=MEGABYTE)


def test_conditional_request(server: Museum) -> None:
    url = server.set("/m", {"ok": 1}, headers={"ETag": '"one"'})
    first = fetch(url, max_bytes=MEGABYTE)
    second = fetch(url, max_bytes=MEGABYTE, etag=first.etag)
    assert (first.unchanged, second.unchanged) == (False, True)


# -- the deadline ------------------------------------------------------------------------------


def drip(connection: socket.socket, start: bytes) -> None:
    """Headers without an end, a byte at a time."""
    connection.recv(4096)
    connection.sendall(start)
    for _ in range(100):
        time.sleep(0.1)
        connection.sendall(b"x")


@pytest.fixture
def hasty(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Half a second for an answer, and one try."""
    settings.CATALOG = {**settings.CATALOG, "total_seconds": 0.5, "read_seconds": 5.0}
    monkeypatch.setattr(http, "TRIES", 1)


@pytest.mark.parametrize("start", [b"HTTP/1.1 200 OK\r\nX-Long: ", b"HTTP/1.1 200 OK\r\n\r\n", b""])
def test_a_server_that_drips_is_left_when_the_time_is_up(start: bytes, hasty: None) -> None:
    with talking(lambda connection: drip(connection, start)) as address:
        began = time.monotonic()
        with pytest.raises(NetworkFailure):
            fetch(f"http://{address}/m", max_bytes=MEGABYTE)
        assert time.monotonic() - began < 2


def test_a_handshake_that_never_ends_is_left_too(hasty: None) -> None:
    with talking(lambda connection: time.sleep(10)) as address:
        began = time.monotonic()
        with pytest.raises(NetworkFailure, match="longer than"):
            fetch(f"https://{address}/m", max_bytes=MEGABYTE)
        assert time.monotonic() - began < 2


def test_a_kept_connection_has_the_deadline_of_the_request_at_hand(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http, "TRIES", 1)
    connections = []

    def talk(connection: socket.socket) -> None:
        connections.append(connection)
        while connection.recv(4096):
            if len(asked) == 3:
                time.sleep(10)
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")

    asked = []
    with talking(talk) as address:
        for seconds in (0.5, 5.0, 0.5):
            settings.CATALOG = {**settings.CATALOG, "total_seconds": seconds}
            asked.append(seconds)
            began = time.monotonic()
            if len(asked) < 3:
                fetch(f"http://{address}/m", max_bytes=MEGABYTE)
                time.sleep(0.6)  # the first deadline passes between the requests
            else:
                with pytest.raises(NetworkFailure):
                    fetch(f"http://{address}/m", max_bytes=MEGABYTE)
                assert time.monotonic() - began < 2
    assert len(connections) == 1


# -- visitors ----------------------------------------------------------------------------------


def test_visitors_do_not_get_into_the_operators_networks(server: Museum, settings: Any) -> None:
    url = server.set("/m", {"ok": 1})
    fetch(url, max_bytes=MEGABYTE)  # leaves a connection open, which is not theirs
    asked = len(server.log)
    with pytest.raises(RefusedAddress):
        fetch(url, max_bytes=MEGABYTE, for_visitor=True)
    assert len(server.log) == asked
    settings.CATALOG = {**settings.CATALOG, "visitors_may_fetch_allowed_networks": True}
    assert fetch(url, max_bytes=MEGABYTE, for_visitor=True).body == b'{"ok": 1}'


def test_a_visitors_url_is_asked_for_once_without_sleeping(
    server: Museum, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.CATALOG = {**settings.CATALOG, "visitors_may_fetch_allowed_networks": True}
    url = server.set("/m", {}, status=503)
    slept: list[float] = []
    monkeypatch.setattr(http.time, "sleep", slept.append)
    # Not an address in an allowed network as it is written, so that a turn would be waited for.
    url = url.replace("127.0.0.1", "localhost")
    for _ in range(2):
        with pytest.raises(StatusError):
            fetch(url, max_bytes=MEGABYTE, for_visitor=True)
    assert (len(server.log), slept) == (2, [])


def test_a_visitor_waits_no_longer_than_is_set(settings: Any) -> None:
    more = {"visitors_may_fetch_allowed_networks": True, "visitor_seconds": 0.5}
    settings.CATALOG = {**settings.CATALOG, **more}
    with talking(lambda connection: drip(connection, b"HTTP/1.1 200 OK\r\nX: ")) as address:
        began = time.monotonic()
        with pytest.raises(NetworkFailure):
            fetch(f"http://{address}/m", max_bytes=MEGABYTE, for_visitor=True)
        assert time.monotonic() - began < 2


# -- the proxy ---------------------------------------------------------------------------------


@pytest.fixture
def proxied(settings: Any) -> Iterator[Callable[[str], list[str]]]:
    """Tells what a proxy was asked for while the given URL was fetched."""
    seen: list[str] = []

    def talk(connection: socket.socket) -> None:
        seen.append(connection.recv(4096).split(b" ")[1].decode())
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}")

    def asked(url: str) -> list[str]:
        seen.clear()
        transport.cache_clear()
        with suppress(NetworkFailure, StatusError):
            fetch(url, max_bytes=MEGABYTE)
        return list(seen)

    with talking(talk) as address:
        more = {"http_proxy": f"http://{address}", "obey_robots": False}
        settings.CATALOG = {**settings.CATALOG, **more}
        yield asked
    transport.cache_clear()


@pytest.mark.parametrize(
    ("entries", "direct"),
    [
        ((), False),
        (("::1",), False),
        (("[::1]:80", "10.0.0.0/8", "example.org", "0.0.1"), False),
        (("127.0.0.0/8",), True),
        (("127.0.0.1",), True),
        (("*",), True),
        (("127.0.0.1:1",), False),
        (("no such thing", "127.0.0.1"), True),
    ],
)
def test_addresses_that_are_reached_without_the_proxy(
    entries: tuple[str, ...],
    direct: bool,
    server: Museum,
    settings: Any,
    proxied: Callable[[str], list[str]],
) -> None:
    settings.CATALOG = {**settings.CATALOG, "no_proxy": entries}
    url = server.set("/m", {"ok": 1})
    assert proxied(url) == ([] if direct else [url])
    assert len(server.log) == (1 if direct else 0)


@pytest.mark.parametrize(
    ("entry", "direct"),
    [
        *(("museum.example", True), (".museum.example", True), ("*.museum.example", True)),
        *(("MUSEUM.example.", True), ("example", True), ("museum.example:{port}", True)),
        *(("um.example", False), ("www.museum.example", False), ("museum.example:1", False)),
        ("127.0.0.0/8", False),  # names are not resolved to find out
    ],
)
def test_names_that_are_reached_without_the_proxy(
    entry: str,
    direct: bool,
    server: Museum,
    settings: Any,
    proxied: Callable[[str], list[str]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    port = server.base.rsplit(":", 1)[1]
    settings.CATALOG = {**settings.CATALOG, "no_proxy": (entry.format(port=port),)}
    real = socket.getaddrinfo

    def resolve(host: str, *args: Any, **more: Any) -> Any:
        return real("127.0.0.1" if host == "museum.example" else host, *args, **more)

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    server.set("/m", {"ok": 1})
    url = f"http://museum.example:{port}/m"
    assert proxied(url) == ([] if direct else [url])
    assert len(server.log) == (1 if direct else 0)


def test_a_proxy_does_not_outlast_the_deadline(settings: Any, hasty: None) -> None:
    transport.cache_clear()
    with talking(lambda connection: drip(connection, b"HTTP/1.1 200 OK\r\nX: ")) as address:
        proxies = {"proxy": f"http://{address}", "http_proxy": f"http://{address}"}
        settings.CATALOG = {**settings.CATALOG, **proxies}
        for url in ("http://127.0.0.2/m", "https://127.0.0.2/m"):
            began = time.monotonic()
            with pytest.raises(NetworkFailure):
                fetch(url, max_bytes=MEGABYTE)
            assert time.monotonic() - began < 2
    transport.cache_clear()


def test_the_guard_holds_before_the_proxy_is_asked(
    guarded: None, proxied: Callable[[str], list[str]]
) -> None:
    with pytest.raises(RefusedAddress):
        proxied("http://169.254.169.254/m")


@pytest.mark.parametrize(
    "entry", ["http://museum.example", "10.*", "192.168.", "10.0.0.0/33", "a b", "host:http", "."]
)
def test_entries_that_are_not_understood_are_told(entry: str, settings: Any) -> None:
    good = ("*", "localhost", "::1", "[::1]:80", "fd00::/8", ".museum.example", "my_host:8080")
    settings.CATALOG = {**settings.CATALOG, "no_proxy": (*good, entry)}
    assert "catalog.E003" not in [found.id for found in check_options()]
    settings.CATALOG = {**settings.CATALOG, "proxy": "http://proxy.example:3128"}
    told = [found for found in check_options() if found.id == "catalog.E003"]
    assert [repr(entry) in found.msg for found in told] == [True]


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("host_delay", -0.1),
        ("host_concurrency", 0),
        ("rest_after_failures", 0),
        ("rest_seconds", 0.0),
        ("longest_rest_seconds", 10.0),
    ],
)
def test_impolite_options_are_told(option: str, value: float, settings: Any) -> None:
    settings.CATALOG = {**settings.CATALOG, option: value}
    told = [found.msg for found in check_options() if found.id == "catalog.E004"]
    assert len(told) == 1
    assert option in told[0]
