"""What is read of an answer: its body, decompressed to no more than its cap, and its headers."""

from __future__ import annotations

import email.utils
import logging
import time
import zlib
from collections.abc import Iterator
from datetime import timedelta

import httpcore
import httpx
from django.utils import timezone

from catalog.fetch_errors import (
    BadEncoding,
    FetchError,
    NetworkFailure,
    RefusedAddress,
    StatusError,
    TooLarge,
)
from catalog.hosts import LONGEST_RETRY_AFTER, LONGEST_WAIT
from catalog.transport import deadline, seconds_left

log = logging.getLogger(__name__)

REMARK_BYTES = 64 * 1024  # of the body of an error or a redirect
REMARK_SECONDS = 5.0  # for reading it

GZIP_OR_ZLIB = 32 + zlib.MAX_WBITS


def body(url: str, response: httpx.Response, cap: int, *, cut: bool = False) -> bytes:
    """The decompressed body. Raises TooLarge where it is larger than ``cap`` bytes, unless what
    is more is to be ``cut`` off; and NetworkFailure where it ends early or takes too long."""
    declared = response.headers.get("Content-Length", "")
    if not cut and declared.isascii() and declared.isdigit() and int(declared) > cap:
        raise TooLarge(url, _too_large(int(declared), cap))
    found = bytearray()
    for piece in _pieces(url, response, cap + 1):
        found += piece
        if len(found) > cap:
            if cut:
                return bytes(found[:cap])
            raise TooLarge(url, _too_large(len(found), cap))
    return bytes(found)


def _pieces(url: str, response: httpx.Response, enough: int) -> Iterator[bytes]:
    """The decompressed body, up to ``enough`` bytes. One layer of gzip is what we ask for: each
    more would multiply what a few bytes can become by a thousand."""
    encoding = response.headers.get("Content-Encoding", "").strip().lower()
    if encoding not in ("", "identity", "gzip", "x-gzip", "deflate"):
        raise BadEncoding(url, f"it is compressed as {encoding!r}, which was not asked for")
    opened = None if encoding in ("", "identity") else _Gzip()
    for raw in response.iter_raw():
        try:
            piece = opened.read(raw, enough) if opened else raw[:enough]
        except zlib.error as error:
            raise NetworkFailure(url, f"it cannot be decompressed ({error})") from error
        yield piece
        enough -= len(piece)
        if enough <= 0:
            return
        if seconds_left() <= 0:  # what is decompressed takes time without any packet
            raise httpx.ReadTimeout("the time is up")
    if opened and not opened.is_complete:
        raise NetworkFailure(url, "the compressed answer ends early")


class _Gzip:
    """Decompresses members of gzip, one after the other, or one of zlib."""

    def __init__(self) -> None:
        self._member = zlib.decompressobj(GZIP_OR_ZLIB)
        self._begun = False

    @property
    def is_complete(self) -> bool:
        return self._member.eof or not self._begun

    def read(self, raw: bytes, enough: int) -> bytes:
        """At most ``enough`` bytes, which is more than 0; there may be fewer only if ``raw`` gives
        no more."""
        found = bytearray()
        while raw and len(found) < enough:
            if self._member.eof:
                if not raw.startswith(b"\x1f"):
                    break  # no other member: padding
                self._member = zlib.decompressobj(GZIP_OR_ZLIB)
            self._begun = True
            found += self._member.decompress(raw, enough - len(found))
            raw = self._member.unused_data
        return bytes(found)


def _too_large(size: int, cap: int) -> str:
    return (
        f"the answer holds {size / 2**20:.1f} MB or more, the cap is {cap / 2**20:.1f} MB "
        "(CATALOG['max_json_bytes'], CATALOG['max_image_bytes'])"
    )


def location(url: str, target: httpx.URL, response: httpx.Response) -> str:
    """The URL that an answer redirects to."""
    _little(url, response)
    try:
        return str(target.join(response.headers["Location"]))
    except (httpx.InvalidURL, ValueError) as error:
        raise RefusedAddress(url, f"it redirects to what is no URL ({error})") from error


def status_error(url: str, response: httpx.Response) -> StatusError:
    wait = _retry_after(response)
    until = None
    if wait is not None and wait > LONGEST_WAIT:
        until = timezone.now() + timedelta(seconds=min(wait, LONGEST_RETRY_AFTER))
    content_type = response.headers.get("Content-Type", "")
    return StatusError(
        url,
        response.status_code,
        wait,
        until=until,
        body=_little(url, response),
        content_type=content_type,
    )


def _little(url: str, response: httpx.Response) -> bytes:
    """The beginning of a body that is no more than a remark; b"" where it cannot be read. A
    connection whose answer was read to its end is used again."""
    try:
        with deadline(time.monotonic() + min(REMARK_SECONDS, max(0.0, seconds_left()))):
            return b"".join(_pieces(url, response, REMARK_BYTES))[:REMARK_BYTES]
    except (httpx.HTTPError, httpcore.NetworkError, FetchError) as error:
        log.debug("The body of an answer could not be read: %s", error)
        return b""


def _retry_after(response: httpx.Response) -> float | None:
    """Seconds that the server asks us to wait (RFC 9110 section 10.2.3), None if it does not."""
    value = response.headers.get("Retry-After", "").strip()
    if value.isascii() and value.isdigit():
        return float(value)
    try:
        moment = email.utils.parsedate_to_datetime(value)
        return max(0.0, moment.timestamp() - time.time())
    except (TypeError, ValueError, OverflowError):
        return None
