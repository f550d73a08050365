"""Which addresses may be connected to, and which hosts are reached without the proxy."""

from __future__ import annotations

import ipaddress
import re
import socket
from dataclasses import dataclass
from functools import lru_cache

from catalog.conf import options

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

NAT64 = ipaddress.ip_network("64:ff9b::/96")


class FetchError(Exception):
    """A URL could not be fetched. ``url`` says which, ``transient`` whether trying again helps."""

    transient = False

    def __init__(self, url: str, reason: str) -> None:
        super().__init__(f"{url}: {reason}")
        self.url = url
        self.reason = reason


class RefusedAddress(FetchError):
    """The guard refused the address. No packet was sent to it."""


class NetworkFailure(FetchError):
    """The server could not be reached, broke off, or took too long."""

    transient = True


# -- the guard ---------------------------------------------------------------------------------


def is_public(address: str) -> bool:
    """Whether an IP address (any spelling that `ipaddress` reads) is on the public internet.

    IPv4 addresses inside IPv6 ones (mapped, 6to4, Teredo, NAT64) are judged as themselves too.
    """
    ip = ipaddress.ip_address(address.split("%", 1)[0])
    inner: list[Address] = [ip]
    if isinstance(ip, ipaddress.IPv6Address):
        inner += [i for i in (ip.ipv4_mapped, ip.sixtofour, *(ip.teredo or ())) if i is not None]
        if ip in NAT64:
            inner.append(ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF))
        if ip.ipv4_mapped is not None:
            inner.remove(ip)  # never global by itself: its inner address decides
    return all(i.is_global and not i.is_multicast and not i.is_reserved for i in inner)


def allowed(address: str) -> bool:
    """Whether an address is in a network of the operator's own. ValueError for what is none."""
    ip = _address(address)
    return any(ip in ipaddress.ip_network(network) for network in options.allowed_networks)


def checked_addresses(host: str, port: int, *, own_networks: bool = True) -> list[str]:
    """Resolve ``host`` and return its addresses, if every one of them may be connected to.

    ``own_networks``: the operator's allowed networks count as well as public addresses.
    Raises RefusedAddress, or NetworkFailure where the name does not resolve. How long that takes
    is up to the system's resolver: its patience cannot be set from here.
    """
    try:
        # A trailing dot makes a name absolute; some resolvers know "localhost" without it only.
        found = socket.getaddrinfo(host.rstrip("."), port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise NetworkFailure(host, f"the name {host} does not resolve ({error})") from error
    addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    for address in addresses:
        if not is_public(address) and not (own_networks and allowed(address)):
            raise RefusedAddress(
                host,
                f"{host} is at {address}, which is not a public address. If this server is yours, "
                "add its network to CATALOG['allowed_networks'] (IIIFSEARCH_ALLOWED_NETWORKS)",
            )
    return addresses


def _address(text: str) -> Address:
    """An address that is written as one; one that is mapped into IPv6 as the IPv4 one it is."""
    ip = ipaddress.ip_address(text.split("%", 1)[0])
    if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped is not None:
        return ip.ipv4_mapped
    return ip


# -- the proxy, and what is reached without ----------------------------------------------------

# What ends in a number is no name but an address, here one that was not written out.
_NAME = re.compile(r"(?:[a-z0-9_-]+\.)*(?=[a-z0-9_-]*[a-z_-])[a-z0-9_-]+")
_WITH_PORT = re.compile(r"(?P<host>\[[^]]+]|[^:]+):(?P<port>\d{1,5})")


@dataclass(frozen=True)
class Exemption:
    """An entry of ``no_proxy``: a network, or a name that covers the names below it.

    Both empty: every host. ``port`` None: every port.
    """

    name: str = ""
    network: Network | None = None
    port: int | None = None

    def covers(self, host: str, port: int) -> bool:
        if self.port is not None and self.port != port:
            return False
        if self.network is not None:
            try:
                return _address(host) in self.network
            except ValueError:
                return False  # a name; where it leads is for the proxy to find out
        return not self.name or f".{host}".endswith(f".{self.name}")


@lru_cache(maxsize=256)
def exemption(entry: str) -> Exemption:
    """Read ``*``, a name, ``.suffix``, ``*.suffix``, an address or a network (CIDR); all but the
    last may have a port. Raises ValueError for anything else."""
    text = entry.strip().lower()
    if text == "*":
        return Exemption()
    if network := _network(text):
        return Exemption(network=network)
    port = None
    if found := _WITH_PORT.fullmatch(text):
        text, port = found["host"], int(found["port"])
    if network := _network(text):
        return Exemption(network=network, port=port)
    name = _ascii(text.removeprefix("*").removeprefix("."))
    if not _NAME.fullmatch(name):
        raise ValueError(f"{entry!r} is no host name, address or network")
    return Exemption(name=name, port=port)


def proxy_for(scheme: str, host: str, port: int | None) -> str:
    """The proxy through which a host is reached; "" for none."""
    proxy = options.proxy if scheme == "https" else options.http_proxy
    if not proxy:
        return ""
    host = _ascii(host.strip("[]").lower())
    port = port or (443 if scheme == "https" else 80)
    for entry in options.no_proxy:
        try:
            if exemption(entry).covers(host, port):
                return ""
        except ValueError:
            continue  # catalog/checks.py tells of it
    return proxy


def _network(text: str) -> Network | None:
    try:
        return ipaddress.ip_network(text.removeprefix("[").removesuffix("]"), strict=False)
    except ValueError:
        return None


def _ascii(host: str) -> str:
    """A name as it is looked up: without the dot at its end, other scripts as ``xn--``."""
    try:
        return host.rstrip(".").encode("idna").decode("ascii")
    except UnicodeError:
        return host.rstrip(".")
