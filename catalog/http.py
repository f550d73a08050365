"""The only HTTP client. Everything it fetches is hostile.

It speaks http and https only, and connects only to public addresses: a name is resolved here, all
its addresses are checked, and the connection goes to an address that was checked, so that a name
cannot resolve to another one in between. That holds for every redirect too. An operator can allow
networks of their own (``CATALOG["allowed_networks"]``), for what the library fetches by itself;
visitors, who choose what is fetched, do not get there.

What the library fetches by itself is asked for politely: in turn with all other workers
(`catalog.hosts`), and only what robots.txt allows (`catalog.robots`). What a visitor asks for is
one request by a person: it is throttled where they ask.

Behind a proxy it is the proxy that resolves names: the guard then still refuses URLs whose host
is, or resolves here to, an address that is not public, but cannot promise more; the proxy's own
rules must forbid internal addresses.

Every answer is capped in bytes (after decompression) and in seconds, from the first packet on.
"""

from __future__ import annotations

import logging
import time
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version

import httpcore
import httpx
from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_exception,
    stop_after_attempt,
    stop_before_delay,
    wait_exponential_jitter,
)

from catalog import answers, hosts, robots, signals
from catalog.addresses import checked_url
from catalog.conf import options
from catalog.fetch_errors import (
    BadEncoding,
    FetchError,
    HostResting,
    NetworkFailure,
    RefusedAddress,
    RobotsForbid,
    RobotsUnreachable,
    StatusError,
    TooLarge,
    TooManyRedirects,
)
from catalog.hosts import LONGEST_WAIT
from catalog.transport import deadline, seconds_left, transport

__all__ = [
    "ACCEPT_IIIF",
    "ACCEPT_IMAGE",
    "BadEncoding",
    "FetchError",
    "Fetched",
    "HostResting",
    "NetworkFailure",
    "RefusedAddress",
    "RobotsForbid",
    "RobotsUnreachable",
    "StatusError",
    "TooLarge",
    "TooManyRedirects",
    "fetch",
]

log = logging.getLogger(__name__)

ACCEPT_IIIF = (
    'application/ld+json;profile="http://iiif.io/api/presentation/3/context.json", '
    'application/ld+json;profile="http://iiif.io/api/presentation/2/context.json";q=0.9, '
    "application/ld+json;q=0.8, application/json;q=0.7, */*;q=0.1"
)
ACCEPT_IMAGE = "image/jpeg, image/png;q=0.8, image/webp;q=0.8, image/*;q=0.5"

TRIES = 3

_backoff = wait_exponential_jitter(initial=1.0, max=LONGEST_WAIT, jitter=1.0)


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
    http_version: str = "HTTP/1.1"


@dataclass(frozen=True)
class _Manner:
    """How a fetch goes about it: for the library itself, or for a visitor who waits.

    ``cut``: what is larger than the cap is cut off there, not refused.
    """

    tries: int
    seconds: float
    own_networks: bool
    polite: bool = True
    obeys_robots: bool = True
    cut: bool = False


def _manner(for_visitor: bool) -> _Manner:
    if not for_visitor:
        return _Manner(TRIES, options.total_seconds, own_networks=True)
    # A thread of the web server must not sleep: how often visitors may ask is throttled there.
    return _Manner(
        tries=1,
        seconds=options.visitor_seconds,
        own_networks=options.visitors_may_fetch_allowed_networks,
        polite=False,
        obeys_robots=False,
    )


def user_agent() -> str:
    """Who we are, and how a museum's administrator reaches the operator."""
    return f"{robots.ROBOT}/{_version()}" + (f" (+{options.contact})" if options.contact else "")


