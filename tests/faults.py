"""A server on loopback that misbehaves as real ones do, and keeps a log of who asked when.

    with faults() as server:
        url = server.on("/m", in_turn(status(503), answer(b"{}")))

A behaviour is a function of the handler of one request; those below make them.
"""

from __future__ import annotations

import email.utils
import gzip
import itertools
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    faults: Faults

    def do_GET(self) -> None:
        with self.faults.counted(self.path, dict(self.headers)):
            behaviour = self.faults.behaviours.get(self.path, status(404))
            with suppress(ConnectionError):  # a client that has seen enough hangs up
                behaviour(self)

    def say(self, code: int, body: bytes, **headers: str) -> None:
        """``headers``: with _ for -. Content-Length is true unless it is given."""
        self.send_response(code)
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        for name, value in {"Content-Length": str(len(body)), **given}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: Any) -> None:
        pass


Behaviour = Callable[[Handler], None]


@dataclass(frozen=True)
class Asked:
    """A request: ``at`` is a moment of the monotonic clock."""

    path: str
    at: float
    headers: dict[str, str] = field(repr=False)


@dataclass
class Faults:
    base: str
    behaviours: dict[str, Behaviour] = field(default_factory=dict)
    log: list[Asked] = field(default_factory=list)
    most_at_once: int = 0
    _at_once: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def name(self) -> str:
        """As the host is named in `catalog.models.Host`."""
        return self.base.removeprefix("http://")

    def url(self, path: str) -> str:
        return self.base + path

    def on(self, path: str, behaviour: Behaviour) -> str:
        self.behaviours[path] = behaviour
        return self.url(path)

    def moments(self, path: str = "") -> list[float]:
        """When it was asked, for one path or for all, in order."""
        return sorted(asked.at for asked in self.log if path in ("", asked.path))

    @contextmanager
    def counted(self, path: str, headers: dict[str, str]) -> Iterator[None]:
        with self._lock:
            self.log.append(Asked(path, time.monotonic(), headers))
            self._at_once += 1
            self.most_at_once = max(self.most_at_once, self._at_once)
        try:
            yield
        finally:
            with self._lock:
                self._at_once -= 1


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False  # some behaviours take longer than a test

    def handle_error(self, *args: Any) -> None:
        pass  # connections that end badly are what this is for


@contextmanager
def faults() -> Iterator[Faults]:
    handler = type("FaultsHandler", (Handler,), {})
    server = _Server(("127.0.0.1", 0), handler)
    served = handler.faults = Faults(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield served
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


# -- behaviours --------------------------------------------------------------------------------


def answer(body: bytes = b"{}", code: int = 200, **headers: str) -> Behaviour:
    headers = {"Content_Type": "application/json", **headers}
    return lambda handler: handler.say(code, body, **headers)


def status(code: int, body: bytes = b"", **headers: str) -> Behaviour:
    return answer(body, code, **headers)


def too_many(seconds: float, *, as_date: bool = False) -> Behaviour:
    """429 with Retry-After, in seconds or as an HTTP date (whole seconds, never too early)."""

    def behave(handler: Handler) -> None:
        moment = email.utils.formatdate(time.time() + seconds + 0.999, usegmt=True)
        handler.say(429, b"", Retry_After=moment if as_date else f"{seconds:.0f}")

    return behave


def in_turn(*behaviours: Behaviour) -> Behaviour:
    """One after the other; the last of them for ever."""
    left = itertools.chain(behaviours, itertools.repeat(behaviours[-1]))
    return lambda handler: next(left)(handler)


def slow(seconds: float, then: Behaviour | None = None) -> Behaviour:
    def behave(handler: Handler) -> None:
        time.sleep(seconds)
        (then or answer())(handler)

    return behave


def cut_short(body: bytes = b"{", declared: int = 5000) -> Behaviour:
    """Fewer bytes than were promised, and the end of the connection."""

    def behave(handler: Handler) -> None:
        handler.close_connection = True
        handler.say(200, body, Content_Length=str(declared))

    return behave


def drip(pause: float = 0.1, count: int = 100) -> Behaviour:
    """A body, a byte at a time."""

    def behave(handler: Handler) -> None:
        handler.close_connection = True
        handler.say(200, b"", Content_Length=str(count))
        for _ in range(count):
            time.sleep(pause)
            handler.wfile.write(b" ")

    return behave


def gzip_bomb(size: int = 64 * 2**20, layers: int = 1) -> Behaviour:
    """``size`` bytes of nothing, compressed to a thousandth of them, or more than once."""
    body = bytes(size)
    for layer in range(layers):
        body = gzip.compress(body, compresslevel=9 if layer else 5)
    return answer(body, Content_Encoding=", ".join(["gzip"] * layers))


def redirect(to: str, code: int = 302) -> Behaviour:
    return lambda handler: handler.say(code, b"", Location=to)


def changing(etag: str = '"one"') -> Behaviour:
    """Another body at each request, under one ETag; but 304 for whoever has it."""
    numbers = itertools.count()

    def behave(handler: Handler) -> None:
        if handler.headers.get("If-None-Match") == etag:
            handler.say(304, b"", ETag=etag)
        else:
            handler.say(200, b'{"number": %d}' % next(numbers), ETag=etag)

    return behave


def reset() -> Behaviour:
    """The connection ends with RST, without an answer."""

    def behave(handler: Handler) -> None:
        handler.close_connection = True
        linger = struct.pack("ii", 1, 0)
        handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        handler.rfile.close()
        handler.wfile.close()
        handler.connection.close()

    return behave


@contextmanager
def talking(talk: Callable[[socket.socket], None]) -> Iterator[str]:
    """The address of a server that does ``talk`` with every connection."""

    def run(connection: socket.socket) -> None:
        with connection, suppress(OSError):
            talk(connection)

    def listen() -> None:
        with suppress(OSError):
            while True:
                connection, _ = server.accept()
                threading.Thread(target=run, args=(connection,), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=listen, daemon=True).start()
        yield f"127.0.0.1:{server.getsockname()[1]}"
        server.shutdown(socket.SHUT_RDWR)


def garbage(connection: socket.socket) -> None:
    """For `talking`: neither HTTP nor TLS."""
    connection.recv(4096)
    connection.sendall(bytes(range(256)) * 4)
