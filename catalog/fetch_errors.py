"""Why a URL could not be fetched."""

from __future__ import annotations

from datetime import datetime

import httpx

TRANSIENT_STATUS = frozenset({408, 425, 429, 500, 502, 503, 504})


class FetchError(Exception):
    """A URL could not be fetched.

    ``url`` says which, ``kind`` is a short stable name for grouping, ``transient`` says whether
    trying again helps, and ``until`` when it makes sense to come back, if that is known.
    ``wait``: seconds that the server asked us to wait.
    ``answered`` tells `catalog.hosts` how the server did: True, it answered; False, it failed;
    None, it was not asked or it was not its fault.
    """

    kind = "fetch"
    transient = False
    answered: bool | None = None
    wait: float | None = None

    def __init__(
        self, url: str, reason: str, *, kind: str = "", until: datetime | None = None
    ) -> None:
        super().__init__(url, reason)
        self.url = url
        self.reason = reason
        self.until = until
        if kind:
            self.kind = kind

    def __str__(self) -> str:
        return f"{self.url}: {self.reason}"


class RefusedAddress(FetchError):
    """The guard refused the address. No packet was sent to it."""

    kind = "refused-address"


class NetworkFailure(FetchError):
    """The server could not be reached, broke off (``network``), or took too long (``timeout``)."""

    kind = "network"
    transient = True
    answered: bool | None = False


class TooLarge(FetchError):
    """The answer is larger than the cap."""

    kind = "too-large"
    answered = True


class BadEncoding(FetchError):
    """The answer is compressed in a way that was not asked for."""

    kind = "encoding"
    answered = True


class TooManyRedirects(FetchError):
    """The server redirects in circles or too often."""

    kind = "redirects"
    answered = True


class RobotsForbid(FetchError):
    """The host's robots.txt does not let us fetch the URL."""

    kind = "robots"


class RobotsUnreachable(FetchError):
    """The host's robots.txt cannot be had for now, so nothing may be fetched (RFC 9309 2.3.1.4)."""

    kind = "robots-unreachable"
    transient = True


class HostResting(FetchError):
    """The host is left alone until ``until``, or its turns are taken until then."""

    kind = "host-resting"
    transient = True


class StatusError(FetchError):
    """The server answered with an error status.

    ``body``: what it said, at most 64 kB of it (a 401 may hold a degraded info.json).
    """

    def __init__(
        self,
        url: str,
        status: int,
        wait: float | None = None,
        *,
        until: datetime | None = None,
        body: bytes = b"",
        content_type: str = "",
    ) -> None:
        reason = f"the server answered {status} {httpx.codes.get_reason_phrase(status)}".rstrip()
        super().__init__(url, reason, kind=f"status-{status}", until=until)
        self.status = status
        self.wait = wait
        self.body = body
        self.content_type = content_type
        self.transient = status in TRANSIENT_STATUS
        self.answered = status != 429 and status < 500