@lru_cache(maxsize=1)
def _version() -> str:
    try:
        return version("iiifsearch")
    except PackageNotFoundError:  # run from a copy that was not installed
        return "0"


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
    most ``TRIES`` times in all, the last of them within ``total_seconds``. Raises FetchError.

    ``for_visitor``: somebody chose the URL and waits for the answer. It is asked for once, for
    ``visitor_seconds``, and at public addresses only.
    """
    headers = {"Accept": accept}
    if etag:
        headers["If-None-Match"] = etag
    if last_modified:
        headers["If-Modified-Since"] = last_modified
    try:
        answer = _tried(url, headers, max_bytes, _manner(for_visitor))
    except FetchError as error:
        signals.fetched.send(None, outcome=error.kind)
        raise
    signals.fetched.send(None, outcome="unchanged" if answer.unchanged else "fetched")
    return answer


def _tried(url: str, headers: dict[str, str], max_bytes: int, manner: _Manner) -> Fetched:
    if manner.tries == 1:
        return _follow(url, headers, max_bytes, manner)
    failure: NetworkFailure | StatusError | None = None

    def one_try() -> Fetched:
        nonlocal failure
        try:
            return _follow(url, headers, max_bytes, manner)
        except (NetworkFailure, StatusError) as error:
            failure = error
            raise
        except HostResting as error:
            if failure is None:
                raise
            failure.until = error.until  # it was asked, and failed: that is what has to be told
            raise failure from error

    retrying = Retrying(
        retry=retry_if_exception(_may_go_better),
        wait=_pause,
        stop=stop_after_attempt(manner.tries) | stop_before_delay(manner.seconds),
        sleep=lambda seconds: time.sleep(seconds),
        before_sleep=_tell,
        reraise=True,
    )
    return retrying(one_try)


def _may_go_better(error: BaseException) -> bool:
    """In a moment, that is; what is transient otherwise is for a later job."""
    if not isinstance(error, (NetworkFailure, StatusError)):
        return False
    return error.transient and error.until is None


def _pause(state: RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome else None
    asked: float | None = getattr(error, "wait", None)
    return _backoff(state) if asked is None else asked


def _tell(state: RetryCallState) -> None:
    assert state.outcome is not None
    log.info("Trying again in %.1f s: %s", state.upcoming_sleep, state.outcome.exception())


def _follow(url: str, headers: dict[str, str], max_bytes: int, manner: _Manner) -> Fetched:
    """One try: the answer after all redirects, within the seconds that the manner has for it.
    Waiting for turns is not counted: it is not the servers' time."""
    redirects: list[str] = []
    seconds = manner.seconds
    through = transport(manner.own_networks)  # made before a turn, which would be late otherwise
    while True:
        target = checked_url(url, own_networks=manner.own_networks)
        try:
            if manner.obeys_robots:
                robots.check(target, _robots_txt)
            with hosts.turn(target, seconds) if manner.polite else nullcontext():
                began = time.monotonic()
                with deadline(began + seconds):
                    answer = _ask(url, target, through, headers, max_bytes, manner)
        except (RefusedAddress, NetworkFailure, HostResting) as error:
            error.url = url  # it knew the host only
            raise
        if isinstance(answer, Fetched):
            return replace(answer, redirects=tuple(redirects)) if redirects else answer
        seconds -= time.monotonic() - began
        redirects.append(url)
        if len(redirects) > options.max_redirects or answer in redirects:
            raise TooManyRedirects(url, f"redirected {len(redirects)} times")
        url = answer


def _robots_txt(url: str) -> bytes:
    """For `catalog.robots`."""
    seconds = min(options.total_seconds, options.read_seconds)
    manner = _Manner(TRIES, seconds, own_networks=True, obeys_robots=False, cut=True)
    return _tried(url, {"Accept": "text/plain, */*;q=0.1"}, robots.LARGEST, manner).body


# -- one request -------------------------------------------------------------------------------


def _ask(
    url: str,
    target: httpx.URL,
    through: httpx.BaseTransport,
    headers: dict[str, str],
    max_bytes: int,
    manner: _Manner,
) -> Fetched | str:
    """The answer, or the URL it redirects to. Raises FetchError for all that goes wrong."""
    try:
        return _get(url, target, through, headers, max_bytes, manner.cut)
    except (httpx.HTTPError, httpcore.NetworkError) as error:
        late = seconds_left() <= 0
        reason = f"{type(error).__name__}: {error}".rstrip(": ")
        kind = "timeout" if late or isinstance(error, httpx.TimeoutException) else "network"
        failure = NetworkFailure(
            url, f"took longer than {manner.seconds:.0f} s" if late else reason, kind=kind
        )
        if isinstance(error, (httpx.PoolTimeout, httpx.ProxyError)):
            failure.answered = None  # our own shortage
        raise failure from error


def _get(
    url: str,
    target: httpx.URL,
    through: httpx.BaseTransport,
    headers: dict[str, str],
    max_bytes: int,
    cut: bool,
) -> Fetched | str:
    # "pool" is waiting for others to be done, which the deadline of our own packets cannot end.
    timeout = {
        "connect": options.connect_seconds,
        "read": options.read_seconds,
        "write": options.read_seconds,
        "pool": max(0.0, seconds_left()),
    }
    more = {"User-Agent": user_agent(), "Accept-Encoding": "gzip"}
    request = httpx.Request(
        "GET", target, headers={**headers, **more}, extensions={"timeout": timeout}
    )
    response = through.handle_request(request)
    try:
        if response.has_redirect_location:
            return answers.location(url, target, response)
        if response.status_code >= 400:
            raise answers.status_error(url, response)
        return Fetched(
            url=url,
            body=answers.body(url, response, max_bytes, cut=cut),
            content_type=response.headers.get("Content-Type", ""),
            etag=response.headers.get("ETag", ""),
            last_modified=response.headers.get("Last-Modified", ""),
            unchanged=response.status_code == 304,
            http_version=response.http_version,
        )
    finally:
        response.close()
