"""What the client makes of servers that misbehave, each within its time."""

from __future__ import annotations

import gzip
import threading
import time
import tracemalloc
import zlib
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from catalog import answers
from catalog.http import (
    BadEncoding,
    FetchError,
    NetworkFailure,
    RefusedAddress,
    StatusError,
    TooLarge,
    TooManyRedirects,
    fetch,
)
from tests import faults as behave
from tests.faults import Faults, answer, faults, garbage, in_turn, redirect, status, talking

pytestmark = pytest.mark.django_db

MEGABYTE = 2**20


@pytest.fixture
def server() -> Iterator[Faults]:
    with faults() as served:
        yield served


@pytest.fixture(autouse=True)
def bounded() -> Iterator[None]:
    began = time.monotonic()
    yield
    assert time.monotonic() - began < 5


def failure(url: str, kind: str, **more: Any) -> FetchError:
    with pytest.raises(FetchError) as raised:
        fetch(url, **{"max_bytes": MEGABYTE, **more})
    assert raised.value.kind == kind
    assert raised.value.url == url
    assert str(raised.value) == f"{url}: {raised.value.reason}"
    return raised.value


@pytest.mark.parametrize("as_date", [False, True])
def test_429_is_waited_out(as_date: bool, server: Faults, unslept: list[float]) -> None:
    url = server.on("/m", in_turn(behave.too_many(7, as_date=as_date), answer()))
    assert fetch(url, max_bytes=MEGABYTE).body == b"{}"
    assert 6 < unslept[0] < 8.1


@pytest.mark.parametrize("as_date", [False, True])
def test_a_long_retry_after_is_for_a_later_job(
    as_date: bool, server: Faults, unslept: list[float]
) -> None:
    error = failure(server.on("/m", behave.too_many(600, as_date=as_date)), "status-429")
    assert error.transient
    assert error.until is not None
    assert abs(error.until - timezone.now() - timedelta(seconds=600)) < timedelta(seconds=10)
    assert (len(server.log), unslept) == (1, [])


@pytest.mark.parametrize("value", ["", "soon", "-5", "1.5", "²", "Thu, 99 Foo 2026 00:00:00 GMT"])
def test_a_retry_after_that_is_none(value: str, server: Faults, unslept: list[float]) -> None:
    url = server.on("/m", in_turn(status(503, Retry_After=value.encode().decode("latin-1"))))
    assert failure(url, "status-503").until is None
    assert len(server.log) == 3
    assert 1 <= unslept[0] <= 2 <= unslept[1] <= 3  # exponential, with jitter


def test_a_retry_after_that_is_over(server: Faults, unslept: list[float]) -> None:
    past = "Thu, 01 Jan 1970 00:00:00 GMT"
    url = server.on("/m", in_turn(status(503, Retry_After=past), answer()))
    fetch(url, max_bytes=MEGABYTE)
    assert unslept == [0.0]


def test_503_then_200(server: Faults, unslept: list[float]) -> None:
    url = server.on("/m", in_turn(status(503), answer()))
    assert fetch(url, max_bytes=MEGABYTE).body == b"{}"
    assert len(server.log) == 2


def test_no_try_begins_when_the_time_is_up(server: Faults, settings: Any) -> None:
    settings.CATALOG = {**settings.CATALOG, "total_seconds": 0.5}
    failure(server.on("/m", status(503)), "status-503")
    assert len(server.log) == 1


@pytest.mark.parametrize(
    "behaviour",
    [
        behave.cut_short(),
        behave.cut_short(b""),
        behave.reset(),
        answer(b"no gzip", Content_Encoding="gzip"),
    ],
)
def test_broken_answers_are_network_failures(
    behaviour: behave.Behaviour, server: Faults, unslept: list[float]
) -> None:
    error = failure(server.on("/m", behaviour), "network")
    assert isinstance(error, NetworkFailure)
    assert error.transient
    assert len(server.log) == 3


def test_compressed_answers_that_end_early(server: Faults, unslept: list[float]) -> None:
    whole = gzip.compress(b"{}" * 5000)
    url = server.on("/m", in_turn(answer(whole[:-9], Content_Encoding="gzip")))
    failure(url, "network")
    for times in (1, 3):  # members, which count as one body
        server.on("/m", answer(whole * times + b"\0\0end", Content_Encoding="gzip"))
        assert fetch(url, max_bytes=MEGABYTE).body == b"{}" * 5000 * times
    server.on("/m", answer(zlib.compress(b"{}"), Content_Encoding="deflate"))
    assert fetch(url, max_bytes=MEGABYTE).body == b"{}"
    server.on("/m", answer(gzip.compress(b"x" * MEGABYTE) * 9, Content_Encoding="gzip"))
    failure(url, "too-large")


