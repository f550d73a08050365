"""HTTP/2 over TLS, with a certificate of a private authority, from a real server on loopback."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import trustme
from django.db import connections
from hypercorn.asyncio import serve
from hypercorn.config import Config

from catalog import http
from catalog.http import FetchError, NetworkFailure, StatusError, fetch
from catalog.transport import transport
from tests.faults import talking

pytestmark = pytest.mark.django_db(transaction=True)

MEGABYTE = 2**20


@dataclass
class Secure:
    base: str
    log: list[tuple[str, str, tuple[str, int]]] = field(default_factory=list)

    def clients(self) -> set[tuple[str, int]]:
        """Their connections."""
        return {client for _, _, client in self.log}


async def _reply(send: Any, body: bytes, status: int = 200) -> None:
    headers = [(b"content-type", b"text/plain"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _app(server: Secure) -> Callable[..., Any]:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        path: str = scope["path"]
        server.log.append((path, scope["http_version"], tuple(scope["client"])))
        if path == "/hangs":
            await asyncio.sleep(30)
        elif path == "/large":
            await _reply(send, b"x" * 12 * MEGABYTE)
        elif path == "/moved":
            headers = [(b"location", b"/m"), (b"content-length", b"4")]
            await send({"type": "http.response.start", "status": 302, "headers": headers})
            await send({"type": "http.response.body", "body": b"gone"})
        elif path == "/missing":
            await _reply(send, b"no", 404)
        else:
            await asyncio.sleep(0.02)
            await _reply(send, path.encode() * 200)

    return app


@pytest.fixture
def server(tmp_path: Path, settings: Any) -> Iterator[Secure]:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "authority.pem"))
    issued = authority.issue_cert("127.0.0.1", "localhost")
    issued.private_key_pem.write_to_path(str(tmp_path / "key.pem"))
    for blob in issued.cert_chain_pems:
        blob.write_to_path(str(tmp_path / "chain.pem"), append=True)
    bound = socket.create_server(("127.0.0.1", 0))
    served = Secure(f"https://127.0.0.1:{bound.getsockname()[1]}")
    config = Config()
    config.bind = [f"fd://{bound.detach()}"]  # the server closes it
    config.certfile, config.keyfile = str(tmp_path / "chain.pem"), str(tmp_path / "key.pem")
    config.graceful_timeout, config.errorlog = 0.1, None
    stop, loop = asyncio.Event(), asyncio.new_event_loop()
    running = serve(_app(served), config, shutdown_trigger=stop.wait)  # type: ignore[arg-type]
    thread = threading.Thread(target=loop.run_until_complete, args=(running,))
    thread.start()
    settings.CATALOG = {**settings.CATALOG, "ca_bundle": str(tmp_path / "authority.pem")}
    transport.cache_clear()
    yield served
    transport(True).close()
    transport.cache_clear()
    loop.call_soon_threadsafe(stop.set)
    thread.join(timeout=10)
    loop.close()


def in_threads(count: int, run: Callable[[int], Any]) -> list[Any]:
    def work(number: int) -> Any:
        try:
            return run(number)
        except FetchError as error:
            return error
        finally:
            connections.close_all()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(work, range(count)))


def test_http2_is_spoken_and_the_connection_kept(server: Secure) -> None:
    for number in range(5):
        found = fetch(f"{server.base}/{number}", max_bytes=MEGABYTE)
        assert found.http_version == "HTTP/2"
        assert found.body == f"/{number}".encode() * 200
    with pytest.raises(StatusError) as raised:
        fetch(f"{server.base}/missing", max_bytes=MEGABYTE)
    assert raised.value.body == b"no"
    assert fetch(f"{server.base}/moved", max_bytes=MEGABYTE).url == f"{server.base}/m"
    assert {version for _, version, _ in server.log} == {"2"}
    assert len(server.clients()) == 1


def _tunnel(connection: socket.socket) -> None:
    """For `talking`: a proxy that does what CONNECT asks for."""
    asked = connection.recv(4096).split(b" ")[1].decode()
    host, port = asked.rsplit(":", 1)
    with socket.create_connection((host, int(port))) as there:
        connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        back = threading.Thread(target=_pass_on, args=(there, connection), daemon=True)
        back.start()
        _pass_on(connection, there)
        back.join(timeout=5)


def _pass_on(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)


def test_http2_is_spoken_through_a_proxy(server: Secure, settings: Any) -> None:
    with talking(_tunnel) as address:
        settings.CATALOG = {**settings.CATALOG, "proxy": f"http://{address}"}
        transport.cache_clear()
        for number in range(3):
            found = fetch(f"{server.base}/{number}", max_bytes=MEGABYTE)
            assert (found.http_version, found.body) == ("HTTP/2", f"/{number}".encode() * 200)
        assert len(server.clients()) == 1
        transport(True).close()


def test_certificates_of_others_are_not_trusted(server: Secure, settings: Any) -> None:
    settings.CATALOG = {**settings.CATALOG, "ca_bundle": ""}
    transport.cache_clear()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(http, "TRIES", 1)
        with pytest.raises(NetworkFailure, match=r"(?i)certificate"):
            fetch(f"{server.base}/m", max_bytes=MEGABYTE)
    assert server.log == []


def test_threads_get_each_their_own_answer(server: Secure) -> None:
    def run(thread: int) -> list[bool]:
        paths = [f"/{thread}-{number}" for number in range(25)]
        return [
            fetch(server.base + path, max_bytes=MEGABYTE).body == path.encode() * 200
            for path in paths
        ]

    assert in_threads(8, run) == [[True] * 25] * 8
    assert len(server.log) == 200  # none was tried again
    assert len(server.clients()) <= 16


def test_a_request_that_is_out_of_time_takes_no_other_with_it(
    server: Secure, settings: Any
) -> None:
    settings.CATALOG = {**settings.CATALOG, "total_seconds": 0.6}
    fetch(f"{server.base}/m", max_bytes=MEGABYTE)

    def run(thread: int) -> Any:
        if thread % 2:
            return fetch(f"{server.base}/hangs", max_bytes=MEGABYTE)
        return [
            fetch(f"{server.base}/{thread}", max_bytes=MEGABYTE).http_version for _ in range(20)
        ]

    began = time.monotonic()
    results = in_threads(6, run)
    assert results[::2] == [["HTTP/2"] * 20] * 3
    assert [getattr(error, "kind", error) for error in results[1::2]] == ["timeout"] * 3
    assert time.monotonic() - began < 4
    asked = [path for path, _, _ in server.log]
    assert len(asked) == 1 + 3 + 60  # nothing else was tried again


def test_what_is_left_in_the_middle_spoils_nothing(server: Secure) -> None:
    """What was not read would fill the window of a connection that is used again: 16 MB."""
    for _ in range(3):
        with pytest.raises(FetchError, match="cap"):
            fetch(f"{server.base}/large", max_bytes=MEGABYTE)
        assert fetch(f"{server.base}/m", max_bytes=MEGABYTE).body == b"/m" * 200
    assert len(server.clients()) == 4
