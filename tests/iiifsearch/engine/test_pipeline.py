"""Settings of a statement hold for it, and for nothing after it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from django.db import ProgrammingError, connection, transaction

from iiifsearch.engine.pipeline import Rows, in_one_message, piped

Way = Callable[[Sequence[str], str, Sequence[Any]], Rows]

BOTH = pytest.mark.parametrize("fetch", [in_one_message, piped])
SET = ("SET LOCAL statement_timeout = '77s'", "SET LOCAL lock_timeout = '7s'")
SHOW = "SELECT current_setting('statement_timeout'), current_setting('lock_timeout'), %s::int"


def _now() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('statement_timeout')")
        return str(cursor.fetchone()[0])


@BOTH
@pytest.mark.django_db(transaction=True)
def test_they_hold_for_one_statement(fetch: Way) -> None:
    before = _now()
    assert fetch(SET, SHOW, [5]) == [("77s", "7s", 5)] == fetch(SET, SHOW, [5])
    assert _now() == before != "77s"


@BOTH
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("settings", [SET, ("SET LOCAL nothing.at_all",)])
def test_a_refused_statement_leaves_the_connection_as_it_was(
    fetch: Way, settings: tuple[str, ...]
) -> None:
    before = _now()
    with pytest.raises(ProgrammingError):
        fetch(settings, "SELECT nothing FROM nowhere", [])
    assert _now() == before
    assert fetch(SET, SHOW, [5])[0][0] == "77s"


@BOTH
@pytest.mark.django_db(transaction=True)
def test_within_a_transaction(fetch: Way) -> None:
    with transaction.atomic():
        assert fetch(SET, SHOW, [5]) == [("77s", "7s", 5)]
        with pytest.raises(ProgrammingError), transaction.atomic():
            fetch(SET, "SELECT nothing FROM nowhere", [])
        assert fetch((), "SELECT 1", []) == [(1,)]
    assert _now() != "77s"
