"""Turns at a host: how often, and how many at a time, all workers together may ask it.

The workers, on however many machines, meet in the host's row (`catalog.models.Host`). A request
takes a place and the next turn there by one UPDATE before it starts, and gives the place back by
another one when it is over. All moments are the database server's: machines' clocks differ. A place
is a lease that ends with the request's own deadline, so that a worker that was killed holds none.

The statements commit by themselves. Whoever fetches within a transaction keeps all other workers
from the host until it ends: do not.
"""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import httpx
from django.db import DatabaseError, connection, transaction
from django.db.models.signals import post_delete, post_save
from django.utils import timezone

from catalog.addresses import allowed, checked_addresses, proxy_for
from catalog.conf import options
from catalog.fetch_errors import FetchError, HostResting
from catalog.models import HarvestItem, HarvestRun, Host

log = logging.getLogger(__name__)

LONGEST_WAIT = 30.0  # seconds: what comes later is for a later job
LONGEST_DELAY = 60.0  # seconds between two requests that a robots.txt is followed in
LONGEST_RETRY_AFTER = 86_400.0  # seconds that a server may send us away for
KNOWN_SECONDS = 10.0  # how long it is believed that a host has, or has not, a row

PORTS = {"http": 80, "https": 443}

# Fragments: conditions and values over one row, at this very moment.
_NOW = "clock_timestamp()"
_SECONDS = "make_interval(secs => {})"
_PLACES = "coalesce(concurrency, %(concurrency)s)"
_DELAY = f"""coalesce(delay, greatest(%(delay)s, CASE WHEN obey_robots AND %(obey)s
    THEN least(coalesce(crawl_delay, 0), {LONGEST_DELAY}) END))"""
_TURN = f"greatest(next_turn, {_NOW})"
_UNDER_WAY = f"ARRAY(SELECT place FROM unnest(busy) place WHERE place > {_NOW})"
_RESTS = f"coalesce(rests_until > {_NOW}, false)"

# While a host that has failed too often is tried again, one request at a time goes there.
_TAKE = f"""
UPDATE {Host._meta.db_table} SET
    busy = array_append({_UNDER_WAY}, {_TURN} + {_SECONDS.format("%(seconds)s")}),
    next_turn = {_TURN} + {_SECONDS.format(_DELAY)}
WHERE name = %(name)s AND NOT {_RESTS}
    AND {_TURN} <= {_NOW} + {_SECONDS.format("%(longest)s")}
    AND cardinality({_UNDER_WAY}) <
        CASE WHEN failures >= %(rest_after)s THEN least({_PLACES}, 1) ELSE {_PLACES} END
RETURNING extract(epoch FROM next_turn - {_SECONDS.format(_DELAY)} - {_NOW})::float8,
    busy[cardinality(busy)]
"""
_WHY = f"""
SELECT {_RESTS}, rests_until, rest_reason,
    {_TURN} > {_NOW} + {_SECONDS.format("%(longest)s")}, next_turn,
    {_PLACES}, {_NOW} + {_SECONDS.format("%(longest)s")}
FROM {Host._meta.db_table} WHERE name = %(name)s
"""
_LEAVE = f"""
UPDATE {Host._meta.db_table} SET busy = array_remove({_UNDER_WAY}, %(lease)s::timestamptz){{more}}
WHERE name = %(name)s
"""
_ASKED = f", requests = requests + 1, last_asked_at = {_NOW}"
# What ends while the host rests began before, and tells nothing new.
_ANSWERED = f"""{_ASKED},
    failures = CASE WHEN {_RESTS} THEN failures ELSE 0 END,
    rests_until = CASE WHEN {_RESTS} THEN rests_until END,
    rest_reason = CASE WHEN {_RESTS} THEN rest_reason ELSE '' END
"""
_NEXT_REST = (
    "least(%(longest_rest)s, %(rest)s * power(2, least(failures + 1 - %(rest_after)s, 30)))"
)
_FAILED = f"""{_ASKED},
    failures = failures + CASE WHEN {_RESTS} THEN 0 ELSE 1 END,
    next_turn = greatest(next_turn, {_NOW} + {_SECONDS.format("least(%(wait)s, %(longest)s)")}),
    rests_until = greatest(rests_until, CASE
        WHEN %(wait)s > %(longest)s THEN {_NOW} + {_SECONDS.format("%(wait)s")}
        WHEN NOT {_RESTS} AND failures + 1 >= %(rest_after)s
            THEN {_NOW} + {_SECONDS.format(_NEXT_REST)}
    END),
    rest_reason = %(reason)s
"""


def name_of(url: str | httpx.URL) -> str:
    """The host of a URL as it is named in `Host`: lower case, with the port where it is not the
    scheme's own. "" for what is no URL."""
    try:
        url = httpx.URL(url)
    except (httpx.InvalidURL, ValueError):
        return ""
    host = url.raw_host.decode("ascii").lower().removesuffix(".")
    host = f"[{host}]" if ":" in host else host
    return host if url.port in (None, PORTS.get(url.scheme)) else f"{host}:{url.port}"


def is_limited(url: httpx.URL) -> bool:
    """Whether requests wait for their turn. They do not at servers that are the operator's own,
    written as an address in an allowed network; unless there is a row that says so."""
    return not _is_own(url) or _has_row(name_of(url))


