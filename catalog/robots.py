"""What a host's robots.txt lets us fetch (RFC 9309), read by Protego.

It is asked for once in 24 hours by all workers together, and kept in the host's row. No robots.txt
(4xx) allows everything. Where it cannot be had, an older copy holds; without one, nothing may be
fetched until it can.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx
from django.db.models.functions import Now
from django.db.models.signals import post_save
from django.utils import timezone
from protego import Protego

from catalog import hosts
from catalog.conf import options
from catalog.fetch_errors import (
    FetchError,
    HostResting,
    RefusedAddress,
    RobotsForbid,
    RobotsUnreachable,
    StatusError,
    TooManyRedirects,
)
from catalog.models import Host

ROBOT = "iiifsearch"  # the product token of our User-Agent
KEPT = timedelta(hours=24)
REMEMBERED = 60.0  # seconds in which this process does not look at the host's row again
MOST_REMEMBERED = 1000  # hosts
ASK_AGAIN = 300.0  # seconds, where it could not be had
LARGEST = 500 * 1024  # bytes; of a longer one this much is read (RFC 9309 section 2.5)

#: Fetches the first LARGEST bytes of a URL, whatever robots.txt says. Raises FetchError.
Get = Callable[[str], bytes]


@dataclass(frozen=True)
class _Rules:
    """``rules`` None: everything is allowed; or nothing, for the reason given in ``failure``."""

    rules: Protego | None
    until: float
    failure: FetchError | None = None


_remembered: dict[str, _Rules] = {}
_reading: dict[str, threading.Lock] = {}


def check(url: httpx.URL, get: Get) -> None:
    """Raise RobotsForbid, or RobotsUnreachable, if ``url`` may not be fetched."""
    if not options.obey_robots or not hosts.is_limited(url):
        return
    name = hosts.name_of(url)
    with _reading.setdefault(name, threading.Lock()):
        found = _remembered.get(name)
        if found is None or found.until < time.monotonic():
            if len(_remembered) > MOST_REMEMBERED:
                _remembered.clear()
            found = _remembered[name] = _read(url, name, get)
    if found.failure is not None:
        again = timezone.now() + timedelta(seconds=found.until - time.monotonic())
        raise RobotsUnreachable(
            str(url),
            f"its host's robots.txt cannot be had, so nothing is fetched ({found.failure})",
            until=max(again, found.failure.until or again),
        )
    if found.rules is not None and not found.rules.can_fetch(str(url), ROBOT):
        raise RobotsForbid(
            str(url),
            f"{_address(url)} does not allow {ROBOT} to fetch it. Ask the institution for leave; "
            f"if you have it, uncheck “obey robots” of the host {name} in the admin",
        )


def _read(url: httpx.URL, name: str, get: Get) -> _Rules:
    columns = ("robots", "robots_at", "obey_robots")
    row = Host.objects.filter(name=name).annotate(now=Now()).values_list(*columns, "now").first()
    kept, kept_at, obey, now = row or ("", None, True, None)
    if not obey:
        return _Rules(None, time.monotonic() + REMEMBERED)
    if kept_at is not None and now - kept_at < KEPT:
        return _Rules(_parsed(kept), time.monotonic() + REMEMBERED)
    try:
        text = _text(get(_address(url)))
    except (HostResting, RefusedAddress):
        raise  # says nothing of robots.txt
    except FetchError as error:
        # 429 is not "no robots.txt", although a 4xx: it is no time to ask for more.
        refused = isinstance(error, StatusError) and error.status < 500 and not error.transient
        if not refused and not isinstance(error, TooManyRedirects):
            until = time.monotonic() + ASK_AGAIN
            return _Rules(None, until, error) if kept_at is None else _Rules(_parsed(kept), until)
        text = ""
    rules = _parsed(text)
    Host.objects.filter(name=name).update(robots=text, robots_at=Now(), crawl_delay=_delay(rules))
    return _Rules(rules, time.monotonic() + REMEMBERED)


def _address(url: httpx.URL) -> str:
    return str(url.copy_with(raw_path=b"/robots.txt", fragment=None))


def _text(body: bytes) -> str:
    return body.decode("utf-8-sig", errors="replace").replace("\0", "")


def _parsed(text: str) -> Protego | None:
    return Protego.parse(text) if text.strip() else None


def _delay(rules: Protego | None) -> float | None:
    """Seconds between two requests that the rules ask for."""
    if rules is None:
        return None
    rate = rules.request_rate(ROBOT)
    asked = (rules.crawl_delay(ROBOT), rate.seconds / rate.requests if rate else None)
    return max((seconds for seconds in asked if seconds is not None), default=None)


def _forget(instance: Host, **_: Any) -> None:
    _remembered.pop(instance.name, None)


post_save.connect(_forget, sender=Host)
