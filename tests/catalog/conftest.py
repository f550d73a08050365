from __future__ import annotations

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
