"""The guard: what is refused, before any packet is sent."""

from __future__ import annotations

import ipaddress
import socket
import time
from collections.abc import Iterator
from typing import Any

import pytest

from catalog.addresses import is_public
from catalog.http import NetworkFailure, RefusedAddress, RobotsUnreachable, StatusError, fetch
from catalog.models import Host
from tests.faults import Faults, faults, redirect

pytestmark = pytest.mark.django_db

MEGABYTE = 2**20
PUBLIC = "93.184.215.14"

#: Addresses that no museum has. Each of them is refused as it is written in a URL, and where a
#: name resolves to it.
ADDRESSES = [
    # IPv4: this network, private, shared, loopback, link-local
    *("0.0.0.0", "0.1.2.3", "10.1.2.3", "100.64.0.1", "127.0.0.1", "127.8.9.1", "169.254.1.1"),
    *("172.16.0.1", "172.31.255.254", "192.168.1.1"),
    # IPv4: protocol assignments, test nets, benchmarks, multicast, reserved, broadcast
    *("192.0.0.1", "192.0.2.1", "198.51.100.1", "203.0.113.1", "198.18.0.1", "198.19.255.254"),
    *("224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255"),
    # metadata of cloud providers
    *("169.254.169.254", "169.254.170.2", "100.100.100.200", "192.0.0.192", "fd00:ec2::254"),
    # IPv6: unspecified, loopback, local in three ways, multicast, documentation, discard
    *("::", "::1", "fc00::1", "fd12:3456::1", "fe80::1", "fec0::1", "ff02::1", "ff0e::1"),
    *("2001:db8::1", "3fff::1", "2001:20::1", "192.88.99.1", "100::1", "5f00::1", "4000::1"),
    # IPv6 with an IPv4 address inside: mapped, translated, compatible, NAT64, 6to4, Teredo, ISATAP
    *("::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::ffff:0:127.0.0.1"),
    *("::127.0.0.1", "::a00:1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b::10.0.0.1"),
    *("64:ff9b:1::7f00:1", "64:ff9b:1::1", "2002:7f00:1::", "2002:a00:1::1", "2001:0:7f00:1::"),
    *("2001:0:4136:e378:8000:63bf:80ff:fffe", "fe80::5efe:127.0.0.1"),
    *("2a00:1450:4001::5efe:10.0.0.1", "2a00:1450:4001::200:5efe:7f00:1"),
]

#: URLs that are refused whatever the names in them resolve to.
URLS = [
    # other spellings of 127.0.0.1: decimal, octal, hexadecimal, short, mixed, with a dot
    *("http://2130706433/", "http://0177.0.0.1/", "http://0x7f.1/", "http://0x7f000001/"),
    *("http://127.1/", "http://127.0.1/", "http://0x7f.0.0.1/", "http://0177.0x0.1/"),
    *("http://017700000001/", "http://127.0.0.1./", "http://0/", "http://127.0.0.01/"),
    *("http://0x7F.1/", "http://127.0.0.1:80/", "http://127.0.0.256/", "http://1.2.3.4.5/"),
    # of public ones, which others may read as private (8.0.0.1 or 10.0.0.1)
    *("http://010.0.0.1/", "http://0x08080808/", "http://134744072/", "http://8.8.2056/"),
    # percent signs, other digits, other dots
    *("http://%31%32%37.0.0.1/", "http://127%2e0%2e0%2e1/", "http://%6cocalhost/"),
    *("http://１２７.0.0.1/", "http://①②⑦.0.0.1/", "http://127。0。0。1/", "http://127．0．0．1/"),
    *("http://٢.0.0.1/", "http://public.example%00.127.0.0.1/", "http://public.example%2f@h/"),
    # IPv6 in URLs: zones, unusual spellings, what is none
    *("http://[fe80::1%25eth0]/", "http://[fe80::1%eth0]/", "http://[::1%25lo]:80/"),
    *("http://[0:0:0:0:0:0:0:1]/", "http://[::FFFF:7F00:1]/", "http://[::1", "http://[]/"),
    *("http://[127.0.0.1]/", "http://::1/", "http://[2606:2800:21f:cb07::1%25eth0]/"),
    # user names, and what looks like one
    *(
        "http://public.example@127.0.0.1/",
        "http://user:secret@public.example/",
        "http://@127.0.0.1/",
    ),
    *("http://127.0.0.1#@public.example/", "http://127.0.0.1?@public.example/"),
    *(r"http://public.example\@127.0.0.1/", r"http://127.0.0.1\@public.example/"),
    *(r"http://public.example\.127.0.0.1/", "http://public.example:80@127.0.0.1/"),
    *("http://@public.example/", r"http:\\127.0.0.1\\", r"http://127.0.0.1\/", "http:/127.0.0.1/"),
    # white space and control characters
    *("http://127.0.0.1\t/", "http://public.example\n.127.0.0.1/", " http://127.0.0.1/"),
    *("http://127.0.0.1 /", "http://public.example \r\nHost: h/", "http://public example/"),
    # schemes
    *("HTTP://127.0.0.1/", "hTTps://127.0.0.1/", "file:///etc/passwd", "FILE:///etc/passwd"),
    *("ftp://public.example/", "gopher://public.example/_GET", "data:text/json,1", "m", ""),
    *("javascript:alert(1)", "unix:/var/run/docker.sock", "http+unix://%2fvar%2frun/", "//h/m"),
    *("dict://public.example/", "ldap://public.example/", "ws://public.example/", "http:///m"),
    # ports, and hosts that are none
    *("http://127.0.0.1:22/", "http://public.example:0/", "http://public.example:65536/"),
    *("http://public.example:-1/", "http://public.example:http/", "http://a..b/", "http://./"),
    *("http://-/", "http://" + "a" * 64 + ".example/", "http://" + "a." * 130 + "example/"),
    "http://public.example\ud800/",
]

