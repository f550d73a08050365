"""What politeness costs, and what HTTP/2 would cost without `catalog.connections`; ADR 13.

pytest -m long -s tests/catalog/test_http_cost.py
"""

from __future__ import annotations

import socket
import ssl
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from catalog.http import fetch
from catalog.models import Host
from tests.catalog.test_http2 import Secure, server  # noqa: F401 - a fixture
from tests.faults import talking

pytestmark = [pytest.mark.long, pytest.mark.django_db(transaction=True)]

COUNT = 500
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2000\r\n\r\n" + bytes(2000)


def tell(text: str) -> None:
    sys.stdout.write(f"\n{text}\n")


def milliseconds(url: str) -> float:
    """For one fetch of a small answer, over a connection that is kept."""
    fetch(url, max_bytes=10_000)
    began = time.perf_counter()
    for _ in range(COUNT):
        fetch(url, max_bytes=10_000)
    return (time.perf_counter() - began) / COUNT * 1000


def test_one_fetch() -> None:
    def talk(connection: socket.socket) -> None:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        while connection.recv(65536):
            connection.sendall(ANSWER)

    with talking(talk) as address:
        own = milliseconds(f"http://{address}/m")
        Host.objects.create(name=address, delay=0.0, obey_robots=False)
        in_turn = milliseconds(f"http://{address}/m")
    tell(f"a fetch: {own:.2f} ms at an own server, {in_turn:.2f} ms in turn")
    assert own < 5
    assert in_turn < 20


def test_threads_that_share_an_http2_connection(server: Secure, settings: Any) -> None:  # noqa: F811
    """httpx's own client: not asserted, as other releases may do better."""
    context = ssl.create_default_context(cafile=settings.CATALOG["ca_bundle"])
    client = httpx.Client(http2=True, verify=context, timeout=5)
    results: Counter[str] = Counter()

    def run(thread: int) -> None:
        for number in range(25):
            path = f"/{thread}-{number}"
            try:
                found = client.get(server.base + path).text == path * 200
                results["right" if found else "wrong"] += 1
            except Exception as error:  # noqa: BLE001 - KeyError is among them
                results[type(error).__name__] += 1

    with client, ThreadPoolExecutor(8) as pool:
        list(pool.map(run, range(8)))
    tell(f"8 threads, 25 requests each, httpx {httpx.__version__}: {dict(results)}")
    assert sum(results.values()) == 200
