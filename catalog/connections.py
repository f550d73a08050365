"""Connections that carry one request at a time, HTTP/2 ones too.

The state of httpcore's HTTP/2 connections may not be changed by two threads at once: requests that
share one fail for each other (ADR 13). And so a request that is out of time takes no other with it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

import h2.exceptions
import httpcore


@contextmanager
def _mapped() -> Iterator[None]:
    """What httpcore lets through of the errors of its HTTP/2 library, as an error of its own."""
    try:
        yield
    except h2.exceptions.H2Error as error:
        raise httpcore.RemoteProtocolError(f"HTTP/2: {error}") from error


class OneAtATime(httpcore.ConnectionInterface):
    """A connection that carries one request at a time, and is closed once it is broken."""

    def __init__(self, connection: httpcore.ConnectionInterface) -> None:
        self._connection = connection
        self._taken = threading.Lock()
        self._idle: httpcore.NetworkStream | None = None  # an HTTP/2 connection between requests

    def handle_request(self, request: httpcore.Request) -> httpcore.Response:
        if not self._taken.acquire(blocking=False):
            raise httpcore.ConnectionNotAvailable  # the pool looks for another one
        try:
            with _mapped():
                response = self._connection.handle_request(request)
        except BaseException:
            self._give_back(None)
            raise
        assert isinstance(response.stream, Iterable)
        stream = response.extensions["network_stream"]
        is_http2 = response.extensions["http_version"] == b"HTTP/2"

        def done(is_whole: bool) -> None:
            # The rest of an HTTP/2 body would go on coming, and fill the connection's window.
            if is_http2 and not is_whole:
                self._connection.close()
            self._give_back(stream if is_http2 else None)

        return httpcore.Response(
            status=response.status,
            headers=response.headers,
            content=_Body(response.stream, done),
            extensions=response.extensions,
        )

    def _give_back(self, idle: httpcore.NetworkStream | None) -> None:
        self._idle = idle
        if not self._connection.is_available() and not self._connection.is_closed():
            self._connection.close()
        self._taken.release()

    def has_expired(self) -> bool:
        # What the server says between two HTTP/2 requests is that it goes, as a rule.
        idle = None if self._taken.locked() else self._idle
        return self._connection.has_expired() or bool(idle and idle.get_extra_info("is_readable"))

    def is_available(self) -> bool:
        return not self._taken.locked() and self._connection.is_available()

    def is_idle(self) -> bool:
        return not self._taken.locked() and self._connection.is_idle()

    def is_closed(self) -> bool:
        return not self._taken.locked() and self._connection.is_closed()

    def can_handle_request(self, origin: httpcore.Origin) -> bool:
        return self._connection.can_handle_request(origin)

    def close(self) -> None:
        self._connection.close()

    def info(self) -> str:
        return self._connection.info()


class _Body:
    """A response's bytes; tells when no more of them are wanted, and whether all were read."""

    def __init__(self, stream: Iterable[bytes], done: Callable[[bool], None]) -> None:
        self._stream = stream
        self._done: Callable[[bool], None] | None = done
        self._is_whole = False

    def __iter__(self) -> Iterator[bytes]:
        with _mapped():
            yield from self._stream
        self._is_whole = True

    def close(self) -> None:
        done, self._done = self._done, None
        if done is None:
            return
        try:
            with _mapped():
                self._stream.close()  # type: ignore[attr-defined]
        finally:
            done(self._is_whole)


class Pool(httpcore.ConnectionPool):
    def create_connection(self, origin: httpcore.Origin) -> httpcore.ConnectionInterface:
        return OneAtATime(super().create_connection(origin))


class ProxyPool(httpcore.HTTPProxy):
    def create_connection(self, origin: httpcore.Origin) -> httpcore.ConnectionInterface:
        return OneAtATime(super().create_connection(origin))
