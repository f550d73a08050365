from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from catalog import http
from tests.servers import Museum, museum


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Museum]:
    """A museum on loopback; waiting between tries takes no time."""
    monkeypatch.setattr(http.time, "sleep", lambda seconds: None)
    with museum() as served:
        yield served


@pytest.fixture
def unslept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long would have been waited, in seconds; nobody waits."""
    slept: list[float] = []
    monkeypatch.setattr(time, "sleep", slept.append)
    return slept
