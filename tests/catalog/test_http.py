"""The client: what it refuses, caps, tries again and tells."""

from __future__ import annotations

import gzip
import socket
from collections.abc import Iterator

import pytest

from catalog import http
from catalog.http import (
    NetworkFailure,
    RefusedAddress,
    StatusError,
    TooLarge,
    TooManyRedirects,
    fetch,
    is_public,
)
from tests.servers import Answer, Museum, museum

MEGABYTE = 2**20


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Museum]:
    monkeypatch.setattr(http.time, "sleep", lambda seconds: None)
    with museum() as served:
        yield served


@pytest.fixture
def guarded(settings: object) -> None:
    """No network is allowed, as on a public installation."""
    settings.CATALOG = {**settings.CATALOG, "allowed_networks": ()}  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "127.8.9.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254"),
        *("100.64.0.1", "0.0.0.0", "224.0.0.1", "255.255.255.255", "192.0.2.1", "198.18.0.1"),
        *("240.0.0.1", "::1", "::", "fe80::1", "fc00::1", "ff02::1", "2001:db8::1"),
        *("::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe"),
        *("2002:7f00:1::", "2001:0:7f00:1::", "fe80::1%eth0", "::ffff:169.254.169.254"),
    ],
)
def test_addresses_that_are_not_public_are_known(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["93.184.215.14", "2606:2800:21f:cb07::1", "8.8.8.8"])
def test_public_addresses_are_known(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "url",
    [
        *("http://127.0.0.1:9/m", "http://127.1/m", "http://2130706433/m", "http://0x7f.1/m"),
        *("http://0177.0.0.1/m", "http://[::1]/m", "http://[::ffff:127.0.0.1]/m"),
        *("http://169.254.169.254/latest", "http://localhost/m", "http://localhost./m"),
        *("file:///etc/passwd", "ftp://example.org/m", "gopher://127.0.0.1/", "data:text/json,1"),
        *("http://example.org@127.0.0.1/", "http://user:secret@example.org/m", "http:///m", "m"),
    ],
)
def test_refused_before_any_connection(
    url: str, guarded: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    connected = []
    monkeypatch.setattr(socket.socket, "connect", lambda *a: connected.append(a))
    with pytest.raises(RefusedAddress) as refused:
        fetch(url, max_bytes=MEGABYTE)
    assert not connected
    assert refused.value.url == url


def test_name_that_resolves_to_a_private_address(
    guarded: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where only one of several addresses is private."""
    answers = [(2, 1, 6, "", ("93.184.215.14", 80)), (2, 1, 6, "", ("10.0.0.1", 80))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *a, **k: answers)
    with pytest.raises(RefusedAddress, match=r"10\.0\.0\.1"):
        fetch("http://museum.example/m", max_bytes=MEGABYTE)


def test_redirect_to_a_private_address(server: Museum, settings: object) -> None:
    settings.CATALOG = {**settings.CATALOG, "allowed_networks": ("127.0.0.1/32",)}  # type: ignore[attr-defined]
    url = server.set("/m", b"", status=302, headers={"Location": "http://169.254.169.254/x"})
    with pytest.raises(RefusedAddress, match=r"169\.254\.169\.254"):
        fetch(url, max_bytes=MEGABYTE)


def test_connects_to_the_address_that_was_checked(
    server: Museum, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name is resolved once for each connection: it cannot change its mind in between."""
    asked = []
    real = socket.getaddrinfo

    def resolve(host: str, port: int, *args: object, **more: object) -> object:
        if host == "museum.example":
            asked.append(host)
            return [(2, 1, 6, "", ("127.0.0.1", port))]
        return real(host, port, *args, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    server.set("/m", {"hello": 1})
    port = server.base.rsplit(":", 1)[1]
    answer = fetch(f"http://museum.example:{port}/m", max_bytes=MEGABYTE)
    assert answer.body == b'{"hello": 1}'
    assert asked == ["museum.example"]


def test_user_agent_names_us_and_a_contact(server: Museum, settings: object) -> None:
    http._client.cache_clear()
    settings.CATALOG = {**settings.CATALOG, "contact": "it@library.example"}  # type: ignore[attr-defined]
    fetch(server.set("/m", {}), max_bytes=MEGABYTE)
    assert server.log[0][1]["User-Agent"] == "iiifsearch/0.1 (+it@library.example)"
    http._client.cache_clear()


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
