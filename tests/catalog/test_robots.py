"""robots.txt: what it forbids, and what becomes of us where it cannot be had."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from django.db.models.functions import Now
from django.utils import timezone

from catalog import robots
from catalog.http import HostResting, RobotsForbid, RobotsUnreachable, StatusError, fetch
from catalog.models import Host
from tests.faults import Behaviour, Faults, answer, faults, redirect, reset, status

pytestmark = pytest.mark.django_db

MEGABYTE = 2**20
OLD = timedelta(hours=25)


@pytest.fixture
def server(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Faults]:
    """A host with a row, so that it is nobody's own; waiting takes no time."""
    settings.CATALOG = {**settings.CATALOG, "host_delay": 0.0, "rest_after_failures": 50}
    monkeypatch.setattr(time, "sleep", lambda seconds: None)
    with faults() as served:
        Host.objects.create(name=served.name)
        served.on("/m", answer())
        served.on("/private/m", answer())
        yield served


def says(text: str, **headers: str) -> Behaviour:
    return answer(text.encode(), Content_Type="text/plain", **headers)


def get(server: Faults, path: str = "/m", **more: Any) -> Any:
    return fetch(server.url(path), max_bytes=MEGABYTE, **more)


def paths(server: Faults) -> list[str]:
    return [asked.path for asked in server.log]


def forget() -> None:
    """As if this were another process."""
    robots._remembered.clear()


def test_what_is_forbidden_is_not_asked_for(server: Faults) -> None:
    server.on("/robots.txt", says("User-agent: *\nDisallow: /private/\n"))
    get(server)
    with pytest.raises(RobotsForbid) as raised:
        get(server, "/private/m")
    assert (raised.value.kind, raised.value.transient) == ("robots", False)
    assert raised.value.url == server.url("/private/m")
    for part in (server.url("/robots.txt"), "Ask the institution", "uncheck", server.name):
        assert part in str(raised.value)
    assert paths(server) == ["/robots.txt", "/m"]


@pytest.mark.parametrize(
    ("text", "path", "allowed"),
    [
        ("", "/m", True),
        ("User-agent: *\nDisallow:\n", "/m", True),
        ("User-agent: *\nDisallow: /\n", "/m", False),
        ("User-agent: *\nDisallow: /\n\nUser-agent: iiifsearch\nAllow: /\n", "/m", True),
        ("User-agent: *\nAllow: /\n\nUser-agent: IIIFsearch\nDisallow: /\n", "/m", False),
        ("User-agent: other\nDisallow: /\n", "/m", True),
        ("User-agent: iiifsearch/0.1\nDisallow: /\n", "/m", True),  # a token has no version
        ("User-agent: *\nDisallow: /private\nAllow: /private/m\n", "/private/m", True),
        ("User-agent: *\nDisallow: /*/m$\n", "/private/m", False),
        ("User-agent: *\nDisallow: /*.jpg$\n", "/m", True),
        ("\ufeffUser-agent: *\r\nDisallow: /private\r\n", "/private/m", False),
        ("<!doctype html><title>Not found</title>", "/m", True),
        ("User-agent: *\nDisallow: /\0private\n", "/private/m", False),
        ("User-agent: *\nDisallow: /" + "a" * 600_000 + "\nDisallow: /\n", "/m", True),
    ],
)
def test_rules(text: str, path: str, allowed: bool, server: Faults) -> None:
    server.on("/robots.txt", says(text))
    if allowed:
        get(server, path)
    else:
        with pytest.raises(RobotsForbid):
            get(server, path)
    assert len(Host.objects.get().robots) <= robots.LARGEST


def test_many_wildcards_take_no_time(server: Faults) -> None:
    rules = "Disallow: /" + "*a" * 60 + "b$\n"
    server.on("/robots.txt", says("User-agent: *\n" + rules * 50))
    server.on("/" + "a" * 2000, answer())
    began = time.monotonic()
    get(server, "/" + "a" * 2000)
    assert time.monotonic() - began < 2


def test_asked_for_once_a_day_by_all_workers(server: Faults) -> None:
    server.on("/robots.txt", says("User-agent: *\nDisallow: /private/\n"))
    for _ in range(3):
        get(server)
        forget()
        with pytest.raises(RobotsForbid):
            get(server, "/private/m")
    assert paths(server).count("/robots.txt") == 1
    Host.objects.update(robots_at=Now() - OLD)
    server.on("/robots.txt", says("User-agent: *\nAllow: /\n"))
    with pytest.raises(RobotsForbid):
        get(server, "/private/m")  # remembered for a minute
    forget()
    get(server, "/private/m")
    assert paths(server).count("/robots.txt") == 2


def test_it_takes_turns_and_is_counted(server: Faults) -> None:
    server.on("/robots.txt", says("User-agent: *\nCrawl-delay: 40\n"))
    with pytest.raises(HostResting):  # first its robots.txt, then nothing for 40 s
        for _ in range(2):
            get(server)
    host = Host.objects.get()
    assert host.crawl_delay == 40.0
    assert host.requests == len(server.log) == 2


