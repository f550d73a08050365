"""The only HTTP client. Everything it fetches is hostile.

It speaks http and https only, and connects only to public addresses: a name is resolved here, all
its addresses are checked, and the connection goes to an address that was checked, so that a name
cannot resolve to another one in between. That holds for every redirect too. An operator can allow
networks of their own (``CATALOG["allowed_networks"]``).

Behind a proxy it is the proxy that resolves names: the guard then still refuses URLs whose host
is, or resolves here to, an address that is not public, but cannot promise more; the proxy's own
rules must forbid internal addresses.

Every answer is capped in bytes (after decompression) and in seconds.
"""

from __future__ import annotations

import email.utils
import ipaddress
import logging
import socket
import ssl
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from urllib.parse import urlsplit

import httpcore
import httpx

from catalog.conf import options

log = logging.getLogger(__name__)

ACCEPT_IIIF = (
    'application/ld+json;profile="http://iiif.io/api/presentation/3/context.json", '
    'application/ld+json;profile="http://iiif.io/api/presentation/2/context.json";q=0.9, '
    "application/ld+json;q=0.8, application/json;q=0.7, */*;q=0.1"
)
ACCEPT_IMAGE = "image/jpeg, image/png;q=0.8, image/webp;q=0.8, image/*;q=0.5"

TRANSIENT_STATUS = frozenset({408, 425, 429, 500, 502, 503, 504})
TRIES = 3
LONGEST_WAIT = 30.0  # seconds: a server that asks for more is asked again by a later job

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


class TooLarge(FetchError):
    """The answer is larger than the cap."""


class TooManyRedirects(FetchError):
    """The server redirects in circles or too often."""


class NetworkFailure(FetchError):
    """The server could not be reached, broke off, or took too long."""

    transient = True


class StatusError(FetchError):
    """The server answered with an error status."""

    def __init__(self, url: str, status: int, wait: float | None = None) -> None:
        super().__init__(
            url, f"the server answered {status} {httpx.codes.get_reason_phrase(status)}"
        )
        self.status = status
        self.wait = wait
        self.transient = status in TRANSIENT_STATUS


@dataclass(frozen=True)
class Fetched:
    """An answer. ``url`` is where it came from after ``redirects``; ``body`` is decompressed.

    ``unchanged``: the server said 304 to a conditional request; ``body`` is then empty.
    """

    url: str
    body: bytes = field(repr=False)
    content_type: str
    etag: str
    last_modified: str
    redirects: tuple[str, ...] = ()
    unchanged: bool = False


def is_public(address: str) -> bool:
    """Whether an IP address (any spelling that `ipaddress` reads) is on the public internet.

    IPv4 addresses inside IPv6 ones (mapped, 6to4, Teredo, NAT64) are judged as themselves too.
    """
    ip = ipaddress.ip_address(address.split("%", 1)[0])
    inner: list[ipaddress.IPv4Address | ipaddress.IPv6Address] = [ip]
    if isinstance(ip, ipaddress.IPv6Address):
        inner += [i for i in (ip.ipv4_mapped, ip.sixtofour, *(ip.teredo or ())) if i is not None]
        if ip in NAT64:
            inner.append(ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF))
        if ip.ipv4_mapped is not None:
            inner.remove(ip)  # never global by itself: its inner address decides
    return all(i.is_global and not i.is_multicast and not i.is_reserved for i in inner)


def _allowed(address: str) -> bool:
    ip = ipaddress.ip_address(address.split("%", 1)[0])
    if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped is not None:
        ip = ip.ipv4_mapped
    return any(ip in ipaddress.ip_network(network) for network in options.allowed_networks)


