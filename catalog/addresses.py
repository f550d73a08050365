"""Which URLs and addresses may be asked, and which hosts are reached without the proxy."""

from __future__ import annotations

import ipaddress
import re
import socket
from dataclasses import dataclass
from functools import lru_cache

import httpx

from catalog.conf import options
from catalog.fetch_errors import NetworkFailure, RefusedAddress

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
#: All that is handed out to the internet so far (RFC 4291, IANA); anything else is something else.
GLOBAL_UNICAST = ipaddress.IPv6Network("2000::/3")
#: What Python's releases disagree on: protocol assignments, relays to and from IPv6, documentation.
NOT_PUBLIC = tuple(
    ipaddress.ip_network(network)
    for network in ("192.0.0.0/24", "192.88.99.0/24", "2001::/23", "2002::/16", "3fff::/20")
)

# Of a URL as it was given: what stands between "//" and the path.
_AUTHORITY = re.compile(r"[^:/?#]*://([^/?#]*)")
_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_HOST = re.compile(rf"(?=.{{1,253}}$){_LABEL}(?:\.{_LABEL})*")
# What ends in a number is read as an address, by some in octal (the URL standard, "ends in a
# number").
_NUMBER = re.compile(r"(?:.*\.)?(?:\d+|0x[0-9a-f]*)")

# -- the guard ---------------------------------------------------------------------------------


def checked_url(url: str, *, own_networks: bool) -> httpx.URL:
    """Read ``url`` once, for everything that is done with it: the host that is checked, waited
    for and connected to is the one of the value returned.

    Refuses other schemes, user names, spellings of a host that programs read differently, and
    addresses that may not be connected to; and, behind a proxy, names that resolve to such.
    ``own_networks``: the operator's allowed networks may be. Raises RefusedAddress.
    """
    try:
        read = httpx.URL(url)
        host = read.raw_host.decode("ascii").lower()
    except (httpx.InvalidURL, ValueError) as error:
        raise RefusedAddress(url, f"it is not a URL ({error})") from error
    if read.scheme not in ("http", "https"):
        raise RefusedAddress(url, "only http and https URLs are fetched")
    authority = _AUTHORITY.match(url)
    if not host or authority is None:
        raise RefusedAddress(url, "it names no host")
    if read.userinfo or "@" in authority[1] or "\\" in authority[1]:
        raise RefusedAddress(url, "it holds a user name; such URLs are not fetched")
    if read.port is not None and not 0 < read.port < 65536:
        raise RefusedAddress(url, f"there is no port {read.port}")
    try:
        if is_address(host):
            refuse(host, host, own_networks=own_networks)
        elif proxy_for(read.scheme, host, read.port):
            checked_addresses(host, read.port or 0, own_networks=own_networks)
    except RefusedAddress as error:
        raise RefusedAddress(url, error.reason) from error
    except NetworkFailure:
        pass  # behind a proxy our own resolver may know nothing of the outside
    return read


def is_address(host: str) -> bool:
    """Whether a host (ASCII, lower case) is an address, not a name. Raises RefusedAddress for
    what is neither, or an address in a spelling that not everybody reads alike."""
    if ":" in host:
        if "%" in host:
            raise RefusedAddress(host, f"{host} names a network interface")
        return True  # httpx has read it
    name = host.removesuffix(".")
    if not _HOST.fullmatch(name):
        raise RefusedAddress(host, f"{host!r} is no host name")
    if not _NUMBER.fullmatch(name):
        return False
    try:
        ipaddress.IPv4Address(name)
    except ValueError as error:
        raise RefusedAddress(
            host, f"{host} is neither a name nor an address. Write addresses as 192.0.2.1"
        ) from error
    return True


def is_public(address: str) -> bool:
    """Whether an IP address (any spelling that `ipaddress` reads) is on the public internet.

    An IPv4 address inside an IPv6 one is judged as itself (mapped, NAT64), or as well (ISATAP);
    6to4 and Teredo, which nobody should use any more, are not public at all.
    """
    ip = ipaddress.ip_address(address.split("%", 1)[0])
    if isinstance(ip, ipaddress.IPv4Address):
        return _is_global(ip)
    low = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
    if ip.ipv4_mapped is not None or ip in NAT64:
        return _is_global(low)  # never global by itself: its inner address decides
    is_isatap = (int(ip) >> 32) & 0xFCFFFFFF == 0x5EFE  # RFC 5214 section 6.1
    return ip in GLOBAL_UNICAST and _is_global(ip) and (not is_isatap or _is_global(low))


def _is_global(ip: Address) -> bool:
    return (
        ip.is_global
        and not (ip.is_multicast or ip.is_reserved)
        and not any(ip in network for network in NOT_PUBLIC)
    )


def allowed(address: str) -> bool:
    """Whether an address is in a network of the operator's own. ValueError for what is none."""
    return _is_in(address, options.allowed_networks)


@lru_cache(maxsize=1024)
def _is_in(address: str, networks: tuple[str, ...]) -> bool:
    ip = _address(address)
    return any(ip in ipaddress.ip_network(network) for network in networks)


def refuse(host: str, address: str, *, own_networks: bool) -> None:
    """Raise RefusedAddress if ``host``, which is at ``address``, may not be connected to."""
    address = address.removesuffix(".")
    if not (own_networks and allowed(address)) and not is_public(address):
        raise RefusedAddress(
            host,
            f"{host} is at {address}, which is not a public address. If this server is yours, "
            "add its network to CATALOG['allowed_networks'] (IIIFSEARCH_ALLOWED_NETWORKS)",
        )


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
        refuse(host, address, own_networks=own_networks)
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
