"""The only HTTP client. Everything it fetches is hostile.

It speaks http and https only, and connects only to public addresses: a name is resolved here, all
its addresses are checked, and the connection goes to an address that was checked, so that a name
cannot resolve to another one in between. That holds for every redirect too. An operator can allow
networks of their own (``CATALOG["allowed_networks"]``), for what the library fetches by itself;
visitors, who choose what is fetched, do not get there.

Behind a proxy it is the proxy that resolves names: the guard then still refuses URLs whose host
is, or resolves here to, an address that is not public, but cannot promise more; the proxy's own
rules must forbid internal addresses.

Every answer is capped in bytes (after decompression) and in seconds, from the first packet on.
"""

from __future__ import annotations

import email.utils
import logging
import threading
import time
from dataclasses import dataclass, field
from functools import lru_cache
from urllib.parse import urlsplit

import httpcore
import httpx

from catalog.addresses import (
    FetchError,
    NetworkFailure,
    RefusedAddress,
    allowed,
    checked_addresses,
    proxy_for,
)
from catalog.conf import options
from catalog.transport import Transport, deadline, seconds_left

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


class TooLarge(FetchError):
    """The answer is larger than the cap."""


class TooManyRedirects(FetchError):
    """The server redirects in circles or too often."""


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


@dataclass(frozen=True)
class _Manner:
    """How a fetch goes about it: for the library itself, or for a visitor who waits."""

    tries: int
    seconds: float
    own_networks: bool
    polite: bool


def _manner(for_visitor: bool) -> _Manner:
    if not for_visitor:
        return _Manner(TRIES, options.total_seconds, own_networks=True, polite=True)
    # A thread of the web server must not sleep: how often visitors may ask is throttled there.
    return _Manner(
        tries=1,
        seconds=options.visitor_seconds,
        own_networks=options.visitors_may_fetch_allowed_networks,
        polite=False,
    )


@lru_cache(maxsize=2)
def _client(own_networks: bool) -> httpx.Client:
    """Two clients, so that no visitor is served over a connection kept alive to a server that
    only the library itself may reach."""
    return httpx.Client(
        transport=Transport(own_networks=own_networks),
        trust_env=False,
        follow_redirects=False,
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
    for_visitor: bool = False,
) -> Fetched:
    """GET ``url`` politely and safely.

    ``etag`` and ``last_modified`` make it conditional. A transient failure is tried again, at
    most ``TRIES`` times in all. Raises FetchError.

    ``for_visitor``: somebody chose the URL and waits for the answer. It is asked for once, for
    ``visitor_seconds``, and at public addresses only.
    """
    headers = {"Accept": accept}
    if etag:
        headers["If-None-Match"] = etag
    if last_modified:
        headers["If-Modified-Since"] = last_modified
    manner = _manner(for_visitor)
    for attempt in range(1, manner.tries + 1):
        try:
            with deadline(time.monotonic() + manner.seconds):
                return _follow(url, headers, max_bytes, manner)
        except (NetworkFailure, StatusError) as error:
            wait = getattr(error, "wait", None)
            wait = 0.5 * 2**attempt if wait is None else wait
            if not error.transient or attempt == manner.tries or wait > LONGEST_WAIT:
                raise
            log.info("Trying again in %.1f s: %s", wait, error)
            time.sleep(wait)
    raise AssertionError("the loop above returns or raises")


def _follow(url: str, headers: dict[str, str], max_bytes: int, manner: _Manner) -> Fetched:
    redirects: list[str] = []
    while True:
        try:
            _check_url(url, manner.own_networks)
            if manner.polite:
                _wait_for_turn(urlsplit(url).hostname or "")
            answer = _get(url, headers, max_bytes, manner)
        except (RefusedAddress, NetworkFailure) as error:
            raise type(error)(url, error.reason) from error  # it knew the host only
        except httpx.InvalidURL as error:
            raise RefusedAddress(url, f"it is not a URL ({error})") from error
        except (httpx.HTTPError, httpcore.NetworkError) as error:
            reason = f"{type(error).__name__}: {error}".rstrip(": ")
            if seconds_left() <= 0:
                reason = f"took longer than {manner.seconds:.0f} s"
            raise NetworkFailure(url, reason) from error
        if isinstance(answer, str):
            redirects.append(url)
            if len(redirects) > options.max_redirects or answer in redirects:
                raise TooManyRedirects(url, f"redirected {len(redirects)} times")
            url = answer
            continue
        return Fetched(**{**answer.__dict__, "redirects": tuple(redirects)})


def _get(url: str, headers: dict[str, str], max_bytes: int, manner: _Manner) -> Fetched | str:
    """One request: the answer, or the URL it redirects to."""
    # "pool" is waiting for others to be done, which the deadline of our own packets cannot end.
    timeout = httpx.Timeout(
        options.read_seconds, connect=options.connect_seconds, pool=max(0.0, seconds_left())
    )
    client = _client(manner.own_networks)
    with client.stream("GET", url, headers=headers, timeout=timeout) as response:
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
            if seconds_left() <= 0:  # what is decompressed takes time without any packet
                raise NetworkFailure(url, f"took longer than {manner.seconds:.0f} s")
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


def _check_url(url: str, own_networks: bool) -> None:
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
    if proxy_for(parts.scheme, host, port):
        try:
            checked_addresses(host, port or 0, own_networks=own_networks)
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
        if allowed(host):
            return
    except ValueError:
        pass  # a name, not an address
    with _turns_lock:
        now = time.monotonic()
        turn = max(now, _turns.get(host, 0.0))
        _turns[host] = turn + options.host_delay
    time.sleep(max(0.0, turn - now))