def checked_addresses(host: str, port: int) -> list[str]:
    """Resolve ``host`` and return its addresses, if every one of them may be connected to.

    Raises RefusedAddress, or NetworkFailure where the name does not resolve.
    """
    try:
        # A trailing dot makes a name absolute; some resolvers know "localhost" without it only.
        found = socket.getaddrinfo(host.rstrip("."), port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise NetworkFailure(host, f"the name {host} does not resolve ({error})") from error
    addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    for address in addresses:
        if not is_public(address) and not _allowed(address):
            raise RefusedAddress(
                host,
                f"{host} is at {address}, which is not a public address. If this server is yours, "
                "add its network to CATALOG['allowed_networks'] (IIIFSEARCH_ALLOWED_NETWORKS)",
            )
    return addresses


class _GuardedBackend(httpcore.NetworkBackend):
    """Connects to the very addresses that were checked."""

    def __init__(self) -> None:
        self._sockets = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        failure: Exception | None = None
        for address in checked_addresses(host, port):
            try:
                return self._sockets.connect_tcp(
                    address, port, timeout, local_address, socket_options
                )
            except httpcore.ConnectError as error:
                failure = error
        raise failure or httpcore.ConnectError(f"{host} has no address")

    def sleep(self, seconds: float) -> None:
        self._sockets.sleep(seconds)


class _GuardedTransport(httpx.HTTPTransport):
    """httpx's transport over the guarded backend, which its constructor cannot be given."""

    def __init__(self, context: ssl.SSLContext) -> None:
        super().__init__(verify=context)
        self._pool = httpcore.ConnectionPool(
            ssl_context=context,
            max_connections=16,
            max_keepalive_connections=8,
            network_backend=_GuardedBackend(),
        )


@lru_cache(maxsize=1)
def _client() -> httpx.Client:
    context = ssl.create_default_context(cafile=options.ca_bundle or None)
    if options.ca_bundle == "":
        context = httpx.create_ssl_context(trust_env=False)
    mounts: dict[str, httpx.BaseTransport | None] = {}
    for scheme, proxy in (("https://", options.proxy), ("http://", options.http_proxy)):
        if proxy:
            mounts[scheme] = httpx.HTTPTransport(proxy=proxy, verify=context)
    direct = _GuardedTransport(context)
    if mounts:
        mounts |= {f"all://*{host.lstrip('*')}": direct for host in options.no_proxy}
    return httpx.Client(
        transport=direct,
        mounts=mounts,
        trust_env=False,
        follow_redirects=False,
        timeout=httpx.Timeout(options.read_seconds, connect=options.connect_seconds),
        headers={"User-Agent": user_agent()},
    )


def user_agent() -> str:
    """Who we are, and how a museum's administrator reaches the operator."""
    return "iiifsearch/0.1" + (f" (+{options.contact})" if options.contact else "")


def fetch(
    url: str,
    *,
    max_bytes: int,
    accept: str = "*/*",
    etag: str = "",
    last_modified: str = "",
) -> Fetched:
    """GET ``url`` politely and safely.

    ``etag`` and ``last_modified`` make it conditional. A transient failure is tried again, at
    most ``TRIES`` times in all. Raises FetchError.
    """
    headers = {"Accept": accept}
    if etag:
        headers["If-None-Match"] = etag
    if last_modified:
        headers["If-Modified-Since"] = last_modified
    for attempt in range(1, TRIES + 1):
        try:
            return _follow(url, headers, max_bytes)
        except (NetworkFailure, StatusError) as error:
            wait = getattr(error, "wait", None)
            wait = 0.5 * 2**attempt if wait is None else wait
            if not error.transient or attempt == TRIES or wait > LONGEST_WAIT:
                raise
            log.info("Trying again in %.1f s: %s", wait, error)
            time.sleep(wait)
    raise AssertionError("the loop above returns or raises")


def _follow(url: str, headers: dict[str, str], max_bytes: int) -> Fetched:
    deadline = time.monotonic() + options.total_seconds
    redirects: list[str] = []
    while True:
        try:
            _check_url(url)
            _wait_for_turn(urlsplit(url).hostname or "")
            answer = _get(url, headers, max_bytes, deadline)
        except (RefusedAddress, NetworkFailure) as error:
            raise type(error)(url, error.reason) from error  # it knew the host only
        except httpx.InvalidURL as error:
            raise RefusedAddress(url, f"it is not a URL ({error})") from error
        except (httpx.HTTPError, httpcore.NetworkError) as error:
            raise NetworkFailure(url, f"{type(error).__name__}: {error}".rstrip(": ")) from error
        if isinstance(answer, str):
            redirects.append(url)
            if len(redirects) > options.max_redirects or answer in redirects:
                raise TooManyRedirects(url, f"redirected {len(redirects)} times")
            url = answer
            continue
        return Fetched(**{**answer.__dict__, "redirects": tuple(redirects)})


def _get(url: str, headers: dict[str, str], max_bytes: int, deadline: float) -> Fetched | str:
    """One request: the answer, or the URL it redirects to."""
    with _client().stream("GET", url, headers=headers) as response:
        if response.has_redirect_location:
            return str(response.url.join(response.headers["Location"]))
        if response.status_code >= 400:
            raise StatusError(url, response.status_code, _retry_after(response))
        if int(response.headers.get("Content-Length") or 0) > max_bytes:
            raise TooLarge(url, _too_large(int(response.headers["Content-Length"]), max_bytes))
        body = bytearray()
        for chunk in response.iter_bytes():
            body += chunk
            if len(body) > max_bytes:
                raise TooLarge(url, _too_large(len(body), max_bytes))
            if time.monotonic() > deadline:
                raise NetworkFailure(url, f"took longer than {options.total_seconds:.0f} s")
        return Fetched(
            url=url,
            body=bytes(body),
            content_type=response.headers.get("Content-Type", ""),
            etag=response.headers.get("ETag", ""),
            last_modified=response.headers.get("Last-Modified", ""),
            unchanged=response.status_code == 304,
        )


def _too_large(size: int, cap: int) -> str:
    return (
        f"the answer holds {size / 2**20:.1f} MB or more, the cap is {cap / 2**20:.1f} MB "
        "(CATALOG['max_json_bytes'], CATALOG['max_image_bytes'])"
    )


def _check_url(url: str) -> None:
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise RefusedAddress(url, f"it is not a URL ({error})") from error
    if parts.scheme not in ("http", "https"):
        raise RefusedAddress(url, "only http and https URLs are fetched")
    if not host:
        raise RefusedAddress(url, "it names no host")
    if parts.username is not None or parts.password is not None:
        raise RefusedAddress(url, "it holds a user name; such URLs are not fetched")
    proxied = options.proxy if parts.scheme == "https" else options.http_proxy
    if proxied:
        try:
            checked_addresses(host, port or 0)
        except NetworkFailure:
            return  # behind a proxy our own resolver may know nothing of the outside


def _retry_after(response: httpx.Response) -> float | None:
    """Seconds that the server asks us to wait (RFC 9110 section 10.2.3), None if it does not."""
    value = response.headers.get("Retry-After", "").strip()
    if value.isdigit():
        return float(value)
    try:
        moment = email.utils.parsedate_to_datetime(value)
    except (TypeError, ValueError):
        return None
    return max(0.0, moment.timestamp() - time.time())


_turns: dict[str, float] = {}
_turns_lock = threading.Lock()


def _wait_for_turn(host: str) -> None:
    """Keep ``host_delay`` seconds between the starts of two requests to one host.

    A host that is written as an address in an allowed network is the operator's own: no delay.
    """
    try:
        if _allowed(host):
            return
    except ValueError:
        pass  # a name, not an address
    with _turns_lock:
        now = time.monotonic()
        turn = max(now, _turns.get(host, 0.0))
        _turns[host] = turn + options.host_delay
    time.sleep(max(0.0, turn - now))