@pytest.mark.parametrize(
    ("text", "delay"),
    [
        ("Crawl-delay: 2.5", 2.5),
        ("Request-rate: 1/10s", 10.0),
        ("Crawl-delay: 2\nRequest-rate: 2/1m", 30.0),
        ("Crawl-delay: soon", None),
        ("Crawl-delay: -1", None),
    ],
)
def test_crawl_delay(text: str, delay: float | None, server: Faults) -> None:
    server.on("/robots.txt", says(f"User-agent: *\n{text}\n"))
    get(server)
    assert Host.objects.get().crawl_delay == delay


@pytest.mark.parametrize("code", [400, 401, 403, 404, 410])
def test_none_allows_everything(code: int, server: Faults) -> None:
    server.on("/robots.txt", status(code, b"User-agent: *\nDisallow: /\n"))
    get(server)
    forget()
    get(server)
    assert paths(server) == ["/robots.txt", "/m", "/m"]


@pytest.mark.parametrize("behaviour", [status(500), status(503), status(429), reset()])
def test_one_that_cannot_be_had_forbids_everything_for_now(
    behaviour: Behaviour, server: Faults, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.on("/robots.txt", behaviour)
    for _ in range(2):
        with pytest.raises(RobotsUnreachable, match=r"robots\.txt cannot be had") as raised:
            get(server)
    error = raised.value
    assert (error.kind, error.transient) == ("robots-unreachable", True)
    assert error.url == server.url("/m")
    assert 200 < (error.until - timezone.now()).total_seconds() <= 300
    assert paths(server) == ["/robots.txt"] * 3  # tries
    server.on("/robots.txt", status(404))
    moment = time.monotonic() + 301
    monkeypatch.setattr(robots.time, "monotonic", lambda: moment)
    get(server)


def test_an_older_copy_holds_where_a_new_one_cannot_be_had(server: Faults) -> None:
    Host.objects.update(robots="User-agent: *\nDisallow: /private/\n", robots_at=Now() - OLD)
    server.on("/robots.txt", status(500))
    get(server)
    with pytest.raises(RobotsForbid):
        get(server, "/private/m")
    assert paths(server) == ["/robots.txt"] * 3 + ["/m"]


def test_it_may_be_elsewhere(server: Faults) -> None:
    server.on("/robots.txt", redirect("/a"))
    server.on("/a", redirect("/b"))
    server.on("/b", says("User-agent: *\nDisallow: /private/\n"))
    with pytest.raises(RobotsForbid):
        get(server, "/private/m")


def test_circles_are_none(server: Faults) -> None:
    server.on("/robots.txt", redirect("/robots.txt"))
    get(server)


def test_the_target_of_a_redirect_is_checked_too(server: Faults) -> None:
    server.on("/robots.txt", says("User-agent: *\nDisallow: /private/\n"))
    server.on("/m", redirect("/private/m"))
    with pytest.raises(RobotsForbid, match="/private/m"):
        get(server)
    with faults() as other:
        Host.objects.create(name=other.name)
        other.on("/robots.txt", says("User-agent: iiifsearch\nDisallow: /\n"))
        server.on("/m", redirect(other.url("/m")))
        with pytest.raises(RobotsForbid, match=other.name):
            get(server)
        assert paths(other) == ["/robots.txt"]


def test_leave_is_given_for_a_host_or_for_all(server: Faults, settings: Any) -> None:
    server.on("/robots.txt", says("User-agent: *\nDisallow: /\n"))
    with pytest.raises(RobotsForbid):
        get(server)
    host = Host.objects.get()
    host.obey_robots = False
    host.save()
    get(server)
    host.obey_robots = True
    host.save()
    with pytest.raises(RobotsForbid):
        get(server)
    settings.CATALOG = {**settings.CATALOG, "obey_robots": False}
    get(server)


def test_visitors_ask_for_one_url(server: Faults, settings: Any) -> None:
    settings.CATALOG = {**settings.CATALOG, "visitors_may_fetch_allowed_networks": True}
    server.on("/robots.txt", says("User-agent: *\nDisallow: /\n"))
    get(server, for_visitor=True)
    assert paths(server) == ["/m"]


def test_a_host_that_rests_is_not_asked_for_it(server: Faults) -> None:
    Host.objects.update(rests_until=Now() + timedelta(seconds=60), rest_reason="it was ill")
    with pytest.raises(HostResting, match="it was ill") as raised:
        get(server)
    assert raised.value.url == server.url("/m")
    assert server.log == []


def test_robots_txt_itself_may_be_fetched(server: Faults) -> None:
    server.on("/robots.txt", says("User-agent: *\nDisallow: /\n"))
    assert get(server, "/robots.txt").body.startswith(b"User-agent")


def test_the_address_of_robots_txt() -> None:
    url = httpx.URL("https://museum.example:8443/iiif/1/manifest?a=b#c")
    assert robots._address(url) == "https://museum.example:8443/robots.txt"


def test_errors_of_the_host_itself_are_told_as_before(server: Faults) -> None:
    with pytest.raises(StatusError, match="404"):
        get(server, "/missing")
