"""How `catalog.http` connects: to checked addresses only, and never past a deadline.

The deadline is that of the request being made, not of the connection: kept-alive connections are
used again by later requests. So every operation on a socket asks for it anew.

HTTP/2 is spoken where a server offers it (`catalog.connections`).
"""

from __future__ import annotations

import math
import ssl
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from typing import Any

import httpcore
import httpx

from catalog.addresses import checked_addresses, proxy_for
from catalog.conf import options
from catalog.connections import Pool, ProxyPool

_deadline: ContextVar[float] = ContextVar("deadline", default=math.inf)


@contextmanager
def deadline(moment: float) -> Iterator[None]:
    """Until ``moment`` of the monotonic clock, whatever this thread does must be done."""
    token = _deadline.set(moment)
    try:
        yield
    finally:
        _deadline.reset(token)


def seconds_left() -> float:
    return _deadline.get() - time.monotonic()


def _patience(timeout: float | None, late: type[Exception]) -> float | None:
    """``timeout``, or what is left where that is less. Raises ``late`` where nothing is."""
    left = seconds_left()
    if left <= 0:
        raise late("the time is up")
    if math.isinf(left):
        return timeout
    return left if timeout is None else min(timeout, left)


class _TimedStream(httpcore.NetworkStream):
    """A stream on which nothing outlasts the deadline: also not a server that sends its headers
    byte by byte, each of them within the timeout for one read."""

    def __init__(self, stream: httpcore.NetworkStream) -> None:
        self._stream = stream

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, _patience(timeout, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, _patience(timeout, httpcore.WriteTimeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        patience = _patience(timeout, httpcore.ConnectTimeout)
        return _TimedStream(self._stream.start_tls(ssl_context, server_hostname, patience))

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


class _TimedBackend(httpcore.NetworkBackend):
    """Connects within the deadline; all that its streams do is within it too."""

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
        patience = _patience(timeout, httpcore.ConnectTimeout)
        return _TimedStream(
            self._sockets.connect_tcp(host, port, patience, local_address, socket_options)
        )

    def sleep(self, seconds: float) -> None:
        self._sockets.sleep(seconds)


class _GuardedBackend(_TimedBackend):
    """Connects to the very addresses that were checked."""

    def __init__(self, own_networks: bool) -> None:
        super().__init__()
        self._own_networks = own_networks

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        failure: Exception | None = None
        for address in checked_addresses(host, port, own_networks=self._own_networks):
            try:
                return super().connect_tcp(address, port, timeout, local_address, socket_options)
            except httpcore.ConnectError as error:
                failure = error
        raise failure or httpcore.ConnectError(f"{host} has no address")


# Servers close connections that are idle; a request on one that is being closed is lost.
_LIMITS: dict[str, Any] = {
    "max_connections": 16,
    "max_keepalive_connections": 8,
    "keepalive_expiry": 15.0,
    "http2": True,
}


class _PoolTransport(httpx.HTTPTransport):
    """httpx's transport over a pool of our own, which its constructor cannot be given."""

    def __init__(self, context: ssl.SSLContext, pool: httpcore.ConnectionPool) -> None:
        super().__init__(verify=context)
        self._pool = pool


def _context() -> ssl.SSLContext:
    if options.ca_bundle:
        return ssl.create_default_context(cafile=options.ca_bundle)
    return httpx.create_ssl_context(trust_env=False)


def _proxied(context: ssl.SSLContext, url: str) -> httpx.BaseTransport:
    """Through a proxy, which resolves names itself; its address is the operator's choice."""
    proxy = httpx.Proxy(url)
    pool = ProxyPool(
        proxy_url=str(proxy.url),
        proxy_auth=proxy.raw_auth,
        ssl_context=context,
        proxy_ssl_context=_context() if proxy.url.scheme == "https" else None,
        network_backend=_TimedBackend(),
        **_LIMITS,
    )
    return _PoolTransport(context, pool)


class Transport(httpx.BaseTransport):
    """Sends each request to its host, or through the proxy that is set for it."""

    def __init__(self, *, own_networks: bool) -> None:
        context = _context()
        pool = Pool(ssl_context=context, network_backend=_GuardedBackend(own_networks), **_LIMITS)
        self._direct: httpx.BaseTransport = _PoolTransport(context, pool)
        self._proxies = {
            proxy: _proxied(context, proxy)
            for proxy in (options.proxy, options.http_proxy)
            if proxy
        }

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        url = request.url
        proxy = proxy_for(url.scheme, url.raw_host.decode("ascii"), url.port)
        transport = self._proxies[proxy] if proxy else self._direct
        return transport.handle_request(request)

    def close(self) -> None:
        for transport in (self._direct, *self._proxies.values()):
            transport.close()


@lru_cache(maxsize=2)
def transport(own_networks: bool) -> Transport:
    """Two of them, so that no visitor is served over a connection kept alive to a server that
    only the library itself may reach."""
    return Transport(own_networks=own_networks)