#: What names resolve to; the name server may be the attacker's.
NAMES = {
    "localhost": ["127.0.0.1"],
    "localhost.": ["127.0.0.1"],
    "ip6-localhost": ["::1"],
    "metadata.google.internal": ["169.254.169.254"],
    "instance-data": ["169.254.169.254"],
    "intranet.example": ["10.0.0.1"],
    "one-of-two.example": [PUBLIC, "10.0.0.1"],
    "one-of-two-6.example": [PUBLIC, "fd00::1"],
    "mapped.example": ["::ffff:127.0.0.1"],
    "zone.example": ["fe80::1%eth0"],
    "127.0.0.1.nip.example": ["127.0.0.1"],
    "xn--mnchen-3ya.example": ["192.168.0.1"],
    "münchen.example": ["192.168.0.1"],
    "UPPER.example": ["172.16.0.1"],
}

Answers = list[tuple[int, int, int, str, tuple[Any, ...]]]


def found(addresses: list[str], port: int) -> Answers:
    return [
        (socket.AF_INET6, 1, 6, "", (address, port, 0, 0))
        if ":" in address
        else (socket.AF_INET, 1, 6, "", (address, port))
        for address in addresses
    ]


@pytest.fixture
def refused(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, list[str]]]:
    """No network is allowed, names resolve to what the test says, and connecting fails it."""
    settings.CATALOG = {**settings.CATALOG, "allowed_networks": ()}
    names = {"public.example": [PUBLIC]}

    def resolve(host: str, port: Any, *args: Any, **more: Any) -> Answers:
        if host in names:
            return found(names[host], port)
        try:
            ipaddress.ip_address(host)
        except ValueError:
            raise socket.gaierror(8, f"{host} is not known here") from None
        return found([host], port)

    def connect(*args: Any, **more: Any) -> None:
        connected.append(args)
        raise OSError("no packet may be sent")

    connected: list[Any] = []
    monkeypatch.setattr(time, "sleep", lambda seconds: None)
    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    monkeypatch.setattr(socket.socket, "connect", connect)
    monkeypatch.setattr(socket.socket, "connect_ex", connect)
    monkeypatch.setattr(socket.socket, "sendto", connect)
    monkeypatch.setattr(socket, "create_connection", connect)
    yield names
    assert not connected


def refused_by(url: str, **more: Any) -> str:
    with pytest.raises(RefusedAddress) as raised:
        fetch(url, max_bytes=MEGABYTE, **more)
    assert raised.value.url == url
    assert (raised.value.kind, raised.value.transient) == ("refused-address", False)
    return raised.value.reason


def test_the_list_is_long() -> None:
    rows = 2 * len(ADDRESSES) + len(URLS) + len(NAMES)
    assert len(set(ADDRESSES)) == len(ADDRESSES)
    assert len(set(URLS)) == len(URLS)
    assert (len(ADDRESSES), len(URLS), len(NAMES), rows) == (58, 87, 14, 217)


@pytest.mark.parametrize("address", ADDRESSES)
def test_addresses_are_refused(address: str, refused: dict[str, list[str]]) -> None:
    assert not is_public(address)
    refused_by(f"http://[{address}]/m" if ":" in address else f"https://{address}/m")
    refused["museum.example"] = [PUBLIC, address]
    assert address in refused_by("https://museum.example/m")


@pytest.mark.parametrize("url", URLS)
@pytest.mark.parametrize("for_visitor", [False, True])
def test_urls_are_refused(url: str, for_visitor: bool, refused: dict[str, list[str]]) -> None:
    refused_by(url, for_visitor=for_visitor)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("for_visitor", [False, True])