def test_a_slow_drip_is_left(server: Faults, settings: Any) -> None:
    settings.CATALOG = {**settings.CATALOG, "total_seconds": 0.5}
    error = failure(server.on("/m", behave.drip()), "timeout")
    assert "took longer than" in error.reason


def test_silence_is_left(server: Faults, settings: Any, unslept: list[float]) -> None:
    settings.CATALOG = {**settings.CATALOG, "read_seconds": 0.2}
    waiting = threading.Event()
    failure(server.on("/m", lambda handler: waiting.wait(2) and None), "timeout")


def test_the_content_type_is_told_and_not_judged(server: Faults) -> None:
    url = server.on("/m", answer(b"<html>", Content_Type="text/html; charset=latin-1"))
    found = fetch(url, max_bytes=MEGABYTE)
    assert (found.content_type, found.body) == ("text/html; charset=latin-1", b"<html>")


def test_a_gzip_bomb_takes_no_memory(server: Faults) -> None:
    url = server.on("/m", behave.gzip_bomb())
    tracemalloc.start()
    assert isinstance(failure(url, "too-large"), TooLarge)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8 * MEGABYTE


def test_a_bomb_in_a_bomb_is_not_opened(server: Faults) -> None:
    error = failure(server.on("/m", behave.gzip_bomb(layers=2)), "encoding")
    assert isinstance(error, BadEncoding)


@pytest.mark.parametrize("encoding", ["br", "zstd", "compress", "gzip, br", "nonsense"])
def test_encodings_that_were_not_asked_for(encoding: str, server: Faults) -> None:
    failure(server.on("/m", answer(b"??", Content_Encoding=encoding)), "encoding")
    assert server.log[0].headers["Accept-Encoding"] == "gzip"


def test_the_body_of_an_error(server: Faults) -> None:
    degraded = b'{"@id": "https://museum.example/degraded"}'
    error = failure(server.on("/info.json", status(401, degraded)), "status-401")
    assert isinstance(error, StatusError)
    assert (error.status, error.body) == (401, degraded)
    assert error.content_type == "application/json"
    error = failure(server.on("/m", status(404, b" " * MEGABYTE)), "status-404")
    assert isinstance(error, StatusError)
    assert len(error.body) == 64 * 1024
    error = failure(server.on("/b", status(404, b"??", Content_Encoding="gzip")), "status-404")
    assert isinstance(error, StatusError)
    assert error.body == b""


def test_the_body_of_an_error_is_not_waited_for(
    server: Faults, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answers, "REMARK_SECONDS", 0.3)

    def drip(handler: Any) -> None:
        handler.close_connection = True
        handler.say(401, b"{", Content_Length="100")
        time.sleep(3)

    error = failure(server.on("/m", drip), "status-401")
    assert isinstance(error, StatusError)


def test_redirects_in_circles_and_without_end(server: Faults) -> None:
    server.on("/a", redirect("/b"))
    server.on("/b", redirect("/a"))
    for hop in range(20):
        server.on(f"/{hop}", redirect(f"/{hop + 1}"))
    for path in ("/a", "/0"):
        with pytest.raises(TooManyRedirects) as raised:
            fetch(server.url(path), max_bytes=MEGABYTE)
        assert raised.value.kind == "redirects"


@pytest.mark.parametrize("to", ["http://169.254.169.254/latest", "http://[", "file:///etc/passwd"])
def test_redirects_to_where_we_do_not_go(to: str, server: Faults) -> None:
    with pytest.raises(RefusedAddress):
        fetch(server.on("/m", redirect(to)), max_bytes=MEGABYTE)
    assert len(server.log) == 1


def test_a_body_that_changes_under_one_etag(server: Faults) -> None:
    url = server.on("/m", behave.changing())
    first, second = (fetch(url, max_bytes=MEGABYTE) for _ in range(2))
    assert first.etag == second.etag
    assert first.body != second.body
    assert fetch(url, max_bytes=MEGABYTE, etag=first.etag).unchanged


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_server_that_speaks_garbage(scheme: str, unslept: list[float]) -> None:
    with talking(garbage) as address:
        failure(f"{scheme}://{address}/m", "network")


def test_a_closed_port(unslept: list[float]) -> None:
    with talking(garbage) as address:
        pass
    failure(f"http://{address}/m", "network")


def test_lies_about_the_length(server: Faults) -> None:
    failure(server.on("/m", answer(b"", Content_Length=str(10**12))), "too-large")
    failure(server.on("/b", answer(b" " * 2 * MEGABYTE)), "too-large")


def test_no_cookies_are_kept(server: Faults) -> None:
    url = server.on("/m", answer(Set_Cookie="tracked=1"))
    for _ in range(2):
        fetch(url, max_bytes=MEGABYTE)
    assert "Cookie" not in server.log[1].headers
