"""Turns across connections."""

from __future__ import annotations

import threading

import pytest
from django.db import connection

from catalog.locks import alone

FAMILY = 0x69696999


def elsewhere(member: int = 0) -> bool:
    """Whether somebody with another connection may."""
    found = []

    def ask() -> None:
        with alone(FAMILY, member) as mine:
            found.append(mine)
        connection.close()

    thread = threading.Thread(target=ask)
    thread.start()
    thread.join()
    return found[0]


@pytest.mark.django_db
def test_one_at_a_time() -> None:
    with alone(FAMILY, 2**31 + 7) as mine:
        assert mine
        assert not elsewhere(2**31 + 7)
        assert elsewhere(8)
    assert elsewhere(7)


@pytest.mark.django_db
def test_it_goes_with_a_failure() -> None:
    with pytest.raises(KeyError), alone(FAMILY):
        raise KeyError
    assert elsewhere()


@pytest.mark.django_db(transaction=True)
def test_it_goes_with_its_connection() -> None:
    with alone(FAMILY) as mine:
        assert mine
        connection.close()
        assert elsewhere()