def test_names_are_refused(name: str, for_visitor: bool, refused: dict[str, list[str]]) -> None:
    refused.update({name.lower(): addresses for name, addresses in NAMES.items()})
    refused_by(f"http://{name}:8080/m", for_visitor=for_visitor)


@pytest.mark.parametrize("url", ["http://10.0.0.1/", "http://intranet.example/", "http://127.1/"])
def test_refused_before_the_proxy_is_asked(
    url: str, refused: dict[str, list[str]], settings: Any
) -> None:
    settings.CATALOG = {**settings.CATALOG, "http_proxy": "http://192.0.2.1:3128"}
    refused.update({name.lower(): addresses for name, addresses in NAMES.items()})
    refused_by(url)


@pytest.mark.parametrize(
    "address", [PUBLIC, "8.8.8.8", "2606:2800:21f:cb07::1", "64:ff9b::808:808", "::ffff:8.8.8.8"]
)
def test_public_addresses_are_known(address: str) -> None:
    assert is_public(address)


# -- in two steps ------------------------------------------------------------------------------


@pytest.fixture
def server(settings: Any) -> Iterator[Faults]:
    settings.CATALOG = {**settings.CATALOG, "allowed_networks": ("127.0.0.1/32",)}
    with faults() as served:
        yield served


@pytest.mark.parametrize(
    "to",
    [
        *("http://127.0.0.2:1/", "http://169.254.169.254/latest", "http://[::1]/", "//10.0.0.1/"),
        *("file:///etc/passwd", "gopher://127.0.0.1/", "http://127.1/", "http://a@127.0.0.1/"),
        *(r"http://public.example\@127.0.0.1/", "http://[", "data:,1", "http://2130706433/"),
    ],
)
@pytest.mark.parametrize("hops", [1, 3])
def test_redirects_are_refused(
    to: str, hops: int, server: Faults, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server itself is allowed, and nothing else is."""
    connected = []
    real = socket.create_connection

    def connect(address: tuple[str, int], *args: Any, **more: Any) -> socket.socket:
        connected.append(f"http://{address[0]}:{address[1]}")
        assert connected[-1] == server.base
        return real(address, *args, **more)

    monkeypatch.setattr(socket, "create_connection", connect)
    for hop in range(1, hops):
        server.on(f"/{hop}", redirect(f"/{hop + 1}"))
    server.on(f"/{hops}", redirect(to))
    with pytest.raises(RefusedAddress):
        fetch(server.url("/1"), max_bytes=MEGABYTE)
    assert len(server.log) == hops
    assert set(connected) <= {server.base}


def test_a_name_that_changes_its_mind(server: Faults, monkeypatch: pytest.MonkeyPatch) -> None:
    """DNS rebinding: an address of the second answer is never one of the first check."""
    port = int(server.base.rsplit(":", 1)[1])
    answers = iter([["127.0.0.1"], ["10.0.0.1"], [PUBLIC, "127.0.0.2"]])
    real = socket.getaddrinfo

    def resolve(host: str, *args: Any, **more: Any) -> Any:
        return found(next(answers), port) if host == "museum.example" else real(host, *args, **more)

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    for _ in range(2):
        with pytest.raises(RefusedAddress):
            fetch(f"http://museum.example:{port}/m", max_bytes=MEGABYTE)
    assert server.log == []


def test_connects_to_the_address_that_was_checked(
    server: Faults, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    """A name is resolved once for each connection: it cannot change its mind in between."""
    settings.CATALOG = {**settings.CATALOG, "obey_robots": False}
    asked = []
    real = socket.getaddrinfo
    port = int(server.base.rsplit(":", 1)[1])

    def resolve(host: str, *args: Any, **more: Any) -> Any:
        if host == "museum.example":
            asked.append(host)
            # The first answer is for the host's row, the second for the connection.
            return found(["127.0.0.1"] if len(asked) < 3 else ["10.0.0.1"], port)
        return real(host, *args, **more)

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    with pytest.raises(StatusError, match="404"):
        fetch(f"http://museum.example:{port}/m", max_bytes=MEGABYTE)
    assert asked == ["museum.example"] * 2


def test_a_name_that_does_not_resolve_leaves_no_row(refused: dict[str, list[str]]) -> None:
    with pytest.raises(NetworkFailure, match="does not resolve"):
        fetch("http://nowhere.example/m", max_bytes=MEGABYTE, for_visitor=True)
    with pytest.raises(RobotsUnreachable, match="does not resolve"):
        fetch("http://nowhere.example/m", max_bytes=MEGABYTE)
    refused["private.example"] = ["10.0.0.1"]
    for url in ("http://private.example/m", "http://10.0.0.1/"):
        refused_by(url)
    assert not Host.objects.exists()