@contextmanager
def turn(url: httpx.URL, seconds: float) -> Iterator[None]:
    """Wait for a turn at the host of ``url`` for a request that takes ``seconds`` at most, and
    note how it went. Raises HostResting instead of waiting for longer than LONGEST_WAIT."""
    lease = _take(url, seconds) if is_limited(url) else None
    if lease is None:
        yield
        return
    try:
        yield
    except FetchError as error:
        _leave(lease, error)
        raise
    except BaseException:
        _leave(lease, None, asked=False)
        raise
    _leave(lease, None)


@transaction.atomic
def ask_again(names: Collection[str]) -> None:
    """Forget that these hosts failed, and have what waited for them asked for now: the URLs of
    harvests, and pictures. Requests that are under way lose their places."""
    from catalog.tasks import enqueue_fetches, enqueue_harvest  # they fetch, with turns of ours

    Host.objects.filter(name__in=names).update(
        failures=0, rests_until=None, rest_reason="", busy=[]
    )
    waiting = HarvestItem.objects.filter(
        outcome=HarvestItem.Outcome.PENDING, host__in=names, due_at__gt=timezone.now()
    )
    running = waiting.filter(run__state=HarvestRun.State.RUNNING)
    runs = set(running.order_by("run").values_list("run", flat=True).distinct())
    waiting.update(due_at=None)
    for run_id in runs:
        enqueue_harvest(run_id)
    enqueue_fetches(set(names))


# -- taking and giving back --------------------------------------------------------------------


@dataclass(frozen=True)
class _Lease:
    """A place at a host, until a moment that also names it."""

    name: str
    until: datetime


def _values(name: str, **more: Any) -> dict[str, Any]:
    return {
        "name": name,
        "concurrency": options.host_concurrency,
        "delay": float(options.host_delay),
        "obey": options.obey_robots,
        "rest_after": options.rest_after_failures,
        "rest": float(options.rest_seconds),
        "longest_rest": float(options.longest_rest_seconds),
        "longest": LONGEST_WAIT,
        **more,
    }


def _take(url: httpx.URL, seconds: float) -> _Lease | None:
    """None: the host is the operator's own, and has no row any more."""
    values = _values(name_of(url), seconds=seconds + 1.0)
    give_up = time.monotonic() + LONGEST_WAIT
    pause = 0.05
    while True:
        taken = _row(_TAKE, values)
        if taken is not None:
            time.sleep(max(0.0, taken[0]))
            return _Lease(values["name"], taken[1])
        state = _row(_WHY, values)
        if state is None:
            if _is_own(url):
                _known.pop(values["name"], None)
                return None
            _introduce(url, values["name"])
            continue
        rests, rests_until, reason, is_late, next_turn, places, later = state
        if rests:
            reason = f"the host is left alone until {_told(rests_until)} ({reason})"
            raise HostResting(str(url), reason, until=rests_until)
        if is_late:
            reason = f"the next turn at the host is at {_told(next_turn)}"
            raise HostResting(str(url), reason, until=next_turn)
        if places < 1:
            reason = "its host may have 0 requests at a time; set its concurrency in the admin"
            raise HostResting(str(url), reason, until=later)
        if time.monotonic() > give_up:
            reason = f"other requests took all {places} places at the host for {LONGEST_WAIT:.0f} s"
            raise HostResting(str(url), reason, until=later)
        time.sleep(pause * random.uniform(0.5, 1.0))  # noqa: S311 - guards nothing
        pause = min(0.5, pause * 1.5)


def _leave(lease: _Lease, error: FetchError | None, *, asked: bool = True) -> None:
    """``error``: what the request ended with; None: it went well, or was never ``asked``."""
    answered = error.answered if error is not None else (True if asked else None)
    more = {True: _ANSWERED, False: _FAILED, None: ""}[answered]
    values = _values(
        lease.name,
        lease=lease.until,
        wait=min((error and error.wait) or 0.0, LONGEST_RETRY_AFTER),
        reason=error.reason if error is not None else "",
    )
    try:
        _row(_LEAVE.format(more=more), values)
    except DatabaseError:
        # The place comes free by itself; what the request ended with matters more.
        log.exception("Not noted how a request to %s went", lease.name)


def _row(statement: str, values: dict[str, Any]) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchone() if cursor.description else None


def _told(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"


# -- rows --------------------------------------------------------------------------------------

_known: dict[str, tuple[bool, float]] = {}


def _is_own(url: httpx.URL) -> bool:
    try:
        return allowed(url.raw_host.decode("ascii").removesuffix("."))
    except ValueError:
        return False  # a name, not an address


def _has_row(name: str) -> bool:
    found, until = _known.get(name, (False, 0.0))
    if until < time.monotonic():
        if len(_known) > 10_000:
            _known.clear()
        found = Host.objects.filter(name=name).exists()
        _known[name] = (found, time.monotonic() + KNOWN_SECONDS)
    return found


def _introduce(url: httpx.URL, name: str) -> None:
    """Make a row for a host that may be connected to; no others fill the table."""
    port = url.port or PORTS[url.scheme]
    if not proxy_for(url.scheme, url.raw_host.decode("ascii"), port):
        checked_addresses(url.raw_host.decode("ascii"), port)
    Host.objects.bulk_create([Host(name=name)], ignore_conflicts=True)


def _forget(instance: Host, **_: Any) -> None:
    _known.pop(instance.name, None)


post_save.connect(_forget, sender=Host)
post_delete.connect(_forget, sender=Host)
