"""A server that fails as it is told, and its limits as a host, for tests."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from catalog.http import fetch
from catalog.models import Host
from tests.faults import Faults, answer, faults

MEGABYTE = 2**20
TOLERANCE = 0.04  # seconds


@pytest.fixture(name="server")
def server_with_a_manifest() -> Iterator[Faults]:
    with faults() as served:
        served.on("/m", answer())
        yield served


def limited(server: Faults, **more: Any) -> Host:
    values = {"delay": 0.0, "obey_robots": False, **more}
    return Host.objects.create(name=server.name, **values)


def get(server: Faults, path: str = "/m") -> Any:
    return fetch(server.url(path), max_bytes=MEGABYTE)


def gaps(server: Faults) -> list[float]:
    moments = server.moments()
    return [after - before for before, after in itertools.pairwise(moments)]


def assert_spaced(server: Faults, delay: float) -> None:
    """No more requests than there were turns, and hardly any of them near each other: on a busy
    machine some are sent, or noted by the server, later than they should."""
    found = gaps(server)
    assert sum(found) > delay * len(found) - TOLERANCE
    near = [gap for gap in found if gap < delay - TOLERANCE]
    assert len(near) <= len(found) / 5


def outcome(run: Callable[[], Any]) -> Any:
    try:
        return run()
    except Exception as error:  # noqa: BLE001 - tests look at it
        return error
