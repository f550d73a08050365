"""A museum's web server for tests: real HTTP on loopback, with answers that a test sets."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Answer:
    """What the server says to one path. ``body``: bytes, or what JSON is made of."""

    body: Any = b""
    status: int = 200
    content_type: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def data(self) -> bytes:
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


@dataclass
class Museum:
    """``answers``: path -> answer, or a function that gives one. ``log``: (path, headers) asked,
    ``times``: when, in seconds on the monotonic clock."""

    base: str
    answers: dict[str, Answer | Callable[[], Answer]] = field(default_factory=dict)
    log: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    times: list[float] = field(default_factory=list)

    def url(self, path: str) -> str:
        return self.base + path

    def set(self, path: str, body: Any, **more: Any) -> str:
        self.answers[path] = Answer(body, **more)
        return self.url(path)


@contextmanager
def museum() -> Iterator[Museum]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # small answers would each wait 40 ms

        def do_GET(self) -> None:
            served.log.append((self.path, dict(self.headers)))
            served.times.append(time.monotonic())
            answer = served.answers.get(self.path, Answer({"error": "not found"}, 404))
            if callable(answer):
                answer = answer()
            etag = answer.headers.get("ETag")
            if etag and self.headers.get("If-None-Match") == etag:
                answer = Answer(b"", 304, headers={"ETag": etag})
            self.send_response(answer.status)
            self.send_header("Content-Type", answer.content_type)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            if "Content-Length" not in answer.headers:
                self.send_header("Content-Length", str(len(answer.data)))
            self.end_headers()
            with suppress(ConnectionError):  # a client that has seen enough hangs up
                self.wfile.write(answer.data)
            if "Content-Length" in answer.headers:  # a lie: end the connection
                self.close_connection = True

        def log_message(self, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    served = Museum(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield served
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
