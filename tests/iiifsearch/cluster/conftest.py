"""A database whose keys are those of a cluster, on one machine: what Postgres alone can hold."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import connection

from catalog import cluster
from iiifsearch.cluster import state, steps
from tests.iiifsearch.conftest import Library


@pytest.fixture
def sharded(db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The steps that need no Citus are done, and everybody takes the library for distributed."""
    with connection.cursor() as cursor:
        found = state.read()
        for step in [*steps.of_keys(found), *steps.tying(found)]:
            cursor.execute(step.sql)
    monkeypatch.setattr(cluster, "_ask", lambda: True)
    cluster.forget()
    yield
    cluster.forget()


@pytest.fixture
def library(rich_pictures: None, library: Library) -> Library:
    return library
